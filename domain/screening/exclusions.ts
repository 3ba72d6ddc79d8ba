import type { Instant, PlainDate } from '../time/instants';
import { compareBusinessNames, listBusinessKeys } from '../kernel/business-names';
import { findNearest, type Likeness } from '../kernel/likeness';
import { comparePersonNames, listPersonKeys, type PersonName } from '../kernel/names';
import { findWindowStart, toLocalDate } from '../time/calendar';
import { addDays } from '../time/dates';

/** The days from which, and until which, a person is excluded; null: until further notice. */
export interface ExclusionTerm {
  from: PlainDate;
  reinstatedOn: PlainDate | null;
}

export const isExcludedOn = ({ from, reinstatedOn }: ExclusionTerm, day: PlainDate): boolean =>
  from <= day && (reinstatedOn === null || day < reinstatedOn);

/** Whether a listing is the checked person's or practice's. */
export type ExclusionStatus = 'possible' | 'confirmed' | 'dismissed';

/** A match or a decision on a listing that counts at a client. */
export interface ExclusionWord {
  exclusionId: string;
  status: ExclusionStatus;
  excludedOn: PlainDate;
  reinstatedOn: PlainDate | null;
  decided: boolean;
}

/**
 * Selects the matches and decisions that count: a match until it is decided on, after that every decision. One "yes"
 * stands beside another's "no" and does not lift it.
 */
export function selectCountingWords<T extends ExclusionWord>(words: readonly T[]): T[] {
  const decided = new Set(words.filter((word) => word.decided).map(({ exclusionId }) => exclusionId));
  return words.filter((word) => word.decided || !decided.has(word.exclusionId));
}

/** Computes from when until when a person or practice is excluded, by all matches and decisions. */
export const computeExclusionTerms = (words: readonly ExclusionWord[]): ExclusionTerm[] =>
  selectTerms('confirmed', words);

/** Whether an undecided listing may mean the person or practice on a day. */
export const mayBeExcludedOn = (words: readonly ExclusionWord[], day: PlainDate): boolean =>
  selectTerms('possible', words).some((term) => isExcludedOn(term, day));

const selectTerms = (status: ExclusionStatus, words: readonly ExclusionWord[]): ExclusionTerm[] =>
  selectCountingWords(words)
    .filter((word) => word.status === status)
    .map(({ excludedOn: from, reinstatedOn }) => ({ from, reinstatedOn }));

const SEVERITY: Record<ExclusionStatus, number> = { confirmed: 2, possible: 1, dismissed: 0 };
const FOR_GOOD: PlainDate = '9999-12-31';

/** Finds the match or decision that is shown for a listing: the most severe, and of several "no" the longest. */
export const findDecisiveWord = <T extends ExclusionWord>(words: readonly T[]): T | undefined =>
  selectCountingWords(words)
    .toSorted(
      (a, b) =>
        SEVERITY[b.status] - SEVERITY[a.status] ||
        (b.reinstatedOn ?? FOR_GOOD).localeCompare(a.reinstatedOn ?? FOR_GOOD),
    )
    .at(0);

/** A person by their names, or a business by its own. */
export interface ListedName extends PersonName {
  businessName?: string | null;
}

/** An entry of a list of the excluded, as far as it says who it is. */
export interface Listing extends ListedName {
  /** Null if the list doesn't know it. */
  npi: string | null;
  state: string | null;
}

/** An entry of the OIG's list as it was read. */
export interface LeieEntry extends Listing {
  /** A digest of what identifies the entry: the same, month after month. */
  listing: string;
  excludedOn: PlainDate;
  reinstatedOn: PlainDate | null;
}

/** A provider or a practice as it is on file, for one client. */
export interface ScreenedParty extends ListedName {
  npi: string | null;
  /** A person's. */
  formerNames?: readonly PersonName[];
}

const MATCHES = ['npi', 'name'] as const;
export type Match = (typeof MATCHES)[number];

/**
 * Matches a list entry with this provider or practice: certain by its NPI, possible by its name in any state; a person
 * decides. A person with another NPI is another person, while a business may have several.
 */
export function matchListing(listing: Listing, held: ScreenedParty): Match | null {
  if (listing.npi !== null && listing.npi === held.npi) return 'npi';
  if (listing.npi !== null && !listing.businessName) return null;
  return compareNamed(listing, held) === 'differs' ? null : 'name';
}

function compareNamed(listing: ListedName, held: ScreenedParty): Likeness {
  if (listing.businessName && held.businessName) return compareBusinessNames(listing.businessName, held.businessName);
  if (listing.businessName || held.businessName) return 'differs';
  return findNearest([listing], [held, ...(held.formerNames ?? [])], comparePersonNames);
}

/**
 * Lists the keys by which entries are looked up: an entry that matches by name has one of the provider's or practice's.
 */
export const listNameKeys = ({
  formerNames = [],
  ...named
}: ListedName & Pick<ScreenedParty, 'formerNames'>): string[] =>
  named.businessName ? listBusinessKeys(named.businessName) : [named, ...formerNames].flatMap(listPersonKeys);

/** Day of the month by which the OIG puts out the month's list, and the one by which it should be on file. */
const OUT_DAY = 10;
const DUE_DAY = 15;
const WINDOW = { timeZone: 'America/New_York' };

/** Finds the month, as its first day, of an instant in the zone in which lists are put out. */
export const findMonth = (now: Instant): PlainDate => `${toLocalDate(now, WINDOW.timeZone).slice(0, 7)}-01`;

/** Computes when the list of a month is asked for: in the morning of its day. */
export const computeListDueAt = (month: PlainDate): Instant =>
  findWindowStart(`${month.slice(0, 7)}-${DUE_DAY}`, WINDOW);

/** Computes when the list is first fetched: in the morning of the day by which it is out. */
export const computeListOutAt = (month: PlainDate): Instant =>
  findWindowStart(`${month.slice(0, 7)}-${OUT_DAY}`, WINDOW);

/**
 * Finds the month of a fetched list: the one in which it changed; if the server does not say, the last that should
 * be out.
 */
export function findListMonth(modifiedAt: Instant | null, at: Instant): PlainDate {
  const month = findMonth(modifiedAt !== null && modifiedAt < at ? modifiedAt : at);
  return modifiedAt !== null || at >= computeListOutAt(month) ? month : findMonth(`${addDays(month, -1)}T12:00:00Z`);
}

export function addOneMonth(month: PlainDate): PlainDate {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12 ? `${year + 1}-01-01` : `${year}-${String(number + 1).padStart(2, '0')}-01`;
}
