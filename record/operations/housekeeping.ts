import type { Instant } from '../../domain/time/instants';
import type { Db } from '../../runtime/database';
import { deleteWholeBudgets } from '../kernel/request-budgets';
import { deleteShownSecrets } from '../kernel/shown-secrets';
import { deleteOldSessions } from '../registry/sessions';

/** A worker that polls, the run of the system that it belongs to, and when it last did a task. */
export interface WorkerHeartbeat {
  workerId: string;
  runId: string | null;
  taskDoneAt: Instant | null;
}

/** Records that a worker polls. */
export async function recordHeartbeat(sql: Db, { workerId, runId, taskDoneAt }: WorkerHeartbeat): Promise<void> {
  await sql`
    insert into worker_heartbeats (worker_id, run_id, started_at, seen_at, task_done_at)
    values (${workerId}, ${runId}, now(), now(), ${taskDoneAt})
    on conflict (worker_id) do update set seen_at = excluded.seen_at, task_done_at = excluded.task_done_at`;
}

/**
 * Forgets workers that have not been seen for a day, and budgets not used for as long; idempotency keys, sessions, and mail
 * that went nowhere, after 30 days; and secrets that are no longer shown.
 */
export async function deleteExpiredRows(sql: Db): Promise<void> {
  await sql`delete from worker_heartbeats where seen_at < now() - interval '1 day'`;
  await sql`delete from idempotency_keys where created_at < now() - interval '30 days'`;
  // a text may name a tax id, and no client's purge reaches it
  await sql`delete from local_mailbox where at < now() - interval '30 days'`;
  await deleteWholeBudgets(sql);
  await deleteOldSessions(sql);
  await deleteShownSecrets(sql);
}
