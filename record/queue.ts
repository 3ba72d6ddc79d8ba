import type { Stage } from '../domain/codes';
import type { Instant, Purpose } from '../domain/application/events';
import type { Playbook } from '../domain/playbook';
import type { Db, Fragment } from '../runtime/database';
import { inScope, type Principal } from './principal';

/** Something for a person to do now. */
export interface WorkItem {
  applicationId: string;
  clientId: string;
  providerId: string | null;
  payerId: string;
  purpose: Purpose;
  since: Instant;
  dueAt: Instant;
  overdue: boolean;
  stage: Stage;
  attempt: number;
  assignee: string | null;
  nextFollowUpAt: Instant | null;
}

export interface QueueFilter {
  applicationId?: string | undefined;
  payerId?: string | undefined;
  clientId?: string | undefined;
  assignee?: string | undefined;
  overdue?: boolean | undefined;
}

/** The last item of a page. */
export type QueuePosition = [dueAt: Instant, applicationId: string, purpose: string];

const selectItems = (sql: Db, principal: Principal, filter: QueueFilter): Fragment => {
  const { applicationId, payerId, clientId, assignee, overdue } = filter;
  return sql`
    select w.application_id, w.client_id, a.provider_id, a.payer_id, w.purpose, w.since, w.due_at,
      w.due_at < now() as overdue, a.stage, (a.snapshot->>'attempt')::int as attempt, a.assignee, a.next_follow_up_at
    from work_items w join applications a on a.id = w.application_id
    where ${inScope(sql, principal, 'w.client_id')}
      ${applicationId ? sql`and w.application_id = ${applicationId}` : sql``}
      ${payerId ? sql`and a.payer_id = ${payerId}` : sql``}
      ${clientId ? sql`and w.client_id = ${clientId}` : sql``}
      ${assignee ? sql`and a.assignee = ${assignee}` : sql``}
      ${overdue === undefined ? sql`` : sql`and (w.due_at < now()) = ${overdue}`}`;
};

/** One page of the queue: what is due first, first. */
export async function listWork(
  sql: Db,
  principal: Principal,
  filter: QueueFilter,
  { limit, cursor }: { limit: number; cursor?: QueuePosition | undefined },
): Promise<{ items: WorkItem[]; next: QueuePosition | null }> {
  const after = cursor
    ? sql`and (w.due_at, w.application_id, w.purpose) > (${cursor[0]}, ${cursor[1]}::uuid, ${cursor[2]})`
    : sql``;
  const rows = await sql<WorkItem[]>`
    ${selectItems(sql, principal, filter)} ${after}
    order by w.due_at, w.application_id, w.purpose limit ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last ? [last.dueAt, last.applicationId, last.purpose] : null };
}

/** One payer's part of the queue, with what a caller needs at hand. */
export type PayerWork = { payerId: string; name: string; count: number; items: WorkItem[] } & Pick<
  Playbook,
  'contacts' | 'callHours' | 'callerVerification' | 'maxPerCall' | 'questions'
>;

/** The queue by payer, so that one call covers many; of each payer the first `limit` items. */
export async function listWorkByPayer(
  sql: Db,
  principal: Principal,
  filter: QueueFilter,
  limit: number,
): Promise<PayerWork[]> {
  const rows = await sql<(WorkItem & { count: number; position: number; name: string; playbook: Playbook })[]>`
    select numbered.*, y.name, b.body as playbook
    from (
      select items.*, count(*) over (partition by payer_id) as count,
        row_number() over (partition by payer_id order by due_at, application_id, purpose) as position
      from (${selectItems(sql, principal, filter)}) items) numbered
    join payers y on y.id = numbered.payer_id
    join playbooks b on b.payer_id = y.id and b.version = y.playbook_version
    where position <= ${limit}
    order by min(due_at) over (partition by numbered.payer_id), numbered.payer_id, position`;
  const payers = new Map<string, PayerWork>();
  for (const { count, name, playbook, position: _, ...item } of rows) {
    const { payerId } = item;
    const { contacts, callHours, callerVerification, maxPerCall, questions } = playbook;
    const fresh = { payerId, name, contacts, callHours, callerVerification, maxPerCall, questions, count, items: [] };
    if (!payers.has(payerId)) payers.set(payerId, fresh);
    payers.get(payerId)!.items.push(item);
  }
  return [...payers.values()];
}
