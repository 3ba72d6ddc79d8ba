import { createHash } from 'node:crypto';

/** The id of what follows from something else by itself: whoever takes that step again comes to the same one. */
export function derivedId(of: string): string {
  const hex = createHash('sha256').update(of).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
