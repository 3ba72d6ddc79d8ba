import { selectToday } from '../time/days';
import { WORKER_ROLES } from '../../domain/kernel/codes';
import type { PlainDate } from '../../domain/time/instants';
import { toJson, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, lockKey, selectCommonClients, type Principal } from '../kernel/principal';
import { isSeen } from './users';

export interface CoverInput {
  coveredBy: string;
  fromOn: PlainDate;
  /** The last day; on the next the work is its owner's again. */
  untilOn: PlainDate;
  reason?: string;
}

export interface Cover {
  id: string;
  userId: string;
  coveredBy: string;
  fromOn: PlainDate;
  untilOn: PlainDate;
  reason: string | null;
}

const selectColumns = (sql: Db): Fragment => sql`id, user_id, covered_by, from_on, until_on, reason`;

/**
 * Lists which user does whose work now, through any number of covers: a row for each user who is away and each who
 * stands in for them, for which clients, and for which of them it goes on to the next. A cover lasts from the first to
 * the last of its days in the zone of the user who is away. It lends what its maker and the substitute may see, and
 * nothing to a user without access, or who only looks.
 */
const listStandIns = (sql: Db): Fragment => sql`
  with recursive away as (
    select cover.user_id, cover.covered_by, ${selectCommonClients(sql, sql`cover.client_ids`, sql`substitute.client_ids`)} as client_ids
    from covers cover join users owner on owner.id = cover.user_id
      join users substitute on substitute.id = cover.covered_by
        and (substitute.revoked_at is null or substitute.work_to is not null)
        and substitute.role = any(${[...WORKER_ROLES]})
    where ${selectToday(sql, sql`owner.time_zone`)} between cover.from_on and cover.until_on
    union all
    select gone.id, gone.work_to, successor.client_ids
    from users gone join users successor on successor.id = gone.work_to),
  stand_ins as (
    select user_id, covered_by, client_ids, array[user_id, covered_by] as passed from away
    union all
    select s.user_id, away.covered_by, ${selectCommonClients(sql, sql`s.client_ids`, sql`away.client_ids`)}, s.passed || away.covered_by
    from stand_ins s join away on away.user_id = s.covered_by
    where away.covered_by <> all(s.passed))
  select s.user_id, s.covered_by, s.client_ids, lead(s.client_ids) over further as next_client_ids,
    lead(s.covered_by) over further is not null as goes_on
  from stand_ins s join users holder on holder.id = s.covered_by and holder.revoked_at is null
  window further as (partition by s.user_id order by cardinality(s.passed))`;

/** Lists the users whose work, or some of it, a user does now. */
export const listCoveredUsers = (sql: Db, userId: string): Fragment => sql`
  (select user_id from (${listStandIns(sql)}) s where covered_by = ${userId})`;

/**
 * Joins, as `cover`, the user who does another's work of a client now: the last whom their covers lead to. The work of
 * clients that a cover does not lend stays with the user. Queue, feeds, mail and inbox all go by this.
 */
export const joinCover = (sql: Db, userId: Fragment, clientId: Fragment): Fragment => sql`
  left join (${listStandIns(sql)}) cover on cover.user_id = ${userId}
    and (cover.client_ids is null or ${clientId} = any(cover.client_ids))
    and not (cover.goes_on
      and (cover.next_client_ids is null or coalesce(${clientId} = any(cover.next_client_ids), false)))`;

/** Selects the user who does another's work of a client today; null if that user may not see the client. */
export const selectWorker = (sql: Db, userId: Fragment, clientId: Fragment): Fragment => sql`(
  select coalesce(cover.covered_by, owner.id)
  from users owner ${joinCover(sql, sql`owner.id`, clientId)}
  where owner.id = ${userId} and (owner.client_ids is null or ${clientId} = any(owner.client_ids)))`;

/**
 * Writes the condition that a user does the work of a column's user now: it is theirs and they are there, or they stand
 * in.
 */
export const isWorkOf = (sql: Db, userId: string, owner: Fragment, clientId: Fragment): Fragment => sql`
  ((${owner} = ${userId} or ${owner} in ${listCoveredUsers(sql, userId)}) and ${selectWorker(sql, owner, clientId)} = ${userId})`;

/** Whether work that is lent to a user on some days would, by further covers, come back to its owner on one of them. */
async function isCircular(tx: Db, id: string, userId: string, { coveredBy, fromOn, untilOn }: CoverInput) {
  const [found] = await tx`
    with recursive reached as (
      select ${coveredBy}::uuid as user_id, ${fromOn}::date as from_on, ${untilOn}::date as until_on
      union
      select c.covered_by, greatest(c.from_on, r.from_on), least(c.until_on, r.until_on)
      from reached r join covers c on c.user_id = r.user_id and c.from_on <= r.until_on and c.until_on >= r.from_on
      where r.user_id <> ${userId} and c.id <> ${id})
    select from reached where user_id = ${userId}`;
  return found !== undefined;
}

/** Hands a user's work to another for some days; returns why not if other covers are in the way. Repeated it changes nothing. */
export const createCover = (
  sql: Sql,
  principal: Principal,
  id: string,
  userId: string,
  input: CoverInput,
): Promise<Cover | 'covered_already' | 'cover_comes_back'> =>
  sql.begin(async (tx) => {
    const { coveredBy, fromOn, untilOn, reason } = input;
    await lockKey(tx, principal);
    // one cover after the other: two that are made at once could close a circle
    await tx`lock table covers in share row exclusive mode`;
    const [other] = await tx`
      select from covers where user_id = ${userId} and id <> ${id} and from_on <= ${untilOn} and until_on >= ${fromOn}`;
    if (other) return 'covered_already';
    if (await isCircular(tx, id, userId, input)) return 'cover_comes_back';
    const row = { id, userId, coveredBy, fromOn, untilOn, reason: reason ?? null };
    const maker = { madeBy: toJson(tx, buildActor(principal)), clientIds: principal.clientIds };
    const made = await tx`insert into covers ${tx({ ...row, ...maker })} on conflict (id) do nothing returning id`;
    if (made.length > 0)
      await recordAudit(tx, principal, { action: 'user.cover', subjectType: 'user', subjectId: userId, detail: row });
    const [cover] = await tx<Cover[]>`select ${selectColumns(tx)} from covers where id = ${id}`;
    return cover!;
  });

/** Lists a user's covers that are not over, by start; covers by users whom the principal may not see are left out. */
export const listCovers = (sql: Db, principal: Principal, userId: string): Promise<Cover[]> => sql<Cover[]>`
  select ${selectColumns(sql)} from covers
  where user_id = ${userId} and until_on >= (select ${selectToday(sql, sql`u.time_zone`)} from users u where u.id = user_id)
    and covered_by in (select id from users where ${isSeen(sql, principal)})
  order by from_on`;

/** Ends a cover: the work is its owner's again at once. */
export async function endCover(sql: Sql, principal: Principal, { id, userId }: Cover): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`delete from covers where id = ${id}`;
    await recordAudit(tx, principal, {
      action: 'user.cover_end',
      subjectType: 'user',
      subjectId: userId,
      detail: { id },
    });
  });
}
