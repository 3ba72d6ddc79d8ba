import type { Role } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment, Tx } from '../../runtime/database';

/** The identity in whose name a query or a change is made. */
export interface Principal {
  type: 'key' | 'user' | 'admin' | 'system';
  /** The key's; the user's, if they are signed in. */
  id: string;
  /** The user's, if the key is a user's. */
  name: string;
  /** The user who is signed in, or whose key it is; left out if the key is a program's. */
  userId?: string;
  role: Role;
  /** null: every client. */
  clientIds: string[] | null;
  /** The session that a person is signed in by. */
  session?: { id: string; startedAt: Instant; expiresAt: Instant; csrfToken: string };
  /** The bootstrap admin where people sign in: it adds and invites the first admin, and does nothing else. */
  isForSetUp?: boolean;
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

/** Creates the actor of what the system, or a service of that name, does by itself; the id says in which of its works. */
export const createSystemActor = (id: string, name = 'Countersign'): Actor => ({ type: 'system', id, name });

/** Creates the identity in whose name the system works for all clients. */
export const createSystemPrincipal = (id: string, name?: string): Principal => ({
  ...createSystemActor(id, name),
  role: 'service',
  clientIds: null,
});

/** Whether an actor is a caller: the same user, signed in or by whichever key, or the same program's key. */
export const isSameActor = (actor: Actor, { type, id, userId }: Actor): boolean =>
  actor.userId === undefined && userId === undefined ? actor.type === type && actor.id === id : actor.userId === userId;

/** A key, or a user's access, that ended while a request by it was under way. */
export class KeyRevoked extends Error {
  override name = 'KeyRevoked';
}

/**
 * Keeps the principal's key, or their access as a user, from being ended until the transaction ends: what ends it then sees
 * what it made. It goes before everything that works on by itself.
 */
export async function lockKey(tx: Tx, { type, id }: Principal): Promise<void> {
  const table = LOCKED[type];
  if (!table) return;
  const [open] = await tx`select from ${tx(table)} where id = ${id} and revoked_at is null for share`;
  if (!open) throw new KeyRevoked();
}

/** The tables of what a principal comes in by, and loses if it is revoked. */
const LOCKED: Partial<Record<Principal['type'], string>> = { key: 'api_keys', user: 'users' };

/** Selects clients that are in both of two scopes; null is every client. */
export const selectCommonClients = (sql: Db, one: Fragment, other: Fragment): Fragment => sql`
  case when ${one} is null then ${other} when ${other} is null then ${one}
    else array(select unnest(${one}) intersect select unnest(${other})) end`;

/** Writes the condition that all clients of a row, which has several, are the principal's. */
export const isWithinReach = (sql: Db, { clientIds }: Pick<Principal, 'clientIds'>): Fragment =>
  clientIds === null ? sql`true` : sql`client_ids <@ ${clientIds}::uuid[]`;

/** Writes the condition that keeps a query within what the principal may see; belongs into every query that has one. */
export const isInScope = (sql: Db, { clientIds }: Pick<Principal, 'clientIds'>, column = 'client_id'): Fragment =>
  clientIds === null ? sql`true` : sql`${sql(column)} = any(${clientIds}::uuid[])`;
