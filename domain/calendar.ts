import Holidays from 'date-holidays';
import { DateTime, IANAZone, Settings } from 'luxon';
import type { Instant, PlainDate } from './application/events';
import { addDays } from './dates';
import { partsOf, type Duration } from './duration';

// an unknown zone or an unreadable date is an error here, never an instant called "Invalid DateTime"
Settings.throwOnInvalid = true;
declare module 'luxon' {
  interface TSSettings {
    throwOnInvalid: true;
  }
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a payer can be reached, in its own zone; times are HH:MM. Without `days`, every day. */
export interface CallHours {
  timeZone: string;
  from: string;
  to: string;
  days?: Weekday[];
}

/** Days off that are a payer's own, the last one included. */
export interface Closure {
  from: PlainDate;
  to?: PlainDate;
  name?: string;
}

/** Where and when due instants fall: a payer's call hours, or a bare zone. */
export type Window = Pick<CallHours, 'timeZone'> & Partial<CallHours> & { closures?: readonly Closure[] };

/** What a duration is counted from: an instant, and day 0 where it is not the local date of that instant. */
export interface Anchor {
  at: Instant;
  on?: PlainDate;
}

const DEFAULT_TIME = '09:00';

const SECONDS = { hours: 3_600, minutes: 60, seconds: 1 } as const;

/** Whether a string names an IANA time zone. */
export const isTimeZone = (name: string): boolean => IANAZone.isValidZone(name);

/** The date at an instant in a zone. */
export const localDate = (instant: Instant, zone: string): PlainDate => DateTime.fromISO(instant, { zone }).toISODate();

/** The first instant of a date in a zone. */
export const startOfDay = (date: PlainDate, zone: string): Instant => localTime(date, '00:00', zone);

/** The beginning of a window on a date, or on the next day that the window has; 09:00 where it names no hours. */
export function atDate(date: PlainDate, { timeZone, from = DEFAULT_TIME, days }: Window): Instant {
  const week = WEEKDAYS.map((_day, i) => addDays(date, i));
  const open = days ? week.find((day) => days.includes(WEEKDAYS[weekday(day)]!)) : date;
  if (!open) throw new RangeError('a window must have at least one day');
  return localTime(open, from, timeZone);
}

/**
 * When a duration after an event has passed. Hours and shorter are elapsed time; days and longer count local dates
 * from the day of the event and fall inside the window.
 */
export function due({ at, on }: Anchor, duration: Duration, window: Window): Instant {
  const { unit, count } = partsOf(duration);
  const dayZero = () => on ?? localDate(at, window.timeZone);
  switch (unit) {
    case 'businessDays':
      return atDate(addBusinessDays(dayZero(), count, window.closures), window);
    case 'days':
      return atDate(addDays(dayZero(), count), window);
    case 'months':
      return atDate(utc(dayZero()).plus({ months: count }).toISODate(), window);
    default:
      return new Date(Date.parse(at) + count * SECONDS[unit] * 1_000).toISOString();
  }
}

/** As long before an instant as a duration says; business days count back over those days alone. */
export function before(at: Instant, duration: Duration, window: Window): Instant {
  const { unit, count } = partsOf(duration);
  const day = localDate(at, window.timeZone);
  switch (unit) {
    case 'businessDays':
      return atDate(addBusinessDays(day, -count, window.closures), window);
    case 'days':
      return atDate(addDays(day, -count), window);
    case 'months':
      return atDate(utc(day).minus({ months: count }).toISODate(), window);
    default:
      return new Date(Date.parse(at) - count * SECONDS[unit] * 1_000).toISOString();
  }
}

/** Whether a date is a weekday and no US federal holiday, nor the day on which one is observed, nor a closure. */
export function isBusinessDay(date: PlainDate, closures: readonly Closure[] = []): boolean {
  if (weekday(date) > 4) return false;
  if (closures.some(({ from, to = from }) => from <= date && date <= to)) return false;
  // 31 December can be a holiday only as the observed New Year's Day of the next year
  const year = Number(addDays(date, 1).slice(0, 4));
  return !observedHolidays(year).has(date);
}

function addBusinessDays(date: PlainDate, count: number, closures: readonly Closure[] = []): PlainDate {
  let day = date;
  for (let left = Math.abs(count); left > 0;) {
    day = addDays(day, Math.sign(count));
    if (isBusinessDay(day, closures)) left -= 1;
  }
  return day;
}

const federal = new Holidays('US', { types: ['public'] });
const observedByYear = new Map<number, ReadonlySet<PlainDate>>();

/** The days off for a year's holidays: a Saturday's is the Friday before, a Sunday's the Monday after. */
function observedHolidays(year: number): ReadonlySet<PlainDate> {
  let days = observedByYear.get(year);
  if (!days) {
    // the library substitutes some holidays and forgets Veterans Day: one rule for all is ours
    const holidays = federal.getHolidays(year).filter((holiday) => !holiday.substitute);
    days = new Set(holidays.map((holiday) => observedOn(holiday.date.slice(0, 10))));
    observedByYear.set(year, days);
  }
  return days;
}

function observedOn(date: PlainDate): PlainDate {
  const shift: Partial<Record<Weekday, number>> = { sat: -1, sun: 1 };
  return addDays(date, shift[WEEKDAYS[weekday(date)]!] ?? 0);
}

/** 0 for Monday to 6 for Sunday. */
const weekday = (date: PlainDate): number => (new Date(date).getUTCDay() + 6) % 7;

const utc = (date: PlainDate) => DateTime.fromISO(date, { zone: 'utc' });

/** A wall-clock time as an instant: one that a zone skips moves forward, of one that it has twice the first is taken. */
function localTime(date: PlainDate, time: string, zone: string): Instant {
  const candidates = DateTime.fromISO(`${date}T${time}`, { zone }).getPossibleOffsets();
  return new Date(Math.min(...candidates.map((candidate) => candidate.toMillis()))).toISOString();
}
