import Holidays from 'date-holidays';
import { DateTime } from 'luxon';
import { addDays } from './dates';
import type { Duration } from './duration';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a payer can be called: local times HH:MM, `from` before `to`. */
export interface CallHours {
  timeZone: string;
  from: string;
  to: string;
  days?: Weekday[];
}
/** A zone, and where they are known the hours in it. */
export type Window = { timeZone: string } & Partial<Omit<CallHours, 'timeZone'>>;

/** Where no hours are known. */
const OPENING = '09:00';

const federal = new Holidays('US');
const holidays = new Map<string, Set<string>>();

/** Monday to Friday, and no US federal holiday, observed days included. */
export function isBusinessDay(date: string): boolean {
  const year = date.slice(0, 4);
  let days = holidays.get(year);
  if (!days) {
    const publicOnes = federal.getHolidays(Number(year)).filter((holiday) => holiday.type === 'public');
    holidays.set(year, (days = new Set(publicOnes.map((holiday) => holiday.date.slice(0, 10)))));
  }
  return weekday(date) < 5 && !days.has(date);
}

/** 0 is Monday. */
const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;

/** The date on the wall in a zone. */
export const localDate = (instant: string, timeZone: string): string =>
  DateTime.fromISO(instant, { zone: timeZone }).toISODate()!;

/** The first instant of a date in a zone. */
export const startOfDay = (date: string, timeZone: string): string =>
  toInstant(DateTime.fromISO(date, { zone: timeZone }).startOf('day'));

/** When a window opens on a date, or on the next of its weekdays. */
export function atDate(date: string, { timeZone, from = OPENING, days }: Window): string {
  let day = date;
  while (days && !days.includes(WEEKDAYS[weekday(day)]!)) day = addDays(day, 1);
  return toInstant(DateTime.fromISO(`${day}T${from}`, { zone: timeZone }));
}

/**
 * When a duration has passed: hours, minutes and seconds after `at`, to the millisecond; days and longer on a local
 * date of the window, counted from `on` (or the local date of `at`) as day 0, when the window opens.
 */
export function due(anchor: { at: string; on?: string }, duration: Duration, window: Window): string {
  const [[unit, amount]] = Object.entries(duration) as [[string, number]];
  if (unit === 'hours' || unit === 'minutes' || unit === 'seconds')
    return toInstant(DateTime.fromISO(anchor.at).plus({ [unit]: amount }));
  const day0 = anchor.on ?? localDate(anchor.at, window.timeZone);
  if (unit === 'months')
    return atDate(DateTime.fromISO(day0, { zone: 'utc' }).plus({ months: amount }).toISODate()!, window);
  return atDate(unit === 'days' ? addDays(day0, amount) : addBusinessDays(day0, amount), window);
}

function addBusinessDays(date: string, count: number): string {
  let day = date;
  for (let left = count; left > 0;) {
    day = addDays(day, 1);
    if (isBusinessDay(day)) left -= 1;
  }
  return day;
}

const toInstant = (time: DateTime): string => time.toUTC().toISO({ precision: 'milliseconds' })!;
