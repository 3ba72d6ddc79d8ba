import type { Role } from '../../domain/kernel/codes';
import type { Db, Fragment, Tx } from '../../runtime/database';

/** The identity in whose name a query or a change is made. */
export interface Principal {
  type: 'key' | 'admin' | 'system';
  id: string;
  /** The user's, if the key is a user's. */
  name: string;
  /** The user whose key it is; left out if it is a program's. */
  userId?: string;
  role: Role;
  /** null: every client. */
  clientIds: string[] | null;
  /** The request that it acts in, for the audit log: our id of it, and the caller's if one was sent. */
  requestId?: string;
  callerRequestId?: string | undefined;
}

/** The actor of something, as kept on record. */
export interface Actor {
  type: Principal['type'];
  id: string;
  name: string;
  userId?: string;
}

/** The actor of something, and the request in which they act. */
export type Requester = Actor & Pick<Principal, 'requestId' | 'callerRequestId'>;

export const buildActor = ({ type, id, name, userId }: Actor): Actor => ({
  type,
  id,
  name,
  ...(userId !== undefined && { userId }),
});

/** Whether an actor is a caller: the same user, by whichever key, or the same program's key. */
export const isSameActor = (actor: Actor, { type, id, userId }: Actor): boolean =>
  actor.userId === undefined && userId === undefined ? actor.type === type && actor.id === id : actor.userId === userId;

/** A key that was revoked while its request was under way. */
export class KeyRevoked extends Error {
  override name = 'KeyRevoked';
}

/**
 * Keeps the principal's key from being revoked until the transaction ends: the user who revokes it then sees what it
 * made. It goes before everything that works on by itself.
 */
export async function lockKey(tx: Tx, { type, id }: Principal): Promise<void> {
  if (type !== 'key') return;
  const [open] = await tx`select from api_keys where id = ${id} and revoked_at is null for share`;
  if (!open) throw new KeyRevoked();
}

/** Clients that are in both of two scopes; null is every client. */
export const selectCommonClients = (sql: Db, one: Fragment, other: Fragment): Fragment => sql`
  case when ${one} is null then ${other} when ${other} is null then ${one}
    else array(select unnest(${one}) intersect select unnest(${other})) end`;

/** Writes the condition that keeps a query within what the principal may see; belongs into every query that has one. */
export const isInScope = (sql: Db, { clientIds }: Principal, column = 'client_id'): Fragment =>
  clientIds === null ? sql`true` : sql`${sql(column)} = any(${clientIds}::uuid[])`;
