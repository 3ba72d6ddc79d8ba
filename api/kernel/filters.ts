import type { Principal } from '../../record/kernel/principal';
import { listUnknownReferences, type ReferenceLimits } from '../../record/applications/references';
import type { Sql } from '../../runtime/database';
import type { FieldError } from './errors';
import { findReferents, type ReferringField } from './references';
import { UNKNOWN_REFERENCE } from './schemas';
import { refuseErrors } from './validation';

/** The filter of a list, references among its fields. */
type Filter = Partial<Record<ReferringField, string | undefined>>;

/** Lists the errors of filters that name something the caller may not see, or that is outside of the limits. */
export async function listUnknownFilters(
  sql: Sql,
  principal: Principal,
  filter: Filter,
  limits?: ReferenceLimits,
): Promise<FieldError[]> {
  const named = Object.entries(filter).flatMap(([path, id]) =>
    id === undefined ? [] : [{ path, id, to: findReferents(path) }],
  );
  const unknown = await listUnknownReferences(sql, principal, named, limits);
  return unknown.map(({ path }) => ({ path, ...UNKNOWN_REFERENCE }));
}

/** Refuses such filters. */
export const checkFilter = async (...asked: Parameters<typeof listUnknownFilters>): Promise<void> =>
  refuseErrors(await listUnknownFilters(...asked));
