import { listUnknownReferences, type References } from '../../record/applications/parties';
import type { Principal } from '../../record/kernel/principal';
import type { Sql } from '../../runtime/database';
import { UNKNOWN_REFERENCE } from './schemas';
import { refuse } from './validation';

/** Refuses filters that name what the caller knows nothing of. */
export async function checkFilter(sql: Sql, principal: Principal, filter: References): Promise<void> {
  const unknown = await listUnknownReferences(sql, principal, filter);
  refuse(unknown.map((path) => ({ path, ...UNKNOWN_REFERENCE })));
}
