import type { z } from 'zod';
import { describeDate, pastInstant } from '../../../api/kernel/schemas';
import { checkValue } from '../../../api/kernel/validation';
import type { FieldError } from '../../../api/kernel/errors';
import { addDays, addMonths } from '../../../domain/time/dates';

const TODAY = new Date().toISOString().slice(0, 10);
/** A date so many years and days from today, far enough from each limit for every zone. */
const away = (years: number, days = 0) => addDays(addMonths(TODAY, 12 * years), days);

function rulesOf(schema: z.ZodType, value: unknown): string[] {
  const errors: FieldError[] = [];
  checkValue(schema, value, errors);
  return errors.map(({ rule }) => rule);
}

test.each<[string, z.ZodType, string[], [string, string][]]>([
  [
    'a date that is asked about',
    describeDate('Readiness.dateOfService'),
    ['1900-01-01', '2199-12-31', '2024-02-29'],
    [
      ['1899-12-31', 'date_range'],
      ['2200-01-01', 'date_range'],
      ['9999-12-31', 'date_range'],
      ['2023-02-29', 'real_date'],
      ['10000-01-01', 'real_date'],
    ],
  ],
  [
    'what happened',
    describeDate('AttestationInput.attestedOn'),
    [TODAY, away(-75, 3), away(-30)],
    [
      [away(-75, -3), 'date_range'],
      ['1899-12-31', 'date_range'],
      [away(0, 3), 'not_in_future'],
      ['9999-12-31', 'not_in_future'],
    ],
  ],
  [
    'what happened to work that is under way',
    describeDate('Submission.submittedOn'),
    [TODAY, away(-10, 3)],
    [
      [away(-10, -3), 'date_range'],
      ['1926-03-01', 'date_range'],
      [away(0, 3), 'not_in_future'],
    ],
  ],
  [
    'the last day on which a key is valid',
    describeDate('ApiKeyInput.expiresOn'),
    [TODAY, away(100, -3)],
    [
      [away(0, -3), 'not_in_past'],
      [away(100, 3), 'date_range'],
    ],
  ],
  [
    'a day that a payer or a person decided',
    describeDate('EffectiveDate.value'),
    [TODAY, away(-100, 3), away(10, -3)],
    [
      [away(-100, -3), 'date_range'],
      [away(10, 3), 'within_ten_years'],
      ['9999-12-31', 'date_range'],
    ],
  ],
  [
    'what runs out by itself',
    describeDate('DocumentInput.expiresOn'),
    [TODAY, away(-20), away(100, -3)],
    [
      [away(100, 3), 'date_range'],
      ['9999-12-31', 'date_range'],
    ],
  ],
  [
    'what is planned',
    describeDate('Closure.from'),
    [TODAY, away(-10, 3), away(10, -3)],
    [
      [away(-10, -3), 'date_range'],
      [away(10, 3), 'date_range'],
    ],
  ],
  [
    'what is to be acted on',
    describeDate('ApplicationInput.neededBy'),
    [TODAY, away(10, -3)],
    [
      [away(0, -3), 'not_in_past'],
      [away(10, 3), 'within_ten_years'],
      ['9999-12-31', 'within_ten_years'],
    ],
  ],
  [
    'the next look',
    describeDate('Contact.nextFollowUpOn'),
    [TODAY, away(0, 360)],
    [
      [away(0, -3), 'not_in_past'],
      [away(0, 370), 'within_a_year'],
    ],
  ],
  [
    'the next look as it was noted elsewhere',
    describeDate('Adoption.nextFollowUpOn'),
    [away(-1), away(0, 360)],
    [
      [away(0, 370), 'within_a_year'],
      [away(-10, -3), 'date_range'],
      ['9999-12-31', 'date_range'],
    ],
  ],
  [
    'the first or last day of a user or provider',
    describeDate('EndingInput.on'),
    [TODAY, away(-1, 3), away(1, -3)],
    [
      [away(-1, -3), 'within_a_year'],
      [away(1, 3), 'within_a_year'],
    ],
  ],
  [
    'an instant that is asked about',
    pastInstant,
    ['1900-01-01T00:00:00Z', `${away(0, -1)}T10:00:00.123456Z`],
    [
      ['1899-12-31T23:59:59Z', 'date_range'],
      ['0000-01-01T00:00:00Z', 'date_range'],
      [`${away(0, 2)}T00:00:00Z`, 'not_in_future'],
      ['2026-02-30T00:00:00Z', 'instant'],
      [TODAY, 'instant'],
    ],
  ],
])('%s is taken within its range, and otherwise refused by the rule that it breaks first', (_, schema, good, bad) => {
  for (const value of good) expect([value, rulesOf(schema, value)]).toEqual([value, []]);
  for (const [value, rule] of bad) expect([value, rulesOf(schema, value)]).toEqual([value, [rule]]);
});
