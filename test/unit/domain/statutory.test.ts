import { findStatutoryDate, STATUTORY_CLOCKS } from '../../../domain/registry/statutory';
import { US_STATES } from '../../../domain/kernel/codes';
import { Paper, TODAY0 } from '../application/paper';

const KEY = { state: 'CA', lineOfBusiness: 'commercial', kind: 'new_individual' } as const;

test('every clock names its law, and is one of a state', () => {
  for (const [state, { days, citation }] of Object.entries(STATUTORY_CLOCKS)) {
    expect(US_STATES).toContain(state);
    expect(citation).toMatch(/\d/);
    expect(days).toBeGreaterThanOrEqual(30);
  }
});

test('it counts calendar days from the day of a complete receipt', () => {
  expect(findStatutoryDate(KEY, '2027-01-04')).toMatchObject({ from: '2027-01-04', dueOn: '2027-03-05', days: 60 });
  expect(findStatutoryDate({ ...KEY, state: 'MN' }, '2027-01-04')).toMatchObject({ dueOn: '2027-02-18' });
});

test.each([
  ['without evidence', KEY, null],
  ['where no clock is known', { ...KEY, state: 'CO' }, TODAY0],
  ['for Medicare, which is no state’s', { ...KEY, lineOfBusiness: 'medicare' as const }, TODAY0],
  ['where nobody is credentialed', { ...KEY, kind: 'termination' as const }, TODAY0],
])('there is none %s', (_, key, on) => {
  expect(findStatutoryDate(key, on)).toBeNull();
});

describe('evidence of a complete receipt', () => {
  const complete = (...contacts: [outcome: string, more?: Record<string, unknown>][]) => {
    const paper = new Paper().submit();
    for (const [outcome, more] of contacts) paper.days(1).contact(outcome, more);
    const { completeAt, completeOn } = paper.state;
    return completeAt ? (completeOn ?? completeAt.slice(0, 10)) : null;
  };

  test.each<[string, [string, Record<string, unknown>?][], string | null]>([
    ['that it arrived is not that it is whole', [['received']], null],
    ['the payer is at work on it', [['received'], ['in_review']], '2027-01-06'],
    ['the payer names the day', [['received', { completeOn: '2027-01-05' }]], '2027-01-05'],
    ['a call alone is none', [['committee', { channel: 'phone', rep: 'Dana' }]], null],
    [
      'a call with its reference is',
      [['committee', { channel: 'phone', rep: 'Dana', referenceNumber: 'C-1' }]],
      '2027-01-05',
    ],
    ['the first stands', [['in_review'], ['committee']], '2027-01-05'],
    ['a request for more says that it was not', [['in_review'], ['information_requested']], null],
    [
      'while items are outstanding a vague word is none',
      [['information_requested', { missingItems: ['W-9'] }], ['in_review']],
      null,
    ],
    ['a new attempt begins anew', [['in_review'], ['returned']], null],
  ])('%s', (_, contacts, expected) => {
    expect(complete(...contacts)).toBe(expected);
  });
});
