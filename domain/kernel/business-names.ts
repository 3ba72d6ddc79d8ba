import { compareOptional, findNearest, listSpellings, wordsOf, type Likeness } from './likeness';

/**
 * How near two names of businesses come. Case, accents, punctuation and a legal form that only one states don't count;
 * two legal forms are two entities. An article, spacing and a usual abbreviation leave them alike.
 */
export const compareBusinessNames = (one: string, other: string): Likeness =>
  findNearest(listReadings(one), listReadings(other), (a, b) => {
    if (a.whole === b.whole && !a.isPart && !b.isPart) return 'same';
    if (compareOptional(a.form, b.form) === 'differs' || a.key !== b.key) return 'differs';
    return a.core === b.core && !a.isPart && !b.isPart ? 'same' : 'alike';
  });

/** The keys by which a business is looked up: two that are not different have one in common. */
export const listBusinessKeys = (name: string): string[] => [...new Set(listReadings(name).map(({ key }) => key))];

interface Reading {
  whole: string;
  core: string;
  /** Null where none is stated. */
  form: string | null;
  /** Whether it is no whole name, or may be none: one of two names, or without PA, which may be a person's name. */
  isPart: boolean;
  key: string;
}

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/ (A )?(PROFESSIONAL LIMITED LIABILITY COMPANY|PLLC)$/, 'PLLC'],
  [/ (A )?(LIMITED LIABILITY COMPANY|LLC)$/, 'LLC'],
  [/ (A )?(LIMITED LIABILITY PARTNERSHIP|LLP)$/, 'LLP'],
  [/ (A )?(LIMITED PARTNERSHIP|LP)$/, 'LP'],
  [/ (A )?(PROFESSIONAL SERVICE CORPORATION|PSC)$/, 'PSC'],
  [/ (A )?(PROFESSIONAL CORPORATION|PROF CORP|APC|PC)$/, 'PC'],
  [/ (A )?(PROFESSIONAL ASSOCIATION|PA)$/, 'PA'],
  [/ (INCORPORATED|INC)$/, 'INC'],
  [/ (CORPORATION|CORP)$/, 'CORP'],
  [/ (LIMITED|LTD)$/, 'LTD'],
  [/ (COMPANY|CO)$/, 'CO'],
];
const WORDS: Record<string, string> = {
  ASSOC: 'ASSOCIATES',
  ASSOCS: 'ASSOCIATES',
  CNTR: 'CENTER',
  COUNSELLING: 'COUNSELING',
  CTR: 'CENTER',
  CENTRE: 'CENTER',
  GRP: 'GROUP',
  SAINT: 'ST',
  SVC: 'SERVICE',
  SVCS: 'SERVICES',
};

/** What may stand before a name and not belong to it. */
const LEADING: ReadonlySet<string> = new Set(['THE', 'DR']);

function listReadings(name: string): Reading[] {
  return listSpellings(name).flatMap((spelling) => {
    // L L C, P C
    const whole = spelling.replace(/\b(\p{L}) (?=\p{L}\b)/gu, '$1');
    const [, registered, assumed] = /^(.+) DBA (.+)$/.exec(whole) ?? [];
    // each of the two names may be all that somebody else has
    const parts = [registered, assumed].flatMap((part) => (part === undefined ? [] : [read(part, name)]));
    return [read(whole, name), ...parts.map((part) => ({ ...part, isPart: true }))];
  });
}

function read(whole: string, written: string): Reading {
  const stated = FORMS.find(([pattern]) => pattern.test(whole));
  const core = stated ? whole.replace(stated[0], '') : whole;
  const isBare = stated !== undefined && stated[1].length === 2 && !core.includes(' ') && !/[.,]/.test(written);
  const isName = isBare && /\p{Lu}\p{Ll}+\s+\p{Lu}\p{Ll}$/u.test(written.trim());
  const [named, form] = isName ? [whole, null] : [core, stated?.[1] ?? null];
  const words = wordsOf(named).map((word) => WORDS[word] ?? word);
  return {
    whole,
    core: named,
    form,
    isPart: isBare,
    key: (words.length > 1 && LEADING.has(words[0]!) ? words.slice(1) : words).join(''),
  };
}
