import { answerOk, type Answer } from './route';
import { encodeCursor } from './schemas';

/** Answers a page of a list, each item as `view` shows it. */
export const answerPage = <T>({ items, next }: { items: T[]; next: unknown }, view: (item: T) => unknown): Answer =>
  answerOk({ items: items.map(view), nextCursor: next === null ? null : encodeCursor(next) });
