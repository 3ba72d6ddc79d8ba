import type { Db, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import type { Page, PageRequest } from '../kernel/page';
import { isInScope, type Principal } from '../kernel/principal';
import { announceFacts } from '../kernel/subscribers';
import { listTasks, type Task, type TaskFilter } from '../kernel/tasks';
import { isWorkOf } from '../registry/absence-covers';

/** Lists tasks; for a user also what they do for another now, and not what another does for them. */
export const listTasksOf = (
  sql: Db,
  principal: Principal,
  { assignee, ...filter }: TaskFilter & { assignee?: string | undefined },
  request: PageRequest,
): Promise<Page<Task>> =>
  listTasks(
    sql,
    principal,
    filter,
    assignee ? isWorkOf(sql, assignee, sql`tasks.assignee`, sql`tasks.client_id`) : sql`true`,
    request,
  );

interface HandOver {
  from: string;
  /** Null: unassigned; an inquiry that asks a user stays with that user. */
  to: string | null;
  clientId?: string | undefined;
}

/** Gives a user's open tasks, and the inquiries that ask them, to another who sees their clients; returns how many tasks. */
export async function handOverTasks(tx: Tx, principal: Principal, { from, to, clientId }: HandOver): Promise<number> {
  const seen = tx`
    ${isInScope(tx, principal)} ${clientId ? tx`and client_id = ${clientId}` : tx``}
    ${to === null ? tx`` : tx`and exists (select from users u where u.id = ${to} and (u.client_ids is null or client_id = any(u.client_ids)))`}`;
  const tasks = await tx`
    update tasks set assignee = ${to} where assignee = ${from} and closed_at is null and ${seen} returning id`;
  if (to === null) return tasks.length;
  const asked = await tx<{ relationshipId: string }[]>`
    update inquiries set recipient_id = ${to}
    where recipient_type = 'user' and recipient_id = ${from} and closed_at is null and ${seen} returning relationship_id`;
  const relationships = asked.map(({ relationshipId }) => relationshipId);
  await announceFacts(tx, 'platform questions changed', tx`select unnest(${relationships}::uuid[])`);
  return tasks.length;
}

/** Reassigns tasks by themselves, on record. */
export const reassignTasks = (sql: Sql, principal: Principal, move: HandOver): Promise<void> =>
  sql.begin(async (tx) => {
    const tasks = await handOverTasks(tx, principal, move);
    if (tasks === 0) return;
    const { from, to } = move;
    await recordAudit(tx, principal, {
      action: 'user.tasks',
      subjectType: 'user',
      subjectId: from,
      detail: { to, tasks },
    });
  });
