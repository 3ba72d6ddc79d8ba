import type { Db } from '../runtime/database';

/** Whether PostgreSQL answers; throws where not. */
export async function ping(sql: Db): Promise<true> {
  await sql`select 1`;
  return true;
}

/** Whether a worker polled within the last 10 seconds; where `runId` is given, one of that run. */
export async function isWorkerPolling(sql: Db, runId: string | undefined): Promise<boolean> {
  const workers = await sql`
    select 1 from worker_heartbeats
    where seen_at > now() - interval '10 seconds' and (${runId ?? null}::text is null or run_id = ${runId ?? null})
    limit 1`;
  return workers.length > 0;
}
