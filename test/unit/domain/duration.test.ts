import fc from 'fast-check';
import {
  DURATION_UNITS,
  findDurationProblem,
  parseDuration,
  type Duration,
  type DurationUnit,
} from '../../../domain/time/duration';

test.each([
  { businessDays: 10 },
  { days: 14 },
  { months: 36 },
  { hours: 2 },
  { minutes: 5 },
  { seconds: 5 },
  { days: 3653 },
  { months: 120 },
  { seconds: 315_576_000 },
])('%j is a duration', (value) => {
  expect(findDurationProblem(value)).toBeNull();
});

test.each([
  ['nothing', null],
  ['undefined', undefined],
  ['a number', 5],
  ['text', 'P14D'],
  ['a list', [5]],
  ['no unit', {}],
  ['two units', { days: 1, hours: 1 }],
  ['an unknown unit', { weeks: 1 }],
  ['an inherited name', { toString: 1 }],
])('%s is none: it must have exactly one unit', (_what, value) => {
  expect(findDurationProblem(value)).toMatch(/^must have exactly one of businessDays, days, months, hours/);
});

test.each([0, -1, 1.5, NaN, Infinity, '5', null, true])('%j is no number of days', (days) => {
  expect(findDurationProblem({ days })).toBe('days must be a positive integer');
});

test.each([
  { months: 121 },
  { days: 3654 },
  { businessDays: 2501 },
  { hours: 87_673 },
  { seconds: Number.MAX_SAFE_INTEGER },
])('%j is more than ten years', (value) => {
  expect(findDurationProblem(value)).toBe('must be at most ten years');
});

test('a duration comes apart into its unit and number', () => {
  fc.assert(
    fc.property(fc.constantFrom(...DURATION_UNITS), fc.integer({ min: 1, max: 120 }), (unit, count) => {
      const units: Partial<Record<DurationUnit, number>> = { [unit]: count };
      const duration = units as Duration;
      expect(findDurationProblem(duration)).toBeNull();
      expect(parseDuration(duration)).toEqual({ unit, count });
    }),
  );
});
