/** The result of comparing two spellings: `same`; `alike`, if one leaves out or adds something; or `differs`. */
export type Likeness = 'same' | 'alike' | 'differs';

const FROM_FAR_TO_NEAR: readonly Likeness[] = ['differs', 'alike', 'same'];
const measureNearness = (likeness: Likeness): number => FROM_FAR_TO_NEAR.indexOf(likeness);

/** Combines the comparisons of the parts of two things: they are as far apart as the part that is farthest. */
export const findFarthest = (parts: readonly Likeness[]): Likeness =>
  parts.reduce((far, part) => (measureNearness(part) < measureNearness(far) ? part : far), 'same');

/** Finds how close the closest two writings are. */
export const findNearest = <T>(
  some: readonly T[],
  others: readonly T[],
  compare: (one: T, other: T) => Likeness,
): Likeness =>
  some
    .flatMap((one) => others.map((other) => compare(one, other)))
    .reduce((near, one) => (measureNearness(one) > measureNearness(near) ? one : near), 'differs');

/** Compares two values either of which may be left out. */
export const compareOptional = <T>(one: T | null, other: T | null): Likeness =>
  one === other ? 'same' : one === null || other === null ? 'alike' : 'differs';

/** Letters that are no other letter with a mark, and what stands for them. */
const BARE_LETTERS = { ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', æ: 'ae', œ: 'oe', ı: 'i', ħ: 'h', ŧ: 't', ŋ: 'n' };
/** The other way in which some are written if there is no key for them. */
const SPELLED_OUT = { ä: 'ae', ö: 'oe', ø: 'oe', ü: 'ue', å: 'aa', ñ: 'n' };

/** Lists both ways of writing a text in capitals without marks and punctuation: Müller is MULLER or MUELLER. */
export const listSpellings = (text: string): string[] => [
  ...new Set([spellPlainly(text, BARE_LETTERS), spellPlainly(text, { ...BARE_LETTERS, ...SPELLED_OUT })]),
];

function spellPlainly(text: string, letters: Record<string, string>): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{ASCII}]/gu, (letter) => letters[letter] ?? letter)
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[&+]/g, ' AND ')
    .replace(/[\p{M}.'’‘`´ʼʻ]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

export const splitWords = (text: string): string[] => text.split(' ').filter((word) => word !== '');
