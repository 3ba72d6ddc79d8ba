import Holidays from 'date-holidays';
import { DateTime, Settings } from 'luxon';
import type { Instant, PlainDate } from './instants';
import { addDays, addMonths, FIRST_DATE, toInstant, LAST_DATE } from './dates';
import { parseDuration, type Duration } from './duration';

// an unknown zone or an unreadable date is an error here, never an instant called "Invalid DateTime"
Settings.throwOnInvalid = true;
declare module 'luxon' {
  interface TSSettings {
    throwOnInvalid: true;
  }
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * The hours in which a payer can be reached, in its own zone; times are HH:MM. Without `days`, from Monday to Friday.
 */
export interface CallHours {
  timeZone: string;
  from: string;
  to: string;
  days?: Weekday[];
}

/** Days off that are a payer's own, the last one included; more than `LONGEST_CLOSURE_DAYS` of one don't count. */
export interface Closure {
  from: PlainDate;
  to?: PlainDate;
  name?: string;
}

/** The hours and zone in which due instants fall: a payer's call hours, or a bare zone. */
export type Window = Pick<CallHours, 'timeZone'> & Partial<CallHours> & { closures?: readonly Closure[] };

/** The start of a duration: an instant, and day 0 if it is not the local date of that instant. */
export interface Anchor {
  at: Instant;
  on?: PlainDate;
}

/** The longest part of a closure that counts: the payer counts as open again afterwards, so that every chase comes. */
export const LONGEST_CLOSURE_DAYS = 366;

const DEFAULT_TIME = '09:00';

const SECONDS = { hours: 3_600, minutes: 60, seconds: 1 } as const;

/** Finds the date at an instant in a zone; the calendar's end if it is another year's there already. */
export function toLocalDate(instant: Instant, zone: string): PlainDate {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) throw new RangeError(`${instant} is no instant`);
  return toInstant(ms + findOffset(ms, zone) * MINUTE_MS).slice(0, 10);
}

const MINUTE_MS = 60_000;
/** Every zone has changed its clocks at a full minute since then. */
const FULL_MINUTES_FROM = Date.parse('1973-01-01');
const MOST_REMEMBERED = 20_000;

/** Returns what is asked often from memory; begins anew if that is too much. */
function rememberValue<T>(memory: Map<string, T>, key: string, compute: () => T): T {
  let value = memory.get(key);
  if (value === undefined) {
    if (memory.size >= MOST_REMEMBERED) memory.clear();
    memory.set(key, (value = compute()));
  }
  return value;
}

const offsets = new Map<string, number>();

/** Finds how many minutes a zone is ahead of UTC at an instant. */
function findOffset(ms: number, zone: string): number {
  const computeAt = (at: number) => DateTime.fromMillis(at).setZone(zone).offset;
  if (ms < FULL_MINUTES_FROM) return computeAt(ms);
  const minute = Math.floor(ms / MINUTE_MS);
  return rememberValue(offsets, `${zone} ${minute}`, () => computeAt(minute * MINUTE_MS));
}

/** Names a date in words, without its year. */
export const nameDay = (date: PlainDate): string => DateTime.fromISO(date).setLocale('en-US').toFormat('MMMM d');

/** Finds the first instant of a date in a zone. */
export const startOfDay = (date: PlainDate, zone: string): Instant => findLocalInstant(date, '00:00', zone);

/**
 * Finds the beginning of a window on a date, whatever day it is; 09:00 if the window names no hours. Deadlines are
 * at it.
 */
export const findWindowStart = (date: PlainDate, { timeZone, from = DEFAULT_TIME }: Window): Instant =>
  findLocalInstant(date, from, timeZone);

/** Finds when a chase of a date happens: on that day, or the next on which the recipient works. */
export const findChaseInstant = (date: PlainDate, window: Window): Instant =>
  findWindowStart(findAnsweringDay(date, window, 1), window);

/** Finds when a reminder of a date happens: on that day, or the last before it on which people work. */
export const findReminderInstant = (date: PlainDate, window: Window): Instant =>
  findWindowStart(findAnsweringDay(date, window, -1), window);

/**
 * Computes when a deadline is, a duration after an event. Hours and shorter are elapsed time; days and longer count
 * local dates from the day of the event and are at the beginning of the window, on whatever day that is.
 */
export const computeDeadline = (from: Anchor, duration: Duration, window: Window): Instant =>
  shiftAnchor(from, duration, window, 1, findWindowStart);

/**
 * Computes when a chase happens that is due a duration after an event: like a deadline, then moved to the next day on
 * which the recipient works.
 */
export const computeChase = (from: Anchor, duration: Duration, window: Window): Instant =>
  shiftAnchor(from, duration, window, 1, findChaseInstant);

/**
 * Computes when a reminder happens that is due a duration before a deadline: moved to the last day before on which
 * people work.
 */
export const computeReminder = (deadline: Instant, before: Duration, window: Window): Instant =>
  shiftAnchor({ at: deadline }, before, window, -1, findReminderInstant);

function shiftAnchor(
  { at, on }: Anchor,
  duration: Duration,
  window: Window,
  sign: 1 | -1,
  place: (date: PlainDate, window: Window) => Instant,
): Instant {
  const { unit, count } = parseDuration(duration);
  const findDayZero = () => on ?? toLocalDate(at, window.timeZone);
  switch (unit) {
    case 'businessDays':
      return place(addBusinessDays(findDayZero(), sign * count, window.closures), window);
    case 'days':
      return place(addDays(findDayZero(), sign * count), window);
    case 'months':
      return place(addMonths(findDayZero(), sign * count), window);
    default:
      return toInstant(Date.parse(at) + sign * count * SECONDS[unit] * 1_000);
  }
}

/** Whether a date is a weekday and no US federal holiday, nor the day on which one is observed. */
export const isBusinessDay = (date: PlainDate): boolean => findWeekday(date) <= 4 && !isHoliday(date);

function isHoliday(date: PlainDate): boolean {
  // 31 December can be a holiday only as the observed New Year's Day of the next year
  const year = Number(addDays(date, 1).slice(0, 4));
  return listObservedHolidays(year).has(date);
}

/** Counts business days; a closure takes one step as a whole, so that there are no more than days to count. */
function addBusinessDays(date: PlainDate, count: number, closures: readonly Closure[] = []): PlainDate {
  const step = count > 0 ? 1 : -1;
  const shut = listShut(closures);
  let day = date;
  for (let left = Math.abs(count); left > 0 && day !== endOf(step); left -= 1)
    day = findOpenDay(addDays(day, step), isBusinessDay, shut, step);
  return day;
}

/**
 * Finds a date, or the next or last one before it, on which those with a window answer: one of its weekdays, no
 * holiday, not closed.
 */
function findAnsweringDay(date: PlainDate, { days, closures = [] }: Window, step: 1 | -1): PlainDate {
  if (days?.length === 0) throw new RangeError('a window must have at least one day');
  const answers = days
    ? (day: PlainDate) => days.includes(WEEKDAYS[findWeekday(day)]!) && !isHoliday(day)
    : isBusinessDay;
  return findOpenDay(date, answers, listShut(closures), step);
}

const endOf = (step: 1 | -1): PlainDate => (step > 0 ? LAST_DATE : FIRST_DATE);

/**
 * Finds the first day, from a date on, that is open and in no closure; the calendar's end if it ends before that.
 */
function findOpenDay(
  date: PlainDate,
  isOpen: (day: PlainDate) => boolean,
  shut: readonly Required<Pick<Closure, 'from' | 'to'>>[],
  step: 1 | -1,
): PlainDate {
  for (let day = date; ; day = addDays(day, step)) {
    const closure = shut.find(({ from, to }) => from <= day && day <= to);
    if (closure) day = step > 0 ? closure.to : closure.from;
    else if (isOpen(day)) return day;
    if (day === endOf(step)) return day;
  }
}

/** Lists the closures by their first and last day; for one no more than `LONGEST_CLOSURE_DAYS` count. */
const listShut = (closures: readonly Closure[]) =>
  closures.map(({ from, to = from }) => ({ from, to: [to, addDays(from, LONGEST_CLOSURE_DAYS - 1)].sort()[0]! }));

const federal = new Holidays('US', { types: ['public'] });
const observedByYear = new Map<number, ReadonlySet<PlainDate>>();

/** Lists the days off for a year's holidays: a Saturday's is the Friday before, a Sunday's the Monday after. */
function listObservedHolidays(year: number): ReadonlySet<PlainDate> {
  let days = observedByYear.get(year);
  if (!days) {
    // the library substitutes some holidays and forgets Veterans Day: one rule for all is ours
    const holidays = federal.getHolidays(year).filter((holiday) => !holiday.substitute);
    days = new Set(holidays.map((holiday) => findObservedDay(holiday.date.slice(0, 10))));
    observedByYear.set(year, days);
  }
  return days;
}

function findObservedDay(date: PlainDate): PlainDate {
  const shift: Partial<Record<Weekday, number>> = { sat: -1, sun: 1 };
  return addDays(date, shift[WEEKDAYS[findWeekday(date)]!] ?? 0);
}

/** Finds the weekday: 0 for Monday to 6 for Sunday. */
const findWeekday = (date: PlainDate): number => (new Date(date).getUTCDay() + 6) % 7;

/**
 * Finds the instant of a wall-clock time: one that a zone skips moves forward, one that it has twice is taken the first
 * time.
 */
function findLocalInstant(date: PlainDate, time: string, zone: string): Instant {
  return rememberValue(wallClock, `${date}T${time} ${zone}`, () => {
    const candidates = DateTime.fromISO(`${date}T${time}`, { zone }).getPossibleOffsets();
    return toInstant(Math.min(...candidates.map((candidate) => candidate.toMillis())));
  });
}

const wallClock = new Map<string, Instant>();
