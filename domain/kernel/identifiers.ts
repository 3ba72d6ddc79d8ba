// the country's own entry: the package's index loads ninety others
import { ein, ssn } from 'stdnum/lib/cjs/us';

/** Whether a string is an NPI: 10 digits, the first 1 or 2, with a right check digit. */
export const isNpi = (text: string): boolean => /^[12]\d{9}$/.test(text) && hasLuhnDigit(`80840${text}`);

/** The kinds of tax ids: of a business, of a person, and of a person who can have no SSN. */
export const TIN_TYPES = ['ein', 'ssn', 'itin'] as const;
export type TinType = (typeof TIN_TYPES)[number];

/** Whether a string has the form of an EIN: 9 digits, plain or as NN-NNNNNNN. */
export const isEin = (text: string): boolean => /^\d{2}-?\d{7}$/.test(text);

/** Whether the IRS was known to assign an EIN's prefix; it adds prefixes, so another is asked about, not refused. */
export const hasKnownPrefix = (text: string): boolean => ein.validate(text).isValid;

/** Whether a string is an ITIN, plain or as 9NN-NN-NNNN, in a range that the IRS assigns. */
export const isItin = (text: string): boolean =>
  /^9\d{2}(-?)(5\d|6[0-5]|[78]\d|9[0-24-9])\1\d{4}$/.test(text) && !/^9\d{2}-?89/.test(text);

/** Whether a string is an SSN, plain or as NNN-NN-NNNN, with an area, group and serial number that can be issued. */
export const isSsn = (text: string): boolean =>
  // the serial number is not among the library's rules
  /^(\d{9}|\d{3}-\d{2}-\d{4})$/.test(text) && !text.endsWith('0000') && ssn.validate(text).isValid;

/** Normalizes a tax id to its digits: the form by which two writings of one number are found equal. */
export const normalizeTin = (tin: string): string => tin.replaceAll('-', '');

/** Whether a string is a CAQH provider id: 7 to 10 digits. */
export const isCaqhId = (text: string): boolean => /^\d{7,10}$/.test(text);

/** Whether a string has the form of a NUCC taxonomy code. */
export const isTaxonomy = (text: string): boolean => /^[0-9A-Z]{9}X$/.test(text);

/** Whether a string is a DEA number: two letters (or a letter and a 9) and 7 digits, the last a right check digit. */
export function isDea(text: string): boolean {
  if (!/^[A-Z][A-Z9]\d{7}$/.test(text)) return false;
  const [a, b, c, d, e, f, check] = Array.from(text.slice(2), Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return (a + c + e + 2 * (b + d + f)) % 10 === check;
}

/** How an identifier begins where it is not shown whole. */
export const MASK = '****';

/** Masks an identifier: its last four characters are shown, of a short one none. A masked one stays as it is. */
export const maskIdentifier = (text: string): string => `${MASK}${text.length < 8 ? '' : text.slice(-4)}`;

function hasLuhnDigit(digits: string): boolean {
  const sum = digits
    .split('')
    .reverse()
    .reduce((total, digit, i) => {
      const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
