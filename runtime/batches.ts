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
