/** The most of each unit that a duration may have: ten years, of which three may be leap years. */
const MOST = {
  businessDays: 2_500,
  days: 3_653,
  months: 120,
  hours: 3_653 * 24,
  minutes: 3_653 * 24 * 60,
  seconds: 3_653 * 24 * 3_600,
} as const;

export type DurationUnit = keyof typeof MOST;

type Only<Unit extends DurationUnit> = { [K in Unit]: number } & { [K in Exclude<DurationUnit, Unit>]?: never };

/** One unit with a positive integer, such as {businessDays: 10}. */
export type Duration = { [Unit in DurationUnit]: Only<Unit> }[DurationUnit];

export const DURATION_UNITS = Object.keys(MOST) as DurationUnit[];

/** Reads the unit and number of a duration. */
export function parseDuration(duration: Duration): { unit: DurationUnit; count: number } {
  const [[unit, count]] = Object.entries(duration) as [[DurationUnit, number]];
  return { unit, count };
}

/** Halves a duration in whole units, to at least one. */
export function halveDuration(duration: Duration): Duration {
  const { unit, count } = parseDuration(duration);
  const half: Partial<Record<DurationUnit, number>> = { [unit]: Math.max(1, Math.floor(count / 2)) };
  return half as Duration;
}

/** Finds what keeps a value from being a duration, in words; null if it is one. */
export function findDurationProblem(value: unknown): string | null {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const [unit, count] = entries[0] ?? [];
  if (entries.length !== 1 || !DURATION_UNITS.includes(unit as DurationUnit))
    return `must have exactly one of ${DURATION_UNITS.join(', ')}`;
  if (!Number.isInteger(count) || (count as number) < 1) return `${unit} must be a positive integer`;
  return (count as number) > MOST[unit as DurationUnit] ? 'must be at most ten years' : null;
}
