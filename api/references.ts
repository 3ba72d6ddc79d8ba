import type { FieldError } from './errors';
import { UNKNOWN_REFERENCE } from './schemas/common';

/** An error for each reference of a list that is not among those that are known. */
export const unknownIn = <T>(path: string, ids: readonly T[] = [], known: ReadonlySet<T>, field = ''): FieldError[] =>
  ids.flatMap((id, index) => {
    const { rule, message } = UNKNOWN_REFERENCE;
    return known.has(id) ? [] : [{ path: `${path}.${index}${field}`, rule, message }];
  });
