import type { PlainDate } from '../domain/application/events';
import type { Db, Fragment, Sql } from '../runtime/database';
import { audit } from './audit';
import type { Principal } from './principal';

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

/** Lends a user's work to another; null where a cover of those days is there already. Repeated it changes nothing. */
export const createCover = (
  sql: Sql,
  principal: Principal,
  id: string,
  userId: string,
  { coveredBy, fromOn, untilOn, reason }: CoverInput,
): Promise<Cover | null> =>
  sql.begin(async (tx) => {
    await tx`select from users where id = ${userId} for update`;
    const [other] = await tx`
      select from covers where user_id = ${userId} and id <> ${id} and from_on <= ${untilOn} and until_on >= ${fromOn}`;
    if (other) return null;
    const row = { id, userId, coveredBy, fromOn, untilOn, reason: reason ?? null };
    const made = await tx`insert into covers ${tx(row)} on conflict (id) do nothing returning id`;
    if (made.length > 0)
      await audit(tx, principal, { action: 'user.cover', subjectType: 'user', subjectId: userId, detail: row });
    const [cover] = await tx<Cover[]>`select ${COLUMNS(tx)} from covers where id = ${id}`;
    return cover!;
  });

/** A user's covers that are not over, the first first. */
export const coversOf = (sql: Db, userId: string): Promise<Cover[]> => sql<Cover[]>`
  select ${COLUMNS(sql)} from covers where user_id = ${userId} and until_on >= current_date order by from_on`;

/** Ends a cover: the work is its owner's again at once. */
export async function endCover(sql: Sql, principal: Principal, { id, userId }: Cover): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`delete from covers where id = ${id}`;
    await audit(tx, principal, { action: 'user.cover_end', subjectType: 'user', subjectId: userId, detail: { id } });
  });
}
