import type { Principal } from '../../record/kernel/principal';
import { listUnknownReferences, type ReferenceLimits } from '../../record/applications/references';
import type { Sql } from '../../runtime/database';
import type { FieldError } from './errors';
import { findReferents, type ReferringField } from './references';
import { UNKNOWN_REFERENCE } from './schemas';
import { refuseErrors } from './validation';

/** What narrows a list, references among it. */
type Filter = Partial<Record<ReferringField, string | undefined>>;

/** The errors of filters that name what the caller knows nothing of, or what is not in the limits. */
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
