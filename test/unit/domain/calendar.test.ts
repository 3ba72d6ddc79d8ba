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
  startOfDay,
  WEEKDAYS,
  type Weekday,
  type Window,
} from '../../../domain/time/calendar';
import type { Duration } from '../../../domain/time/duration';
import { isTimeZone } from '../../../domain/time/time-zones';
import {
  toDay,
  DAY_MS,
  computeExpectedDue,
  findNthWeekday,
  toUtc,
  toWallClock,
  findWeekday,
  isWorkday,
  ZONES,
} from '../../support/independent-calendar';
import { extent } from '../../support/extent';

const zone = fc.constantFrom(...ZONES);
const days = fc.option(fc.subarray([...WEEKDAYS] as Weekday[], { minLength: 1 }), { nil: undefined });
const time = fc.constantFrom('00:00', '01:30', '02:00', '02:30', '08:00', '09:15', '17:45', '23:30');
const window: fc.Arbitrary<Window> = fc.oneof(
  zone.map((timeZone) => ({ timeZone })),
  fc.record({ timeZone: zone, from: time, to: fc.constant('23:59'), days }),
);
const instant = fc
  .integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2045-12-31T23:59:59Z') })
  .map((ms) => new Date(ms).toISOString());
const date = instant.map((at) => at.slice(0, 10));
const upTo = (max: number) => fc.integer({ min: 1, max });
const calendarDuration: fc.Arbitrary<Duration> = fc.oneof(
  fc.record({ businessDays: upTo(30) }),
  fc.record({ days: upTo(400) }),
  fc.record({ months: upTo(60) }),
);
const elapsedDuration: fc.Arbitrary<Duration> = fc.oneof(
  fc.record({ hours: upTo(10_000) }),
  fc.record({ minutes: upTo(100_000) }),
  fc.record({ seconds: upTo(1_000_000) }),
);

describe('business days', () => {
  test('leave out weekends, the eleven federal holidays as observed, and nothing else, from 2020 to 2045', () => {
    const differing: string[] = [];
    for (let ms = toUtc(2020, 1, 1); ms <= toUtc(2045, 12, 31); ms += DAY_MS)
      if (isBusinessDay(toDay(ms)) !== isWorkday(toDay(ms))) differing.push(toDay(ms));
    expect(differing).toEqual([]);
  });

  test.each([
    ['New Year on a Saturday, observed the year before', '2021-12-31'],
    ['New Year on a Sunday', '2023-01-02'],
    ['Juneteenth on a Saturday', '2027-06-18'],
    ['Independence Day on a Sunday', '2027-07-05'],
    ['Veterans Day on a Saturday', '2028-11-10'],
    ['Veterans Day on a Sunday', '2029-11-12'],
    ['Christmas on a Saturday', '2027-12-24'],
    ['Thanksgiving', '2026-11-26'],
  ])('stop for %s', (_what, off) => {
    expect(isBusinessDay(off)).toBe(false);
  });

  test.each([
    ['the day after Thanksgiving', '2026-11-27'],
    ['Christmas Eve on a Thursday', '2026-12-24'],
    ['the last day of a year before a New Year on a weekday', '2026-12-31'],
    ['Good Friday', '2026-04-03'],
    ['Juneteenth before it was a holiday', '2020-06-19'],
    ['an inauguration', '2021-01-20'],
    ['an election', '2028-11-07'],
  ])('go on over %s', (_what, open) => {
    expect(isBusinessDay(open)).toBe(true);
  });
});

describe('a chase', () => {
  test('falls where an independent computation puts it, for 10,000 dates, zones and windows', () => {
    fc.assert(
      fc.property(
        instant,
        fc.option(date, { nil: undefined }),
        calendarDuration,
        window,
        (at, on, duration, within) => {
          const anchor = on ? { at, on } : { at };
          expect(computeChase(anchor, duration, within)).toBe(computeExpectedDue(anchor, duration, within));
        },
      ),
      { numRuns: extent(10_000) },
    );
  });

  test('falls there on every day around both clock changes, at hours that are skipped and repeated', () => {
    for (const timeZone of ZONES)
      for (let year = 2026; year <= 2028; year++)
        for (const around of [findNthWeekday(year, 3, 0, 1), findNthWeekday(year, 11, 0, 0)])
          for (const from of ['00:00', '01:00', '01:30', '02:00', '02:30', '03:00', '09:00'])
            for (let shift = -2; shift <= 2; shift++) {
              const at = `${toDay(Date.parse(around) + shift * DAY_MS)}T18:00:00.000Z`;
              const within = { timeZone, from, to: '23:00' };
              expect(computeChase({ at }, { days: 1 }, within)).toBe(computeExpectedDue({ at }, { days: 1 }, within));
            }
  });

  test('in hours and less is elapsed time, and never moved', () => {
    fc.assert(
      fc.property(instant, elapsedDuration, window, (at, duration, within) => {
        expect(computeChase({ at, on: '2020-01-01' }, duration, within)).toBe(
          computeExpectedDue({ at }, duration, within),
        );
      }),
    );
    // over the change to summer time, in the night, on a Sunday
    const within = { timeZone: 'America/New_York', from: '09:00', to: '17:00', days: ['mon' as const] };
    expect(computeChase({ at: '2026-03-08T05:30:00.000Z' }, { hours: 2 }, within)).toBe('2026-03-08T07:30:00.000Z');
  });

  test('shows the beginning of the call hours on an allowed weekday, after the day of the event', () => {
    fc.assert(
      fc.property(instant, calendarDuration, window, (at, duration, within) => {
        const result = computeChase({ at }, duration, within);
        const shown = new Date(toWallClock(Date.parse(result), within.timeZone)).toISOString();
        const from = within.from ?? '09:00';
        // the hour that the clocks skip in spring
        expect([from, from.replace(/^02/, '03')]).toContain(shown.slice(11, 16));
        expect(within.days ?? WEEKDAYS.slice(0, 5)).toContain(WEEKDAYS[(findWeekday(shown.slice(0, 10)) + 6) % 7]);
        expect(result > at).toBe(true);
        expect(toLocalDate(result, within.timeZone) > toLocalDate(at, within.timeZone)).toBe(true);
      }),
    );
  });

  test('is never earlier for a longer duration', () => {
    const units: ((n: number) => Duration)[] = [
      (businessDays) => ({ businessDays }),
      (days) => ({ days }),
      (months) => ({ months }),
    ];
    fc.assert(
      fc.property(instant, fc.constantFrom(...units), upTo(100), window, (at, durationOf, count, within) => {
        const after = (n: number) => computeChase({ at }, durationOf(n), within);
        expect(after(count + 1) >= after(count)).toBe(true);
      }),
    );
  });

  const newYork: Window = { timeZone: 'America/New_York' };
  test.each<[string, string, Duration, string]>([
    ['an evening belongs to its local date', '2026-03-10T01:00:00.000Z', { days: 1 }, '2026-03-10T13:00:00.000Z'],
    ['31 January and a month, a Saturday', '2026-01-31T15:00:00.000Z', { months: 1 }, '2026-03-02T14:00:00.000Z'],
    ['31 January and a month, a weekday', '2025-01-31T15:00:00.000Z', { months: 1 }, '2025-02-28T14:00:00.000Z'],
    ['31 January and a month in a leap year', '2028-01-31T15:00:00.000Z', { months: 1 }, '2028-02-29T14:00:00.000Z'],
    ['29 February and 36 months', '2028-02-29T15:00:00.000Z', { months: 36 }, '2031-02-28T14:00:00.000Z'],
    ['a Friday and a business day', '2026-03-06T15:00:00.000Z', { businessDays: 1 }, '2026-03-09T13:00:00.000Z'],
    ['a Saturday and a business day', '2026-03-07T15:00:00.000Z', { businessDays: 1 }, '2026-03-09T13:00:00.000Z'],
    ['five business days over a holiday', '2026-11-23T15:00:00.000Z', { businessDays: 5 }, '2026-12-01T14:00:00.000Z'],
    ['days that end on a Saturday', '2026-03-06T15:00:00.000Z', { days: 1 }, '2026-03-09T13:00:00.000Z'],
    [
      'days that end on a holiday before a weekend',
      '2026-06-18T15:00:00.000Z',
      { days: 1 },
      '2026-06-22T13:00:00.000Z',
    ],
    ['months that end on Christmas', '2026-10-25T15:00:00.000Z', { months: 2 }, '2026-12-28T14:00:00.000Z'],
  ])('%s', (_what, at, duration, expected) => {
    expect(computeChase({ at }, duration, newYork)).toBe(expected);
  });

  test('counts from a named day where there is one', () => {
    const at = '2026-03-20T15:00:00.000Z';
    expect(computeChase({ at, on: '2026-03-02' }, { days: 14 }, newYork)).toBe('2026-03-16T13:00:00.000Z');
    expect(computeChase({ at }, { days: 14 }, newYork)).toBe('2026-04-03T13:00:00.000Z');
  });
});

describe('a deadline', () => {
  test('falls where an independent computation puts it, and is never moved off a weekend, a holiday or a closure', () => {
    fc.assert(
      fc.property(instant, calendarDuration, window, (at, duration, own) => {
        const within = { ...own, closures: [{ from: '2020-01-01', to: '2020-12-31' }] };
        expect(computeDeadline({ at }, duration, within)).toBe(
          computeExpectedDue({ at }, duration, within, 'deadline'),
        );
      }),
    );
    const newYork = { timeZone: 'America/New_York', from: '08:00', to: '17:00', days: ['mon' as const] };
    expect(computeDeadline({ at: '2026-12-11T15:00:00.000Z' }, { days: 14 }, newYork)).toBe('2026-12-25T13:00:00.000Z');
    expect(findWindowStart('2026-12-26', newYork)).toBe('2026-12-26T13:00:00.000Z');
    // the last day of February 2026, a Saturday
    expect(computeDeadline({ at: '2026-01-31T15:00:00.000Z' }, { months: 1 }, newYork)).toBe(
      '2026-02-28T13:00:00.000Z',
    );
  });
});

describe('a reminder of a deadline', () => {
  const chicago: Window = { timeZone: 'America/Chicago', closures: [{ from: '2026-12-21', to: '2026-12-24' }] };

  test('is on a day on which people work, that one or an earlier', () => {
    // a Saturday after Christmas, which a closure is before
    expect(findReminderInstant('2026-12-26', chicago)).toBe('2026-12-18T15:00:00.000Z');
    expect(findReminderInstant('2026-12-17', chicago)).toBe('2026-12-17T15:00:00.000Z');
    expect(computeReminder('2027-01-05T15:00:00.000Z', { days: 10 }, chicago)).toBe('2026-12-18T15:00:00.000Z');
    expect(computeReminder('2027-01-05T15:00:00.000Z', { hours: 10 }, chicago)).toBe('2027-01-05T05:00:00.000Z');
  });

  test('is never later than a chase on that date', () => {
    fc.assert(
      fc.property(date, window, (on, within) => {
        const [reminder, chase] = [findReminderInstant(on, within), findChaseInstant(on, within)];
        expect(reminder <= findWindowStart(on, within) && findWindowStart(on, within) <= chase).toBe(true);
      }),
    );
  });
});

describe('a window', () => {
  const hours = { timeZone: 'America/New_York', from: '02:30', to: '17:00' };

  test('moves a time that the clocks skip forward', () => {
    expect(findWindowStart('2026-03-08', hours)).toBe('2026-03-08T07:30:00.000Z'); // 03:30
  });

  test('takes the first of a time that the clocks show twice', () => {
    expect(findWindowStart('2026-11-01', { ...hours, from: '01:30' })).toBe('2026-11-01T05:30:00.000Z');
  });

  test('moves a date that it has not to the next weekday that it has', () => {
    const days: Weekday[] = ['tue', 'thu'];
    expect(findChaseInstant('2026-03-12', { ...hours, from: '08:00', days })).toBe('2026-03-12T12:00:00.000Z');
    expect(findChaseInstant('2026-03-13', { ...hours, from: '08:00', days })).toBe('2026-03-17T12:00:00.000Z');
  });

  test('that has Saturdays is answered on them, but not on holidays and while it is closed', () => {
    const days: Weekday[] = ['fri', 'sat'];
    const closures = [{ from: '2026-12-26', to: '2027-01-03' }];
    expect(findChaseInstant('2026-03-14', { ...hours, from: '08:00', days })).toBe('2026-03-14T12:00:00.000Z');
    expect(findChaseInstant('2026-12-25', { ...hours, from: '08:00', days, closures })).toBe(
      '2027-01-08T13:00:00.000Z',
    );
  });

  test('without any day is an error', () => {
    expect(() => findChaseInstant('2026-03-12', { ...hours, days: [] })).toThrow('at least one day');
  });
});

describe('a local date', () => {
  test('is what the wall calendar shows', () => {
    fc.assert(
      fc.property(instant, zone, (at, timeZone) => {
        expect(toLocalDate(at, timeZone)).toBe(toDay(toWallClock(Date.parse(at), timeZone)));
      }),
    );
  });

  test('begins at its first instant', () => {
    fc.assert(
      fc.property(date, zone, (on, timeZone) => {
        const start = startOfDay(on, timeZone);
        expect(toLocalDate(start, timeZone)).toBe(on);
        expect(toLocalDate(new Date(Date.parse(start) - 1).toISOString(), timeZone) < on).toBe(true);
      }),
    );
    // midnight itself is skipped
    expect(startOfDay('2024-09-08', 'America/Santiago')).toBe('2024-09-08T04:00:00.000Z');
  });

  test('of an unknown zone or an unreadable instant is an error', () => {
    expect(() => toLocalDate('2026-03-09T13:00:00.000Z', 'America/Springfield')).toThrow('Springfield');
    expect(() => toLocalDate('yesterday', 'UTC')).toThrow('yesterday');
    expect(() => startOfDay('2026-02-30', 'UTC')).toThrow('Invalid');
  });
});

test('a time zone is one that the tz database names', () => {
  for (const name of ZONES) expect([name, isTimeZone(name)]).toEqual([name, true]);
  for (const name of ['America/Springfield', 'Eastern', '', 'EST5EDT4'])
    expect([name, isTimeZone(name)]).toEqual([name, false]);
});

test('a payer’s closures are no business days, a chase is after them, and no deadline minds them', () => {
  const window = {
    timeZone: 'America/New_York',
    closures: [{ from: '2026-07-06', to: '2026-07-07' }, { from: '2026-07-09' }],
  };
  const at = '2026-07-02T16:00:00.000Z';
  // Friday the 3rd is the holiday observed, Monday and Tuesday closed, then Wednesday, closed, Friday
  expect(computeChase({ at }, { businessDays: 2 }, window).slice(0, 10)).toBe('2026-07-10');
  expect(computeChase({ at }, { days: 4 }, window).slice(0, 10)).toBe('2026-07-08');
  expect(computeDeadline({ at }, { days: 4 }, window).slice(0, 10)).toBe('2026-07-06');
});
