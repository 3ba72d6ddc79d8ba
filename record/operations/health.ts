import type { Db } from '../../runtime/database';

/** Checks whether PostgreSQL answers; throws if it does not. */
export async function checkPostgres(sql: Db): Promise<true> {
  await sql`select 1`;
  return true;
}

/** The longest wait of work while no task was done: beyond it the worker does none, whatever it says itself. */
const IDLE_SECONDS = 60;
/** The delay from which on a wake is no mere delay. */
const LATE_SECONDS = 120;

/**
 * Whether a worker polled within the last 10 seconds (if `runId` is given, one of that run), and either did a task
 * lately or had none waiting: a wake of an application or a watch, or a command. One that waits by itself, and is known
 * to, says nothing about the worker.
 */
export async function isWorkerWell(sql: Db, runId: string | undefined): Promise<boolean> {
  const idle = sql`make_interval(secs => ${IDLE_SECONDS})`;
  const late = sql`now() - make_interval(secs => ${LATE_SECONDS})`;
  const workers = await sql`
    select from worker_heartbeats w
    where w.seen_at > now() - interval '10 seconds' and (${runId ?? null}::text is null or w.run_id = ${runId ?? null})
      and (w.task_done_at > now() - ${idle} or w.started_at > now() - ${idle} or not exists (
        select from (
          (select a.id::text, exists (select from run_checks r where r.application_id = a.id) as is_known
            from applications a where a.wakes_at < ${late} limit 2)
          union
          (select c.application_id::text, exists (select from run_checks r where r.application_id = c.application_id)
            from commands c where c.settled_at is null and c.dead_at is null and c.received_at < now() - ${idle} limit 2)
          union
          (select w.watch || '/' || w.subject, w.checks > 0
            from watches w where w.wakes_at < ${late} and not w.sending limit 2)
        ) waiting
        having count(*) > 1 or not bool_and(is_known)
      ))
    limit 1`;
  return workers.length > 0;
}
