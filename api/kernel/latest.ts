/** The most addresses or callers that are remembered. */
const MOST_KEPT = 10_000;

/** Keeps a value, and drops the one that was kept longest ago where there are too many. */
export function keepLatest<V>(kept: Map<string, V>, key: string, value: V): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT) kept.delete(oldest!);
}
