import { FACTS, type Fact, type LineOfBusiness, type ReadinessReason } from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import type { FactRecord, FactValue } from '../../../domain/kernel/facts';
import {
  evaluateBillingReadiness,
  findRemedy,
  type AgreementEvidence,
  type ReadinessEvidence,
  type ReadinessQuery,
  type Span,
} from '../../../domain/billing/readiness';
import { extent, isWhole, pick } from '../../support/extent';

const EFFECTIVE = '2026-03-01';
const LAST_DAY = '2026-09-30';
const GOOD_DAY = '2026-06-15';

const VALUES: Record<Fact, FactValue> = {
  contract: 'executed',
  effectiveDate: EFFECTIVE,
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'stedi', payerId: '60054' },
};

const record = (fact: Fact, changes: Partial<FactRecord> = {}): FactRecord => ({
  status: 'confirmed',
  value: VALUES[fact],
  entryId: `entry-${fact}`,
  source: 'letter',
  evidence: ['document'],
  stored: ['document'],
  partySeen: true,
  ...changes,
});

/** A licence of which nobody knows since when. */
const HELD = [{ expiresOn: '2099-12-31' }];

const AGREEMENTS: AgreementEvidence[] = [
  { id: 'live', contract: { entryId: 'theirs' }, claimsRoute: { entryId: 'theirs' }, endedOn: null },
  { id: 'ended', contract: { entryId: 'theirs' }, claimsRoute: { entryId: 'theirs' }, endedOn: '2026-02-28' },
  { id: 'empty', contract: null, claimsRoute: null, endedOn: null },
].map((agreement) => ({ payerId: 'payer', lineOfBusiness: 'commercial', ...agreement }));

const span = (changes: Partial<Span> = {}): Span => ({
  applicationId: 'application-1',
  payerId: 'payer',
  lineOfBusiness: 'commercial',
  locationId: null,
  approved: true,
  effectiveTo: null,
  facts: Object.fromEntries(FACTS.map((fact) => [fact, record(fact)])),
  loadedSeen: true,
  tinChangedOn: null,
  ...changes,
});

const evidence = (changes: Partial<ReadinessEvidence> = {}): ReadinessEvidence => ({
  spans: [span()],
  agreements: AGREEMENTS,
  platformCovers: false,
  licenceTerms: HELD,
  malpracticeCurrent: true,
  attestationCurrent: true,
  excluded: false,
  exclusionPossible: false,
  demands: {},
  ...changes,
});

const ask = (changes: Partial<ReadinessEvidence> = {}, query: Partial<ReadinessQuery> = {}) =>
  evaluateBillingReadiness({ dateOfService: GOOD_DAY, lineOfBusiness: 'commercial', ...query }, evidence(changes));

/** A span with one fact changed. */
const but = (fact: Fact, changes: Partial<FactRecord>): Span =>
  span({ facts: { ...span().facts, [fact]: record(fact, changes) } });

/* How a fact can stand, and what that is: the last is the oracle's only knowledge of it. */
interface Standing {
  changes: Partial<FactRecord> | null;
  is: 'unconfirmed' | 'disputed' | 'good' | 'over';
}
const OWN: Standing[] = [
  { changes: null, is: 'unconfirmed' },
  { changes: { status: 'claimed', source: 'client_word' }, is: 'unconfirmed' },
  { changes: { status: 'disputed' }, is: 'disputed' },
  { changes: {}, is: 'good' },
  { changes: { status: 'claimed', awaitsApproval: true }, is: 'unconfirmed' },
];
const SHARED: Standing[] = [
  ...OWN,
  { changes: { value: { inheritedFrom: 'live' } }, is: 'good' },
  { changes: { value: { inheritedFrom: 'live' }, status: 'claimed' }, is: 'unconfirmed' },
  { changes: { value: { inheritedFrom: 'ended' } }, is: 'over' },
  { changes: { value: { inheritedFrom: 'empty' } }, is: 'unconfirmed' },
  { changes: { value: { inheritedFrom: 'nowhere' } }, is: 'unconfirmed' },
];

const DATES = {
  before: addDays(EFFECTIVE, -1),
  onEffective: EFFECTIVE,
  between: GOOD_DAY,
  onLastDay: LAST_DAY,
  after: addDays(LAST_DAY, 1),
} as const;
type When = keyof typeof DATES;
const WHEN = Object.keys(DATES) as When[];

/* Which lines exist, which is asked for, and whether the span in question is then meant. */
const SCOPES = {
  same: { lines: ['commercial'], asked: 'commercial', meant: 'yes' },
  sameOfTwo: { lines: ['commercial', 'medicaid'], asked: 'commercial', meant: 'yes' },
  leftOutOfOne: { lines: ['commercial'], asked: undefined, meant: 'yes' },
  leftOutOfTwo: { lines: ['commercial', 'medicaid'], asked: undefined, meant: 'unclear' },
  other: { lines: ['commercial'], asked: 'medicaid', meant: 'no' },
} as const;

const BOTH = [true, false] as const;

describe('over all combinations', () => {
  interface Combination {
    scope: keyof typeof SCOPES;
    approved: boolean;
    /** The standings of the facts, in the order of FACTS. */
    standings: Standing[];
    when: When;
    ends: boolean;
  }

  function* combinations(): Generator<Combination> {
    for (const contract of SHARED)
      for (const effectiveDate of OWN)
        for (const payerProviderId of OWN)
          for (const claimsRoute of SHARED)
            for (const approved of BOTH)
              for (const ends of BOTH)
                for (const when of WHEN)
                  for (const scope of Object.keys(SCOPES) as (keyof typeof SCOPES)[])
                    yield {
                      scope,
                      approved,
                      ends,
                      when,
                      standings: [contract, effectiveDate, payerProviderId, claimsRoute],
                    };
  }

  const WORDS = ['contract', 'effective_date', 'provider_id', 'claims_route'];

  /** States the rules once more, from the other end: what must hold, each with the answer if it doesn't. */
  function oracle({ scope, approved, standings, when, ends }: Combination): Set<string> {
    const { meant } = SCOPES[scope];
    if (meant !== 'yes') return new Set([meant === 'no' ? 'no_application' : 'scope_ambiguous']);
    const said = new Set<string>();
    if (!approved) said.add('not_approved');
    standings.forEach(({ is }, i) => {
      if (is === 'unconfirmed') said.add(`${WORDS[i]}_unconfirmed`);
      if (is === 'disputed') said.add('fact_disputed');
      // the ended agreement's last day is the day before the earliest of the effective dates
      if (is === 'over' && when !== 'before') said.add('participation_ended');
    });
    if (when === 'before' && standings[1]!.is === 'good') said.add('before_effective_date');
    if (when === 'after' && ends) said.add('participation_ended');
    return said;
  }

  /** The four facts on file, undisputed, approved, in scope and in date. */
  const allGood = ({ scope, approved, standings, when, ends }: Combination): boolean =>
    approved &&
    standings.every(({ is }) => is === 'good') &&
    when !== 'before' &&
    !(ends && when === 'after') &&
    SCOPES[scope].meant === 'yes';

  const agreements = AGREEMENTS.map((held) => ({
    ...held,
    contract: held.contract && { entryId: 'their-contract' },
    claimsRoute: held.claimsRoute && { entryId: 'their-claimsRoute' },
  }));

  const CLEAR = evidence({ agreements });
  const RECORDS = Object.fromEntries(FACTS.map((fact) => [fact, record(fact)])) as Record<Fact, FactRecord>;
  const COMMERCIAL = span();
  // all clear: nothing of it may count for the other line
  const MEDICAID = span({ lineOfBusiness: 'medicaid' });

  /** Builds the file of a combination, and the question. */
  function filed(
    { scope, approved, standings, when, ends }: Combination,
    { partySeen = true, loadedSeen = true } = {},
  ): [ReadinessQuery, ReadinessEvidence] {
    const facts: Span['facts'] = {};
    FACTS.forEach((fact, i) => {
      const { changes } = standings[i]!;
      if (changes) facts[fact] = { ...RECORDS[fact], ...changes, partySeen };
    });
    const one = { ...COMMERCIAL, approved, facts, loadedSeen, effectiveTo: ends ? LAST_DAY : null };
    const { lines, asked } = SCOPES[scope];
    const spans = lines.map((line) => (line === 'commercial' ? one : MEDICAID));
    return [
      { dateOfService: DATES[when], ...(asked && { lineOfBusiness: asked }) },
      { ...CLEAR, spans },
    ];
  }

  const PLATFORM_ONLY = new Set(['platform_only']);
  const same = (reasons: readonly string[], expected: ReadonlySet<string>): boolean =>
    reasons.length === expected.size && reasons.every((reason) => expected.has(reason));

  test('of facts, an approval that is awaited, dates, ends, scopes and a platform billing readiness is what an oracle says, and yes only when all is good', () => {
    let [asked, yes] = [0, 0];
    const wrong: unknown[] = [];
    for (const combination of pick(combinations())) {
      const good = allGood(combination);
      const expected = oracle(combination);
      const [query, onFile] = filed(combination);
      const alone = evaluateBillingReadiness(query, onFile);
      // beside a platform: the same answer, never a yes more
      const beside = evaluateBillingReadiness(query, { ...onFile, platformCovers: true });
      asked += 1;
      if (alone.mayBill) yes += 1;
      const right =
        same(alone.reasons, expected) &&
        alone.mayBill === good &&
        good === (expected.size === 0) &&
        alone.billThrough === (good ? 'own' : 'nobody') &&
        beside.mayBill === good &&
        beside.billThrough === (good ? 'own' : 'platform') &&
        same(beside.reasons, expected.has('no_application') ? PLATFORM_ONLY : expected);
      if (!right) wrong.push({ ...combination, alone, beside });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(asked).toBe(extent(10 * 5 * 5 * 10 * 2 * 2 * 5 * 5));
    // good contracts, good routes, days in date without an end and with one, scopes
    if (isWhole()) expect(yes).toBe(2 * 2 * (4 + 3) * 3);
    expect(yes).toBeGreaterThan(0);
  });

  const BESIDE = [
    'licenceHeld',
    'excluded',
    'exclusionPossible',
    'attestationCurrent',
    'malpracticeCurrent',
    'loadedSeen',
    'partySeen',
    'platformCovers',
  ] as const;

  /** Yields, for so many names, every way to say yes and no to each. */
  function* everyYesAndNo<Name extends string>(names: readonly Name[]): Generator<Record<Name, boolean>> {
    for (let bits = 0; bits < 2 ** names.length; bits++)
      yield Object.fromEntries(names.map((name, i) => [name, (bits & (1 << i)) !== 0])) as Record<Name, boolean>;
  }

  test('of licence, exclusions, attestation, malpractice, what was seen and a platform, with each verdict on the rest and with each of its yes', () => {
    // one of each verdict that the oracle comes to, and every single yes
    const rest = new Map<string, Combination>();
    for (const combination of combinations()) {
      const verdict = [...oracle(combination)].sort().join();
      rest.set(verdict || `yes ${rest.size}`, combination);
    }
    let [asked, yes] = [0, 0];
    const wrong: unknown[] = [];
    for (const combination of rest.values())
      for (const { loadedSeen, partySeen, platformCovers, licenceHeld, ...person } of everyYesAndNo(BESIDE)) {
        const { excluded, exclusionPossible, attestationCurrent, malpracticeCurrent } = person;
        const [query, onFile] = filed(combination, { loadedSeen, partySeen });
        const answer = evaluateBillingReadiness(query, {
          ...onFile,
          ...person,
          platformCovers,
          licenceTerms: licenceHeld ? HELD : [],
        });
        const expected = oracle(combination);
        if (platformCovers && expected.delete('no_application')) expected.add('platform_only');
        if (!licenceHeld) expected.add('licence_not_current');
        if (excluded) expected.add('excluded');
        const good = allGood(combination) && licenceHeld && !excluded;
        const cautions = new Set(
          [
            !loadedSeen && 'not_seen_loaded',
            !partySeen && 'party_not_seen',
            !attestationCurrent && 'attestation_lapsed',
            !malpracticeCurrent && 'malpractice_lapsed',
            exclusionPossible && 'exclusion_possible',
          ].filter((caution) => caution !== false && good) as string[],
        );
        asked += 1;
        if (answer.mayBill) yes += 1;
        const right =
          same(answer.reasons, expected) &&
          same(answer.cautions, cautions) &&
          answer.mayBill === good &&
          answer.mayRepresentInNetwork === good &&
          answer.billThrough === (good ? 'own' : platformCovers ? 'platform' : 'nobody');
        if (!right)
          wrong.push({ ...combination, ...person, licenceHeld, loadedSeen, partySeen, platformCovers, answer });
      }
    expect(wrong.slice(0, 3)).toEqual([]);
    const verdicts = [...rest.keys()].filter((verdict) => !verdict.startsWith('yes')).length;
    expect(asked).toBe((verdicts + 2 * 2 * (4 + 3) * 3) * 2 ** 8);
    expect(yes).toBe(2 * 2 * (4 + 3) * 3 * 2 ** 6);
  });
});

test('a yes names the facts that it rests on and may be said aloud', () => {
  expect(ask()).toEqual({
    mayBill: true,
    reasons: [],
    cautions: [],
    billThrough: 'own',
    mayRepresentInNetwork: true,
    applicationId: 'application-1',
    billableFrom: EFFECTIVE,
    facts: span().facts,
    factsWithoutDocument: [],
    licenceTerms: HELD,
  });
});

test('a no names every reason at once, in one order', () => {
  const bare = span({ approved: false, facts: {}, effectiveTo: '2026-01-31' });
  expect(ask({ spans: [bare], licenceTerms: [], excluded: true })).toEqual({
    mayBill: false,
    reasons: [
      'not_approved',
      'contract_unconfirmed',
      'effective_date_unconfirmed',
      'provider_id_unconfirmed',
      'claims_route_unconfirmed',
      'licence_not_current',
      'excluded',
      'participation_ended',
    ],
    cautions: [],
    billThrough: 'nobody',
    mayRepresentInNetwork: false,
    applicationId: 'application-1',
    billableFrom: null,
    facts: {},
    factsWithoutDocument: [],
    licenceTerms: [],
  });
});

describe('the terms of licences', () => {
  const term = (startsOn: string | undefined, expiresOn: string) => ({ ...(startsOn && { startsOn }), expiresOn });
  const asked = (licenceTerms: ReadinessEvidence['licenceTerms'], dateOfService: string) => {
    const answer = ask({ licenceTerms }, { dateOfService });
    const [reason] = answer.reasons;
    return [answer.mayBill, answer.reasons.join(), reason ? findRemedy(reason, answer, dateOfService) : ''];
  };
  const NO = [false, 'licence_not_current'];

  test('answer by the date of service: a gap between two is a no that names its days', () => {
    const terms = [term(undefined, '2026-06-30'), term('2026-09-10', '2028-06-30')];
    for (const day of [EFFECTIVE, '2026-06-30', '2026-09-10', '2028-06-30'])
      expect([day, ...asked(terms, day)]).toEqual([day, true, '', '']);
    for (const day of ['2026-07-01', '2026-09-09'])
      expect(asked(terms, day)).toEqual([
        ...NO,
        expect.stringMatching(/^No licence in this state held after 2026-06-30 and before 2026-09-10/),
      ]);
    expect(asked(terms, '2028-07-01')).toEqual([...NO, expect.stringContaining('held through 2028-06-30')]);
  });

  test('that overlap or follow each other leave no gap', () => {
    for (const next of ['2026-05-01', '2026-07-01'])
      expect(asked([term(next, '2028-06-30'), term(undefined, '2026-06-30')], '2026-07-01')).toEqual([true, '', '']);
  });

  test('begin after the effective date: a no before, that names the day, which is the first of a yes', () => {
    const terms = [term('2026-05-01', '2028-04-30')];
    expect(asked(terms, '2026-04-30')).toEqual([...NO, expect.stringContaining('begins on 2026-05-01')]);
    expect(asked(terms, '2026-05-01')).toEqual([true, '', '']);
    expect(ask({ licenceTerms: terms }).billableFrom).toBe('2026-05-01');
    expect(ask({ licenceTerms: [...terms, term(undefined, EFFECTIVE)] }).billableFrom).toBe(EFFECTIVE);
    expect(ask({ licenceTerms: [] }).billableFrom).toBe(EFFECTIVE);
  });

  test('are asked for where there is none', () => {
    expect(asked([], GOOD_DAY)).toEqual([...NO, expect.stringContaining('Put a licence in this state on file')]);
  });
});

describe('a platform relationship', () => {
  test('is what is left where no application was made for the key', () => {
    expect(ask({ spans: [], platformCovers: true })).toMatchObject({
      mayBill: false,
      reasons: ['platform_only'],
      billThrough: 'platform',
      mayRepresentInNetwork: false,
    });
    expect(ask({ spans: [] })).toMatchObject({ reasons: ['no_application'], billThrough: 'nobody' });
    expect(ask({ platformCovers: true }, { lineOfBusiness: 'medicare' })).toMatchObject({ reasons: ['platform_only'] });
  });

  test('is billed through while the application is under way, and satisfies none of its facts', () => {
    for (const fact of FACTS) {
      const facts = Object.fromEntries(Object.entries(span().facts).filter(([name]) => name !== fact));
      const without = ask({ spans: [span({ facts })] });
      const withPlatform = ask({ spans: [span({ facts })], platformCovers: true });
      expect(withPlatform).toEqual({ ...without, billThrough: 'platform' });
      expect(withPlatform.mayBill).toBe(false);
    }
  });

  test('changes nothing about a yes', () => {
    expect(ask({ platformCovers: true })).toEqual(ask());
  });
});

describe('the person behind it', () => {
  test.each<[keyof ReadinessEvidence, boolean | [], ReadinessReason]>([
    ['licenceTerms', [], 'licence_not_current'],
    ['excluded', true, 'excluded'],
  ])('with %s %s blocks billing', (key, value, reason) => {
    expect(ask({ [key]: value })).toMatchObject({ mayBill: false, reasons: [reason] });
    expect(ask({ [key]: value, spans: [] })).toMatchObject({ reasons: ['no_application', reason] });
  });

  test('is said where the scope is unclear too', () => {
    const spans = [span(), span({ lineOfBusiness: 'medicaid' })];
    expect(ask({ spans, excluded: true }, { lineOfBusiness: undefined })).toMatchObject({
      reasons: ['scope_ambiguous', 'excluded'],
    });
  });
});

describe('a participation that ended', () => {
  const ended = span({ effectiveTo: '2026-05-31' });
  const open = span({ applicationId: 'newer', approved: false, facts: {} });

  test('is a reason too while a newer application of the key is open', () => {
    const answer = ask({ spans: [ended, open] });
    expect(answer).toMatchObject({ applicationId: 'newer', mayBill: false });
    expect(answer.reasons).toEqual(expect.arrayContaining(['not_approved', 'participation_ended']));
    expect(ask({ spans: [open] }).reasons).not.toContain('participation_ended');
  });

  test('with its agreement is one too, beside all that the newer application lacks', () => {
    const agreements = AGREEMENTS.map((held) => ({ ...held, contract: { entryId: 'entry-contract' } }));
    const spans = [span(), open];
    const answer = ask({ spans, agreements: agreements.filter(({ id }) => id === 'ended') });
    expect(answer).toMatchObject({ applicationId: 'newer', mayBill: false });
    expect(answer.reasons).toEqual(expect.arrayContaining(['not_approved', 'participation_ended']));
    expect(ask({ spans, agreements: agreements.filter(({ id }) => id === 'live') }).mayBill).toBe(true);
  });

  test('is no reason for a day that the next one covers', () => {
    const next = but('contract', { status: 'disputed' });
    expect(ask({ spans: [ended, next] }).reasons).toEqual(['fact_disputed']);
  });
});

describe('what a fact has to have behind it', () => {
  test.each(['contract', 'claimsRoute'] as const)(
    'where a platform covers the payer, a %s counts only with name and TIN read off its evidence',
    (fact) => {
      const facts = Object.fromEntries(FACTS.map((one) => [one, record(one, { partyRead: one !== fact })]));
      const answer = ask({ spans: [span({ facts })], demands: { party: true } });
      expect(answer).toMatchObject({ mayBill: false, facts: { [fact]: { status: 'claimed', lacks: 'party' } } });
      expect(answer.reasons).toEqual([fact === 'contract' ? 'contract_unconfirmed' : 'claims_route_unconfirmed']);
      expect(findRemedy(answer.reasons[0]!, answer, GOOD_DAY)).toContain('whose name and tax id');
      expect(ask({ spans: [span({ facts })] }).mayBill).toBe(true);
    },
  );

  test('where a document is required, a fact without one whose file is stored is unconfirmed', () => {
    const spans = [but('payerProviderId', { stored: [] })];
    expect(ask({ spans, demands: { documents: ['contract'] } }).mayBill).toBe(true);
    const answer = ask({ spans, demands: { documents: ['payerProviderId'] } });
    expect(answer).toMatchObject({
      reasons: ['provider_id_unconfirmed'],
      facts: { payerProviderId: { lacks: 'document' } },
    });
  });
});

describe('another TIN', () => {
  test('takes a contract of its own: from that day on the one before is no proof', () => {
    const spans = [span({ tinChangedOn: '2026-03-02' })];
    expect(ask({ spans }, { dateOfService: '2026-03-01' })).toMatchObject({ mayBill: true });
    expect(ask({ spans }, { dateOfService: '2026-03-02' })).toMatchObject({ reasons: ['contract_unconfirmed'] });
  });
});

describe('cautions', () => {
  test.each<[string, Partial<ReadinessEvidence>]>([
    ['not_seen_loaded', { spans: [span({ loadedSeen: false })] }],
    [
      'party_not_seen',
      { spans: [span({ facts: Object.fromEntries(FACTS.map((fact) => [fact, record(fact, { partySeen: false })])) })] },
    ],
    ['no_document', { spans: [but('claimsRoute', { stored: [] })] }],
    ['attestation_lapsed', { attestationCurrent: false }],
    ['malpractice_lapsed', { malpracticeCurrent: false }],
  ])('%s stands beside a yes, and not beside a no', (caution, changes) => {
    expect(ask(changes)).toMatchObject({ mayBill: true, cautions: [caution] });
    expect(ask({ ...changes, excluded: true })).toMatchObject({ mayBill: false, cautions: [] });
  });

  test('of a party are about the contract itself, whatever was read off other evidence', () => {
    for (const fact of FACTS) {
      const facts = Object.fromEntries(FACTS.map((f) => [f, record(f, { partySeen: f === fact })]));
      expect(ask({ spans: [span({ facts })] }).cautions).toEqual(fact === 'contract' ? [] : ['party_not_seen']);
    }
  });

  test('of documents name the facts that have none with its file', () => {
    const facts = { ...span().facts, contract: record('contract', { stored: [] }) };
    expect(ask({ spans: [span({ facts })] })).toMatchObject({ mayBill: true, factsWithoutDocument: ['contract'] });
    expect(ask().factsWithoutDocument).toEqual([]);
  });

  test('stand together', () => {
    const facts = Object.fromEntries(FACTS.map((fact) => [fact, record(fact, { partySeen: false })]));
    const all = { spans: [span({ facts, loadedSeen: false })], attestationCurrent: false, malpracticeCurrent: false };
    expect(ask(all).cautions).toEqual([
      'not_seen_loaded',
      'party_not_seen',
      'attestation_lapsed',
      'malpractice_lapsed',
    ]);
  });
});

describe('a value of none', () => {
  test('counts as the fact', () => {
    const contract = but('contract', { value: { none: true, basis: 'government_program', saidBy: 'Kim' } });
    const payerProviderId = but('payerProviderId', { value: { none: true, saidBy: 'Kim' } });
    for (const one of [contract, payerProviderId]) expect(ask({ spans: [one] }).mayBill).toBe(true);
  });
});

describe('an agreement', () => {
  const inherits = (from: string) => [but('contract', { value: { inheritedFrom: from } })];

  test('that has ended ends what inherits from it on the day after', () => {
    const on = (dateOfService: string) => {
      const facts = { ...inherits('ended')[0]!.facts, effectiveDate: record('effectiveDate', { value: '2025-01-01' }) };
      return ask({ spans: [span({ facts })] }, { dateOfService });
    };
    expect(on('2026-02-28').mayBill).toBe(true);
    expect(on('2026-03-01').reasons).toEqual(['participation_ended']);
  });

  test('that has ended ends the participation whose own contract made it', () => {
    const made = AGREEMENTS.map((held) => ({ ...held, contract: { entryId: 'entry-contract' } }));
    expect(ask({ agreements: made.filter(({ id }) => id === 'live') }).mayBill).toBe(true);
    expect(ask({ agreements: made.filter(({ id }) => id === 'ended') }).reasons).toEqual(['participation_ended']);
  });

  test('that has ended ends every contract under it, no matter who brought it, but one that was confirmed later', () => {
    const ended = AGREEMENTS.filter(({ id }) => id === 'ended');
    const on = (confirmedOn: string, agreements = ended, fact: Fact = 'contract') =>
      ask({ agreements, spans: [but(fact, { confirmedOn })] }).reasons;
    expect(on('2026-02-28')).toEqual(['participation_ended']);
    expect(on('2026-02-28', ended, 'claimsRoute')).toEqual(['participation_ended']);
    expect(on('2026-03-01')).toEqual([]);
    const stood = ended.map((held) => ({ ...held, endedEntries: ['entry-contract'] }));
    expect(on('2026-03-01', stood)).toEqual(['participation_ended']);
    const renewed = [...ended, ...AGREEMENTS.filter(({ id }) => id === 'live')];
    expect(on('2026-02-28', renewed)).toEqual(['participation_ended']);
    expect(on('2026-03-01', renewed)).toEqual([]);
  });

  test('of another line is none of this one', () => {
    const agreements = AGREEMENTS.map((held) => ({ ...held, lineOfBusiness: 'medicaid' as LineOfBusiness }));
    expect(ask({ agreements, spans: inherits('live') }).reasons).toEqual(['contract_unconfirmed']);
    expect(ask({ agreements }).mayBill).toBe(true);
  });

  test('gives the fact that it has and no other', () => {
    const agreements = AGREEMENTS.map((held) => ({ ...held, claimsRoute: null }));
    expect(ask({ agreements, spans: inherits('live') }).mayBill).toBe(true);
    const route = [but('claimsRoute', { value: { inheritedFrom: 'live' } })];
    expect(ask({ agreements, spans: route }).reasons).toEqual(['claims_route_unconfirmed']);
  });
});

describe('a location', () => {
  const here = span({ applicationId: 'here', locationId: 'here' });
  const there = span({ applicationId: 'there', locationId: 'there', approved: false });

  test('is billed under its own application only', () => {
    const spans = [here, there];
    expect(ask({ spans }, { locationId: 'here' }).mayBill).toBe(true);
    expect(ask({ spans }, { locationId: 'there' }).reasons).toEqual(['not_approved']);
    expect(ask({ spans }, { locationId: 'elsewhere' }).reasons).toEqual(['no_application']);
  });

  test('may be left out while only one exists', () => {
    expect(ask({ spans: [here] }).mayBill).toBe(true);
    expect(ask({ spans: [here, there] }).reasons).toEqual(['scope_ambiguous']);
  });

  test('needs no application of its own where one holds for all', () => {
    expect(ask({}, { locationId: 'here' }).mayBill).toBe(true);
    expect(ask({ spans: [there, span()] }, { locationId: 'there' }).mayBill).toBe(true);
  });
});

describe('an entry that awaits a second person', () => {
  test.each(FACTS)('%s is a claim until then', (fact) => {
    const answer = ask({ spans: [but(fact, { source: 'phone', status: 'claimed', awaitsApproval: true })] });
    const before = fact === 'effectiveDate' ? 'effective_date_unconfirmed' : expect.stringMatching(/_unconfirmed$/);
    expect(answer.reasons).toEqual([before]);
    expect(answer.facts[fact]).toMatchObject({ status: 'claimed', awaitsApproval: true, lacks: 'approval' });
    expect(findRemedy(answer.reasons[0]!, answer, GOOD_DAY)).toMatch(/^Have a person other than the one who recorded/);
  });
});

test('a payer that stands for the one asked for brings its own agreements, and no other’s', () => {
  const inherits = (payerId: string) => span({ ...but('contract', { value: { inheritedFrom: 'live' } }), payerId });
  expect(ask({ spans: [inherits('payer')] }).mayBill).toBe(true);
  expect(ask({ spans: [inherits('network')] }).reasons).toEqual(['contract_unconfirmed']);
});

describe('of several participations over time', () => {
  const first = span({ applicationId: 'first', effectiveTo: '2026-05-31' });
  const second = (changes: Partial<Span> = {}) =>
    span({
      applicationId: 'second',
      ...changes,
      facts: changes.facts ?? { ...span().facts, effectiveDate: record('effectiveDate', { value: '2026-08-01' }) },
    });

  test('the one that covers the date decides', () => {
    const spans = [first, second()];
    expect(ask({ spans }, { dateOfService: '2026-05-31' }).mayBill).toBe(true);
    expect(ask({ spans }, { dateOfService: '2026-08-01' }).mayBill).toBe(true);
  });

  test('the latest says why not where none covers it, and that an earlier one ended', () => {
    const spans = [first, second()];
    const { reasons } = ask({ spans }, { dateOfService: '2026-07-01' });
    expect(reasons).toEqual(['before_effective_date', 'participation_ended']);
    expect(ask({ spans: [first, second({ facts: {}, approved: false })] }).reasons).toContain('not_approved');
  });

  test('one that covers the date, its first and last day included, speaks before a later one that doesn’t', () => {
    const disputed = { ...but('claimsRoute', { status: 'disputed' }), effectiveTo: LAST_DAY };
    const later = { ...span().facts, effectiveDate: record('effectiveDate', { value: '2026-12-01' }) };
    const spans = [disputed, second({ facts: later })];
    for (const dateOfService of [EFFECTIVE, GOOD_DAY, LAST_DAY])
      expect(ask({ spans }, { dateOfService }).reasons).toEqual(['fact_disputed']);
    expect(ask({ spans }, { dateOfService: DATES.before }).reasons).toEqual(['before_effective_date']);
    const { reasons } = ask({ spans }, { dateOfService: DATES.after });
    expect(reasons).toEqual(['before_effective_date', 'participation_ended']);
  });

  test('a clear one decides over an unclear one of the same dates', () => {
    const claimed = but('contract', { status: 'claimed' });
    for (const spans of [
      [span(), claimed],
      [claimed, span()],
    ])
      expect(ask({ spans }).mayBill).toBe(true);
  });
});
