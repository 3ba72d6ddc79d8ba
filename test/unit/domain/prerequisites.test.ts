import fc from 'fast-check';
import {
  PREREQUISITES,
  type AuthorisationScope,
  type Prerequisite,
  type UnmetReason,
} from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import {
  evaluateFile,
  mayContact,
  type FileDemand,
  type ProviderFile,
} from '../../../domain/applications/prerequisites';

const TODAY = '2026-03-10';
const FILE: ProviderFile = {
  provider: {
    npi: '1234567893',
    caqhId: '12345678',
    licences: [{ state: 'CA', expiresOn: '2027-01-31' }],
    malpractice: { expiresOn: '2026-12-31' },
  },
  practice: { npi: null, hasTin: true, address: { line1: '1 Main St' } },
  authorisations: [
    {
      scopes: ['submit_applications', 'contact_payers'],
      payerIds: null,
      signedOn: TODAY,
      until: null,
      revokedOn: null,
    },
  ],
  authorisationRequired: false,
  portalAccess: 'active',
  exclusions: [],
  attestation: { attestedOn: '2026-02-01', authorizedPayerIds: null },
};
const DEMAND: FileDemand = {
  requires: PREREQUISITES,
  requiresCaqh: true,
  attestationMaxDays: null,
  state: 'CA',
  payerId: 'payer-a',
  kind: 'new_individual',
};

const withProvider = (changes: Partial<NonNullable<ProviderFile['provider']>>): ProviderFile => ({
  ...FILE,
  provider: { ...FILE.provider!, ...changes },
});
const find = (code: Prerequisite, file: ProviderFile, demand = DEMAND, today = TODAY) =>
  evaluateFile(file, demand, today).prerequisites.find((p) => p.code === code);
const met = (code: Prerequisite) => ({ code, met: true });
const unmet = (code: Prerequisite, reason: UnmetReason) => ({ code, met: false, reason });

test('a complete file meets everything, in the order in which it was asked', () => {
  expect(evaluateFile(FILE, DEMAND, TODAY)).toEqual({
    prerequisites: PREREQUISITES.map(met),
    attestation: { state: 'current', attestedOn: '2026-02-01', dueOn: '2026-06-01' },
    changesOn: '2026-06-02',
  });
});

test('an evaluation is plain JSON with keys in one order', () => {
  const text = JSON.stringify(evaluateFile(FILE, DEMAND, TODAY));
  expect(JSON.stringify(evaluateFile(JSON.parse(JSON.stringify(FILE)) as ProviderFile, DEMAND, TODAY))).toBe(text);
  expect(JSON.parse(text)).toEqual(evaluateFile(FILE, DEMAND, TODAY));
});

test('only what is required is looked at', () => {
  const bare = {
    ...FILE,
    provider: { ...FILE.provider!, caqhId: null, malpractice: null },
    authorisations: [],
    authorisationRequired: false,
    portalAccess: null,
  };
  expect(evaluateFile(bare, { ...DEMAND, requires: ['npi'], requiresCaqh: false }, TODAY)).toEqual({
    prerequisites: [met('npi')],
    attestation: null,
    changesOn: null,
  });
});

describe('a prerequisite', () => {
  test('that is not on file is missing', () => {
    expect(find('caqh_id', withProvider({ caqhId: null }))).toEqual(unmet('caqh_id', 'missing'));
    expect(find('malpractice', withProvider({ malpractice: null }))).toEqual(unmet('malpractice', 'missing'));
    expect(find('licence_in_state', withProvider({ licences: [] }))).toEqual(unmet('licence_in_state', 'missing'));
    const practice = { npi: null, hasTin: false, address: null };
    expect(find('practice_tin', { ...FILE, practice })).toEqual(unmet('practice_tin', 'missing'));
    expect(find('practice_address', { ...FILE, practice })).toEqual(unmet('practice_address', 'missing'));
  });

  test('of malpractice holds through its last day', () => {
    const until = (expiresOn: string) => find('malpractice', withProvider({ malpractice: { expiresOn } }));
    expect(until(TODAY)).toEqual(met('malpractice'));
    expect(until(addDays(TODAY, -1))).toEqual(unmet('malpractice', 'expired'));
  });

  test('of a licence looks at the state of the application alone', () => {
    const held = (...licences: [string, string][]) =>
      find(
        'licence_in_state',
        withProvider({ licences: licences.map(([state, expiresOn]) => ({ state, expiresOn })) }),
      );
    expect(held(['CA', TODAY])).toEqual(met('licence_in_state'));
    expect(held(['NV', '2030-01-01'])).toEqual(unmet('licence_in_state', 'missing'));
    expect(held(['CA', '2026-03-09'], ['NV', '2030-01-01'])).toEqual(unmet('licence_in_state', 'expired'));
    expect(held(['CA', '2020-01-01'], ['CA', '2030-01-01'])).toEqual(met('licence_in_state'));
  });

  test('of a licence or cover that begins later is not met before, and is looked at again on its first day', () => {
    const [begins, ends] = [addDays(TODAY, 30), addDays(TODAY, 400)];
    const later = { startsOn: begins, expiresOn: ends };
    const ahead = withProvider({ licences: [{ state: 'CA', ...later }], malpractice: later });
    for (const code of ['licence_in_state', 'malpractice'] as const)
      expect(find(code, ahead)).toEqual(unmet(code, 'not_begun'));
    const demand: FileDemand = { ...DEMAND, requires: ['licence_in_state', 'malpractice'], requiresCaqh: false };
    expect(evaluateFile(ahead, demand, TODAY).changesOn).toBe(begins);
    expect(evaluateFile(ahead, demand, begins).changesOn).toBe(addDays(ends, 1));
  });

  test('of a licence or cover that was renewed ahead is met by the term that still runs', () => {
    const [running, renewed] = [{ expiresOn: TODAY }, { startsOn: addDays(TODAY, 1), expiresOn: addDays(TODAY, 400) }];
    const file = withProvider({
      licences: [renewed, running].map((term) => ({ state: 'CA', ...term })),
      malpractice: renewed,
      formerMalpractice: [running],
    });
    for (const code of ['licence_in_state', 'malpractice'] as const) expect(find(code, file)).toEqual(met(code));
    const demand: FileDemand = { ...DEMAND, requires: ['licence_in_state', 'malpractice'], requiresCaqh: false };
    // nothing changes in between
    expect(evaluateFile(file, demand, TODAY).changesOn).toBe(addDays(renewed.expiresOn, 1));
  });

  test('of an NPI is the provider’s, and the practice’s for a new group', () => {
    const demand: FileDemand = { ...DEMAND, kind: 'new_group', requires: ['npi'], requiresCaqh: false };
    const group: ProviderFile = { ...FILE, provider: null };
    expect(find('npi', FILE)).toEqual(met('npi'));
    expect(find('npi', group, demand)).toEqual(unmet('npi', 'missing'));
    expect(find('npi', { ...group, practice: { ...FILE.practice, npi: '1245319599' } }, demand)).toEqual(met('npi'));
  });
});

describe('the attestation', () => {
  const read = (file: ProviderFile, today = TODAY) => evaluateFile(file, DEMAND, today).attestation;

  test('is missing before the first', () => {
    expect(read({ ...FILE, attestation: null })).toEqual({ state: 'missing', attestedOn: null, dueOn: null });
  });

  test('lapses the day after it is due, and says when it was', () => {
    expect(read(FILE, '2026-06-01')).toMatchObject({ state: 'current' });
    expect(read(FILE, '2026-06-02')).toEqual({ state: 'lapsed', attestedOn: '2026-02-01', dueOn: '2026-06-01' });
  });

  test('that was already old when it was recorded is lapsed', () => {
    const old = { ...FILE, attestation: { attestedOn: '2025-01-01', authorizedPayerIds: null } };
    expect(read(old)).toEqual({ state: 'lapsed', attestedOn: '2025-01-01', dueOn: '2025-05-01' });
  });

  test('must be authorised for this payer where that is recorded', () => {
    const authorized = (ids: string[]) => ({ ...FILE, attestation: { ...FILE.attestation!, authorizedPayerIds: ids } });
    expect(read(authorized(['payer-a']))).toMatchObject({ state: 'current' });
    expect(read(authorized(['payer-b']))).toMatchObject({ state: 'not_authorised' });
  });

  test('may have to be fresher for a payer than CAQH has it', () => {
    const strict = { ...DEMAND, attestationMaxDays: 90 };
    const on = (today: string) => evaluateFile(FILE, strict, today);
    expect(on(TODAY)).toMatchObject({
      attestation: { state: 'current', freshThrough: '2026-05-02', dueOn: '2026-06-01' },
      changesOn: '2026-05-03',
    });
    expect(on('2026-05-02').attestation).toMatchObject({ state: 'current' });
    expect(on('2026-05-03')).toMatchObject({ attestation: { state: 'stale' }, changesOn: '2026-06-02' });
    expect(on('2026-06-02').attestation).toMatchObject({ state: 'lapsed' });
  });

  test('lasts 180 days in Illinois alone, from the day on which another licence has run out', () => {
    const both = withProvider({
      licences: [
        { state: 'CA', expiresOn: '2026-03-15' },
        { state: 'IL', expiresOn: '2030-01-01' },
      ],
    });
    expect(evaluateFile(both, { ...DEMAND, state: 'IL' }, TODAY)).toMatchObject({
      attestation: { dueOn: '2026-06-01' },
      changesOn: '2026-03-16',
    });
    expect(read(both, '2026-03-16')).toMatchObject({ dueOn: '2026-07-31' });
  });
});

test('an evaluation stays as it is until changesOn, and forever where that is null', () => {
  const near = fc.integer({ min: -30, max: 260 }).map((days) => addDays(TODAY, days));
  const licence = fc.record({ state: fc.constantFrom('CA', 'IL'), expiresOn: near });
  const attestation = fc.record({
    attestedOn: fc.integer({ min: -200, max: 0 }).map((days) => addDays(TODAY, days)),
    authorizedPayerIds: fc.constantFrom(null, ['payer-a'], ['payer-b']),
  });
  const file: fc.Arbitrary<ProviderFile> = fc.record({
    exclusions: fc.array(fc.record({ from: near, reinstatedOn: fc.option(near) }), { maxLength: 2 }),
    provider: fc.record({
      npi: fc.constant('1234567893'),
      caqhId: fc.constantFrom(null, '12345678'),
      licences: fc.array(licence, { maxLength: 3 }),
      malpractice: fc.option(fc.record({ expiresOn: near })),
    }),
    practice: fc.constant(FILE.practice),
    authorisations: fc.array(
      fc.record({
        scopes: fc.subarray(['submit_applications', 'contact_payers', 'manage_caqh'] as AuthorisationScope[]),
        payerIds: fc.constantFrom(null, ['payer-a'], ['payer-b']),
        signedOn: fc.constant('2026-01-01'),
        until: fc.option(near),
        revokedOn: fc.option(near),
      }),
      { maxLength: 3 },
    ),
    authorisationRequired: fc.boolean(),
    portalAccess: fc.constantFrom(null, 'active', 'lost'),
    attestation: fc.option(attestation),
  });
  const demand: fc.Arbitrary<FileDemand> = fc
    .record({
      requires: fc.subarray([...PREREQUISITES]),
      requiresCaqh: fc.boolean(),
      attestationMaxDays: fc.constantFrom(null, 60, 90, 150),
      state: fc.constantFrom('CA', 'IL'),
    })
    .map((asked) => ({ ...DEMAND, ...asked }));
  const shown = (on: ProviderFile, asked: FileDemand, today: string) => {
    const { changesOn: _when, ...reading } = evaluateFile(on, asked, today);
    return JSON.stringify(reading);
  };

  fc.assert(
    fc.property(file, demand, (on, asked) => {
      const { changesOn } = evaluateFile(on, asked, TODAY);
      const now = shown(on, asked, TODAY);
      const days = Array.from({ length: 400 }, (_day, i) => addDays(TODAY, i));
      expect(changesOn).toBe(days.find((day) => shown(on, asked, day) !== now) ?? null);
    }),
    { numRuns: 150 },
  );
});

describe('what counts only once it is on record', () => {
  const usual: FileDemand = { ...DEMAND, requires: ['npi'] };
  const read = (changes: Partial<ProviderFile>, today = TODAY) =>
    evaluateFile({ ...FILE, authorisations: [], portalAccess: null, ...changes }, usual, today);
  const signed = { ...FILE.authorisations[0]!, until: '2026-03-31' };

  test('asks for nothing where nothing is', () => {
    expect(read({}).prerequisites.map(({ code }) => code)).toEqual(['npi']);
  });

  test('an authorisation holds through its last day, or the day before it was revoked', () => {
    const found = (authorisations: ProviderFile['authorisations'], today: string) =>
      read({ authorisations }, today).prerequisites.find(({ code }) => code === 'authorisation');
    expect(found([signed], '2026-03-31')).toEqual({ code: 'authorisation', met: true });
    expect(found([signed], '2026-04-01')).toEqual({ code: 'authorisation', met: false, reason: 'expired' });
    expect(found([{ ...signed, revokedOn: TODAY }], TODAY)).toMatchObject({ met: false });
    expect(found([{ ...signed, scopes: ['manage_caqh'] }], TODAY)).toMatchObject({ met: false, reason: 'missing' });
    expect(found([{ ...signed, payerIds: ['payer-b'] }], TODAY)).toMatchObject({ met: false, reason: 'missing' });
    expect(read({ authorisations: [signed] }).changesOn).toBe('2026-04-01');
  });

  test('what was signed on two papers is signed, until the first of them ends', () => {
    const [one, other] = [
      { ...signed, scopes: ['submit_applications'] as const, until: null },
      { ...signed, scopes: ['contact_payers'] as const, until: '2026-03-20' },
    ];
    const both = read({ authorisations: [one, other] });
    expect(both.prerequisites).toContainEqual({ code: 'authorisation', met: true });
    expect(both.changesOn).toBe('2026-03-21');
    expect(read({ authorisations: [one] }).prerequisites).toContainEqual({
      code: 'authorisation',
      met: false,
      reason: 'missing',
    });
  });

  test('a payer is talked to as was signed, and no longer; where nothing was ever signed, it is unless that is required', () => {
    const toSubmit = { ...signed, scopes: ['submit_applications'] as const };
    const may = (authorisations: ProviderFile['authorisations'], today = TODAY, authorisationRequired = false) =>
      mayContact({ authorisations, authorisationRequired }, 'payer-a', today);
    expect([may([]), may([], TODAY, true), may([signed], TODAY, true)]).toEqual([true, false, true]);
    expect(may([signed], '2026-03-31')).toBe(true);
    expect(may([signed], '2026-04-01')).toBe(false);
    expect(may([{ ...signed, revokedOn: TODAY }])).toBe(false);
    expect(may([toSubmit])).toBe(false);
    expect(may([{ ...signed, payerIds: ['payer-b'] }])).toBe(false);
  });

  test('a signature that is required is missing where none is on record, but of a practice’s own application', () => {
    const required = { authorisationRequired: true };
    expect(read(required).prerequisites).toContainEqual({ code: 'authorisation', met: false, reason: 'missing' });
    expect(read({ ...required, authorisations: [signed] }).prerequisites).toContainEqual({
      code: 'authorisation',
      met: true,
    });
    const codes = read({ ...required, provider: null }).prerequisites.map(({ code }) => code);
    expect(codes).not.toContain('authorisation');
  });

  test('lost access to the payer’s portal is unmet', () => {
    expect(read({ portalAccess: 'lost' }).prerequisites).toContainEqual({
      code: 'portal_access',
      met: false,
      reason: 'missing',
    });
  });
});

describe('an exclusion', () => {
  const excluded = { ...FILE, exclusions: [{ from: '2026-03-01', reinstatedOn: '2026-04-01' }] };
  const none = { ...DEMAND, requires: [] };

  test('is asked after once there is one, holds through its last day, and lets who has to leave leave', () => {
    expect(find('not_excluded', FILE, none)).toBeUndefined();
    expect(find('not_excluded', excluded, none)).toEqual({ code: 'not_excluded', met: false });
    expect(find('not_excluded', excluded, none, '2026-02-28')).toEqual(met('not_excluded'));
    expect(find('not_excluded', excluded, none, '2026-04-01')).toEqual(met('not_excluded'));
    expect(find('not_excluded', excluded, { ...none, kind: 'termination' })).toBeUndefined();
  });
});

test('a termination of who leaves asks for nothing that they keep up: they may never attest again', () => {
  const lapsed = { ...withProvider({ malpractice: null, licences: [], leaves: true }), attestation: null };
  const demand = { ...DEMAND, kind: 'termination' as const };
  const { prerequisites, attestation } = evaluateFile(lapsed, demand, TODAY);
  expect(attestation).toBeNull();
  expect(prerequisites.map(({ code }) => code)).toEqual(
    PREREQUISITES.filter((code) => !['caqh_id', 'licence_in_state', 'malpractice'].includes(code)),
  );
  expect(prerequisites.every((one) => one.met)).toBe(true);
  // for a provider who stays, and for anything else, it asks for all of it
  const stays = { ...lapsed, provider: { ...lapsed.provider!, leaves: false } };
  for (const [file, kind] of [[stays, 'termination'] as const, [lapsed, 'new_individual'] as const]) {
    const reading = evaluateFile(file, { ...DEMAND, kind }, TODAY);
    expect(reading.attestation?.state).toBe('missing');
    expect(reading.prerequisites).toContainEqual(unmet('malpractice', 'missing'));
  }
});
