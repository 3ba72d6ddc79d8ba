import { applyProposals, computeProposals, type Snapshot } from '../../../domain/sources/proposals';

const FILE = {
  firstName: 'Ana',
  lastName: 'Ruiz',
  taxonomyCode: '106H00000X',
  licences: [
    { state: 'CO', number: 'LMFT 12', expiresOn: '2027-01-31' },
    { state: 'TX', number: 'A7', expiresOn: '2028-01-31' },
    { state: 'TX', number: 'B8', expiresOn: '2029-01-31' },
  ],
};
const of = (snapshot: Partial<Snapshot>) => computeProposals(FILE, { source: 'nppes', ...snapshot });
const licences = (...named: [string, string][]) => ({ licences: named.map(([state, number]) => ({ state, number })) });

test('a source proposes what it says otherwise, and nothing that is only written otherwise', () => {
  expect(of({ firstName: 'ANA', lastName: 'Stone', taxonomyCode: '106H00000X' })).toEqual([
    { field: 'lastName', onFile: 'Ruiz', proposed: 'Stone' },
  ]);
});

test('of a person with one name, what stands where there is no other is no proposal', () => {
  const one = { ...FILE, firstName: null, lastName: 'Sukarno' };
  const proposed = (names: Partial<Snapshot>) => computeProposals(one, { source: 'nppes', ...names });
  expect(proposed({ firstName: 'FNU', lastName: 'SUKARNO' })).toEqual([]);
  expect(proposed({ firstName: 'SUKARNO', lastName: 'LNU' })).toEqual([]);
  expect(proposed({ firstName: '.', lastName: 'SUHARTO' })).toEqual([
    { field: 'lastName', onFile: 'Sukarno', proposed: 'SUHARTO' },
  ]);
  expect(of({ firstName: 'FNU', lastName: 'Ruiz' })).toEqual([]);
});

test('a licence’s number is proposed where it is clear which licence is meant', () => {
  expect(of(licences(['CO', '13'], ['TX', '9'], ['NY', '1']))).toEqual([
    { field: 'licenceNumber', state: 'CO', onFile: 'LMFT 12', proposed: '13' },
  ]);
  expect(of(licences(['CO', '0012']))).toEqual([]);
  expect(of(licences(['CO', '13'], ['CO', '14']))).toEqual([]);
});

test('an organisation’s record proposes nothing for a person', () => {
  expect(of({ enumerationType: 'NPI-2', lastName: 'Stone', ...licences(['CO', '13']) })).toEqual([]);
});

test('what was chosen becomes another, and everything else of the file stays', () => {
  const chosen = of({ lastName: 'Stone', ...licences(['CO', '13']) });
  expect(applyProposals(FILE, chosen)).toEqual({
    lastName: 'Stone',
    licences: [{ ...FILE.licences[0], number: '13' }, FILE.licences[1], FILE.licences[2]],
  });
  expect(applyProposals(FILE, chosen.slice(0, 1))).toEqual({ lastName: 'Stone' });
});
