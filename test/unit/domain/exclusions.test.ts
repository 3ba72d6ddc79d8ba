import {
  selectCountingWords,
  findDecisiveWord,
  isExcludedOn,
  computeExclusionTerms,
  computeListDueAt,
  listNameKeys,
  matchListing,
  mayBeExcludedOn,
  findMonth,
  findListMonth,
  addOneMonth,
  type ExclusionWord,
  type Listing,
  type ScreenedParty,
} from '../../../domain/screening/exclusions';

const PROVIDER: ScreenedParty = { npi: '1234567893', firstName: 'Zoë', lastName: "O'Neil-Vale" };
const entry = (changes: Partial<Listing> = {}): Listing => ({
  firstName: 'ZOE',
  lastName: 'ONEIL VALE',
  npi: null,
  state: 'NV',
  ...changes,
});
const isLookedUp = (listing: Listing, held: ScreenedParty) =>
  listNameKeys(listing).some((key) => listNameKeys(held).includes(key));

describe('an entry of a list', () => {
  test.each([
    ['with the NPI is the person, whatever the name', entry({ npi: '1234567893', lastName: 'OTHER' }), 'npi'],
    ['with another NPI is another person of the same name', entry({ npi: '1245319599' }), null],
    ['of the same name may be', entry(), 'name'],
    ['of the same name without a state may be', entry({ state: null }), 'name'],
    ['of the same name in another state may be', entry({ state: 'TX' }), 'name'],
    ['of one half of a double name may be', entry({ lastName: 'VALE' }), 'name'],
    ['of the name with a suffix may be', entry({ lastName: 'ONEIL VALE JR' }), 'name'],
    ['of the name with a middle name beside may be', entry({ middleName: 'ANN' }), 'name'],
    ['of the name with a middle name in it may be', entry({ firstName: 'ZOE ANN' }), 'name'],
    ['of another half of a double name is not', entry({ lastName: 'ONEIL STONE' }), null],
    ['of a name of other letters is not', entry({ lastName: 'ONEILL VALE' }), null],
    ['of another first name is not', entry({ firstName: 'ZOEY' }), null],
  ])('%s', (_what, listing, match) => {
    expect(matchListing(listing, PROVIDER)).toBe(match);
    if (match === 'name') expect(isLookedUp(listing, PROVIDER)).toBe(true);
  });

  test.each([
    ['Søren', 'Łukasz', 'SOREN', 'LUKASZ'],
    ['Jörg', 'Weiß', 'JOERG', 'WEISS'],
  ])('is found where letters have accents: %s %s', (firstName, lastName, first, last) => {
    const listing = entry({ firstName: first, lastName: last });
    const held = { ...PROVIDER, firstName, lastName };
    expect([matchListing(listing, held), isLookedUp(listing, held)]).toEqual(['name', true]);
  });

  test('of a former name may be, and of one of a person with a single name', () => {
    const held = { ...PROVIDER, formerNames: [{ firstName: 'Zoë', lastName: 'Stone' }] };
    const former = entry({ lastName: 'STONE' });
    expect([matchListing(former, held), isLookedUp(former, held)]).toEqual(['name', true]);
    expect(matchListing(former, PROVIDER)).toBeNull();
    const single = { ...PROVIDER, firstName: null, lastName: 'Sukarno' };
    const listing = entry({ firstName: '', lastName: 'SUKARNO' });
    expect([matchListing(listing, single), isLookedUp(listing, single)]).toEqual(['name', true]);
    expect(matchListing(entry({ firstName: 'ZOE', lastName: 'SUKARNO' }), single)).toBeNull();
  });

  test('"Linh Pa" is not "Linh": what may be a legal form of a business is a name of a person', () => {
    const held = { ...PROVIDER, firstName: 'Linh', lastName: 'Pa' };
    expect(matchListing(entry({ firstName: '', lastName: 'LINH' }), held)).toBeNull();
    expect(matchListing(entry({ firstName: 'LINH', lastName: 'LINH' }), held)).toBeNull();
    expect(matchListing(entry({ firstName: 'LINH', lastName: 'PA' }), held)).toBe('name');
  });
});

describe('an entry of a business', () => {
  const PRACTICE: ScreenedParty = {
    npi: '1245319599',
    firstName: '',
    lastName: '',
    businessName: 'Acme, LLC',
  };
  const business = (changes: Partial<Listing> = {}): Listing =>
    entry({ firstName: '', lastName: '', businessName: 'ACME LLC', state: 'CA', ...changes });

  test.each([
    ['with the NPI is the practice', business({ npi: '1245319599', businessName: 'OTHER' }), PRACTICE, 'npi'],
    ['of the same name may be, though it has another NPI', business({ npi: '1234567893' }), PRACTICE, 'name'],
    ['of the same name in another state may be', business({ state: 'TX' }), PRACTICE, 'name'],
    ['of the name without the legal form may be', business({ businessName: 'ACME' }), PRACTICE, 'name'],
    ['of another legal form is not', business({ businessName: 'ACME INC' }), PRACTICE, null],
    ['may be a practice without an NPI', business({ npi: '1234567893' }), { ...PRACTICE, npi: null }, 'name'],
    ['is never a person', business({ businessName: 'ONEIL VALE ZOE' }), PROVIDER, null],
  ])('%s', (_what, listing, held, match) => {
    expect(matchListing(listing, held)).toBe(match);
    if (match === 'name') expect(isLookedUp(listing, held)).toBe(true);
  });
});

test('a list is that of the month in which it changed, else of the last that should be out', () => {
  const at = '2026-04-08T15:00:00.000Z';
  expect(findListMonth('2026-04-07T12:00:00.000Z', at)).toBe('2026-04-01');
  expect(findListMonth('2026-03-09T12:00:00.000Z', at)).toBe('2026-03-01');
  expect(findListMonth(null, at)).toBe('2026-03-01');
  expect(findListMonth(null, '2026-04-10T15:00:00.000Z')).toBe('2026-04-01');
});

test('an exclusion holds from its day until the day before the reinstatement', () => {
  const term = { from: '2026-03-10', reinstatedOn: '2027-01-01' };
  const days = ['2026-03-09', '2026-03-10', '2026-12-31', '2027-01-01'];
  expect(days.map((day) => isExcludedOn(term, day))).toEqual([false, true, true, false]);
  expect(isExcludedOn({ ...term, reinstatedOn: null }, '2099-01-01')).toBe(true);
});

test('a month is the one where lists are put out, and its list is asked for on the 15th', () => {
  expect(findMonth('2026-12-01T03:00:00.000Z')).toBe('2026-11-01');
  expect([addOneMonth('2026-11-01'), addOneMonth('2026-12-01')]).toEqual(['2026-12-01', '2027-01-01']);
  expect(computeListDueAt('2026-12-01')).toBe('2026-12-15T14:00:00.000Z');
});

describe('the decisions on a listing', () => {
  const word = (status: ExclusionWord['status'], more: Partial<ExclusionWord> = {}): ExclusionWord => ({
    exclusionId: 'one',
    status,
    excludedOn: '2026-03-01',
    reinstatedOn: null,
    decided: true,
    ...more,
  });
  const match = (status: 'possible' | 'confirmed', more: object = {}) => word(status, { decided: false, ...more });

  test('are what the list says until a user has decided', () => {
    expect(computeExclusionTerms([match('confirmed')])).toEqual([{ from: '2026-03-01', reinstatedOn: null }]);
    expect(computeExclusionTerms([match('confirmed'), word('dismissed')])).toEqual([]);
    expect(mayBeExcludedOn([match('possible')], '2026-03-01')).toBe(true);
    expect(mayBeExcludedOn([match('possible')], '2026-02-28')).toBe(false);
    expect(mayBeExcludedOn([match('possible'), word('dismissed')], '2026-03-01')).toBe(false);
  });

  test('is a "no" while anybody’s stands: neither a dismissal nor a reinstatement by another lifts it', () => {
    const no = word('confirmed');
    const reinstated = word('confirmed', { reinstatedOn: '2026-05-01' });
    for (const yes of [word('dismissed'), reinstated])
      for (const both of [
        [no, yes],
        [yes, no],
      ]) {
        expect(computeExclusionTerms(both)).toContainEqual({ from: '2026-03-01', reinstatedOn: null });
        expect(findDecisiveWord(both)).toBe(no);
      }
    expect(findDecisiveWord([match('confirmed'), word('dismissed'), reinstated])).toBe(reinstated);
  });

  test('are about one listing: a decision on it leaves another open', () => {
    const other = match('confirmed', { exclusionId: 'two' });
    expect(selectCountingWords([match('possible'), word('dismissed'), other])).toEqual([word('dismissed'), other]);
    expect(findDecisiveWord([])).toBeUndefined();
  });
});
