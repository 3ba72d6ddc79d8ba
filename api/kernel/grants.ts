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

/** Refuses clients that the maker cannot see, and a role or scope beyond the maker's own. */
export async function checkGrant(
  sql: Sql,
  maker: Principal,
  { role, clientIds }: { role: Role; clientIds?: string[] | undefined },
): Promise<void> {
  if (clientIds) refuseErrors(listUnknown('clientIds', clientIds, await selectKnownClients(sql, maker, clientIds)));
  if (!mayGrant(maker, role, clientIds ?? null)) throw new Problem('forbidden');
}

/** The user to whom a key is to belong: one whom its maker manages, and who has access. */
export async function findOwner(sql: Sql, maker: Principal, userId: string): Promise<User> {
  const user = await findUser(sql, maker, userId);
  if (!user) throw refuseFields({ path: 'userId', ...UNKNOWN_REFERENCE });
  if (!mayManage(maker, user)) throw new Problem('forbidden');
  if (user.revokedAt) throw refuseFields({ path: 'userId', ...HAS_ACCESS });
  return user;
}

/** The errors of a key that could do more than its user. */
export function listErrorsBeyondOwner(
  owner: User,
  { role, clientIds }: { role: Role; clientIds?: string[] },
): FieldError[] {
  const errors: FieldError[] = [];
  if (!mayGrant(owner, role, owner.clientIds))
    errors.push({ path: 'role', rule: 'within_user', message: 'must not have more permissions than the user' });
  if (clientIds && !clientIds.every((clientId) => maySeeClient(owner, clientId)))
    errors.push({ path: 'clientIds', rule: 'within_user', message: 'must be clients that the user sees' });
  return errors;
}
