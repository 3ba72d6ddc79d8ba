import fc from 'fast-check';
import {
  listFactProblems,
  findInheritedAgreement,
  listOtherParty,
  isSameValue,
  findStatusBySource,
  type FactValue,
} from '../../../domain/kernel/facts';
import { FACT_SOURCES, FACTS, type Fact, type FactSource } from '../../../domain/kernel/codes';

const VALUES: Record<Fact, FactValue> = {
  contract: 'executed',
  effectiveDate: '2026-03-01',
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'stedi', payerId: '60054' },
};
const call = { rep: 'Kim', reference: 'C-1' };
const rules = (fact: Fact, given: { source: FactSource; value?: FactValue; rep?: string; reference?: string }) =>
  listFactProblems(fact, { value: VALUES[fact], ...given }, { contractBases: ['group_contract'] }).map(
    ({ rule }) => rule,
  );

describe('a confirmation', () => {
  test('may come from every source that is named in full, but a contract never by phone', () => {
    for (const fact of FACTS)
      for (const source of FACT_SOURCES) {
        const refused = fact === 'contract' && source === 'phone' ? ['contract_never_by_phone'] : [];
        expect([fact, source, ...rules(fact, { source, ...call })]).toEqual([fact, source, ...refused]);
      }
  });

  test('by phone needs the representative and a call reference, both named at once', () => {
    expect(rules('effectiveDate', { source: 'phone' })).toEqual(['phone_needs_rep', 'phone_needs_reference']);
    expect(rules('effectiveDate', { source: 'phone', rep: 'Kim' })).toEqual(['phone_needs_reference']);
    expect(rules('effectiveDate', { source: 'phone', reference: 'C-1' })).toEqual(['phone_needs_rep']);
    expect(rules('effectiveDate', { source: 'letter' })).toEqual([]);
  });

  test('of no contract needs a basis that the playbook lists', () => {
    const none = (basis: 'group_contract' | 'government_program') =>
      listFactProblems(
        'contract',
        { value: { none: true, basis, saidBy: 'Kim' }, source: 'letter' },
        { contractBases: ['group_contract'] },
      );
    expect(none('group_contract')).toEqual([]);
    expect(none('government_program')).toEqual([{ path: 'value.basis', rule: 'basis_not_in_playbook' }]);
    expect(rules('payerProviderId', { source: 'letter', value: { none: true, saidBy: 'Kim' } })).toEqual([]);
  });

  test('on the client’s word alone is a claim', () => {
    for (const source of FACT_SOURCES)
      expect([source, findStatusBySource(source)]).toEqual([
        source,
        source === 'client_word' ? 'claimed' : 'confirmed',
      ]);
  });
});

test('a value that is inherited names its agreement; others name none', () => {
  expect(findInheritedAgreement({ inheritedFrom: 'agreement-1' })).toBe('agreement-1');
  for (const value of [...Object.values(VALUES), { portal: 'x' }]) expect(findInheritedAgreement(value)).toBeNull();
});

describe('evidence', () => {
  const party = {
    legalName: 'Cedar & Vine Therapy, LLC',
    tinLast4: '6789',
    npis: ['1234567893', '1245319599'],
    locationIds: ['here'],
  };

  test('that names the party, or nobody, is taken', () => {
    for (const seen of [
      {},
      { partyName: 'CEDAR AND VINE THERAPY' },
      { tinLast4: '6789' },
      { npi: '1234567893' },
      { npi: '1245319599' },
      { locationId: 'here' },
      { partyName: 'Cedar & Vine Therapy L.L.C.', tinLast4: '6789', npi: '1234567893', locationId: 'here' },
    ])
      expect([seen, listOtherParty(seen, party)]).toEqual([seen, []]);
  });

  test('that names another party is refused by each field that does', () => {
    const right = { partyName: party.legalName, tinLast4: '6789', npi: '1234567893', locationId: 'here' };
    for (const wrong of [
      { partyName: 'Alma' },
      { partyName: 'The Cedar and Vine Therapy Group' },
      { tinLast4: '6780' },
      { npi: '1000000004' },
      { locationId: 'there' },
    ]) {
      expect(listOtherParty(wrong, party)).toEqual(Object.keys(wrong));
      expect(listOtherParty({ ...right, ...wrong }, party)).toEqual(Object.keys(wrong));
    }
    expect(listOtherParty({ ...right, tinLast4: '6780', npi: '1000000004' }, party)).toEqual(['tinLast4', 'npi']);
  });

  test('of any location of the practice is taken where the payer doesn’t credential by location', () => {
    expect(listOtherParty({ locationId: 'there' }, { ...party, locationIds: ['here', 'there'] })).toEqual([]);
  });
});

describe('a value', () => {
  test('is the same in whatever order its keys stand', () => {
    expect(isSameValue({ clearinghouse: 'a', payerId: 'b' }, { payerId: 'b', clearinghouse: 'a' })).toBe(true);
  });

  test.each<[unknown, unknown]>([
    ['executed', { inheritedFrom: 'executed' }],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: undefined }, { b: undefined }],
    [{ a: 1 }, { b: 1 }],
    [['a'], { 0: 'a' }],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [null, {}],
    ['1', 1],
  ])('%j differs from %j', (a, b) => {
    expect(isSameValue(a, b)).toBe(false);
    expect(isSameValue(b, a)).toBe(false);
  });

  test('equals its copy, and not what was changed anywhere in it', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, inner]) => [key, reversed(inner)]),
            )
          : value;
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(isSameValue(a, reversed(JSON.parse(JSON.stringify(a))))).toBe(true);
        expect(isSameValue({ a, x: [a] }, { a, x: [a, b] })).toBe(false);
      }),
    );
  });
});
