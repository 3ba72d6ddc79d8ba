import fc from 'fast-check';
import {
  findChaseInstant,
  findWindowStart,
  findReminderInstant,
  computeChase,
  computeDeadline,
  computeReminder,
  isBusinessDay,
  toLocalDate,
  LONGEST_CLOSURE_DAYS,
  startOfDay,
  WEEKDAYS,
  type Closure,
  type Weekday,
  type Window,
} from '../../../domain/time/calendar';
import {
  addDays,
  addMonths,
  countDaysBetween,
  FIRST_DATE,
  toInstant,
  isRealDate,
  LAST_DATE,
} from '../../../domain/time/dates';
import type { Duration } from '../../../domain/time/duration';
import { extent } from '../../support/extent';

/** Stored dates may be older than the rules at the door: every function here has to end and answer for all of them. */

const ZONES = Intl.supportedValuesOf('timeZone');
const DAYS = countDaysBetween(FIRST_DATE, LAST_DATE);

const EDGES = (
  '0001-01-01 0001-12-31 0004-02-29 0099-12-31 0100-02-28 1582-10-10 1899-12-31 1900-01-01 1900-02-28 1970-01-01 ' +
  '2000-02-29 2024-02-29 2199-12-31 2200-01-01 9996-02-29 9999-01-01 9999-12-30 9999-12-31'
).split(' ');
const date = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.integer({ min: 0, max: DAYS }).map((days) => addDays(FIRST_DATE, days)),
);
const zone = fc.constantFrom(...ZONES);
const time = fc.constantFrom('00:00', '00:30', '09:00', '12:00', '23:59');
const days = fc.option(fc.subarray([...WEEKDAYS] as Weekday[], { minLength: 1 }), { nil: undefined });
const closure: fc.Arbitrary<Closure> = fc
  .record({ from: date, to: fc.option(date, { nil: undefined }) })
  .map(({ from, to }) => (to === undefined ? { from } : { from, to }));
const window: fc.Arbitrary<Window> = fc.record({
  timeZone: zone,
  from: time,
  to: fc.constant('23:59'),
  days,
  closures: fc.array(closure, { maxLength: 5 }),
}) as fc.Arbitrary<Window>;
const upTo = (max: number) => fc.integer({ min: 1, max });
const duration: fc.Arbitrary<Duration> = fc.oneof(
  fc.record({ businessDays: upTo(60) }),
  fc.record({ days: upTo(3_650) }),
  fc.record({ months: upTo(120) }),
  fc.record({ hours: upTo(87_600) }),
  fc.record({ seconds: upTo(315_360_000) }),
);
const instant = fc.tuple(date, fc.constantFrom('00:00:00.000Z', '11:59:59.999Z', '23:59:59.999Z'));

/** An instant that compares as a string and that PostgreSQL takes. */
const isInstant = (at: string) =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(at) && isRealDate(at.slice(0, 10));

describe('the calendar from 0001-01-01 to 9999-12-31', () => {
  test('days later and earlier are dates of it, and its ends where they are beyond', () => {
    expect(addDays('9999-12-31', 1)).toBe('9999-12-31');
    expect(addDays('2026-03-31', 5_000_000)).toBe('9999-12-31');
    expect(addDays('2026-03-31', -5_000_000)).toBe('0001-01-01');
    fc.assert(
      fc.property(date, fc.integer({ min: -4_000_000, max: 4_000_000 }), (from, count) => {
        const place = Math.max(0, Math.min(DAYS, countDaysBetween(FIRST_DATE, from) + count));
        expect(countDaysBetween(FIRST_DATE, addDays(from, count))).toBe(place);
      }),
    );
  });

  test('months later and earlier keep the day, or take the last one of a shorter month', () => {
    expect(addMonths('2027-01-31', 1)).toBe('2027-02-28');
    expect(addMonths('2028-01-31', 1)).toBe('2028-02-29');
    expect(addMonths('2028-02-29', -12)).toBe('2027-02-28');
    expect(addMonths('2026-12-15', 1)).toBe('2027-01-15');
    expect(addMonths('0001-01-31', -1)).toBe('0001-01-01');
    expect(addMonths('9999-12-01', 1)).toBe('9999-12-31');
    fc.assert(
      fc.property(date, fc.integer({ min: -120, max: 120 }), (from, count) => {
        const to = addMonths(from, count);
        expect(isRealDate(to)).toBe(true);
        if (to === FIRST_DATE || to === LAST_DATE) return;
        const month = (of: string) => Number(of.slice(0, 4)) * 12 + Number(of.slice(5, 7));
        expect(month(to) - month(from)).toBe(count);
        expect(to.slice(8) === from.slice(8) || addDays(to, 1).endsWith('-01')).toBe(true);
      }),
    );
  });

  test('an instant beyond it is its first or last one', () => {
    expect(toInstant(Infinity)).toBe('9999-12-31T23:59:59.999Z');
    expect(toInstant(-Infinity)).toBe('0001-01-01T00:00:00.000Z');
    expect(() => toInstant(NaN)).toThrow(RangeError);
  });

  test('what is due later, or reminded of earlier, is an instant of it, in every zone and window', () => {
    fc.assert(
      fc.property(instant, fc.option(date, { nil: undefined }), duration, window, ([day, rest], on, after, within) => {
        const at = `${day}T${rest}`;
        const later = computeChase(on === undefined ? { at } : { at, on }, after, within);
        const earlier = computeReminder(at, after, within);
        const ends = computeDeadline({ at }, after, within);
        expect([later, earlier, ends].filter((one) => !isInstant(one))).toEqual([]);
        expect(isRealDate(toLocalDate(later, within.timeZone))).toBe(true);
        if (on === undefined) expect(later >= at || later === findWindowStart(LAST_DATE, within)).toBe(true);
      }),
      { numRuns: extent(2_000) },
    );
  });

  test('a window opens on each of its dates, and on its last day where no day of the week is left', () => {
    expect(findWindowStart('9999-12-31', { timeZone: 'UTC', from: '09:00', to: '17:00', days: ['mon'] })).toBe(
      '9999-12-31T09:00:00.000Z',
    );
    fc.assert(
      fc.property(date, window, (on, within) => {
        const placed = [findWindowStart, findChaseInstant, findReminderInstant].map((place) => place(on, within));
        expect(placed.map(isInstant)).toEqual([true, true, true]);
      }),
    );
  });

  test('a day begins on that day in every zone, at the calendar’s ends and at the turn of a leap day and a year', () => {
    const wrong = ZONES.flatMap((timeZone) =>
      EDGES.flatMap((on) => {
        const start = startOfDay(on, timeZone);
        const dayBefore = toLocalDate(toInstant(Date.parse(start) - 1), timeZone);
        const isEnd = on === FIRST_DATE || on === LAST_DATE;
        const right = isInstant(start) && (isEnd || (toLocalDate(start, timeZone) === on && dayBefore < on));
        return right ? [] : [`${on} in ${timeZone}: ${start}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a closure', () => {
  const newYork = { timeZone: 'America/New_York' };
  const next = (closures: Closure[], at = '2026-07-06T16:00:00.000Z') =>
    computeChase({ at }, { businessDays: 1 }, { ...newYork, closures }).slice(0, 10);

  test('that never ends holds up no chase for longer than its first year', () => {
    const endless = { from: '2026-07-07', to: '9999-12-31' };
    expect(next([endless])).toBe('2027-07-08');
    expect(next([endless], '2030-01-02T16:00:00.000Z')).toBe('2030-01-03');
    expect(next([{ from: '0001-01-01', to: '9999-12-31' }])).toBe('2026-07-07');
  });

  test('of a year is observed to its last day', () => {
    const to = addDays('2026-07-07', LONGEST_CLOSURE_DAYS - 1);
    expect(next([{ from: '2026-07-07', to }])).toBe('2027-07-08');
  });

  test('holds nothing up where its end is before its beginning', () => {
    expect(next([{ from: '2026-07-10', to: '2026-07-01' }])).toBe('2026-07-07');
  });

  test('is stepped over as a whole, whichever way and however many there are', () => {
    const years = Array.from({ length: 500 }, (_x, i) => {
      const from = addDays('2026-07-07', i * LONGEST_CLOSURE_DAYS);
      return { from, to: addDays(from, LONGEST_CLOSURE_DAYS - 1) };
    });
    const open = addDays('2026-07-07', 500 * LONGEST_CLOSURE_DAYS);
    const first = Array.from({ length: 7 }, (_x, i) => addDays(open, i)).find((day) => isBusinessDay(day));
    expect(next(years)).toBe(first);
    const back = computeReminder(`${open}T16:00:00.000Z`, { businessDays: 1 }, { ...newYork, closures: years });
    expect(back.slice(0, 10)).toBe('2026-07-06');
  });

  test('that leaves no day until the calendar ends makes due what is left on its last day', () => {
    const closures = [
      { from: '9998-06-01', to: '9999-05-01' },
      { from: '9999-04-01' },
      { from: '9999-05-02', to: '9999-12-31' },
    ];
    expect(next(closures, '9998-06-01T16:00:00.000Z')).toBe('9999-12-31');
  });
});
