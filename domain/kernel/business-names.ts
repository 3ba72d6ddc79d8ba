import { compareOptional, findNearest, listSpellings, wordsOf, type Likeness } from './likeness';

/**
 * How near two names of businesses come. Case, accents, punctuation and a legal form that only one states don't count;
 * two legal forms are two entities. An article, spacing and a usual abbreviation leave them alike.
 */
export const compareBusinessNames = (one: string, other: string): Likeness =>
  findNearest(listReadings(one), listReadings(other), (a, b) => {
    if (a.whole === b.whole) return 'same';
    if (compareOptional(a.form, b.form) === 'differs' || a.key !== b.key) return 'differs';
    return a.core === b.core && !a.formIsDoubtful && !b.formIsDoubtful ? 'same' : 'alike';
  });

/** The keys by which a business is looked up: two that are not different have one in common. */
export const listBusinessKeys = (name: string): string[] => [...new Set(listReadings(name).map(({ key }) => key))];

interface Reading {
  whole: string;
  core: string;
  /** Null where none is stated. */
  form: string | null;
  /** Whether the form may be a part of the name: LINH PA may be a person. */
  formIsDoubtful: boolean;
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
  CTR: 'CENTER',
  CENTRE: 'CENTER',
  GRP: 'GROUP',
  SVC: 'SERVICE',
  SVCS: 'SERVICES',
};

function listReadings(name: string): Reading[] {
  return listSpellings(name).map((spelling) => {
    // L L C, P C
    const whole = spelling.replace(/\b(\p{L}) (?=\p{L}\b)/gu, '$1');
    const stated = FORMS.find(([pattern]) => pattern.test(whole));
    const core = stated ? whole.replace(stated[0], '') : whole;
    const isBare = stated !== undefined && stated[1].length === 2 && !core.includes(' ') && !/[.,]/.test(name);
    const isName = isBare && /\p{Lu}\p{Ll}+\s+\p{Lu}\p{Ll}$/u.test(name.trim());
    const [read, form] = isName ? [whole, null] : [core, stated?.[1] ?? null];
    const words = wordsOf(read).map((word) => WORDS[word] ?? word);
    return {
      whole,
      core: read,
      form,
      formIsDoubtful: isBare,
      key: (words.length > 1 && words[0] === 'THE' ? words.slice(1) : words).join(''),
    };
  });
}
