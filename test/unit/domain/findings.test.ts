import { listProviderFindings, listPracticeFindings, type CheckedFile } from '../../../domain/sources/findings';

const TODAY = '2026-06-01';
const ADDRESS = { line1: '1 Elm Street, Suite 4', city: 'Denver', state: 'CO', postalCode: '80202' };
const FILE: CheckedFile = {
  provider: {
    npi: '1234567893',
    firstName: 'Ana',
    middleName: null,
    lastName: 'Ruiz',
    suffix: null,
    taxonomyCode: '106H00000X',
    licences: [{ state: 'CO', number: 'LMFT 12', expiresOn: '2027-01-31' }],
    malpractice: { expiresOn: '2027-01-31' },
    dea: [{ state: 'CO', expiresOn: '2027-01-31' }],
    documents: [{ kind: 'coi', expiresOn: '2027-01-31' }],
    authorised: true,
    npiNotInForce: false,
  },
  practices: [
    {
      id: 'practice',
      npi: '1245319599',
      npiIsColleagues: false,
      tinType: 'ein',
      tinPrefixKnown: true,
      address: ADDRESS,
      places: [],
      documents: [],
      portals: [{ portal: 'Availity', owners: 2 }],
    },
  ],
  applications: [{ id: 'application', practiceId: 'practice', state: 'CO' }],
  snapshots: [],
  routes: [],
};
type Provider = CheckedFile['provider'];
type Practice = CheckedFile['practices'][number];

const of = (provider: Partial<Provider>, practice: Partial<Practice> = {}, more: Partial<CheckedFile> = {}) =>
  listProviderFindings(
    {
      ...FILE,
      provider: { ...FILE.provider, ...provider },
      practices: FILE.practices.map((one) => ({ ...one, ...practice })),
      ...more,
    },
    TODAY,
  );
const codes = (found: ReturnType<typeof listProviderFindings>) => found.map(({ code }) => code);

test('a file that fits together has none', () => {
  expect(of({})).toEqual([]);
});

test.each([
  ['own_npi_is_group_npi', {}, { npi: '1234567893' }, {}],
  ['colleagues_npi_is_group_npi', {}, { npiIsColleagues: true }, {}],
  ['group_npi_missing', {}, { npi: null }, {}],
  ['second_factor_of_one', {}, { portals: [{ portal: 'Availity', owners: 1 }] }, {}],
  ['ein_prefix_unknown', {}, { tinPrefixKnown: false }, {}],
  ['licence_expired', { licences: [{ state: 'CO', number: 'LMFT 12', expiresOn: '2026-05-31' }] }, {}, {}],
  ['malpractice_missing', { malpractice: null }, {}, {}],
  ['malpractice_expired', { malpractice: { expiresOn: '2026-05-31' } }, {}, {}],
  ['dea_expired', { dea: [{ state: 'CO', expiresOn: '2026-05-31' }] }, {}, {}],
  ['document_expired', { documents: [{ kind: 'coi', expiresOn: '2026-05-31' }] }, {}, {}],
  ['document_expired', {}, { documents: [{ kind: 'w9', expiresOn: '2026-05-31' }] }, {}],
  ['authorisation_missing', { authorised: false }, {}, {}],
  ['taxonomy_missing', { taxonomyCode: null }, {}, {}],
  ['taxonomy_against_licence', { taxonomyCode: '1041C0700X' }, {}, {}],
  ['npi_not_in_force', { npiNotInForce: true }, {}, {}],
  [
    'npi_is_an_organisations',
    {},
    {},
    { snapshots: [{ source: 'nppes', enumerationType: 'NPI-2', taxonomyCode: '101YM0800X' }] },
  ],
  ['licence_differs', {}, {}, { snapshots: [{ source: 'nppes', licences: [{ state: 'CO', number: '13' }] }] }],
  ['licence_differs', {}, {}, { snapshots: [{ source: 'nppes', licences: [{ state: 'TX', number: '12' }] }] }],
  ['name_differs', {}, {}, { snapshots: [{ source: 'caqh', lastName: 'Vale' }] }],
  ['name_written_differently', {}, {}, { snapshots: [{ source: 'caqh', lastName: 'Ruiz-Vale' }] }],
  [
    'address_written_differently',
    {},
    {},
    { snapshots: [{ source: 'nppes', address: { ...ADDRESS, line1: '1 Elm Street' } }] },
  ],
  ['taxonomy_against_licence', { licences: [{ state: 'CO', number: 'LPCC12345', expiresOn: '2027-01-31' }] }, {}, {}],
  ['taxonomy_differs', {}, {}, { snapshots: [{ source: 'nppes', taxonomyCode: '101YM0800X' }] }],
  ['address_differs', {}, {}, { snapshots: [{ source: 'nppes', address: { ...ADDRESS, line1: '2 Elm Street' } }] }],
] as [string, Partial<Provider>, Partial<Practice>, Partial<CheckedFile>][])(
  '%s is found, said what to do about, and names what it touches',
  (code, provider, practice, more) => {
    const found = of(provider, practice, more);
    expect(codes(found)).toEqual([code]);
    expect(found[0]).toMatchObject({ applicationIds: ['application'], fix: expect.stringMatching(/\w{3}/) });
  },
);

test('applications in a state without licence or location are named, and no others', () => {
  const applications = [...FILE.applications, { id: 'far', practiceId: 'practice', state: 'TX' }];
  const found = of({}, {}, { applications });
  expect(found.map(({ code, about, applicationIds }) => [code, about, applicationIds])).toEqual([
    ['no_location_in_state', 'TX', ['far']],
    ['no_licence_in_state', 'TX', ['far']],
  ]);
});

test('a renewed licence makes up for the expired one, and an SSN needs no group NPI', () => {
  const licences = [
    { state: 'CO', number: 'LMFT 1', expiresOn: '2020-01-31' },
    { state: 'CO', number: 'LMFT 2', expiresOn: '2027-01-31' },
  ];
  expect(of({ licences }, { npi: null, tinType: 'ssn' })).toEqual([]);
});

test('a document is current through its last day, and a later one of its kind takes its place', () => {
  const documents = ['2020-01-31', TODAY, '2021-01-31'].map((expiresOn) => ({ kind: 'coi', expiresOn }));
  expect(of({ documents }, { documents })).toEqual([]);
  expect(of({ documents: [...documents, { kind: 'bls', expiresOn: '2021-01-31' }] })).toMatchObject([
    { code: 'document_expired', about: 'bls' },
  ]);
});

test('CAQH and NPPES are compared with each other, also where the file has what both say', () => {
  const elsewhere = { ...ADDRESS, line1: '2 Elm Street' };
  const snapshots = [
    { source: 'caqh' as const, address: ADDRESS },
    { source: 'nppes' as const, lastName: 'Ruiz', address: elsewhere },
  ];
  expect(codes(of({}, { places: [elsewhere] }, { snapshots }))).toEqual(['addresses_disagree']);
  expect(codes(of({}, {}, { practices: [], snapshots }))).toEqual(['addresses_disagree']);
  const [caqh, nppes] = snapshots;
  const renamed = [
    { ...caqh!, lastName: 'Vale' },
    { ...nppes!, address: ADDRESS },
  ];
  expect(codes(of({}, {}, { snapshots: renamed }))).toEqual(['name_differs', 'names_disagree']);
});

test('a practice that nobody applies for is checked by itself', () => {
  const [practice] = FILE.practices;
  const own = { ...practice!, npi: null, documents: [{ kind: 'w9', expiresOn: '2026-05-31' }] };
  expect(listPracticeFindings(practice!, [], TODAY)).toEqual([]);
  expect(listPracticeFindings(own, ['group'], TODAY)).toMatchObject([
    { code: 'group_npi_missing', practiceId: 'practice', applicationIds: ['group'] },
    { code: 'document_expired', about: 'w9' },
  ]);
});

test('a licence is the same however its number is written, and one more of another state is nothing to ask about', () => {
  const named = (...licences: { state: string; number: string }[]) => [{ source: 'nppes' as const, licences }];
  for (const number of ['12', 'LMFT.0012', 'lmft-12'])
    expect(of({}, {}, { snapshots: named({ state: 'CO', number }, { state: 'TX', number: '7' }) })).toEqual([]);
  expect(of({}, {}, { snapshots: named({ state: 'CO', number: '7' }, { state: 'CO', number: '12' }) })).toEqual([]);
});

test('names and places are the same in other spellings', () => {
  const snapshots = [
    {
      source: 'nppes' as const,
      firstName: 'ANA',
      lastName: 'Rúiz',
      address: { line1: '1 ELM ST STE 4', city: 'DENVER', state: 'CO', postalCode: '80202-1234' },
    },
  ];
  expect(of({}, {}, { snapshots })).toEqual([]);
});

test('what only one of two writings says is no error, and another licence’s letters are another licence', () => {
  const nppes = (more: Partial<CheckedFile['snapshots'][number]>) => [{ source: 'nppes' as const, ...more }];
  const severities = (more: Parameters<typeof nppes>[0], provider: Partial<Provider> = {}) =>
    of(provider, {}, { snapshots: nppes(more) }).map(({ code, severity }) => [code, severity]);
  expect(severities({ lastName: 'Ruiz' }, { lastName: 'Ruiz Jr.' })).toEqual([['name_written_differently', 'warning']]);
  expect(severities({ lastName: 'RUIZVALE' }, { lastName: 'Ruiz-Vale' })).toEqual([]);
  expect(severities({ lastName: 'Vale' })).toEqual([['name_differs', 'error']]);
  expect(severities({ address: { ...ADDRESS, line1: '1 ELM ST', line2: '# 4' } })).toEqual([]);
  expect(severities({ address: { ...ADDRESS, line1: '1 ELM ST' } })).toEqual([['address_written_differently', 'note']]);
  expect(severities({ address: { ...ADDRESS, line1: '1 ELM ST STE 5' } })).toEqual([['address_differs', 'warning']]);
  expect(severities({ licences: [{ state: 'CO', number: 'LPCC12' }] })).toEqual([['licence_differs', 'warning']]);
});

test('claims that go to an id that is not the payer’s own are a finding, and an id in another case is its own', () => {
  const own = [
    { clearinghouse: 'Availity', payerId: '87726' },
    { clearinghouse: 'Office Ally', payerId: 'MCC01' },
  ];
  const routed = (clearinghouse: string, payerId: string, ids = own) =>
    codes(of({}, {}, { routes: [{ applicationId: 'application', route: { clearinghouse, payerId }, own: ids }] }));
  expect(routed('availity', '87726')).toEqual([]);
  expect(routed('office ally', 'mcc01')).toEqual([]);
  expect(routed('Waystar', '87726')).toEqual([]);
  expect(routed('Availity', '1', [])).toEqual([]);
  expect(routed('Availity', 'MCC01')).toEqual(['claims_route_not_payers']);
  expect(routed('Waystar', '1')).toEqual(['claims_route_not_payers']);
});

test('a middle name that only a source has is nothing to ask about, one that contradicts is an error', () => {
  const named = (middleName: string, provider: Partial<Provider>) =>
    codes(of(provider, {}, { snapshots: [{ source: 'nppes', middleName }] }));
  expect(named('Maria', {})).toEqual([]);
  expect(named('M', { middleName: 'Maria' })).toEqual(['name_written_differently']);
  expect(named('Lucia', { middleName: 'Maria' })).toEqual(['name_differs']);
});

test('an effective date from before the licence began is looked at, unless another held then', () => {
  const effective = [{ applicationId: 'application', state: 'CO', on: '2026-01-01' }];
  const licences = [{ state: 'CO', number: 'LPC.1', startsOn: '2026-02-01', expiresOn: '2028-01-31' }];
  const found = (more: Partial<Provider>) =>
    of({ licences, ...more }, {}, { effective }).filter(({ code }) => code === 'licence_begins_after_effective_date');
  expect(found({})).toMatchObject([{ severity: 'warning', about: 'CO', applicationIds: ['application'] }]);
  expect(found({ formerLicences: [{ state: 'CO', expiresOn: '2026-01-31' }] })).toEqual([]);
  expect(found({ licences: [{ state: 'CO', number: 'LPC.1', expiresOn: '2028-01-31' }] })).toEqual([]);
  // documents that ended earlier are another matter
  expect(found({ licences: [{ state: 'CO', number: 'LPC.1', expiresOn: '2025-12-31' }] })).toEqual([]);
});
