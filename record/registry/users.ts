import { isDeepStrictEqual } from 'node:util';
import { WORKER_ROLES, type Role } from '../../domain/kernel/codes';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import type { Principal } from '../kernel/principal';
import { runUnlessViolated } from '../kernel/constraint-violation';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { endSessions } from './sessions';

export interface UserInput {
  name: string;
  email: string;
  role: Role;
  /** Left out: every client. */
  clientIds?: string[];
  team?: string;
  /** Items of the queue that a day holds. */
  capacity?: number;
  /** Left out: the zone that most of the clients whom they may see have. */
  timeZone?: string;
}

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
  clientIds: string[] | null;
  team: string | null;
  capacity: number | null;
  timeZone: string;
  /** Null while they have access. */
  revokedAt: string | null;
  /** The user who has had their work since they left; null if no user was named. */
  workTo: string | null;
  createdAt: string;
}

/**
 * Writes the condition that a principal sees a user: they share a client. `mayManage` in api/kernel/policy.ts says who
 * acts for them.
 */
export const isSeen = (sql: Db, { clientIds }: Principal): Fragment =>
  clientIds === null ? sql`true` : sql`(client_ids is null or client_ids && ${clientIds}::uuid[])`;

/** Whether a user may see a client. */
export const maySeeClient = ({ clientIds }: Pick<User, 'clientIds'>, clientId: string): boolean =>
  clientIds === null || clientIds.includes(clientId);

const selectUsers = (sql: Db, principal: Principal): Fragment => sql`
  select id, name, email, role, client_ids, team, capacity, time_zone, revoked_at, work_to, created_at
  from users where ${isSeen(sql, principal)}`;

const changeUsers = <T>(sql: Sql, change: (tx: Tx) => Promise<T>): Promise<T | null> =>
  runUnlessViolated('time_zone', async () => (await sql.begin(change)) as T);

/** The zone of a user who is added before any client: the one in which most people of the United States live. */
const USUAL_ZONE = 'America/New_York';

/** Finds the zone that most of some clients have. */
const findZone = (sql: Db, clientIds: string[] | null): Fragment => sql`
  coalesce((
    select time_zone from clients where ended_on is null ${clientIds ? sql`and id = any(${clientIds}::uuid[])` : sql``}
    group by time_zone order by count(*) desc, time_zone limit 1), ${USUAL_ZONE})`;

/**
 * Finds the other user who has an address at a client of the same scope. One address may be that of two users whose
 * clients have nothing in common, so that neither learns of the other; a caller who may give the scope sees any user
 * whom this finds.
 */
async function findNamesake(
  tx: Tx,
  id: string,
  { email, clientIds }: Pick<User, 'email' | 'clientIds'>,
): Promise<string | undefined> {
  await tx`select pg_advisory_xact_lock(hashtextextended('user ' || lower(${email}), 0))`;
  const [user] = await tx<{ id: string }[]>`
    select id from users
    where lower(email) = lower(${email}) and id <> ${id}
      and (client_ids is null or ${clientIds}::uuid[] is null or client_ids && ${clientIds}::uuid[])
    order by created_at limit 1`;
  return user?.id;
}

/**
 * Creates a user. Repeated under the same id it changes nothing; if another has the email address, names that user.
 * Null if the database does not know the zone.
 */
export const createUser = (
  sql: Sql,
  principal: Principal,
  id: string,
  input: UserInput,
): Promise<{ user: User } | { existingId: string } | null> =>
  changeUsers(sql, async (tx) => {
    const { name, email, role, clientIds = null, team = null, capacity = null } = input;
    const [usual] = input.timeZone
      ? [input]
      : await tx<{ timeZone: string }[]>`select ${findZone(tx, clientIds)} as time_zone`;
    const row = { id, name, email, role, clientIds, team, capacity, timeZone: usual!.timeZone! };
    const existingId = await findNamesake(tx, id, row);
    if (existingId !== undefined) return { existingId };
    const inserted = await tx`insert into users ${tx(row)} on conflict do nothing returning id`;
    if (inserted.length > 0)
      await recordAudit(tx, principal, { action: 'user.create', subjectType: 'user', subjectId: id, detail: input });
    return { user: (await findUser(tx, principal, id))! };
  });

export async function findUser(sql: Db, principal: Principal, id: string): Promise<User | null> {
  const [user] = await sql<User[]>`${selectUsers(sql, principal)} and id = ${id}`;
  return user ?? null;
}

export const listUsers = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<User>> =>
  readPage(sql, selectUsers(sql, principal), request);

export type UserPatch = Partial<Pick<User, 'name' | 'email' | 'role' | 'clientIds' | 'team' | 'capacity' | 'timeZone'>>;

/** Writes the condition that an application is under way: it is open, or its participation goes on. */
export const isUnderWay = (sql: Db): Fragment =>
  sql`(open or stage = 'confirmed' and snapshot->>'participationEndedOn' is null)`;

/**
 * Selects what a user has: open applications and those whose participation goes on, open tasks, and what they are
 * asked.
 */
export const selectAssignedWork = (sql: Db, userId: string): Fragment => sql`(
  select 'application' as type, id, client_id from applications
  where assignee = ${userId} and ${isUnderWay(sql)}
  union all
  select 'task', id, client_id from tasks where assignee = ${userId} and closed_at is null
  union all
  select 'inquiry', id, client_id from inquiries
  where recipient_type = 'user' and recipient_id = ${userId} and closed_at is null)`;

/**
 * Changes a user; keys of theirs that could do more than they now may are revoked: those of roles `beyond`. With another role
 * or other clients they sign in again. Returns the
 * user as they are now, or why nothing is changed: work of theirs that they could no longer do, an address that another
 * has, a zone that the database does not know.
 */
export async function updateUser(
  sql: Sql,
  principal: Principal,
  { id }: User,
  patch: UserPatch,
  beyond: readonly Role[],
): Promise<User | { existingId: string } | 'has_work' | 'zone_unknown'> {
  const changeUser = async (tx: Tx): Promise<User | { existingId: string } | 'has_work'> => {
    await tx`select from users where id = ${id} for no key update`;
    const user = (await findUser(tx, principal, id))!;
    if (Object.keys(patch).length === 0) return user;
    const { role, email, clientIds } = { ...user, ...patch };
    const [left] = await tx`
      select from ${selectAssignedWork(tx, id)} held
      where ${!WORKER_ROLES.includes(role)} ${clientIds ? tx`or client_id <> all(${clientIds}::uuid[])` : tx``} limit 1`;
    if (left) return 'has_work';
    const existingId = await findNamesake(tx, id, { email, clientIds });
    if (existingId !== undefined) return { existingId };
    await tx`update users set ${tx(patch)} where id = ${id}`;
    await tx`
      update api_keys set revoked_at = now()
      where user_id = ${id} and revoked_at is null and role = any(${[...beyond]})`;
    if (role !== user.role || !isDeepStrictEqual(clientIds, user.clientIds)) await endSessions(tx, [id]);
    const after = (await findUser(tx, principal, id))!;
    const change = { before: user, after };
    await recordAudit(tx, principal, {
      action: 'user.update',
      subjectType: 'user',
      subjectId: id,
      detail: patch,
      change,
    });
    return after;
  };
  return (await changeUsers(sql, changeUser)) ?? 'zone_unknown';
}
