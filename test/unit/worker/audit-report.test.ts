import type { Verification } from '../../../record/operations/audit-chain';
import { reportVerification } from '../../../worker/audit-report';

const WELL: Verification = {
  entries: 12,
  chains: 3,
  purged: 5,
  unlinked: { count: 0, since: null },
  withoutRoot: 2,
  roots: 1,
  lastRoot: { id: 7, at: '2026-11-29T18:00:00.000Z', hash: 'ab12' },
  broken: null,
  breaks: 0,
};

test('what is not sealed yet is not called broken', () => {
  expect(reportVerification({ ...WELL, unlinked: { count: 4, since: '2026-11-29T17:00:00.000Z' } })).toEqual([
    'Entries: 12 in 3 chains; purged after their time: 5',
    'Not sealed yet: 4 without a link, since 2026-11-29T17:00:00.000Z; 2 without a root',
    'Roots: 1; the last: ab12 of 2026-11-29T18:00:00.000Z',
    'Nothing is broken.',
  ]);
});

test('the first broken link is named, with its entry, place and client', () => {
  const broken = { fault: 'entry_changed', clientId: 'c', place: 3, entryId: 41, linkId: 40, rootId: null } as const;
  expect(reportVerification({ ...WELL, broken, breaks: 2 }).at(-1)).toBe(
    'BROKEN. Faults found: 2. The first: the entry is not what was linked (entry_changed), entry 41, link 40, place 3, client c',
  );
});
