import { listSpellings, type Likeness } from './likeness';

/**
 * Compares two licence numbers of one state; boards and registries write them each in their way. Punctuation and zeros
 * before the digits don't count. Letters or a check number that only one has leave them alike; other letters are
 * another licence.
 */
export function compareLicenceNumbers(one: string, other: string): Likeness {
  const [a, b] = [readNumber(one), readNumber(other)];
  if (a.digits !== b.digits && !isWithTail(a, b) && !isWithTail(b, a)) return 'differs';
  if (a.inner !== b.inner) return 'differs';
  if (a.letters === b.letters) return a.digits === b.digits ? 'same' : 'alike';
  if (a.digits === '') return 'differs';
  const [its, others] = [a, b].map(({ letters }) => OTHER_LETTERS[letters] ?? letters);
  if (its === others || a.letters === '' || b.letters === '') return 'alike';
  // a letter at the end, which Pennsylvania has and others leave out
  return a.prefix === b.prefix && (a.letters === a.prefix || b.letters === b.prefix) ? 'alike' : 'differs';
}

/** Letters by which boards wrote the same licence, now or earlier. */
const OTHER_LETTERS: Record<string, string> = {
  CSW: 'LCSW',
  LCS: 'LCSW',
  MFC: 'LMFT',
  MFT: 'LMFT',
  MHC: 'LMHC',
  PCC: 'LPCC',
};

/** Reads the letters of a licence number, which often say what licence it is: LMFT of LMFT 12345. */
export const readLicenceLetters = (number: string): string => readNumber(number).letters;

interface Reading {
  letters: string;
  /** Those before the first digit. */
  prefix: string;
  /** The part from the first letters between digits on; empty if there are none. */
  inner: string;
  /** The digits without the zeros before them. */
  digits: string;
  /** The digits before the last hyphen or space; null if there is none. */
  head: string | null;
}

function readNumber(number: string): Reading {
  const [spelled = ''] = listSpellings(number);
  // Lic. No. 12345
  const written = spelled.replace(/^(LIC|LICEN[CS]E)?( ?(NO|NUM|NUMBER))? (?=\S*\d)/, '');
  const readDigits = (text: string) => text.replace(/\D/g, '').replace(/^0+(?=\d)/, '');
  const tail = /^(.*\d) \d{1,2}$/.exec(written);
  return {
    letters: readLetters(written),
    prefix: readLetters(written.replace(/\d.*$/, '')),
    inner: /\d(\p{L}+\d.*)/u.exec(written.replace(/[^\p{L}\d]/gu, ''))?.[1] ?? '',
    digits: readDigits(written),
    head: tail ? readDigits(tail[1]!) : null,
  };
}

const readLetters = (text: string): string => text.replace(/[^\p{L}]/gu, '');

const isWithTail = (long: Reading, short: Reading): boolean => long.head !== null && long.head === short.digits;
