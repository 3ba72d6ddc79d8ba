import fc from 'fast-check';
import { CHECKLIST_ITEMS, type ChecklistEntry } from '../../../domain/platforms/checklist';
import type { Billable, Consequence, Consequences } from '../../../domain/platforms/consequences';
import { addDays } from '../../../domain/time/dates';
import { PANEL_STATUSES } from '../../../domain/registry/panels';
import { buildDecisionSheet, findEarliestLeaveDay, SERVICES, planTransition } from '../../../domain/platforms/plans';
import { DECISIONS } from '../../../domain/platforms/platform';

const TODAY = '2026-03-10';
const ahead = (days: number) => addDays(TODAY, days);

const billable = (more: Partial<Billable> = {}): Billable => ({
  status: 'late',
  expectedOn: ahead(90),
  from: 'today',
  gapDays: 90,
  reasons: ['no_application'],
  ...more,
});
const notice = (days: number | null) => ({
  days,
  givenOn: null,
  lastDayToGive: null,
  earliestLeaveOn: days === null ? null : ahead(days),
  inTime: null,
});
const item = (more: Partial<Consequence> = {}): Consequence => ({
  payerId: 'p',
  payerName: 'Payer',
  state: 'CO',
  verdict: 'unclear',
  portable: {
    answer: 'unanswered',
    entryId: null,
    payerRelationships: 'unanswered',
    providerIds: 'unanswered',
    rates: 'unanswered',
    claimsRoutes: 'unanswered',
    clientWorkflows: 'unanswered',
  },
  notice: notice(0),
  restrictions: { freeOf: 'unanswered', entryId: null, words: null },
  application: null,
  fits: { kind: 'new_individual', adopt: false, because: [{ reason: 'not_listed' }] },
  panel: { status: 'unknown', asOf: null },
  billable: billable(),
  ...more,
});
const found = (items: Consequence[], days: number | null = 0): Consequences => ({
  leaveOn: TODAY,
  notice: notice(days),
  items,
  withoutApplication: [],
  risks: [],
});
const UNDER_WAY = {
  kind: 'new_individual',
  adopt: false,
  because: [{ reason: 'under_way', applicationId: 'a' }],
} as const;

const checklist = (done: readonly string[]): ChecklistEntry[] =>
  CHECKLIST_ITEMS.map((one) => ({
    item: one,
    owner: null,
    due: null,
    doneOn: done.includes(one) ? TODAY : null,
    note: null,
  }));

describe('a plan', () => {
  type Row = [name: string, more: Partial<Consequence>, unmet: 'npi'[] | null, start: string, ...blockedBy: string[]];
  const closed = { status: 'closed', asOf: TODAY } as const;
  const confirmed = billable({ status: 'confirmed', expectedOn: '2026-01-01', gapDays: 0, reasons: [] });
  const rows: Row[] = [
    ['nothing missing', {}, [], 'today'],
    ['something missing', {}, ['npi'], 'blocked', 'npi'],
    ['no practice', {}, null, 'blocked', 'practice_not_chosen'],
    ['a closed panel', { panel: closed }, [], 'blocked', 'panel_closed'],
    ['both', { panel: closed }, ['npi'], 'blocked', 'npi', 'panel_closed'],
    ['under way', { fits: { ...UNDER_WAY, because: [...UNDER_WAY.because] } }, ['npi'], 'under_way', 'npi'],
    ['in network', { billable: confirmed }, ['npi'], 'done'],
  ];
  test.each(rows)('says what can start, and what blocks it: %s', (_, more, unmet, start, ...blockedBy) => {
    const [planned] = planTransition(found([item(more)]), () => unmet, TODAY).items;
    expect(planned).toMatchObject({ start, blockedBy });
  });

  test('has its earliest date when the last payer is expected and the notice has run, and none while one is open', () => {
    const days = fc.integer({ min: -30, max: 400 });
    fc.assert(
      fc.property(fc.array(fc.option(days)), fc.option(fc.nat({ max: 365 })), (expected, noticeDays) => {
        const items = expected.map((n) => item({ billable: billable({ expectedOn: n === null ? null : ahead(n) }) }));
        const earliest = findEarliestLeaveDay(found(items, noticeDays), TODAY);
        const known = noticeDays !== null && !expected.includes(null);
        expect(earliest).toBe(known ? ahead(Math.max(0, noticeDays, ...(expected as number[]))) : null);
      }),
    );
  });
});

describe('a decision sheet', () => {
  const sheet = (
    items: Consequence[],
    more: Partial<Parameters<typeof buildDecisionSheet>[1]> = {},
    days: number | null = 60,
  ) =>
    buildDecisionSheet(
      planTransition(found(items, days), () => [], TODAY),
      {
        decision: null,
        services: [],
        checklist: checklist([]),
        clients: new Map(),
        today: TODAY,
        ...more,
      },
    );

  test('shows every service on both sides, each item of the checklist once', () => {
    const services = [{ service: 'claims', does: 'yes', notes: 'Paid in a week.' }] as const;
    const shown = sheet([item()], { services, checklist: checklist(['claims']) }).services;
    expect(shown.map(({ service }) => service)).toEqual(SERVICES);
    expect(shown[0]).toEqual({
      service: 'claims',
      platform: { does: 'yes', notes: 'Paid in a week.' },
      direct: { checklist: [{ item: 'claims', doneOn: TODAY }], expected: null },
    });
    expect(shown[1]!.platform).toEqual({ does: 'unanswered', notes: null });
    const instead = shown.flatMap(({ direct }) => direct.checklist.map((one) => one.item));
    expect(instead.sort()).toEqual([...CHECKLIST_ITEMS].sort());
  });

  test('names the first and the last day on which a payer is expected, the last only where all are', () => {
    const soon = item({ billable: billable({ expectedOn: ahead(30) }) });
    const never = item({ billable: billable({ expectedOn: null }) });
    const expected = (items: Consequence[]) =>
      sheet(items).services.find(({ service }) => service === 'speed')!.direct.expected;
    expect(expected([item(), soon])).toEqual({ first: ahead(30), last: ahead(90) });
    expect(expected([soon, never])).toEqual({ first: ahead(30), last: null });
    expect(expected([never])).toBeNull();
  });

  test('puts all outcomes in the same terms; to stay takes nothing, whatever is open', () => {
    const panels = fc.array(fc.constantFrom(...PANEL_STATUSES), { maxLength: 3 });
    fc.assert(
      fc.property(
        panels,
        fc.subarray([...CHECKLIST_ITEMS]),
        fc.option(fc.nat({ max: 365 })),
        fc.option(fc.constantFrom(...DECISIONS)),
        (statuses, done, noticeDays, decision) => {
          const items = statuses.map((status) => item({ panel: { status, asOf: null } }));
          const { outcomes } = sheet(items, { decision, checklist: checklist(done) }, noticeDays);
          expect(outcomes.map((one) => one.decision)).toEqual(DECISIONS);
          expect(new Set(outcomes.map((one) => Object.keys(one).sort().join())).size).toBe(1);
          expect(outcomes.filter(({ chosen }) => chosen).map((one) => one.decision)).toEqual(
            decision ? [decision] : [],
          );
          const [stay, bridge, direct] = outcomes;
          const nothing = { applicationsToStart: 0, checklistOpen: 0, noticeDays: 0 };
          expect(stay).toMatchObject({ ...nothing, readyOn: TODAY });
          expect(bridge).toMatchObject({ ...nothing, applicationsToStart: items.length });
          expect(direct).toMatchObject({
            applicationsToStart: items.length,
            checklistOpen: CHECKLIST_ITEMS.length - done.length,
            noticeDays,
          });
        },
      ),
    );
  });
});
