import { KINDS, type ApplicationKind } from '../../../domain/kernel/codes';
import { findDurationProblem } from '../../../domain/time/duration';
import { KIND_RULES, PLAYBOOK_DEFAULTS, resolvePlaybook, type Playbook } from '../../../domain/registry/playbook';

const ZONE = 'America/Chicago';
const resolve = (playbook: Playbook, kind: ApplicationKind = 'new_individual', more: object = {}) =>
  resolvePlaybook(playbook, { kind, state: 'CO', lineOfBusiness: 'commercial', ...more }, ZONE);
const ALL = ['npi', 'caqh_id', 'licence_in_state', 'malpractice', 'practice_tin', 'practice_address'];

describe('an empty playbook', () => {
  test('resolves to the defaults of the contract, in the zone of the client', () => {
    expect(resolve({})).toEqual({
      channel: 'payer_portal',
      requires: ALL,
      requiresCaqh: true,
      attestationMaxDays: null,
      confirmReceiptAfter: { businessDays: 5 },
      followUpEvery: { businessDays: 10 },
      earliestInquiry: null,
      contactOverdueAfter: { businessDays: 2 },
      escalateAfter: { businessDays: 10 },
      expectedDecision: { days: 90 },
      informationDeadline: { days: 14 },
      appealWindow: { days: 30 },
      panelRecheck: { days: 90 },
      contractChase: { businessDays: 10 },
      confirmationChase: { businessDays: 5 },
      recredentialEvery: { months: 36 },
      recredentialOpens: { days: 180 },
      loadingCheck: { businessDays: 30 },
      directoryEvery: { days: 90 },
      changes: { name: 'application', address: 'application', tin: 'application' },
      contacts: [],
      callerVerification: [],
      maxPerCall: null,
      questions: [],
      contractBases: [],
      trackOrder: null,
      sources: {},
      tinByMail: false,
      window: { timeZone: ZONE },
    });
  });

  test('has durations that may be written', () => {
    const durations = Object.values(PLAYBOOK_DEFAULTS).filter(
      (value) => typeof value === 'object' && !Array.isArray(value),
    );
    expect(durations).toHaveLength(14);
    expect(durations.map(findDurationProblem).filter((problem) => problem !== null)).toEqual([]);
  });
});

test('recredentialing goes by the program where the payer names no cycle of its own', () => {
  const of = (playbook: Playbook, lineOfBusiness: 'commercial' | 'medicare' | 'medicaid' | 'medicare_advantage') =>
    resolvePlaybook(playbook, { state: 'CO', kind: 'new_individual', lineOfBusiness }, ZONE).recredentialEvery;
  expect(of({}, 'commercial')).toEqual({ months: 36 });
  expect(of({}, 'medicare_advantage')).toEqual({ months: 36 });
  expect([of({}, 'medicare'), of({}, 'medicaid')]).toEqual([{ months: 60 }, { months: 60 }]);
  expect(of({ recredentialEvery: { months: 24 } }, 'medicaid')).toEqual({ months: 24 });
});

test('a playbook names what it wants of a change, field by field', () => {
  expect(resolve({ changes: { address: 'notice' } }).changes).toEqual({
    name: 'application',
    address: 'notice',
    tin: 'application',
  });
});

test('a playbook overrides only what it names', () => {
  const callHours = { timeZone: 'America/New_York', from: '08:00', to: '17:00', days: ['mon' as const] };
  const own: Playbook = {
    channel: 'fax',
    followUpEvery: { days: 7 },
    earliestInquiry: { days: 120 },
    callHours,
    maxPerCall: 3,
    contractBases: ['group_contract'],
  };
  const { callHours: window, ...rest } = own;
  expect(resolve(own)).toEqual({ ...resolve({}), ...rest, window });
});

test('a resolved playbook is plain JSON', () => {
  const resolved = resolve({ callHours: { timeZone: ZONE, from: '08:00', to: '17:00' } });
  expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
});

describe('what is required', () => {
  test('without CAQH leaves the default alone out of it', () => {
    expect(resolve({ requiresCaqh: false })).toMatchObject({
      requiresCaqh: false,
      requires: ALL.filter((code) => code !== 'caqh_id'),
    });
  });

  test('stays as it is written, CAQH or not', () => {
    for (const requiresCaqh of [true, false])
      expect(resolve({ requires: ['caqh_id', 'npi'], requiresCaqh })).toMatchObject({
        requiresCaqh,
        requires: ['caqh_id', 'npi'],
      });
    expect(resolve({ requires: [] }).requires).toEqual([]);
  });

  test('of a new group is what a practice can have, and never CAQH', () => {
    expect(resolve({}, 'new_group')).toMatchObject({
      requiresCaqh: false,
      requires: ['npi', 'practice_tin', 'practice_address'],
    });
    expect(resolve({ requiresCaqh: true, requires: ['malpractice', 'practice_tin'] }, 'new_group')).toMatchObject({
      requiresCaqh: false,
      requires: ['practice_tin'],
    });
  });

  test('is the same for every kind that has a provider who stays', () => {
    for (const kind of KINDS.filter((k) => k !== 'new_group' && k !== 'termination'))
      expect(resolve({}, kind)).toEqual(resolve({}));
  });
});

test('each kind needs the facts and makes the span that the contract says', () => {
  const four = ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'];
  const joining = { facts: four, opensSpan: true, endsSpan: false, provider: true };
  const continuing = { facts: [], opensSpan: false, endsSpan: false, provider: true };
  expect(KIND_RULES).toEqual({
    new_individual: joining,
    new_group: { facts: ['contract', 'claimsRoute'], opensSpan: false, endsSpan: false, provider: false },
    add_to_group: joining,
    add_tin_or_location: joining,
    change: continuing,
    recredentialing: continuing,
    reinstatement: joining,
    termination: { facts: ['effectiveDate'], opensSpan: false, endsSpan: true, provider: true },
  });
});

test('a termination asks for nothing that a provider keeps up, unless the payer wants it of a termination by name', () => {
  const scope = { kind: 'termination', state: 'CA', lineOfBusiness: 'commercial' } as const;
  const demands = (playbook: Playbook) => {
    const { requires, requiresCaqh } = resolvePlaybook(playbook, scope, 'America/Denver');
    return { requires, requiresCaqh };
  };
  const usual = { requires: ['npi', 'practice_tin', 'practice_address'], requiresCaqh: false };
  expect(demands({})).toEqual(usual);
  expect(demands({ requiresCaqh: true, requires: ['malpractice', 'caqh_id'] })).toEqual(usual);
  const named = { requires: ['npi', 'licence_in_state'] as const, requiresCaqh: true };
  const variants = [{ kind: 'termination' as const, requires: [...named.requires], requiresCaqh: true }];
  expect(demands({ variants })).toEqual(named);
});

describe('variants', () => {
  const days = (count: number) => ({ days: count });
  const book: Playbook = {
    expectedDecision: days(1),
    appealWindow: days(1),
    variants: [
      { state: 'CA', kind: 'add_to_group', expectedDecision: days(6) },
      { lineOfBusiness: 'medicaid', expectedDecision: days(2) },
      { state: 'CA', expectedDecision: days(4), appealWindow: days(4) },
      { kind: 'add_to_group', expectedDecision: days(3) },
    ],
  };
  test.each([
    ['nothing that is named', 'new_individual', {}, 1, 1],
    ['a line', 'new_individual', { lineOfBusiness: 'medicaid' }, 2, 1],
    ['a kind before a line', 'add_to_group', { lineOfBusiness: 'medicaid' }, 3, 1],
    ['a state before a line', 'new_individual', { state: 'CA', lineOfBusiness: 'medicaid' }, 4, 4],
    ['two before one, field by field', 'add_to_group', { state: 'CA' }, 6, 4],
  ] as const)('%s', (_, kind, more, decision, appeal) => {
    const resolved = resolve(book, kind, more);
    expect([resolved.expectedDecision, resolved.appealWindow]).toEqual([days(decision), days(appeal)]);
    expect(resolved).not.toHaveProperty('variants');
  });

  test('closures are days of the window on which no business is done', () => {
    expect(resolve({ closures: [{ from: '2026-07-01', to: '2026-07-03' }] }).window).toEqual({
      timeZone: ZONE,
      closures: [{ from: '2026-07-01', to: '2026-07-03' }],
    });
  });
});
