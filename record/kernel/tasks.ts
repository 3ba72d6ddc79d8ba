import type { TaskKind } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAudit } from './audit';
import { buildActor, isInScope, type Actor, type Principal } from './principal';
import { readPage, type Page, type PageRequest } from './page';

/** Something for a person to do that is no application's work item. */
export interface Task {
  id: string;
  /** Null: the operator's own. */
  clientId: string | null;
  kind: TaskKind;
  subjectType: string;
  subjectId: string;
  /** Ids, codes and dates. */
  data: Record<string, unknown>;
  assignee: string | null;
  dueAt: Instant;
  overdue: boolean;
  createdAt: Instant;
  closedAt: Instant | null;
  /** The actor who did it; null while it is open, and if something settled it. */
  closedBy: Actor | null;
  note: string | null;
}

export interface NewTask {
  /** The subject and the instant that made it due: the same key makes one task. */
  key: string;
  /** Null: the operator's own. */
  clientId: string | null;
  kind: TaskKind;
  subjectType: string;
  subjectId: string;
  data?: Record<string, unknown>;
  assignee?: string | null;
  dueAt: Instant;
}

export interface TaskFilter {
  clientId?: string | undefined;
  kind?: TaskKind | undefined;
  subjectId?: string | undefined;
  open?: boolean | undefined;
}

/** Gives tasks in the transaction that found them due; one that is there already stays as it is. */
export async function createTasks(tx: Db, tasks: readonly NewTask[]): Promise<void> {
  if (tasks.length === 0) return;
  const rows = tasks.map(({ data = {}, assignee = null, ...task }) => ({
    ...task,
    assignee,
    data: toJson(tx, data),
  }));
  await tx`insert into tasks ${toRows(tx, rows)} on conflict (key) do nothing`;
}

/** Closes the open tasks on a subject, or those of it that `which` selects, because something settled them. */
export async function settleTasks(tx: Db, subjectId: string, kind: TaskKind, which = tx`true`): Promise<void> {
  await tx`
    update tasks set closed_at = now()
    where subject_id = ${subjectId} and kind = ${kind} and closed_at is null and ${which}`;
}

const selectTasks = (sql: Db, principal: Principal) => sql`
  select id, client_id, kind, subject_type, subject_id, data, assignee, due_at,
    closed_at is null and due_at < now() as overdue, created_at, closed_at, closed_by, note
  from tasks where ${isInScope(sql, principal)}`;

export async function findTask(sql: Db, principal: Principal, id: string): Promise<Task | null> {
  const [task] = await sql<Task[]>`${selectTasks(sql, principal)} and id = ${id}`;
  return task ?? null;
}

export const listTasks = (
  sql: Db,
  principal: Principal,
  { clientId, kind, subjectId, open }: TaskFilter,
  isTheirs: Fragment,
  request: PageRequest,
): Promise<Page<Task>> =>
  readPage(
    sql,
    sql`${selectTasks(sql, principal)}
      ${clientId ? sql`and client_id = ${clientId}` : sql``}
      and ${isTheirs}
      ${kind ? sql`and kind = ${kind}` : sql``}
      ${subjectId ? sql`and subject_id = ${subjectId}` : sql``}
      ${open === undefined ? sql`` : sql`and (closed_at is null) = ${open}`}`,
    request,
  );

/** Closes a task as done; one that is closed stays as it was. */
export const completeTask = (sql: Sql, principal: Principal, task: Task, note: string | null): Promise<Task> =>
  sql.begin(async (tx) => {
    const closed = await tx`
      update tasks set closed_at = now(), closed_by = ${toJson(tx, buildActor(principal))}, note = ${note}
      where id = ${task.id} and closed_at is null returning id`;
    if (closed.length > 0)
      await recordAudit(tx, principal, {
        action: 'task.complete',
        subjectType: 'task',
        subjectId: task.id,
        clientId: task.clientId,
        detail: { kind: task.kind, note },
      });
    return (await findTask(tx, principal, task.id))!;
  });
