import fc from 'fast-check';
import type { ChecklistEntry } from '../../../domain/platforms/checklist';
import { STAGES, type ApplicationKind, type ReadinessReason, type Stage } from '../../../domain/kernel/codes';
import {
  assessConsequences,
  findFittingKind,
  computeNotice,
  type Consequence,
  type ConsequencesInput,
  type DirectApplication,
  type GivenAnswer,
} from '../../../domain/platforms/consequences';
import { planTransition } from '../../../domain/platforms/plans';
import { addDays } from '../../../domain/time/dates';
import { readPanel, type Panel, type ParkedApplication } from '../../../domain/registry/panels';
import type { PlatformAnswer, Question } from '../../../domain/platforms/platform';

const TODAY = '2026-03-10';
const NOW = `${TODAY}T15:00:00.000Z`;
const EXPECTATION = { name: 'Payer', expectedDecision: { days: 90 }, window: { timeZone: 'America/Denver' } };
const IN_90_DAYS = '2026-06-08';

const said = (question: Question, answer: PlatformAnswer, more: Partial<GivenAnswer> = {}): GivenAnswer => ({
  id: `${question}${more.payerId ?? ''}${more.state ?? ''}`,
  question,
  answer,
  payerId: null,
  state: null,
  words: null,
  relationship: { id: 'ledger', payerIds: ['p', 'q'], states: null },
  ...more,
});

const application = (more: Partial<DirectApplication> = {}): DirectApplication => ({
  id: 'a',
  payerId: 'p',
  practiceId: 'mine',
  locationId: null,
  state: 'CO',
  lineOfBusiness: 'commercial',
  kind: 'new_individual',
  stage: 'preparing',
  open: true,
  submittedOn: null,
  expectedDecisionOn: null,
  effectiveOn: null,
  endedOn: null,
  ...more,
});

const done = (item: ChecklistEntry['item'], doneOn: string | null = null, due: string | null = null) => ({
  item,
  owner: null,
  due,
  doneOn,
  note: null,
});

const input = (more: Partial<ConsequencesInput> = {}): ConsequencesInput => ({
  now: NOW,
  today: TODAY,
  leaveOn: addDays(TODAY, 60),
  answers: [],
  applications: [],
  agreements: [],
  panels: [],
  parked: [],
  payers: new Map([['p', EXPECTATION]]),
  states: ['CO'],
  practiceId: 'mine',
  locationId: null,
  checklist: [],
  readinessReasons: new Map(),
  ...more,
});
const only = (more: Partial<ConsequencesInput> = {}): Consequence => assessConsequences(input(more)).items[0]!;

describe('the notice', () => {
  const of = (days: number | null, leaveOn: string, givenOn: string | null = null) =>
    computeNotice(days, { leaveOn, today: TODAY, checklist: [done('platform_notice', givenOn)] });

  test('says the last day to give it, and the earliest date to leave', () => {
    expect(of(60, '2026-05-09')).toEqual({
      days: 60,
      givenOn: null,
      lastDayToGive: TODAY,
      earliestLeaveOn: '2026-05-09',
      inTime: true,
    });
    expect(of(60, '2026-05-08')).toMatchObject({ lastDayToGive: '2026-03-09', inTime: false });
    expect(of(60, '2026-05-08', '2026-03-01')).toMatchObject({ earliestLeaveOn: '2026-04-30', inTime: true });
    expect(of(null, '2026-05-08')).toMatchObject({ lastDayToGive: null, earliestLeaveOn: null, inTime: null });
  });

  test('is in time exactly where it is given by its last day, and leaving on the earliest date always is', () => {
    const day = fc.integer({ min: -400, max: 400 }).map((n) => addDays(TODAY, n));
    const given = fc.option(day.filter((on) => on <= TODAY));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 365 }), day, given, (days, leaveOn, givenOn) => {
        const notice = of(days, leaveOn, givenOn);
        expect(notice.inTime).toBe((givenOn ?? TODAY) <= notice.lastDayToGive!);
        expect(of(days, notice.earliestLeaveOn!, givenOn).inTime).toBe(true);
        expect(of(days, addDays(notice.earliestLeaveOn!, -1), givenOn).inTime).toBe(false);
      }),
    );
  });

  test('is what the answer in force for the payer says, nought only where there is no restriction, else unknown', () => {
    const rows: [GivenAnswer[], number | null][] = [
      [[], null],
      [[said('free_of_restrictions', 'no')], null],
      [[said('free_of_restrictions', 'unclear')], null],
      [[said('free_of_restrictions', 'yes')], 0],
      [[said('free_of_restrictions', 'no', { noticeDays: 60 })], 60],
      [[said('free_of_restrictions', 'yes', { noticeDays: 30 })], 30],
      [[said('free_of_restrictions', 'yes'), said('free_of_restrictions', 'no', { payerId: 'p', noticeDays: 90 })], 90],
      [[said('free_of_restrictions', 'yes'), said('free_of_restrictions', 'no', { state: 'NY', noticeDays: 90 })], 0],
      [[said('free_of_restrictions', 'yes'), said('free_of_restrictions', 'no', { payerId: 'q', noticeDays: 90 })], 0],
    ];
    for (const [answers, days] of rows) expect([answers, only({ answers }).notice.days]).toEqual([answers, days]);
  });

  test('of all payers is the strictest, and unknown while one is', () => {
    const payers = new Map([
      ['p', EXPECTATION],
      ['q', EXPECTATION],
    ]);
    const ofP = said('free_of_restrictions', 'no', { payerId: 'p', noticeDays: 60 });
    const ofQ = said('free_of_restrictions', 'no', { payerId: 'q', noticeDays: 30 });
    expect(assessConsequences(input({ payers, answers: [ofP, ofQ] })).notice.days).toBe(60);
    expect(assessConsequences(input({ payers, answers: [ofP] })).notice.days).toBeNull();
    expect(assessConsequences(input({ payers: new Map() })).notice.days).toBeNull();
  });
});

describe('of each payer and state it says', () => {
  test('what is portable, item by item, and the restriction, each with its entry', () => {
    const answers = [
      said('portable_on_exit', 'unclear', { payerId: 'p', items: { rates: 'no', providerIds: 'yes' } }),
      said('free_of_restrictions', 'no', { words: 'No contact for 12 months.' }),
    ];
    const { portable, restrictions } = only({ answers });
    expect(portable).toEqual({
      answer: 'unclear',
      entryId: 'portable_on_exitp',
      payerRelationships: 'unclear',
      providerIds: 'yes',
      rates: 'no',
      claimsRoutes: 'unclear',
      clientWorkflows: 'unclear',
    });
    expect(restrictions).toEqual({
      freeOf: 'no',
      entryId: 'free_of_restrictions',
      words: 'No contact for 12 months.',
    });
    expect(only()).toMatchObject({
      portable: { answer: 'unanswered', entryId: null, rates: 'unanswered' },
      restrictions: { freeOf: 'unanswered', entryId: null, words: null },
    });
  });

  test('one item for each state of each payer', () => {
    const payers = new Map([
      ['p', EXPECTATION],
      ['q', EXPECTATION],
    ]);
    const pairs = (more: Partial<ConsequencesInput>) =>
      assessConsequences(input({ payers, ...more })).items.map(({ payerId, state }) => `${payerId} ${state}`);
    expect(pairs({ states: ['NY', 'CO'] })).toEqual(['p CO', 'p NY', 'q CO', 'q NY']);
    expect(pairs({ states: [] })).toEqual(['p null', 'q null']);
  });
});

describe('the kind that fits', () => {
  const elsewhere = (more: Partial<DirectApplication>) =>
    application({ practiceId: 'other', stage: 'in_review', ...more });
  const DIRECT = (['direct_contract', 'bill_outside', 'claims_under_own_setup', 'control_terms'] as const).map(
    (question) => said(question, 'yes'),
  );
  const credentialed = said('direct_contract', 'unclear', { parts: { credentialed: 'yes' } });
  const agreement = { id: 'g', practiceId: 'mine', payerId: 'p', state: 'CO' };
  type Row = [name: string, more: Partial<ConsequencesInput>, kind: ApplicationKind, ...reasons: string[]];
  const rows: Row[] = [
    ['nothing known', {}, 'new_individual', 'not_listed'],
    ['its own, under way', { applications: [application()] }, 'new_individual', 'under_way'],
    ['its own, of a kind', { applications: [application({ kind: 'reinstatement' })] }, 'reinstatement', 'under_way'],
    [
      'its own, withdrawn',
      { applications: [application({ stage: 'withdrawn', open: false })] },
      'new_individual',
      'not_listed',
    ],
    [
      'its own, ended',
      { applications: [application({ stage: 'confirmed', open: false, endedOn: '2026-03-09' })] },
      'new_individual',
      'not_listed',
    ],
    ['another practice, open', { applications: [elsewhere({})] }, 'add_tin_or_location', 'listed_elsewhere'],
    [
      'another practice, in network',
      { applications: [elsewhere({ stage: 'confirmed', open: false })] },
      'add_tin_or_location',
      'listed_elsewhere',
    ],
    [
      'another practice, ended',
      { applications: [elsewhere({ stage: 'confirmed', open: false, endedOn: '2026-03-09' })] },
      'new_individual',
      'not_listed',
    ],
    [
      'another practice, denied',
      { applications: [elsewhere({ stage: 'denied', open: false })] },
      'new_individual',
      'not_listed',
    ],
    ['another payer', { applications: [elsewhere({ payerId: 'q' })] }, 'new_individual', 'not_listed'],
    [
      'another location',
      { locationId: 'here', applications: [application({ locationId: 'there' })] },
      'add_tin_or_location',
      'listed_elsewhere',
    ],
    ['another state', { applications: [application({ state: 'NY' })] }, 'add_tin_or_location', 'listed_elsewhere'],
    ['credentialed, as answered', { answers: [credentialed] }, 'add_tin_or_location', 'credentialed_by_ledger'],
    [
      'credentialed with another payer',
      { answers: [{ ...credentialed, payerId: 'q' }] },
      'new_individual',
      'not_listed',
    ],
    [
      'not credentialed, as answered',
      { answers: [{ ...credentialed, parts: { credentialed: 'no' } }] },
      'new_individual',
      'not_listed',
    ],
    [
      'credentialed by the ledger of another payer’s relationship',
      { answers: [{ ...credentialed, relationship: { id: 'ledger', payerIds: ['q'], states: null } }] },
      'new_individual',
      'not_listed',
    ],
    [
      'credentialed by a ledger that does not speak for the state',
      { answers: [{ ...credentialed, relationship: { id: 'ledger', payerIds: ['p'], states: ['NY'] } }] },
      'new_individual',
      'not_listed',
    ],
    ['direct already, as answered', { answers: DIRECT }, 'new_individual', 'direct_by_ledger'],
    ['an agreement', { agreements: [agreement] }, 'add_to_group', 'practice_has_agreement'],
    ['of another practice', { agreements: [{ ...agreement, practiceId: 'other' }] }, 'new_individual', 'not_listed'],
    ['of another state', { agreements: [{ ...agreement, state: 'NY' }] }, 'new_individual', 'not_listed'],
    [
      'all at once',
      { agreements: [agreement], applications: [elsewhere({})], answers: [credentialed] },
      'add_to_group',
      'practice_has_agreement',
      'listed_elsewhere',
      'credentialed_by_ledger',
    ],
  ];
  test.each(rows)('%s', (_, more, kind, ...reasons) => {
    const { fits } = only(more);
    expect([fits.kind, ...fits.because.map(({ reason }) => reason)]).toEqual([kind, ...reasons]);
    for (const { reason, ...names } of fits.because)
      expect([reason, Object.values(names).length]).toEqual([reason, reason === 'not_listed' ? 0 : 1]);
  });

  test('is the adoption of what exists where the verdict is direct, and nothing blocks that', () => {
    const found = assessConsequences(input({ answers: DIRECT }));
    expect(found.items[0]).toMatchObject({ verdict: 'direct', fits: { adopt: true } });
    expect(planTransition(found, () => ['malpractice'], TODAY).items[0]).toMatchObject({
      start: 'today',
      blockedBy: [],
    });
    expect(planTransition(found, () => null, TODAY).items[0]).toMatchObject({ blockedBy: ['practice_not_chosen'] });
    expect(only({ answers: DIRECT.slice(1) }).fits).toMatchObject({
      adopt: false,
      because: [{ reason: 'not_listed' }],
    });
  });

  test('is never a new one where the payer has the provider on its list', () => {
    const some = fc.record({
      practiceId: fc.constantFrom('mine', 'other'),
      state: fc.constantFrom('CO', 'NY'),
      stage: fc.constantFrom(...STAGES),
      endedOn: fc.constantFrom(null, '2026-03-09', '2026-03-10'),
    });
    const open = (stage: Stage) => !['confirmed', 'denied', 'withdrawn'].includes(stage);
    fc.assert(
      fc.property(fc.array(some, { maxLength: 4 }), (given) => {
        const applications = given.map((one, i) => application({ id: `a${i}`, ...one, open: open(one.stage) }));
        const target = { payerId: 'p', state: 'CO', practiceId: 'mine', locationId: null };
        const { kind, because } = findFittingKind(target, input({ applications }));
        const standing = applications.filter(
          ({ open: isOpen, stage, endedOn }) => isOpen || (stage === 'confirmed' && (endedOn ?? TODAY) >= TODAY),
        );
        const here = standing.some(({ practiceId, state }) => practiceId === 'mine' && state === 'CO');
        expect(because[0]!.reason).toBe(here ? 'under_way' : standing.length > 0 ? 'listed_elsewhere' : 'not_listed');
        expect(kind).toBe(here || standing.length === 0 ? 'new_individual' : 'add_tin_or_location');
      }),
    );
  });
});

describe('when it is billable', () => {
  const leaveOn = addDays(TODAY, 60);
  const submitted = (expectedDecisionOn: string) =>
    application({ stage: 'in_review', submittedOn: '2026-02-01', expectedDecisionOn });
  const confirmed = (more: Partial<DirectApplication> = {}) =>
    application({ stage: 'confirmed', open: false, effectiveOn: '2026-01-01', ...more });
  const closed: Panel = { payerId: 'p', state: 'CO', kind: null, status: 'closed', source: 'their page', asOf: TODAY };
  type Row = [
    name: string,
    more: Partial<ConsequencesInput>,
    status: string,
    expectedOn: string | null,
    from: string | null,
    gapDays: number | null,
  ];
  const rows: Row[] = [
    ['nothing begun: from today', {}, 'late', IN_90_DAYS, 'today', 30],
    ['nothing begun, left later', { leaveOn: IN_90_DAYS }, 'expected', IN_90_DAYS, 'today', 0],
    ['not submitted: from today', { applications: [application()] }, 'late', IN_90_DAYS, 'today', 30],
    ['submitted', { applications: [submitted('2026-05-02')] }, 'expected', '2026-05-02', 'submission', 0],
    ['decided the day before', { applications: [submitted('2026-05-08')] }, 'expected', '2026-05-08', 'submission', 0],
    ['decided on the day', { applications: [submitted('2026-05-09')] }, 'expected', '2026-05-09', 'submission', 0],
    ['decided a day late', { applications: [submitted('2026-05-10')] }, 'late', '2026-05-10', 'submission', 1],
    ['overdue: any day', { applications: [submitted('2026-03-01')] }, 'expected', TODAY, 'submission', 0],
    ['approved', { applications: [application({ stage: 'approved' })] }, 'expected', TODAY, 'approval', 0],
    [
      'approved from later on',
      { applications: [application({ stage: 'approved', effectiveOn: '2026-06-01' })] },
      'late',
      '2026-06-01',
      'effective_date',
      23,
    ],
    [
      'billing readiness says yes',
      { applications: [confirmed()], readinessReasons: new Map([['a', []]]) },
      'confirmed',
      '2026-01-01',
      'effective_date',
      0,
    ],
    [
      'in network from later on',
      {
        applications: [confirmed({ effectiveOn: '2026-06-01' })],
        readinessReasons: new Map([['a', ['before_effective_date']]]),
      },
      'late',
      '2026-06-01',
      'effective_date',
      23,
    ],
    ['ends before', { applications: [confirmed({ endedOn: '2026-04-30' })] }, 'not_expected', null, null, null],
    ['ended: anew', { applications: [confirmed({ endedOn: '2026-03-01' })] }, 'late', IN_90_DAYS, 'today', 30],
    [
      'denied: anew',
      { applications: [application({ stage: 'denied', open: false })] },
      'late',
      IN_90_DAYS,
      'today',
      30,
    ],
    ['parked', { applications: [application({ stage: 'panel_closed' })] }, 'not_expected', null, null, null],
    ['panel closed', { panels: [closed] }, 'not_expected', null, null, null],
    [
      'panel closed, asked before',
      { panels: [closed], applications: [submitted('2026-05-02')] },
      'expected',
      '2026-05-02',
      'submission',
      0,
    ],
    ['panel closed elsewhere', { panels: [{ ...closed, state: 'NY' }] }, 'late', IN_90_DAYS, 'today', 30],
  ];
  test.each(rows)('%s', (_, more, status, expectedOn, from, gapDays) => {
    const { billable } = only({ leaveOn, ...more });
    expect(billable).toMatchObject({ status, expectedOn, from, gapDays });
  });

  test('rests on billing readiness: confirmed where, and only where, it has nothing against the day', () => {
    const against = fc.subarray<ReadinessReason>(['not_approved', 'fact_disputed', 'licence_not_current']);
    fc.assert(
      fc.property(fc.constantFrom(...STAGES), against, (stage, reasons) => {
        const readinessReasons = new Map([['a', reasons]]);
        const { billable } = only({ applications: [application({ stage })], readinessReasons });
        expect(billable.status === 'confirmed').toBe(reasons.length === 0);
        expect(billable.reasons).toEqual(reasons);
      }),
    );
    expect(only().billable.reasons).toEqual(['no_application']);
  });

  test('the gap is nought where it is expected in time, and never shrinks by leaving earlier', () => {
    const day = fc.integer({ min: 0, max: 300 }).map((n) => addDays(TODAY, n));
    const gapDays = (on: string) => only({ leaveOn: on }).billable.gapDays!;
    fc.assert(
      fc.property(day, day, (one, other) => {
        const [earlier, later] = [one, other].sort() as [string, string];
        expect(gapDays(earlier)).toBeGreaterThanOrEqual(gapDays(later));
        expect(gapDays(earlier) === 0).toBe(earlier >= IN_90_DAYS);
      }),
    );
  });
});

test('payers without a direct application are named, and what came to nothing is none', () => {
  const payers = new Map(['p', 'q', 'r'].map((id) => [id, EXPECTATION]));
  const applications = [
    application({ payerId: 'p' }),
    application({ id: 'b', payerId: 'q', stage: 'withdrawn', open: false }),
  ];
  const found = assessConsequences(input({ payers, applications }));
  expect(found.withoutApplication).toEqual(['q', 'r']);
  expect(found.items.map(({ application: direct }) => direct?.stage)).toEqual(['preparing', 'withdrawn', undefined]);
});

test('of several applications the one furthest on its way is shown, whatever their order', () => {
  const applications = [
    application({ id: 'a', stage: 'withdrawn', open: false }),
    application({ id: 'b', stage: 'preparing' }),
    application({ id: 'c', stage: 'in_review' }),
    application({ id: 'd', stage: 'confirmed', open: false, endedOn: '2026-01-01' }),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(applications, { minLength: 4 }), (some) => {
      expect(only({ applications: some }).application?.id).toBe('c');
    }),
  );
});

test('each open item of the checklist is a risk, late where it is due after leaving or on no date', () => {
  const checklist = [
    done('intake', TODAY),
    done('claims'),
    done('website', null, addDays(TODAY, 60)),
    done('client_notices', null, addDays(TODAY, 61)),
  ];
  expect(assessConsequences(input({ checklist })).risks.map(({ item, late }) => [item, late])).toEqual([
    ['claims', true],
    ['website', false],
    ['client_notices', true],
  ]);
});

describe('a panel', () => {
  const panel = (more: Partial<Panel> = {}): Panel => ({
    payerId: 'p',
    state: 'CO',
    kind: null,
    status: 'open',
    source: 'their page',
    asOf: '2026-02-01',
    ...more,
  });
  const parked = (since: string, more: Partial<ParkedApplication> = {}): ParkedApplication => ({
    applicationId: 'x',
    payerId: 'p',
    state: 'CO',
    kind: 'new_individual',
    since,
    ...more,
  });
  const rows: [name: string, Panel[], ParkedApplication[], string][] = [
    ['nothing known', [], [], 'unknown'],
    ['stated', [panel()], [], 'open'],
    ['stated of another state', [panel({ state: 'NY' })], [], 'unknown'],
    ['stated of another payer', [panel({ payerId: 'q' })], [], 'unknown'],
    ['stated of another kind', [panel({ kind: 'add_to_group' })], [], 'unknown'],
    ['the kind before all kinds', [panel(), panel({ kind: 'new_individual', status: 'closed' })], [], 'closed'],
    ['parked', [], [parked('2026-02-15')], 'closed'],
    ['parked since it was stated', [panel()], [parked('2026-02-15')], 'closed'],
    ['stated since one was parked', [panel()], [parked('2026-01-15')], 'open'],
    ['parked long ago', [], [parked('2025-09-10')], 'unknown'],
    ['parked not too long ago', [], [parked('2025-09-11')], 'closed'],
    ['parked elsewhere', [], [parked('2026-02-15', { state: 'NY' })], 'unknown'],
    ['parked of another kind', [], [parked('2026-02-15', { kind: 'add_to_group' })], 'unknown'],
  ];
  test.each(rows)('%s', (_, panels, kept, status) => {
    const scope = { payerId: 'p', state: 'CO', kind: 'new_individual' } as const;
    expect(readPanel(scope, panels, kept, TODAY).status).toBe(status);
    expect(readPanel(scope, panels.toReversed(), kept, TODAY).status).toBe(status);
  });
});
