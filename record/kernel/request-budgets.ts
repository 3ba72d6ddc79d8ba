import { toJson, type Db } from '../../runtime/database';

/** The use of a caller's budget, in units of cost. */
export interface BudgetUse {
  caller: string;
  used: number;
}

/**
 * Adds what callers have used of their budgets since, and returns how much of each is used now over all processes; what is
 * used wears off by `perSecond`.
 */
export const settleBudgets = (sql: Db, uses: readonly BudgetUse[], perSecond: number): Promise<BudgetUse[]> => sql<
  BudgetUse[]
>`
  insert into request_budgets as b (caller, used, settled_at)
  select caller, used, now() from jsonb_to_recordset(${toJson(sql, uses)}) as s(caller text, used double precision)
  order by caller
  on conflict (caller) do update set settled_at = excluded.settled_at,
    used = excluded.used
      + greatest(0, b.used - ${perSecond}::double precision * extract(epoch from excluded.settled_at - b.settled_at))
  returning caller, used`;

/** Forgets budgets of which nothing is used any more. */
export async function deleteWholeBudgets(sql: Db): Promise<void> {
  await sql`delete from request_budgets where settled_at < now() - interval '1 day'`;
}
