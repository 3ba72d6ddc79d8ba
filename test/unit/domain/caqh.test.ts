import { addMilliseconds } from '../../../domain/time/dates';
import {
  findAttestedOn,
  findCaqhStanding,
  isOutdated,
  planNextCaqhCheck,
  type CaqhStatement,
} from '../../../domain/sources/caqh';
import { computeBackOff, computeSpread } from '../../../domain/outreach/pacing';

const SAID: CaqhStatement = {
  found: true,
  rosterStatus: 'ACTIVE',
  authorised: true,
  providerStatus: 'Re-Attestation',
  statusOn: '2026-03-01',
};

describe('CAQH’s words', () => {
  test.each([
    ['Initial Profile Complete', 'current'],
    ['Initial Application Complete', 'current'],
    ['Re-attestation', 'current'],
    ['RE-ATTESTATION', 'current'],
    ['Initial Outreach', 'in_progress'],
    ['First Provider Contact', 'in_progress'],
    ['Profile Data Submitted', 'in_progress'],
    ['Expired Attestation', 'lapsed'],
    ['Expired', 'lapsed'],
    ['Opted Out', 'unusable'],
    ['Retired/Deceased', 'unusable'],
    ['Something New of 2027', 'unknown'],
    [null, 'unknown'],
  ])('%s is %s', (providerStatus, standing) => {
    expect(findCaqhStanding({ ...SAID, providerStatus })).toBe(standing);
  });

  test.each([
    ['not_found', { found: false }],
    ['not_on_roster', { rosterStatus: 'NOT ON ROSTER', authorised: false }],
    ['not_on_roster', { rosterStatus: 'INACTIVE' }],
    ['not_authorised', { authorised: false }],
    ['current', { rosterStatus: null, authorised: null }],
  ] as const)('what stands before them: %s', (standing, changes) => {
    expect(findCaqhStanding({ ...SAID, ...changes })).toBe(standing);
  });

  test('show an attestation only with a complete profile and a day that has come', () => {
    expect(findAttestedOn(SAID, '2026-03-10T09:00:00.000Z')).toBe('2026-03-01');
    expect(findAttestedOn(SAID, '2026-02-28T09:00:00.000Z')).toBeNull();
    expect(findAttestedOn({ ...SAID, providerStatus: 'Expired' }, '2026-03-10T09:00:00.000Z')).toBeNull();
    // authorised or not, the provider attested
    expect(findAttestedOn({ ...SAID, authorised: false }, '2026-03-10T09:00:00.000Z')).toBe('2026-03-01');
  });
});

test('a statement is of before the one on file where it is dated earlier, or not at all where that is dated', () => {
  const now = '2026-03-10T09:00:00.000Z';
  const isBefore = (statusOn: string | null, known: string | null) =>
    isOutdated({ ...SAID, statusOn }, { ...SAID, statusOn: known }, now);
  expect(isBefore('2026-02-28', '2026-03-01')).toBe(true);
  expect(isBefore(null, '2026-03-01')).toBe(true);
  expect(isBefore('2026-03-01', '2026-03-01')).toBe(false);
  expect(isBefore('2026-03-02', '2026-03-01')).toBe(false);
  expect(isBefore(null, null)).toBe(false);
  expect(isOutdated(SAID, null, now)).toBe(false);
  // a slip that is on file keeps nothing away
  expect(isBefore('2026-03-01', '2026-03-12')).toBe(false);
});

describe('pacing', () => {
  const NOW = '2026-03-10T12:00:00.000Z';
  const hours = (at: string) => (Date.parse(at) - Date.parse(NOW)) / 3_600_000;

  test('weekly where all is well, daily near the end and where something is awaited', () => {
    const next = (standing: 'current' | 'not_on_roster' | 'lapsed', dueOn: string | null) =>
      hours(planNextCaqhCheck({ standing, dueOn, id: 'someone' }, NOW));
    expect(next('current', '2026-06-01')).toBeGreaterThanOrEqual(168);
    expect(next('current', '2026-03-25')).toBeLessThan(29);
    expect(next('lapsed', null)).toBeLessThan(29);
    expect(next('not_on_roster', '2026-06-01')).toBeLessThan(29);
  });

  test('a service that fails is left alone from a quarter of an hour to half a day, three days cost about ten calls', () => {
    const waits = Array.from({ length: 12 }, (_, i) => computeBackOff(i + 1, 'caqh'));
    expect(waits[0]).toBeGreaterThanOrEqual(15 * 60_000);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(12 * 3_600_000 * 1.2);
    let [at, calls] = [0, 0];
    while (at < 72 * 3_600_000) at += waits[calls++] ?? waits.at(-1)!;
    expect(calls).toBeLessThanOrEqual(12);
  });

  test('a spread is the same for one id and within its bounds, and differs between ids', () => {
    const ids = Array.from({ length: 200 }, (_, i) => `person-${i}`);
    const spreads = ids.map((id) => computeSpread(id, 1000));
    expect(spreads).toEqual(ids.map((id) => computeSpread(id, 1000)));
    expect(spreads.every((ms) => ms >= 0 && ms < 1000)).toBe(true);
    expect(new Set(spreads).size).toBeGreaterThan(100);
    expect(addMilliseconds(NOW, 1500)).toBe('2026-03-10T12:00:01.500Z');
  });
});
