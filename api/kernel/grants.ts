import type { Role } from '../../domain/kernel/codes';
import type { Principal } from '../../record/kernel/principal';
import { selectKnownClients } from '../../record/registry/clients';
import { findUser, maySeeClient, type User } from '../../record/registry/users';
import type { Sql } from '../../runtime/database';
import { refuseFields, Problem, type FieldError } from './errors';
import { mayManage, mayGrant } from './policy';
import { HAS_ACCESS, listUnknown } from './references';
import { UNKNOWN_REFERENCE } from './schemas';
import { refuseErrors } from './validation';

interface Grant {
  role: Role;
  clientIds?: string[] | undefined;
}

/** Refuses clients that the maker cannot see, and a role or scope beyond the maker's own. */
export async function checkGrant(sql: Sql, maker: Principal, { role, clientIds }: Grant): Promise<void> {
  refuseErrors(await listClientsOutOfReach(sql, maker, clientIds));
  if (!mayGrant(maker, role, clientIds ?? null)) throw new Problem('forbidden');
}

const listClientsOutOfReach = async (sql: Sql, maker: Principal, clientIds: string[] = []): Promise<FieldError[]> =>
  listUnknown('clientIds', clientIds, await selectKnownClients(sql, maker, clientIds));

/**
 * Refuses a key that its maker cannot grant, or that is to belong to a user whom the maker does not manage, who has no
 * access, or who could do less.
 */
export async function checkKey(
  sql: Sql,
  maker: Principal,
  { userId, role, clientIds }: Grant & { userId?: string | undefined },
): Promise<void> {
  const owner = userId === undefined ? null : await findUser(sql, maker, userId);
  const unseen = await listClientsOutOfReach(sql, maker, clientIds);
  if (userId !== undefined && !owner) throw refuseFields({ path: 'userId', ...UNKNOWN_REFERENCE }, ...unseen);
  refuseErrors(unseen);
  if (owner && !mayManage(maker, owner)) throw new Problem('forbidden');
  if (owner?.revokedAt) throw refuseFields({ path: 'userId', ...HAS_ACCESS });
  await checkGrant(sql, maker, { role, clientIds: clientIds ?? owner?.clientIds ?? undefined });
  if (owner) refuseErrors(listErrorsBeyondOwner(owner, { role, clientIds }));
}

/** Lists the errors of a key that could do more than its user. */
function listErrorsBeyondOwner(owner: User, { role, clientIds }: Grant): FieldError[] {
  const errors: FieldError[] = [];
  if (!mayGrant(owner, role, owner.clientIds))
    errors.push({ path: 'role', rule: 'within_user', message: 'must not have more permissions than the user' });
  if (clientIds && !clientIds.every((clientId) => maySeeClient(owner, clientId)))
    errors.push({ path: 'clientIds', rule: 'within_user', message: 'must be clients that the user sees' });
  return errors;
}
