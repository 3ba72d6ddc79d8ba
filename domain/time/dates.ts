import type { Instant, PlainDate } from './instants';

const DAY_MS = 86_400_000;
/** The zone in which a date begins first on earth: UTC+14. */
const FIRST_ZONE_MS = 14 * 3_600_000;
/** The zone in which a day ends last: UTC-12. */
const LAST_ZONE_MS = 12 * 3_600_000;

/**
 * The ends of the calendar: the dates that PostgreSQL and four digits of a year can express. A date beyond them counts
 * as the end.
 */
export const FIRST_DATE: PlainDate = '0001-01-01';
export const LAST_DATE: PlainDate = '9999-12-31';
const FIRST_MS = Date.parse(FIRST_DATE);
const LAST_MS = Date.parse(LAST_DATE) + DAY_MS - 1;

/** The dates that are taken from outside: callers, files and registries. */
export const GIVEN_FROM: PlainDate = '1900-01-01';
export const GIVEN_TO: PlainDate = '2199-12-31';

/** Whether a string is YYYY-MM-DD and names a date that exists. */
export function isRealDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && formatDate(time) === text;
}

/** Whether a string is a date that is taken from outside. */
export const isGivenDate = (text: string): boolean => isRealDate(text) && GIVEN_FROM <= text && text <= GIVEN_TO;

/** Adds days to a date, or subtracts them if negative; returns the calendar's end if the result is beyond it. */
export const addDays = (date: PlainDate, days: number): PlainDate => formatDate(Date.parse(date) + days * DAY_MS);

export const pickEarlierDay = (one: PlainDate, other: PlainDate): PlainDate => (one < other ? one : other);
export const pickLaterDay = (one: PlainDate, other: PlainDate): PlainDate => (one < other ? other : one);

/**
 * Adds months to a date, or subtracts them if negative: the last day of a month that has no such day; the calendar's
 * end if the result is beyond it.
 */
export function addMonths(date: PlainDate, months: number): PlainDate {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const target = year * 12 + (month - 1) + months;
  const findMonthStart = (at: number) =>
    new Date(0).setUTCFullYear(Math.floor(at / 12), at - Math.floor(at / 12) * 12, 1);
  const lastOfMonth = findMonthStart(target + 1) - DAY_MS;
  return formatDate(Math.min(findMonthStart(target) + (day - 1) * DAY_MS, lastOfMonth));
}

/** Counts how many days later the second date is; negative if it is earlier. */
export const countDaysBetween = (from: PlainDate, to: PlainDate): number =>
  (Date.parse(to) - Date.parse(from)) / DAY_MS;

/** Whether a date has yet begun nowhere on earth. */
export const isFuture = (date: PlainDate, now: Instant): boolean => date > formatDate(Date.parse(now) + FIRST_ZONE_MS);

/** Finds today in the zone in which the day ends last: what is earlier is over everywhere on earth. */
export const findLastToday = (now: Instant): PlainDate => formatDate(Date.parse(now) - LAST_ZONE_MS);

/** Writes milliseconds since the epoch as an instant; the calendar's first or last if it is beyond. */
export const toInstant = (time: number): Instant => new Date(clampTime(time)).toISOString();

const formatDate = (time: number): PlainDate => toUtcDate(toInstant(time));

/** Finds the date of an instant in UTC, for data that has no zone of its own, such as a registry's answer. */
export const toUtcDate = (at: Instant): PlainDate => at.slice(0, 10);

/** Adds milliseconds to an instant, or subtracts them if negative. */
export const addMilliseconds = (at: Instant, ms: number): Instant => toInstant(Date.parse(at) + ms);

// Infinity is an end too; what is no number at all stays an error
const clampTime = (time: number): number => Math.max(FIRST_MS, Math.min(time, LAST_MS));
