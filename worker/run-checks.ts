import type { Logger } from 'pino';
import type { Dispatch } from '../dispatch/dispatch';
import { buildWatchId, buildWorkflowId } from '../dispatch/runs';
import type { RestartCause } from '../domain/applications/events';
import type { Instant } from '../domain/time/instants';
import { readState } from '../record/applications/application-run';
import { recordStep } from '../record/applications/recording-step';
import { deleteFinding, isStartWaiting, keepFinding, type Finding } from '../record/operations/runs';
import { deleteFailingWatch, keepFailingWatch, type WatchId } from '../record/operations/watches';
import { readClock } from '../runtime/clock';
import type { Sql } from '../runtime/database';

/** How often the time that a failing task is given doubles. */
const MOST_DOUBLINGS = 6;
export type Outcome = Finding['found'] | 'well';

interface RunChecksDeps {
  sql: Sql;
  dispatch: Dispatch;
  logger: Logger;
  /** The time after which a failing task is given up, and its workflow is started again. */
  failingSeconds: number;
}

/** Looks at one workflow after the other, and does what each needs. */
export function createRunChecks({ sql, dispatch, logger, failingSeconds }: RunChecksDeps) {
  /** Looks at an application's workflow, and does what it needs; `wake`: it is to ask the record, if it waits. */
  async function checkApplication(applicationId: string, { wake }: { wake: boolean }): Promise<Outcome> {
    const state = await readState(sql, applicationId);
    const workflowId = state && buildWorkflowId(state);
    // it has come to its end, or is about to be started
    if (!state || !workflowId || (await isStartWaiting(sql, applicationId))) return 'well';
    const run = await dispatch.describeRun(workflowId);
    switch (run.is) {
      case 'gone':
        await restartApplication(
          applicationId,
          run.because,
          run.runId === null ? null : { workflowId, runId: run.runId },
        );
        return recordFinding(applicationId, { found: 'restarted' });
      case 'failing': {
        const found = 'failing';
        const noted = await keepFinding(sql, applicationId, { found, runId: run.runId });
        // a build that fails them all gets ever more time to be put right
        const seconds = failingSeconds * 2 ** Math.min(noted.restarts, MOST_DOUBLINGS);
        if (!isFailingForLong(run, noted.since, seconds)) return found;
        await dispatch.terminateRun(workflowId, run.runId, 'its task kept failing: started again from the record');
        await restartApplication(applicationId, 'task_failed', null);
        return recordFinding(applicationId, { found: 'restarted' });
      }
      case 'waiting':
        // one that shows another stage knew a record that has been restored since, and may sleep for long
        if (!wake && (run.stage ?? state.stage) === state.stage) break;
        await dispatch.wakeRun(workflowId);
        return recordFinding(applicationId, { found: 'woken' });
      case 'busy':
        if (wake) return recordFinding(applicationId, { found: 'late' });
    }
    await deleteFinding(sql, applicationId);
    return 'well';
  }

  /** Looks at a watch that is late, and starts or wakes it; one with a task on its way is merely late. */
  async function checkWatch({ watch, subject }: WatchId): Promise<Outcome> {
    const workflowId = buildWatchId({ watch, subject });
    const run = await dispatch.describeRun(workflowId);
    if (run.is === 'failing') {
      const since = await keepFailingWatch(sql, { watch, subject }, run.runId);
      if (!isFailingForLong(run, since, failingSeconds)) return 'failing';
      await dispatch.terminateRun(workflowId, run.runId, 'its task kept failing: started again from the record');
    }
    await deleteFailingWatch(sql, { watch, subject });
    if (run.is === 'busy') return 'late';
    await dispatch.notifyWatch(watch, subject);
    return run.is === 'waiting' ? 'woken' : 'restarted';
  }

  async function recordFinding(applicationId: string, finding: Finding): Promise<Outcome> {
    await keepFinding(sql, applicationId, finding);
    return finding.found;
  }

  /**
   * Enters why a workflow is started again; the relay starts it. The knowledge of the last run shows whether the record
   * was restored.
   */
  async function restartApplication(
    applicationId: string,
    because: RestartCause,
    gone: { workflowId: string; runId: string } | null,
  ): Promise<void> {
    const known = gone && (await dispatch.lastKnown(gone.workflowId, gone.runId));
    const at = readClock();
    await recordStep(sql, { applicationId, known, at, intent: { type: 'restart', because } });
    logger.warn({ applicationId, because }, 'a workflow was gone, and is started again from the record');
  }

  async function repairApplication(applicationId: string, differs: string[]): Promise<void> {
    const at = readClock();
    await recordStep(sql, { applicationId, known: null, at, intent: { type: 'repair', differs } });
    logger.warn({ applicationId, differs }, 'what differed from the timeline is derived from it again');
  }

  async function recordFailure(one: string | WatchId, error: unknown): Promise<Outcome> {
    const about = typeof one === 'string' ? { applicationId: one } : one;
    logger.warn({ err: error, ...about }, 'a workflow could not be compared with the record; again later');
    // a watch was taken until its next look
    if (typeof one !== 'string') return 'error';
    const name = error instanceof Error ? error.name : 'unknown';
    return recordFinding(one, { found: 'error', error: name }).catch(() => 'error');
  }

  return { checkApplication, checkWatch, repairApplication, recordFailure };
}

/**
 * Whether a task that was first seen to fail at an instant failed again at least `seconds` after it; a task that is not tried has
 * not.
 */
const isFailingForLong = ({ failedAt }: { failedAt: Instant }, since: Instant, seconds: number): boolean =>
  Date.parse(failedAt) - Date.parse(since) >= seconds * 1000;
