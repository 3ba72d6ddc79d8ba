import { toInstant } from '../domain/time/dates';
import { tsToMs } from '@temporalio/common/lib/time';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { Instant } from '../domain/time/instants';
import type { KnownProgress, RestartCause } from '../domain/applications/events';
import { WATCH_TYPES, type Stage, type WatchType } from '../domain/kernel/codes';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../domain/applications/key';
import { isOpen, isParticipating, type ApplicationState } from '../domain/applications/state';
import type { WatchId } from '../record/operations/watches';
import { isUuid } from '../runtime/uuid';
import { fileChangedSignal, progressQuery } from '../workflows/messages';
import { stageAttribute } from '../workflows/search-attributes';

/** The state of a workflow on the server; the run is the latest under its id. */
export type RunStatus =
  /**
   * It waits for a timer or a message; `stage` is what it shows of an application, if the namespace has the attribute.
   */
  | { is: 'waiting'; stage: Stage | undefined }
  /** A workflow task is on its way to a worker, or its message has not gone out yet. */
  | { is: 'busy' }
  /** Its workflow task has failed again and again, `failedAt` for the last time. */
  | { is: 'failing'; runId: string; failedAt: Instant }
  /** `runId` is null if the server knows none. */
  | { is: 'gone'; because: RestartCause; runId: string | null };

/**
 * The attribute that the server sets on a run whose task has failed or timed out five times in a row, until one
 * succeeds.
 */
const PROBLEMS = 'TemporalReportedProblems';
/**
 * The attempts that say the same if the server is set not to do so. A task whose worker was killed has an attempt more,
 * too.
 */
const MOST_ATTEMPTS = 5;

/** How long an answer is waited for: of the server, or of the worker that is asked what a run knew. */
export const ANSWER_MS = 10_000;

/** Builds the id of the workflow that writes an application; null if none does any more. */
export const buildWorkflowId = (state: ApplicationState): string | null =>
  isOpen(state)
    ? buildApplicationWorkflowId(state.key)
    : isParticipating(state)
      ? buildParticipationWorkflowId(state.id)
      : null;

export const buildWatchId = ({ watch, subject }: WatchId): string => `${watch}/${subject}`;

/** Finds how runs stand with the server. */
export function createRuns({ client, taskQueue }: { client: Client; taskQueue: string }) {
  const ofApplications = `TaskQueue = "${taskQueue}" and WorkflowType in ("payerApplication", "networkParticipation")`;

  const callInTime = <T>(call: () => Promise<T>): Promise<T> =>
    client.connection.withDeadline(Date.now() + ANSWER_MS, call);

  /** Lists the ids of workflows whose run ended since an instant without having come to its end. */
  const listClosedRuns = (since: Instant): AsyncIterable<string> =>
    listIds(`${ofApplications} and ExecutionStatus in ("Terminated", "Canceled", "Failed", "TimedOut")
      and CloseTime >= "${since}"`);

  /** Lists the ids of workflows whose tasks keep failing, as the server says. */
  const listFailingRuns = (): AsyncIterable<string> =>
    listIds(`${ofApplications} and ExecutionStatus = "Running" and ${PROBLEMS} is not null`);

  /** Lists watches that ended since an instant without having come to their end. */
  async function* listClosedWatches(since: Instant): AsyncIterable<WatchId> {
    const types = WATCH_TYPES.map((type) => `"${type}"`).join(', ');
    const query = `TaskQueue = "${taskQueue}" and WorkflowType in (${types})
      and ExecutionStatus in ("Terminated", "Canceled", "Failed", "TimedOut") and CloseTime >= "${since}"`;
    for await (const { type, workflowId } of client.workflow.list({ query })) {
      const id = { watch: type as WatchType, subject: workflowId.slice(type.length + 1) };
      // a workflow that was started by hand, under another id, watches over nothing
      if (workflowId === buildWatchId(id) && isUuid(id.subject)) yield id;
    }
  }

  async function* listIds(query: string): AsyncIterable<string> {
    for await (const { workflowId } of client.workflow.list({ query })) yield workflowId;
  }

  async function describeRun(workflowId: string): Promise<RunStatus> {
    let run: WorkflowExecutionDescription;
    try {
      run = await callInTime(() => client.workflow.getHandle(workflowId).describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { is: 'gone', because: 'missing', runId: null };
      throw error;
    }
    const { runId, status, raw, typedSearchAttributes } = run;
    const because = CLOSED[status.name];
    if (because) return { is: 'gone', because, runId };
    const { pendingWorkflowTask: task, pendingActivities } = raw;
    if (!task && pendingActivities?.length) return { is: 'busy' };
    if (!task) return { is: 'waiting', stage: typedSearchAttributes.get(stageAttribute) as Stage | undefined };
    const isReported = raw.workflowExecutionInfo?.searchAttributes?.indexedFields?.[PROBLEMS] !== undefined;
    if (!isReported && (task.attempt ?? 1) <= MOST_ATTEMPTS) return { is: 'busy' };
    // a try is scheduled as the one before it fails
    return { is: 'failing', runId, failedAt: toInstant(tsToMs(task.scheduledTime)) };
  }

  /** Finds what a run that is gone knew; null if that cannot be found out. */
  async function findLastKnown(workflowId: string, runId: string): Promise<KnownProgress | null> {
    try {
      const { version, stage, attempt, next } = await callInTime(() =>
        client.workflow.getHandle(workflowId, runId).query(progressQuery),
      );
      return { version, stage, attempt, next };
    } catch {
      return null;
    }
  }

  async function terminateRun(workflowId: string, runId: string, reason: string): Promise<void> {
    await callInTime(() => client.workflow.getHandle(workflowId, runId).terminate(reason));
  }

  /** Makes a workflow ask the record. */
  async function wakeRun(workflowId: string): Promise<void> {
    await callInTime(() => client.workflow.getHandle(workflowId).signal(fileChangedSignal));
  }

  return {
    closedRuns: listClosedRuns,
    closedWatches: listClosedWatches,
    failingRuns: listFailingRuns,
    describeRun,
    lastKnown: findLastKnown,
    terminateRun,
    wakeRun,
  };
}

/** The way in which a run ended, if it has. */
const CLOSED: Partial<Record<WorkflowExecutionDescription['status']['name'], RestartCause>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};
