import { hasLabelledSsn, hasSsn } from '../../../domain/kernel/free-text';

test.each([
  'her number is 536-22-8726.',
  '536 22 8726',
  'SSN 536228726',
  'the last one, 536228726, is her social',
  'Social Security no.: 536-22-8726',
  'line one\nssn:\t536228726',
])('an SSN is noticed in: %s', (text) => expect(hasSsn(text)).toBe(true));

test.each([
  'call reference 536228726',
  'phone 415-555-0100',
  'EIN 12-3456789',
  'order 536-22-87261',
  'account 4536-22-8726',
  'group 666-22-8726',
  'ranges 900-70-1234',
  'the 555-0100 and the 536-22',
  `SSN of the provider is with the office; ${'x'.repeat(60)} reference 536228726`,
  'ssn 5362287261',
  'licensed clinical social worker, licence 536228726',
  'the social worker has 536228726',
])('no SSN is seen in: %s', (text) => expect(hasSsn(text)).toBe(false));

test('one line, as a number of a policy is, has one only beside the word', () => {
  expect(hasLabelledSsn('536-22-8726')).toBe(false);
  expect(hasLabelledSsn('SSN 536-22-8726')).toBe(true);
  expect(hasLabelledSsn('536228726 (ssn)')).toBe(true);
});
