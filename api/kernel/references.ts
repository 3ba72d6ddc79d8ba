import { selectKnownDocuments } from '../../record/applications/parties';
import type { Principal } from '../../record/kernel/principal';
import { WORKER_ROLES } from '../../domain/kernel/codes';
import { findUser, maySeeClient, type User } from '../../record/registry/users';
import type { Sql } from '../../runtime/database';
import type { FieldError } from './errors';
import { UNKNOWN_REFERENCE } from './schemas';

/** An error for each reference of a list that is not among those that are known. */
export const listUnknown = <T>(path: string, ids: readonly T[] = [], known: ReadonlySet<T>, field = ''): FieldError[] =>
  ids.flatMap((id, index) => {
    const { rule, message } = UNKNOWN_REFERENCE;
    return known.has(id) ? [] : [{ path: `${path}.${index}${field}`, rule, message }];
  });

/** An error for each item of a list whose key an earlier one has: payers that were merged are one. */
export function listRepeated(path: string, keys: readonly (string | undefined)[], field = ''): FieldError[] {
  const first = new Map(keys.map((key, index) => [key, index] as const).toReversed());
  return keys.flatMap((key, index) =>
    key === undefined || first.get(key) === index
      ? []
      : [
          {
            path: `${path}.${index}${field}`,
            rule: 'unique',
            message: `is the same as ${path}.${first.get(key)!}${field}, merged`,
          },
        ],
  );
}

/**
 * An error where a user cannot be given work of a client, or be notified of it: the caller does not see the user, the user does
 * not see the client, or does not work. A caller who sees both may do so without managing the user, as it shows the user
 * nothing new.
 */
export async function listWorkerErrors(
  sql: Sql,
  principal: Principal,
  { path, userId, clientId }: { path: string; userId: string; clientId: string },
): Promise<FieldError[]> {
  const user = await findUser(sql, principal, userId);
  if (!user) return [{ path, ...UNKNOWN_REFERENCE }];
  const errors: FieldError[] = [];
  if (!maySeeClient(user, clientId))
    errors.push({ path, rule: 'sees_the_client', message: 'must be a user who sees this client' });
  return [...errors, ...listUnfitErrors(path, user)];
}

/** An error where a user cannot be given work of any client: they have no access, or may only read. */
export function listUnfitErrors(path: string, { role, revokedAt }: Pick<User, 'role' | 'revokedAt'>): FieldError[] {
  const errors: FieldError[] = [];
  if (revokedAt) errors.push({ path, ...HAS_ACCESS });
  if (!WORKER_ROLES.includes(role))
    errors.push({ path, rule: 'can_work', message: `must be a user of role ${WORKER_ROLES.join(', ')}` });
  return errors;
}

export const HAS_ACCESS = { rule: 'has_access', message: 'must be a user who still has access' };

/** An error for each document that is not the client's. */
export const listDocumentErrors = async (
  sql: Sql,
  clientId: string,
  path: string,
  ids: readonly string[] = [],
): Promise<FieldError[]> =>
  ids.length === 0 ? [] : listUnknown(path, ids, await selectKnownDocuments(sql, clientId, ids));
