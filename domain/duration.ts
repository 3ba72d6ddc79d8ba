/** An object with one positive integer, at most ten years: `{businessDays: 10}`. */
export type Duration =
  | { businessDays: number }
  | { days: number }
  | { months: number }
  | { hours: number }
  | { minutes: number }
  | { seconds: number };

/** The most of each unit that fits into ten years. */
const AT_MOST: Record<string, number> = {
  businessDays: 2_600,
  days: 3_650,
  months: 120,
  hours: 87_600,
  minutes: 5_256_000,
  seconds: 315_360_000,
};

/** The rule that a value breaks as a duration, or null. */
export function durationProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'duration_object';
  const entries = Object.entries(value);
  const [unit, amount] = entries[0] ?? [];
  if (entries.length !== 1 || unit === undefined || !(unit in AT_MOST)) return 'duration_one_unit';
  if (!Number.isInteger(amount) || (amount as number) < 1) return 'duration_positive_integer';
  return (amount as number) > AT_MOST[unit]! ? 'duration_at_most_ten_years' : null;
}
