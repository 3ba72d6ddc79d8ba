import { addDays } from '../domain/time/dates';

/** Completes nine digits to an NPI: the check digit is Luhn's over 80840 and the nine. */
export function inventNpi(nine: string): string {
  const digits = [...`80840${nine}`].reverse().map(Number);
  const sum = digits.reduce((total, digit, place) => total + (place % 2 ? digit : doubleLuhnDigit(digit)), 0);
  return `${nine}${(10 - (sum % 10)) % 10}`;
}

const doubleLuhnDigit = (digit: number) => (digit < 5 ? digit * 2 : digit * 2 - 9);

/** Invents a number of `length` digits that is unused here. */
export const inventDigits = (length: number) => String(Date.now()).slice(-length).padStart(length, '1');

/** Invents a clinician's documents, in date for longer than any demonstration. */
export const inventDocuments = (day: string, state: string, number: string) => ({
  licences: [{ state, number, expiresOn: addDays(day, 500) }],
  malpractice: { carrier: 'Lantern Mutual', policyNumber: `PL-${number}`, expiresOn: addDays(day, 300) },
});
