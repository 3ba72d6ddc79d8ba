import type { FieldError } from '../../../api/kernel/errors';
import { answer, contact } from '../../../api/applications/actions-schemas';
import { checkValue } from '../../../api/kernel/validation';
import { addDays } from '../../../domain/time/dates';

const TODAY = new Date().toISOString().slice(0, 10);
const rules = (schema: typeof contact | typeof answer, body: object): string[] => {
  const errors: FieldError[] = [];
  checkValue(schema, body, errors);
  return errors.map(({ path, rule }) => `${path} ${rule}`);
};
const one = { channel: 'phone', outcome: 'in_review' };

test.each([
  ['tomorrow', addDays(TODAY, 1), []],
  ['within a year', addDays(TODAY, 360), []],
  ['after more than a year', addDays(TODAY, 370), ['nextFollowUpOn within_a_year']],
  ['in the past', addDays(TODAY, -3), ['nextFollowUpOn not_in_past']],
  ['on no date', '2027-02-30', ['nextFollowUpOn real_date']],
])('a follow-up that is named %s is taken, or the answer names field and rule', (_, nextFollowUpOn, expected) => {
  expect(rules(contact, { ...one, nextFollowUpOn })).toEqual(expected);
  // in a call about many, each
  expect(rules(answer, { outcome: 'in_review', nextFollowUpOn })).toEqual(expected);
  expect(rules(answer, { outcome: 'no_answer', nextFollowUpOn })).toEqual(expected);
});

test('what the payer promised is a fact, however far away', () => {
  expect(rules(contact, { ...one, promisedOn: addDays(TODAY, 700) })).toEqual([]);
});

test('an application is said to be complete since a day that has been, by a payer that has it', () => {
  expect(rules(contact, { ...one, completeOn: TODAY })).toEqual([]);
  expect(rules(contact, { ...one, completeOn: addDays(TODAY, 5) })).toEqual(['completeOn not_in_future']);
  expect(rules(contact, { ...one, outcome: 'no_record', completeOn: TODAY })).toEqual(['completeOn received_only']);
});

test('that it is another call is said of those that are counted only', () => {
  for (const outcome of ['no_record', 'no_answer'])
    expect(rules(contact, { ...one, outcome, evenIfExists: true })).toEqual([]);
  expect(rules(contact, { ...one, outcome: 'received', evenIfExists: true })).toEqual(['evenIfExists counted_only']);
  expect(rules(answer, { outcome: 'received', evenIfExists: true })).toEqual(['evenIfExists counted_only']);
});
