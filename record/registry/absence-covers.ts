import type { PlainDate } from '../../domain/time/instants';
import { json, type Db, type Fragment, type Sql } from '../../runtime/database';
import { audit } from '../kernel/audit';
import { actorOf, type Principal } from '../kernel/principal';
import { sees } from './users';

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

const COLUMNS = (sql: Db): Fragment => sql`id, user_id, covered_by, from_on, until_on, reason`;

/**
 * Joins, as `cover`, the user who does another's work of a client today: one who covers them, has access and may see the
 * client, as the maker of the cover did. The work of other clients stays with the user. Queue, feeds, mail and inbox all
 * go by this.
 */
export const joinCover = (sql: Db, userId: Fragment, clientId: Fragment): Fragment => sql`
  left join (covers cover join users substitute on substitute.id = cover.covered_by and substitute.revoked_at is null)
    on cover.user_id = ${userId} and current_date between cover.from_on and cover.until_on
    and (cover.client_ids is null or ${clientId} = any(cover.client_ids))
    and (substitute.client_ids is null or ${clientId} = any(substitute.client_ids))`;

/** Who does a user's work of a client today; null where the user may not see that client. */
export const workerOf = (sql: Db, userId: Fragment, clientId: Fragment): Fragment => sql`(
  select coalesce(cover.covered_by, owner.id)
  from users owner ${joinCover(sql, sql`owner.id`, clientId)}
  where owner.id = ${userId} and (owner.client_ids is null or ${clientId} = any(owner.client_ids)))`;

/** Lends a user's work to another; null where a cover of those days is there already. Repeated it changes nothing. */
export const createCover = (
  sql: Sql,
  principal: Principal,
  id: string,
  userId: string,
  { coveredBy, fromOn, untilOn, reason }: CoverInput,
): Promise<Cover | null> =>
  sql.begin(async (tx) => {
    await tx`select from users where id = ${userId} for no key update`;
    const [other] = await tx`
      select from covers where user_id = ${userId} and id <> ${id} and from_on <= ${untilOn} and until_on >= ${fromOn}`;
    if (other) return null;
    const row = { id, userId, coveredBy, fromOn, untilOn, reason: reason ?? null };
    const maker = { madeBy: json(tx, actorOf(principal)), clientIds: principal.clientIds };
    const made = await tx`insert into covers ${tx({ ...row, ...maker })} on conflict (id) do nothing returning id`;
    if (made.length > 0)
      await audit(tx, principal, { action: 'user.cover', subjectType: 'user', subjectId: userId, detail: row });
    const [cover] = await tx<Cover[]>`select ${COLUMNS(tx)} from covers where id = ${id}`;
    return cover!;
  });

/** Lists a user's covers that are not over, by start; covers by users whom the principal may not see are left out. */
export const listCovers = (sql: Db, principal: Principal, userId: string): Promise<Cover[]> => sql<Cover[]>`
  select ${COLUMNS(sql)} from covers
  where user_id = ${userId} and until_on >= current_date
    and covered_by in (select id from users where ${sees(sql, principal)})
  order by from_on`;

/** Ends a cover: the work is its owner's again at once. */
export async function endCover(sql: Sql, principal: Principal, { id, userId }: Cover): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`delete from covers where id = ${id}`;
    await audit(tx, principal, { action: 'user.cover_end', subjectType: 'user', subjectId: userId, detail: { id } });
  });
}
