import { setImmediate as breathe } from 'node:timers/promises';

/**
 * Collects items for `ms` milliseconds and hands them on together. Failures are let go: an item has to be noticed and
 * repeated without this.
 */
export function collectInBatches<T>(ms: number, deliverBatch: (items: T[]) => Promise<unknown>): (item: T) => void {
  let gathered: T[] = [];
  const flushBatch = () => {
    const items = gathered;
    gathered = [];
    deliverBatch(items).catch(() => undefined);
  };
  return (item) => {
    if (gathered.push(item) === 1) setTimeout(flushBatch, ms).unref();
  };
}

/** Processes items piece by piece, between which others have their turn; returns the results in the order of the items. */
export async function processInPieces<T, R>(
  items: readonly T[],
  size: number,
  processPiece: (piece: readonly T[], from: number) => Promise<readonly R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += size) {
    if (from > 0) await breathe();
    results.push(...(await processPiece(items.slice(from, from + size), from)));
  }
  return results;
}
