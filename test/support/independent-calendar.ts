import type { Duration } from '../../domain/time/duration';
import type { Window } from '../../domain/time/calendar';

/*
 * An independent computation of what domain/time/calendar.ts answers: a loop over days in UTC, holidays by counting weekdays,
 * and zones by asking Intl.DateTimeFormat what the clock on the wall shows.
 */
export const DAY_MS = 86_400_000;
export const toDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);
export const toUtc = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date);
/** 0 for Sunday. */
export const findWeekday = (date: string) => new Date(`${date}T12:00:00Z`).getUTCDay();

/** The nth of a weekday in a month, from 0; negative from its end. */
export function findNthWeekday(year: number, month: number, weekday: number, n: number): string {
  const matching: string[] = [];
  for (let ms = toUtc(year, month, 1); new Date(ms).getUTCMonth() === month - 1; ms += DAY_MS)
    if (new Date(ms).getUTCDay() === weekday) matching.push(toDay(ms));
  return matching.at(n)!;
}

function daysOff(year: number): string[] {
  const fixed = [toUtc(year, 1, 1), toUtc(year, 7, 4), toUtc(year, 11, 11), toUtc(year, 12, 25)];
  if (year >= 2021) fixed.push(toUtc(year, 6, 19));
  const observed = fixed.map((ms) => {
    const weekday = new Date(ms).getUTCDay();
    return toDay(weekday === 6 ? ms - DAY_MS : weekday === 0 ? ms + DAY_MS : ms);
  });
  const floating = [
    findNthWeekday(year, 1, 1, 2), // Martin Luther King Jr.
    findNthWeekday(year, 2, 1, 2), // Washington
    findNthWeekday(year, 5, 1, -1), // Memorial
    findNthWeekday(year, 9, 1, 0), // Labor
    findNthWeekday(year, 10, 1, 1), // Columbus
    findNthWeekday(year, 11, 4, 3), // Thanksgiving
  ];
  return [...observed, ...floating];
}
const OFF = new Set(Array.from({ length: 60 }, (_x, i) => daysOff(2010 + i)).flat());
/** Whether the United States work on a date. */
export const isWorkday = (date: string) => findWeekday(date) % 6 !== 0 && !OFF.has(date);

const formats = new Map<string, Intl.DateTimeFormat>();
/** Reads what a clock in a zone shows, as if it were UTC. */
export function toWallClock(ms: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const [month, date, year, ...time] = format.format(ms).match(/\d+/g)!.map(Number);
  return Date.UTC(year!, month! - 1, date, ...time) + (ms % 1_000);
}

function instantOf(date: string, time: string, timeZone: string): string {
  const shown = Date.parse(`${date}T${time}:00Z`);
  const offset = (ms: number) => toWallClock(ms, timeZone) - ms;
  const [before, after] = [offset(shown - DAY_MS), offset(shown + DAY_MS)];
  const real = [shown - before, shown - after].filter((ms) => toWallClock(ms, timeZone) === shown);
  // a time that the clock skips is read as if it had not been put forward yet
  return new Date(real.length > 0 ? Math.min(...real) : shown - before).toISOString();
}

/** When a duration after an event has passed: a chase moves on to a day on which the payer answers, a deadline stays. */
export function computeExpectedDue(
  anchor: { at: string; on?: string },
  duration: Duration,
  window: Window,
  what: 'chase' | 'deadline' = 'chase',
): string {
  const elapsed = { hours: 3_600_000, minutes: 60_000, seconds: 1_000 };
  for (const unit of ['hours', 'minutes', 'seconds'] as const) {
    const count = duration[unit];
    if (count !== undefined) return new Date(Date.parse(anchor.at) + count * elapsed[unit]).toISOString();
  }
  let ms = Date.parse(anchor.on ?? toDay(toWallClock(Date.parse(anchor.at), window.timeZone)));
  if (duration.days) ms += duration.days * DAY_MS;
  if (duration.months) {
    const at = new Date(ms);
    const [year, month] = [at.getUTCFullYear(), at.getUTCMonth() + duration.months];
    ms = Math.min(Date.UTC(year, month, at.getUTCDate()), Date.UTC(year, month + 1, 0));
  }
  const closed = (date: string) => window.closures?.some(({ from, to = from }) => from <= date && date <= to);
  for (let left = duration.businessDays ?? 0; left > 0;) {
    ms += DAY_MS;
    if (isWorkday(toDay(ms)) && !closed(toDay(ms))) left--;
  }
  const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
  const answers = ({ days = ['mon', 'tue', 'wed', 'thu', 'fri'] }: Window, date: string) =>
    days.includes(names[findWeekday(date)]!) && !OFF.has(date) && !closed(date);
  while (what === 'chase' && !answers(window, toDay(ms))) ms += DAY_MS;
  return instantOf(toDay(ms), window.from ?? '09:00', window.timeZone);
}

/** The zones of the United States, and one without summer time. */
export const ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/Los_Angeles',
  'America/Phoenix',
  'America/Anchorage',
  'Pacific/Honolulu',
  'America/Puerto_Rico',
  'Pacific/Guam',
  'UTC',
];
