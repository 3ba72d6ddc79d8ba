import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { recordHeartbeat } from '../record/operations/housekeeping';
import { readClock } from '../runtime/clock';
import type { Sql } from '../runtime/database';

const EVERY_MS = 2_000;

type Activities = Record<string, (...args: never[]) => Promise<unknown>>;

/** Knows when a worker last did a task, whatever its result. */
export class TaskClock {
  doneAt: string | null = null;

  /** Wraps activities so that each is noted when it is done. */
  watch<T extends object>(activities: T): T {
    const noted = Object.entries(activities as Activities).map(([name, activity]) => [
      name,
      (...args: never[]) =>
        activity(...args).finally(() => {
          this.doneAt = readClock();
        }),
    ]);
    return Object.fromEntries(noted) as T;
  }
}

/** Records, while the worker polls, that it does, and when it last did a task: `/readyz` asks for it. */
export function startHeartbeat(of: {
  sql: Sql;
  worker: Worker;
  tasks: TaskClock;
  workerId: string;
  runId: string | undefined;
  logger: Logger;
}): { stop(): void } {
  const { sql, worker, tasks, workerId, runId, logger } = of;
  const reportHeartbeat = () => {
    if (worker.getState() === 'RUNNING')
      recordHeartbeat(sql, { workerId, runId: runId ?? null, taskDoneAt: tasks.doneAt }).catch((error: unknown) =>
        logger.warn({ err: error }, 'no heartbeat'),
      );
  };
  const timer = setInterval(reportHeartbeat, EVERY_MS);
  setImmediate(reportHeartbeat);
  return { stop: () => clearInterval(timer) };
}
