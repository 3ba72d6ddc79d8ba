import { compareOptional, findNearest, listSpellings, splitWords, type Likeness } from './likeness';
import { ORDINALS } from './usps-words';

/**
 * Compares two names of businesses. Case, accents, punctuation, an article, a usual abbreviation and a legal form that
 * only one states don't count; two legal forms are two entities. Spacing, an abbreviation of several words, and what
 * one adds to the end that says little leave them alike.
 */
export function compareBusinessNames(one: string, other: string): Likeness {
  const [some, others] = [splitAssumedName(one), splitAssumedName(other)];
  // a business that trades under two names stands for two businesses
  if (some && others && some.some((part, n) => compareBusinessNames(part, others[n]!) === 'differs')) return 'differs';
  return findNearest(listReadings(one), listReadings(other), (a, b) => {
    if (a.whole === b.whole && !a.isPart && !b.isPart) return 'same';
    if (compareOptional(a.form, b.form) === 'differs' || !isAlike(a, b)) return 'differs';
    return a.standard === b.standard && !a.isPart && !b.isPart ? 'same' : 'alike';
  });
}

/** Splits a name into the registered and the assumed one, if both are written. */
const splitAssumedName = (name: string): string[] | undefined =>
  /^(.+?)[\s,]+d\W{0,2}b\W{0,2}a\W{0,2}\s+(.+)$/i.exec(name)?.slice(1);

/** Lists the keys by which a business is looked up: two that are not different have one in common. */
export const listBusinessKeys = (name: string): string[] => [
  ...new Set(listReadings(name).flatMap(({ keys }) => keys.map(({ folded }) => folded))),
];

interface Reading {
  whole: string;
  /** Its words in full, without legal form and article. */
  standard: string;
  /** Null if none is stated. */
  form: string | null;
  /** Whether it is no whole name, or may be none: one of two names, or without PA, which may be a person's name. */
  isPart: boolean;
  /** The keys of the name, and of what remains of it without an end that says little. */
  keys: readonly Key[];
}

/** Words without spaces: as they are, and with those that one abbreviation stands for as that. */
interface Key {
  full: string;
  folded: string;
  isAbbreviated: boolean;
}

/** Whether one is the other, or the other without its end. */
const isAlike = ({ keys: some }: Reading, { keys: others }: Reading): boolean =>
  others.some((key) => isSameKey(some[0]!, key)) || some.some((key) => isSameKey(others[0]!, key));

const isSameKey = (one: Key, other: Key): boolean =>
  one.full === other.full || (one.folded === other.folded && one.isAbbreviated !== other.isAbbreviated);

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/ (A )?(PROFESSIONAL LIMITED LIABILITY COMPANY|PROF(ESSIONAL)? LLC|PLLC)$/, 'PLLC'],
  [/ (A )?(LIMITED LIABILITY COMPANY|LLC)$/, 'LLC'],
  [/ (A )?(LIMITED LIABILITY PARTNERSHIP|LLP)$/, 'LLP'],
  [/ (A )?(LIMITED PARTNERSHIP|LP)$/, 'LP'],
  [/ (A )?(PROFESSIONAL SERVICE CORPORATION|PSC)$/, 'PSC'],
  [
    / A (CALIFORNIA |PROFESSIONAL |LICENSED |CLINICAL |SOCIAL WORK(ER)? |MARRIAGE AND FAMILY THERAPY |MEDICAL |NURSING |PSYCHOLOGICAL )+CORP(ORATION)?$/,
    'PC',
  ],
  [/ (A )?(PROFESSIONAL CORPORATION|PROF CORP|APC|PC)$/, 'PC'],
  [/ (A )?(PROFESSIONAL ASSOCIATION|PA)$/, 'PA'],
  [/ (INCORPORATED|INC)$/, 'INC'],
  [/ (CORPORATION|CORP)$/, 'CORP'],
  [/ (LIMITED|LTD)$/, 'LTD'],
  [/ (COMPANY|CO)$/, 'CO'],
];
/** The text that is written for each word in its place. */
const WORDS: Record<string, string> = {
  ASSOC: 'ASSOCIATES',
  ASSOCS: 'ASSOCIATES',
  BEH: 'BEHAVIORAL',
  BEHAV: 'BEHAVIORAL',
  CLIN: 'CLINIC',
  CMTY: 'COMMUNITY',
  CNTR: 'CENTER',
  COUNS: 'COUNSELING',
  CTR: 'CENTER',
  DEPT: 'DEPARTMENT',
  FAM: 'FAMILY',
  FT: 'FORT',
  GRP: 'GROUP',
  HLTH: 'HEALTH',
  HLTHCARE: 'HEALTHCARE',
  HOSP: 'HOSPITAL',
  INST: 'INSTITUTE',
  INTL: 'INTERNATIONAL',
  MED: 'MEDICAL',
  MGMT: 'MANAGEMENT',
  MT: 'MOUNT',
  NATL: 'NATIONAL',
  SAINT: 'ST',
  SVC: 'SERVICE',
  SVCS: 'SERVICES',
  UNIV: 'UNIVERSITY',
  ...Object.fromEntries(ORDINALS),
};
/** Other spellings: a name may be registered with either. */
const SPELLINGS: Record<string, string> = { CENTRE: 'CENTER', COUNSELLING: 'COUNSELING' };
/** The words that PSYCH may stand for. */
const PSYCH = /^PSYCH(IATRIC|IATRY|OLOGICAL|OLOGY|OTHERAPY)$/;
/** Words that a name may go without at its end. */
const GENERAL: ReadonlySet<string> = new Set('ASSOCIATES CENTER CLINIC GROUP PARTNERS PRACTICE SERVICES'.split(' '));
/** So many words must be left of a name without its end. */
const FEWEST_WORDS = 2;

function listReadings(name: string): Reading[] {
  return listSpellings(name).flatMap((spelling) => {
    // L L C, P C
    const whole = spelling.replace(/\b(\p{L}) (?=\p{L}\b)/gu, '$1');
    const [, registered, assumed] = /^(.+) DBA (.+)$/.exec(whole) ?? [];
    // another source may have only one of the two names
    const parts = [registered, assumed].flatMap((part) => (part === undefined ? [] : [readName(part, name)]));
    return [readName(whole, name), ...parts.map((part) => ({ ...part, isPart: true }))];
  });
}

function readName(whole: string, written: string): Reading {
  const stated = FORMS.find(([pattern]) => pattern.test(whole));
  const core = stated ? whole.replace(stated[0], '') : whole;
  const isBare = stated !== undefined && stated[1].length === 2 && !core.includes(' ') && !/[.,]/.test(written);
  const isName = isBare && /\p{Lu}\p{Ll}+\s+\p{Lu}\p{Ll}$/u.test(written.trim());
  const [named, form] = isName ? [whole, null] : [core, stated?.[1] ?? null];
  const words = dropFirst(
    'THE',
    splitWords(named).map((word) => WORDS[word] ?? word),
  );
  return { whole, standard: words.join(' '), form, isPart: isBare, keys: listKeys(dropFirst('DR', words)) };
}

/** Drops a word that may stand before a name and not belong to it. */
const dropFirst = (leading: string, words: string[]): string[] =>
  words.length > 1 && words[0] === leading ? words.slice(1) : words;

function listKeys(words: readonly string[]): Key[] {
  const general = words.length - 1 - words.findLastIndex((word) => !GENERAL.has(word));
  // some sources leave the place out: Vale Counseling of Akron
  const ends = [words.length, words.length - general, words.indexOf('AND'), words.indexOf('OF')];
  return [...new Set(ends)]
    .filter((end) => end === words.length || end >= FEWEST_WORDS)
    .map((end) => {
      const left = words.slice(0, end).map((word) => SPELLINGS[word] ?? word);
      const folded = left.map((word) => (PSYCH.test(word) ? 'PSYCH' : word));
      return { full: left.join(''), folded: folded.join(''), isAbbreviated: left.includes('PSYCH') };
    });
}
