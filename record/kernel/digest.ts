import { createHash } from 'node:crypto';

/** Derives an id from a text, so that a step that is repeated gives what it makes the same id. */
export function deriveId(of: string): string {
  const hex = createHash('sha256').update(of).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Computes a digest that distinguishes two values of a fact without carrying them. */
export const computeDigest = (value: unknown): string =>
  createHash('sha256').update(canonicalizeJson(value)).digest('hex').slice(0, 32);

const canonicalizeJson = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v,
  );
