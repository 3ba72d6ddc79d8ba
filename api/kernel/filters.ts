import { listUnknownReferences, type References } from '../../record/applications/parties';
import type { Principal } from '../../record/kernel/principal';
import type { Sql } from '../../runtime/database';
import { UNKNOWN_REFERENCE } from './schemas';
import { refuseErrors } from './validation';

/** Refuses filters that name what the caller knows nothing of. */
export async function checkFilter(sql: Sql, principal: Principal, filter: References): Promise<void> {
  const unknown = await listUnknownReferences(sql, principal, filter);
  refuseErrors(unknown.map((path) => ({ path, ...UNKNOWN_REFERENCE })));
}
