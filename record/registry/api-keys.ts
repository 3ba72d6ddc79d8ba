import { selectLastToday } from '../time/days';
import type { Role } from '../../domain/kernel/codes';
import { toJson, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { hashSecret, createSecret } from '../../runtime/secrets';
import { recordAudit } from '../kernel/audit';
import {
  buildActor,
  isWithinReach,
  lockKey,
  selectCommonClients,
  type Actor,
  type Principal,
} from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { isStillShown } from '../kernel/shown-secrets';
import { readPage, type Page, type PageRequest } from '../kernel/page';

export interface ApiKeyInput {
  name: string;
  role: Role;
  /** Left out: every client. */
  clientIds?: string[];
  /** The last day, in UTC, on which it is valid. */
  expiresOn?: string;
  /** The user whose it is, or the program that has it; neither: a program of the key's name. */
  userId?: string;
  serviceName?: string;
}

export interface ApiKey {
  id: string;
  name: string;
  role: Role;
  clientIds: string[] | null;
  expiresOn: string | null;
  userId: string | null;
  serviceName: string | null;
  createdBy: Actor;
  createdAt: string;
  revokedAt: string | null;
}

/** Lists keys with the clients that they reach: none that their user does not see. */
export const listReaches = (sql: Db): Fragment => sql`(
  select k.id, k.name, k.role, ${selectCommonClients(sql, sql`k.client_ids`, sql`u.client_ids`)} as client_ids, k.expires_on, k.user_id,
    k.service_name, k.created_by, k.created_at, k.revoked_at, k.key_hash, u.name as user_name, u.revoked_at as user_revoked_at
  from api_keys k left join users u on u.id = k.user_id)`;

// A user who manages a key sees all clients that it reaches.
const isManaged = (sql: Db, principal: Principal): Fragment =>
  principal.clientIds === null ? sql`true` : sql`${isWithinReach(sql, principal)} and client_ids <> '{}'`;

const selectKeys = (sql: Db, principal: Principal) => sql`
  select id, name, role, client_ids, expires_on, user_id, service_name, created_by, created_at, revoked_at
  from ${listReaches(sql)} keys where ${isManaged(sql, principal)}`;

/** Selects the ids of the keys that a principal manages. */
export const selectManaged = (sql: Db, principal: Principal): Fragment =>
  sql`select id from ${listReaches(sql)} keys where ${isManaged(sql, principal)}`;

/**
 * Makes a key, whose secret `findKeySecret` has for a while. Attempts that overlap, or follow a crash, find the key
 * that the first one made.
 */
export const createApiKey = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  input: ApiKeyInput,
): Promise<ApiKey> =>
  sql.begin(async (tx) => {
    const { name, role, clientIds = null, expiresOn = null, userId = null } = input;
    const serviceName = userId === null ? (input.serviceName ?? name) : null;
    const secret = `cs_${createSecret()}`;
    await lockKey(tx, principal);
    const stored = { keyHash: hashSecret(secret), keySealed: sealField(keyring, 'apiKey.key', id, secret) };
    const createdBy = toJson(tx, buildActor(principal));
    const inserted = await tx`
      insert into api_keys ${tx({ id, name, role, clientIds, expiresOn, userId, serviceName, ...stored, createdBy })}
      on conflict (id) do nothing returning id`;
    if (inserted.length > 0)
      await recordAudit(tx, principal, {
        action: 'api_key.create',
        subjectType: 'api_key',
        subjectId: id,
        detail: input,
      });
    const [made] = await tx<ApiKey[]>`${selectKeys(tx, principal)} and id = ${id}`;
    return made!;
  });

/** Finds the secret of a key that was just made; null once ten minutes have passed, or it was revoked. */
export async function findKeySecret(sql: Db, keyring: Keyring, id: string): Promise<string | null> {
  const [key] = await sql<{ keySealed: string }[]>`
    select key_sealed from api_keys
    where id = ${id} and key_sealed is not null and revoked_at is null and ${isStillShown(sql, sql`created_at`)}`;
  return key ? openField(keyring, 'apiKey.key', id, key.keySealed) : null;
}

export async function findKey(sql: Db, principal: Principal, id: string): Promise<ApiKey | null> {
  const [key] = await sql<ApiKey[]>`${selectKeys(sql, principal)} and id = ${id}`;
  return key ?? null;
}

export const listKeys = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<ApiKey>> =>
  readPage(sql, selectKeys(sql, principal), request);

/** Revokes keys: they open nothing from now on. Returns those that did until now. */
export async function revokeKeys(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const revoked = await tx<{ id: string }[]>`
    update api_keys set revoked_at = now()
    where id = any(${[...ids]}::uuid[]) and revoked_at is null returning id`;
  return revoked.map(({ id }) => id);
}

/**
 * Finds the owner of the key with this hash (SHA-256); null if it is unknown, revoked, past its last day in every zone,
 * a client's that sees all, or a user's without access. An action with a user's key is done in the user's name.
 */
export async function findPrincipalByKey(sql: Db, keyHash: Buffer): Promise<Principal | null> {
  type Key = Pick<ApiKey, 'id' | 'name' | 'role' | 'clientIds' | 'userId'>;
  const [key] = await sql<Key[]>`
    select id, coalesce(user_name, service_name) as name, role, client_ids, user_id from ${listReaches(sql)} keys
    where user_revoked_at is null and key_hash = ${keyHash} and revoked_at is null and (expires_on is null or expires_on >= ${selectLastToday(sql)})
      and (role <> 'client' or client_ids is not null)`;
  if (!key) return null;
  const { userId, ...rest } = key;
  return { type: 'key', ...rest, ...(userId !== null && { userId }) };
}

/**
 * Finds the user behind an actor: the owner of the key, and for a program's key the user whose key made it, through any
 * number of them. Null if that is no user, as with the bootstrap admin and what it made.
 */
export const findUserBehind = (sql: Db, actor: Fragment): Fragment => sql`(
  with recursive makers as (
    select ${actor} as actor
    union
    select k.created_by from makers m join api_keys k on k.id::text = m.actor->>'id'
    where m.actor->>'type' = 'key' and m.actor->>'userId' is null)
  select actor->>'userId' from makers where actor->>'userId' is not null)`;
