/** `time_zone`: the column's constraint asks PostgreSQL for the zone, which it does not know. */
type Violation = 'foreign_key' | 'unique' | 'time_zone';
const CODES: Record<Violation, string> = { foreign_key: '23503', unique: '23505', time_zone: '22023' };

/** Runs a change; returns null, with nothing changed, if a constraint of this kind refuses it. */
export async function runUnlessViolated<T>(violation: Violation, change: () => Promise<T>): Promise<T | null> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === CODES[violation]) return null;
    throw error;
  }
}
