import { ok, type Answer } from './route';
import { encodeCursor } from './schemas';

/** Answers a page of a list, each item as `view` shows it. */
export const listed = <T>({ items, next }: { items: T[]; next: unknown }, view: (item: T) => unknown): Answer =>
  ok({ items: items.map(view), nextCursor: next === null ? null : encodeCursor(next) });
