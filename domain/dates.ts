import type { Instant, PlainDate } from './application/events';

const DAY_MS = 86_400_000;
/** Where a date begins first on earth: UTC+14. */
const FIRST_ZONE_MS = 14 * 3_600_000;

/** Whether a string is YYYY-MM-DD and names a date that exists. */
export function isRealDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && isoDate(time) === text;
}

/** The date a number of days later, or earlier where it is negative. */
export const addDays = (date: PlainDate, days: number): PlainDate => isoDate(Date.parse(date) + days * DAY_MS);

/** How many days later the second date is; negative where it is earlier. */
export const daysBetween = (from: PlainDate, to: PlainDate): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

/** Whether a date has yet begun nowhere on earth. */
export const isFuture = (date: PlainDate, now: Instant): boolean => date > isoDate(Date.parse(now) + FIRST_ZONE_MS);

const isoDate = (time: number): PlainDate => new Date(time).toISOString().slice(0, 10);
