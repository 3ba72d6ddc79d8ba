/** The pause between two calls of one service, for all callers together. */
export const PACE_MS = 1_000;
/** The time over which those who waited for a service come back. */
export const WAVE_MS = 10 * 60_000;

const FIRST_MS = 15 * 60_000;
const LONGEST_MS = 12 * 3_600_000;

/**
 * Computes how long a service is left alone after `failures` in a row: a quarter of an hour, doubled up to
 * twelve.
 */
export function computeBackOff(failures: number, id: string): number {
  const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return wait + computeSpread(id, wait / 5);
}

/** Computes a spread that is always the same for one id, from 0 to less than `ms`. */
export const computeSpread = (id: string, ms: number): number => {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  // FNV-1a hardly moves the upper bits of ids that differ in their last character
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return Math.floor((((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32) * ms);
};
