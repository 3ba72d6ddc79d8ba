import type { WorkerOptions } from '@temporalio/worker';

/** Every number of a worker, with its reason. */
export const WORKER_OPTIONS = {
  // sleeping applications are evicted and replayed from a short history; the cap bounds memory (bench/memory)
  maxCachedWorkflows: 500,
  // each takes one PostgreSQL connection for a few milliseconds
  maxConcurrentLocalActivityExecutions: 20,
  maxConcurrentWorkflowTaskExecutions: 40,
  // one worker of these fills two cores; more pollers only wait on the server
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 8 },
  // a recording step takes milliseconds: work in flight ends, then the process does
  shutdownGraceTime: '2 s',
  shutdownForceTime: '4 s',
} as const satisfies Partial<WorkerOptions>;

/** Connections that a worker needs: one for each local activity; for the relay and what goes out, the listener apart; for a purge. */
export const WORKER_CONNECTIONS = {
  worker: WORKER_OPTIONS.maxConcurrentLocalActivityExecutions,
  every: 10,
  purge: 1,
};
