import type { Instant, PlainDate } from '../time/instants';
import { addDays, addMilliseconds, isFuture, toUtcDate } from '../time/dates';
import { computeSpread } from '../outreach/pacing';

/** The statement of CAQH, or of an export of its portal, about a provider; its words as they are. */
export interface CaqhStatement {
  /** Whether it knows the provider. */
  found: boolean;
  /** Null if it doesn't say. */
  rosterStatus: string | null;
  authorised: boolean | null;
  providerStatus: string | null;
  /** The day of that status: of a complete profile, the attestation. */
  statusOn: PlainDate | null;
}

/** CAQH's answer about the person of an NPI: the CAQH id is from its answer too, not from what a user has typed. */
export interface CaqhAnswer extends CaqhStatement {
  caqhId: string | null;
}

/** The meanings of CAQH's status words; `unknown` are those that its documentation does not name. */
export const CAQH_STANDINGS = [
  'current',
  'in_progress',
  'lapsed',
  'unusable',
  'not_current',
  'not_authorised',
  'not_on_roster',
  'not_found',
  'unknown',
] as const;
export type CaqhStanding = (typeof CAQH_STANDINGS)[number];

/** CAQH's words, without case, spaces and punctuation (domain.md, 1.3). */
const WORDS: Record<string, CaqhStanding> = {
  initialoutreach: 'in_progress',
  firstprovidercontact: 'in_progress',
  profiledatasubmitted: 'in_progress',
  initialprofilecomplete: 'current',
  initialapplicationcomplete: 'current',
  reattestation: 'current',
  expired: 'lapsed',
  expiredattestation: 'lapsed',
  optedout: 'unusable',
  retired: 'unusable',
  deceased: 'unusable',
  retireddeceased: 'unusable',
  notcurrent: 'not_current',
};

const stripToLetters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
const readStanding = (words: string | null): CaqhStanding => WORDS[stripToLetters(words ?? '')] ?? 'unknown';

/**
 * Finds the standing: a plan reads a profile only if it is on the plan's roster, authorised, and current and complete.
 */
export function findCaqhStanding({ found, rosterStatus, authorised, providerStatus }: CaqhStatement): CaqhStanding {
  if (!found) return 'not_found';
  if (rosterStatus !== null && stripToLetters(rosterStatus) !== 'active') return 'not_on_roster';
  if (authorised === false) return 'not_authorised';
  return readStanding(providerStatus);
}

/**
 * Finds when the provider attested, as far as the answer shows it; a date that has begun nowhere on earth shows
 * nothing.
 */
export const findAttestedOn = ({ providerStatus, statusOn }: CaqhStatement, now: Instant): PlainDate | null =>
  readStanding(providerStatus) === 'current' && statusOn !== null && !isFuture(statusOn, now) ? statusOn : null;

/** Whether a statement is older than the one on file: it is dated earlier, or not at all while that one is dated. */
export function isOutdated({ statusOn }: CaqhStatement, known: CaqhStatement | null, now: Instant): boolean {
  const since = known?.statusOn ?? null;
  // a date to come is a slip, and nothing is later than a slip
  if (since === null || isFuture(since, now)) return false;
  return statusOn === null || statusOn < since;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The time over which a day's questions are spread. */
const SPREAD_MS = 4 * 3_600_000;
/** The number of days before the attestation runs out from which it is checked daily. */
const NEAR_DAYS = 15;

/** Plans when to ask again: weekly; daily if something is awaited, or the attestation is about to run out. */
export function planNextCaqhCheck(
  { standing, dueOn, id }: { standing: CaqhStanding; dueOn: PlainDate | null; id: string },
  now: Instant,
): Instant {
  const near = dueOn !== null && addDays(dueOn, -NEAR_DAYS) <= toUtcDate(now);
  const settled = standing === 'current' || standing === 'not_found' || standing === 'unusable';
  return addMilliseconds(now, (settled && !near ? WEEK_MS : DAY_MS) + computeSpread(id, SPREAD_MS));
}
