import type { Instant, PlainDate } from './application/events';
import { atDate, localDate } from './calendar';

/** From when a person is excluded, and from when no longer; null: until further notice. */
export interface ExclusionTerm {
  from: PlainDate;
  reinstatedOn: PlainDate | null;
}

export const excludedOn = ({ from, reinstatedOn }: ExclusionTerm, day: PlainDate): boolean =>
  from <= day && (reinstatedOn === null || day < reinstatedOn);

/** An entry of a list of the excluded, as far as it says who it is. */
export interface Listing {
  firstName: string;
  lastName: string;
  /** Null where the list doesn't know it. */
  npi: string | null;
  state: string | null;
}

/** An entry of the OIG's list as it was read. */
export interface LeieEntry extends Listing {
  /** Of what names the entry: the same, month after month. */
  listing: string;
  excludedOn: PlainDate;
  reinstatedOn: PlainDate | null;
}

/** A provider as they are on file, for one client. */
export interface Screened {
  npi: string;
  firstName: string;
  lastName: string;
  /** Where they are licensed; none: not known. */
  states: readonly string[];
}

export const MATCHES = ['npi', 'name'] as const;
export type Match = (typeof MATCHES)[number];

/**
 * Whether an entry is, by its NPI, or may be, by name and state, this provider. Another NPI is another person, whatever
 * the name; nothing is matched by likeness.
 */
export function matchOf(listing: Listing, provider: Screened): Match | null {
  if (listing.npi !== null) return listing.npi === provider.npi ? 'npi' : null;
  if (nameKey(listing) !== nameKey(provider)) return null;
  const { state } = listing;
  return state === null || provider.states.length === 0 || provider.states.includes(state) ? 'name' : null;
}

/** Equal for two writings of one name: case, accents, punctuation and spacing don't count. */
export const nameKey = ({ firstName, lastName }: { firstName: string; lastName: string }): string =>
  `${plain(lastName)},${plain(firstName)}`;

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Day of the month by which the month's list should be on file: the OIG puts it out around the 10th. */
const DUE_DAY = 15;
const WINDOW = { timeZone: 'America/New_York' };

/** The month of an instant where lists are put out, as its first day. */
export const monthOf = (now: Instant): PlainDate => `${localDate(now, WINDOW.timeZone).slice(0, 7)}-01`;

/** When the list of a month is asked for: in the morning of its day. */
export const listDueAt = (month: PlainDate): Instant => atDate(`${month.slice(0, 7)}-${DUE_DAY}`, WINDOW);

export function nextMonth(month: PlainDate): PlainDate {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12 ? `${year + 1}-01-01` : `${year}-${String(number + 1).padStart(2, '0')}-01`;
}
