import { selectClientToday } from '../time/days';
import { selectEntryId, selectEntryIds } from '../kernel/one-entry';
import type { IssueCode, RecredentialingStatus, Stage, WaitingOn } from '../../domain/kernel/codes';
import type { Db, Fragment } from '../../runtime/database';
import { isOverdue, selectSummaries, type ApplicationSummary } from './applications';
import { isInScope, type Principal } from '../kernel/principal';
import { isUnderWay } from '../registry/users';

export interface ApplicationFilter {
  stage?: Stage | undefined;
  payerId?: string | undefined;
  clientId?: string | undefined;
  providerId?: string | undefined;
  assignee?: string | undefined;
  state?: string | undefined;
  waitingOn?: WaitingOn | undefined;
  overdue?: boolean | undefined;
  /** Only for participations: an issue that is still unresolved. */
  issue?: IssueCode | undefined;
  recredentialing?: RecredentialingStatus | undefined;
  /** Part of a name, an alias or a reference; or a whole NPI. */
  q?: string | undefined;
}

export type Sort = 'nextFollowUpAt' | '-updatedAt' | 'submittedOn' | 'openedAt';
/** The last one of a page, by what the list is sorted on. */
export type SortPosition = [sort: Sort, value: string | null, id: string];

/** Lists one page of the applications that the principal may see, in one query; those without a date come last. */
export async function listApplications(
  sql: Db,
  principal: Principal,
  filter: ApplicationFilter,
  { sort, limit, cursor }: { sort: Sort; limit: number; cursor?: SortPosition | undefined },
): Promise<{ items: ApplicationSummary[]; next: SortPosition | null }> {
  const order =
    sort === '-updatedAt' ? sql`a.updated_at desc, a.id desc` : sql`${selectSortColumn(sql, sort)} nulls last, a.id`;
  const rows = await sql<ApplicationSummary[]>`
    ${selectSummaries(sql, principal)} ${isMatching(sql, filter)} ${cursor ? isAfter(sql, cursor) : sql``}
    order by ${order} limit ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last ? [sort, readSortValue(last, sort), last.id] : null };
}

function readSortValue(summary: ApplicationSummary, sort: Sort): string | null {
  switch (sort) {
    case '-updatedAt':
      return summary.updatedAt;
    case 'openedAt':
      return summary.createdAt;
    default:
      return summary[sort];
  }
}

const selectSortColumn = (sql: Db, sort: Sort): Fragment =>
  ({
    nextFollowUpAt: sql`a.next_follow_up_at`,
    '-updatedAt': sql`a.updated_at`,
    submittedOn: sql`a.submitted_on`,
    openedAt: sql`a.created_at`,
  })[sort];

function isAfter(sql: Db, [sort, value, id]: SortPosition): Fragment {
  if (sort === '-updatedAt') return sql`and (a.updated_at, a.id) < (${value}, ${id}::uuid)`;
  const on = selectSortColumn(sql, sort);
  if (value === null) return sql`and ${on} is null and a.id > ${id}`;
  return sql`and ((${on}, a.id) > (${value}, ${id}::uuid) or ${on} is null)`;
}

function isMatching(sql: Db, filter: ApplicationFilter): Fragment {
  const { stage, payerId, clientId, providerId, assignee, state, waitingOn, overdue, q, issue, recredentialing } =
    filter;
  return sql`
    ${stage ? sql`and a.stage = ${stage}` : sql``}
    ${payerId ? sql`and a.payer_id in ${selectEntryIds(sql, 'payers', payerId)}` : sql``}
    ${clientId ? sql`and a.client_id = ${clientId}` : sql``}
    ${providerId ? sql`and a.provider_id = ${providerId}` : sql``}
    ${assignee ? sql`and a.assignee = ${assignee}` : sql``}
    ${state ? sql`and a.state = ${state}` : sql``}
    ${waitingOn ? sql`and a.waiting_on = ${waitingOn}` : sql``}
    ${overdue === undefined ? sql`` : sql`and ${isOverdue(sql)} is ${overdue ? sql`true` : sql`not true`}`}
    ${issue ? sql`and a.issues @> ${[issue]} and a.issues <> '{}'` : sql``}
    ${recredentialing ? sql`and ${RENEWAL[recredentialing](sql)}` : sql``}
    ${q ? sql`and ${isNamed(sql, q)}` : sql``}`;
}

/** The condition of each renewal status: late is by the client's date; the rest is as it was recorded. */
const RENEWAL: Record<RecredentialingStatus, (sql: Db) => Fragment> = {
  ahead: (sql) => sql`a.recredentialing = 'ahead'`,
  under_way: (sql) => sql`a.recredentialing = 'under_way'`,
  late: (sql) => sql`a.recredentialing = 'missed' and a.renews_until >= ${selectClientToday(sql, sql`a.client_id`)}`,
  initial_again: (sql) =>
    sql`a.recredentialing = 'missed' and a.renews_until < ${selectClientToday(sql, sql`a.client_id`)}`,
};

function isNamed(sql: Db, q: string): Fragment {
  const pattern = `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql`(
    p.full_name ilike ${pattern} or concat_ws(' ', p.first_name, p.last_name) ilike ${pattern}
    or exists (select from jsonb_array_elements(p.former_names) f
      where concat_ws(' ', f->>'firstName', f->>'lastName') ilike ${pattern}) or pr.legal_name ilike ${pattern} or y.name ilike ${pattern}
    or exists (select from unnest(y.aliases) alias where alias ilike ${pattern})
    or a.reference_number ilike ${pattern} or n.npi = ${q} or pr.npi = ${q})`;
}

export type Group = 'stage' | 'payer' | 'client' | 'assignee';

/** Counts the applications of each stage, payer, client or assignee; the most first. */
export function countApplications(sql: Db, principal: Principal, groupBy: Group): Promise<{ count: number }[]> {
  const by = {
    stage: sql`stage`,
    payer: sql`(select ${selectEntryId(sql, 'y')} from payers y where y.id = payer_id) as payer_id`,
    client: sql`client_id`,
    assignee: sql`assignee`,
  }[groupBy];
  return sql<{ count: number }[]>`
    select ${by}, count(*) as count from applications
    where ${isInScope(sql, principal)} group by 1 order by 2 desc, 1`;
}

/** Lists the applications that a user has, open or with a participation that goes on, the oldest first. */
export async function listAssignedApplications(
  sql: Db,
  principal: Principal,
  userId: string,
  { clientId, payerId }: { clientId?: string | undefined; payerId?: string | undefined },
  limit: number,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from applications
    where assignee = ${userId} and ${isUnderWay(sql)} and ${isInScope(sql, principal)}
      ${clientId ? sql`and client_id = ${clientId}` : sql``} ${payerId ? sql`and payer_id in ${selectEntryIds(sql, 'payers', payerId)}` : sql``}
    order by created_at, id limit ${limit}`;
  return rows.map((row) => row.id);
}
