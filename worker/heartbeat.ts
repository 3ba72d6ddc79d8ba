import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { beat } from '../record/housekeeping';
import type { Sql } from '../runtime/database';

const EVERY_MS = 2_000;

/** Says, while the worker polls, that it does: `/readyz` asks for it. */
export function startHeartbeat(of: {
  sql: Sql;
  worker: Worker;
  workerId: string;
  runId: string | undefined;
  logger: Logger;
}): { stop(): void } {
  const { sql, worker, workerId, runId, logger } = of;
  const say = () => {
    if (worker.getState() === 'RUNNING')
      beat(sql, workerId, runId ?? null).catch((error: unknown) => logger.warn({ err: error }, 'no heartbeat'));
  };
  const timer = setInterval(say, EVERY_MS);
  setImmediate(say);
  return { stop: () => clearInterval(timer) };
}
