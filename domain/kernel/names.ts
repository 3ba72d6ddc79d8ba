import { compareOptional, findFarthest, findNearest, listSpellings, splitWords, type Likeness } from './likeness';

/** A person's name as a source writes it; a part may hold what belongs into another. */
export interface PersonName {
  /** Null or left out of a person who has one name only. */
  firstName?: string | null | undefined;
  middleName?: string | null | undefined;
  lastName: string;
  suffix?: string | null | undefined;
}

/**
 * Compares two names of persons. Case, accents, punctuation and spacing don't count. A suffix, a middle name or half of
 * a double name that only one has, and an initial in the place of a name, leave them alike.
 */
export function comparePersonNames(one: PersonName, other: PersonName): Likeness {
  return findNearest(listReadings(one), listReadings(other), (a, b) => {
    const suffix = compareOptional(a.suffix, b.suffix);
    const names = findFarthest([compareGivenNames(a.given, b.given), compareFamilyNames(a.family, b.family)]);
    // the same words, apart from where the family name begins
    const sameWords = sortWords([...a.given, ...a.family]) === sortWords([...b.given, ...b.family]);
    return findFarthest([names === 'differs' && sameWords ? 'alike' : names, suffix]);
  });
}

/** Lists the keys by which a name is looked up: of two names that are not different, either has one of the other's. */
export const listPersonKeys = (name: PersonName): string[] => [
  ...new Set(
    listReadings(name).flatMap(({ given, family }) => [...buildKeys(family, given), ...buildKeys(given, family)]),
  ),
];

const buildKeys = (family: readonly string[], given: readonly string[]): string[] => {
  const initials = given.length === 0 ? [''] : given.map((name) => name.slice(0, 1));
  const names = [family.join(''), ...family.filter((name) => !PARTICLES.has(name))];
  return names.flatMap((name) => initials.map((initial) => `${name},${initial}`));
};

/** Writes a person's name as it is addressed. */
export const writePersonName = ({ firstName, middleName, lastName, suffix }: PersonName): string =>
  [firstName, middleName, lastName, suffix].filter((part) => part).join(' ');

interface Reading {
  given: string[];
  family: string[];
  suffix: string | null;
}

const SUFFIXES: Record<string, string> = {
  JR: 'JR',
  SR: 'SR',
  II: 'II',
  III: 'III',
  IV: 'IV',
  V: 'V',
  '2ND': 'II',
  '3RD': 'III',
  '4TH': 'IV',
  '5TH': 'V',
};
const TITLES = new Set(['DR', 'MR', 'MRS', 'MS', 'MISS', 'PROF']);
/** Degrees and licences after a name; those that are family names too, like MA and DO, are not among them. */
const CREDENTIALS = new Set(
  'LMFT LCMFT MFT LCSW LICSW LISW CSW LMSW MSW LPC LPCC LCPC LCMHC LMHC PHD PSYD EDD MD'.split(' '),
);
/** Words that make no family name by themselves. */
const PARTICLES = new Set(
  'DE DEL LA LAS LOS DA DAS DO DOS DI DU LE VAN VON DER DEN TER EL AL BIN BEN ST O D'.split(' '),
);

function listReadings({ firstName, middleName, lastName, suffix }: PersonName): Reading[] {
  const fields = [firstName ?? '', middleName ?? '', lastName, suffix ?? ''].map(listSpellings);
  return [0, 1].map((way) => {
    const [first, middle, last, stated] = fields.map((ways) => splitWords(ways[way] ?? ways[0]!));
    const found: string[] = stated!.flatMap((word) => SUFFIXES[word] ?? []);
    const stripInitials = (words: string[], isInitial: (word: string) => boolean): string[] => {
      const at = words.findIndex((word, i) => i > 0 && !isInitial(word) && (SUFFIXES[word] || CREDENTIALS.has(word)));
      if (at < 0) return words;
      found.push(...words.slice(at).flatMap((word) => SUFFIXES[word] ?? []));
      return words.slice(0, at);
    };
    // a V is an initial if it stands among given names
    const given = stripInitials([...first!, ...middle!], (word) => word.length === 1);
    const family = stripInitials(last!, () => false).map((word) => (word === 'SAINT' ? 'ST' : word));
    return {
      ...findStated(given.length > 1 && TITLES.has(given[0]!) ? given.slice(1) : given, family),
      suffix: found[0] ?? null,
    };
  });
}

/**
 * The abbreviations that registries and visas write if there is no such name: first, last, middle name or initial
 * unknown, or none.
 */
const NO_NAME = new Set(['FNU', 'NFN', 'LNU', 'NLN', 'NMN', 'NMI']);

/** Whether a name is one that stands for a missing name. */
export const isNoName = (name: string): boolean =>
  listSpellings(name).every((spelled) => splitWords(spelled).every((word) => NO_NAME.has(word)));

/** Finds the names that are stated; a person with one name only has it as family name, wherever it stands. */
function findStated(given: string[], family: string[]): Pick<Reading, 'given' | 'family'> {
  const [givenNames, familyNames] = [given, family].map((words) => words.filter((word) => !NO_NAME.has(word)));
  if (familyNames!.length > 0) return { given: givenNames!, family: familyNames! };
  // a person of whom only given names remain has them as family name
  return givenNames!.length > 0 ? { given: [], family: givenNames! } : { given, family };
}

const sortWords = (words: readonly string[]): string => words.toSorted().join(' ');
const isInitialOf = (one: string, other: string): boolean =>
  (one.length === 1 && other.startsWith(one)) || (other.length === 1 && one.startsWith(other));

function compareGivenNames(one: readonly string[], other: readonly string[]): Likeness {
  if (one.join('') === other.join('')) return 'same';
  if (one.length === 0 || other.length === 0) return 'differs';
  for (const [a, b] of [
    [1, 1],
    [1, 2],
    [2, 1],
  ] as const)
    if (one.slice(0, a).join('') === other.slice(0, b).join('')) return compareFurther(one.slice(a), other.slice(b));
  if (isInitialOf(one[0]!, other[0]!)) return compareFurther(one.slice(1), other.slice(1));
  const joinInitials = (names: readonly string[]) => names.map((name) => name[0]).join('');
  const isInitials = (short: readonly string[], long: readonly string[]) =>
    short.length === 1 && long.length > 1 && short[0] === joinInitials(long);
  if (isInitials(one, other) || isInitials(other, one)) return 'alike';
  // called by the middle name
  return one.slice(1).includes(other.join(' ')) || other.slice(1).includes(one.join(' ')) ? 'alike' : 'differs';
}

const compareFurther = (one: readonly string[], other: readonly string[]): Likeness =>
  one.every((name, i) => other[i] === undefined || name === other[i] || isInitialOf(name, other[i]))
    ? 'alike'
    : 'differs';

function compareFamilyNames(one: readonly string[], other: readonly string[]): Likeness {
  if (one.join('') === other.join('')) return 'same';
  const isPartOf = (part: readonly string[], whole: readonly string[]) =>
    part.some((name) => !PARTICLES.has(name)) && part.every((name) => whole.includes(name));
  return isPartOf(one, other) || isPartOf(other, one) ? 'alike' : 'differs';
}
