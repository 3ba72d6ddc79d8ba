import type { Role } from '../../domain/kernel/codes';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { audit } from '../kernel/audit';
import type { Principal } from '../kernel/principal';
import { unlessViolated } from '../kernel/violation';
import { readPage, type Page, type PageRequest } from '../kernel/page';

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
  createdAt: string;
}

/** The condition that a principal sees a user: they share a client. `manages` in api/kernel/policy.ts says who acts for them. */
export const sees = (sql: Db, { clientIds }: Principal): Fragment =>
  clientIds === null ? sql`true` : sql`(client_ids is null or client_ids && ${clientIds}::uuid[])`;

/** Whether a user may see a client. */
export const seesClient = ({ clientIds }: Pick<User, 'clientIds'>, clientId: string): boolean =>
  clientIds === null || clientIds.includes(clientId);

const selectUsers = (sql: Db, principal: Principal): Fragment => sql`
  select id, name, email, role, client_ids, team, capacity, time_zone, revoked_at, created_at
  from users where ${sees(sql, principal)}`;

const changeUsers = <T>(sql: Sql, change: (tx: Tx) => Promise<T>): Promise<T | null> =>
  unlessViolated('time_zone', async () => (await sql.begin(change)) as T);

/** Of a user who is added before any client: the zone in which most people of the United States live. */
const USUAL_ZONE = 'America/New_York';

/** The zone that most of some clients have. */
const findZone = (sql: Db, clientIds: string[] | null): Fragment => sql`
  coalesce((
    select time_zone from clients where ended_on is null ${clientIds ? sql`and id = any(${clientIds}::uuid[])` : sql``}
    group by time_zone order by count(*) desc, time_zone limit 1), ${USUAL_ZONE})`;

/**
 * Repeated under the same id it changes nothing; where the email address is taken, names that user if visible. Null where
 * the database does not know the zone.
 */
export const createUser = (
  sql: Sql,
  principal: Principal,
  id: string,
  input: UserInput,
): Promise<{ user: User } | { existingId: string | undefined } | null> =>
  changeUsers(sql, async (tx) => {
    const { name, email, role, clientIds = null, team = null, capacity = null } = input;
    const [usual] = input.timeZone
      ? [input]
      : await tx<{ timeZone: string }[]>`select ${findZone(tx, clientIds)} as time_zone`;
    const row = { id, name, email, role, clientIds, team, capacity, timeZone: usual!.timeZone! };
    const inserted = await tx`insert into users ${tx(row)} on conflict do nothing returning id`;
    if (inserted.length > 0)
      await audit(tx, principal, { action: 'user.create', subjectType: 'user', subjectId: id, detail: input });
    const user = await findUser(tx, principal, id);
    if (user) return { user };
    const [existing] = await tx<{ id: string }[]>`
      select id from users where lower(email) = lower(${email}) and ${sees(tx, principal)}`;
    return { existingId: existing?.id };
  });

export async function findUser(sql: Db, principal: Principal, id: string): Promise<User | null> {
  const [user] = await sql<User[]>`${selectUsers(sql, principal)} and id = ${id}`;
  return user ?? null;
}

export const listUsers = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<User>> =>
  readPage(sql, selectUsers(sql, principal), request);

export type UserPatch = Partial<{ name: string; team: string | null; capacity: number | null; timeZone: string }>;

/** Answers the user as they are now; null where the database does not know the zone. */
export const updateUser = (sql: Sql, principal: Principal, user: User, patch: UserPatch): Promise<User | null> =>
  changeUsers(sql, async (tx) => {
    if (Object.keys(patch).length === 0) return user;
    await tx`update users set ${tx(patch)} where id = ${user.id}`;
    await audit(tx, principal, { action: 'user.update', subjectType: 'user', subjectId: user.id, detail: patch });
    return (await findUser(tx, principal, user.id))!;
  });
