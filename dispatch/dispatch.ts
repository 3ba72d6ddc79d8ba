import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Progress } from '../domain/applications/progress';
import { isOpen, isParticipating } from '../domain/applications/state';
import type { WatchType } from '../domain/kernel/codes';
import { loadState, readState } from '../record/applications/application-run';
import { recordFileSignal } from '../record/applications/recorder';
import { recordWatchSignal } from '../record/operations/watches';
import type { Sql } from '../runtime/database';
import { applicationIdAttribute, personIdAttribute, subjectIdAttribute } from '../runtime/search-attributes';
import { changedSignal, fileChangedSignal, progressQuery, type WatchInput } from '../workflows/messages';
import { createDelivery } from './delivery';
import { ANSWER_MS, createRuns, buildWatchId, buildWorkflowId } from './runs';
import { createStarts } from './starts';

export const TASK_QUEUE = 'countersign';
const PING_MS = 2_000;

/** An application's workflow as it answers for itself; without a progress if it is gone. */
export interface WorkflowView {
  workflowId: string;
  alive: boolean;
  progress: Progress | null;
}

export type Dispatch = ReturnType<typeof createDispatch>;

/** Creates the only door to Temporal: starts, updates, signals and queries workflows for API and relay. */
export function createDispatch({
  sql,
  client,
  taskQueue = TASK_QUEUE,
}: {
  sql: Sql;
  client: Client;
  taskQueue?: string;
}) {
  const { startApplication, startWithin, startParticipation, startMissing, startWithAttributes } = createStarts({
    sql,
    client,
    taskQueue,
  });
  const deliverCommand = createDelivery({ sql, client, startMissing });

  /**
   * Notifies an application's workflow that something in its file changed; one that no longer runs is started from the record.
   */
  async function notifyFileChanged(applicationId: string): Promise<void> {
    try {
      await signalFileChanged(applicationId);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      const state = await readState(sql, applicationId);
      await startMissing(applicationId, state);
      await signalFileChanged(applicationId);
    }
  }

  async function signalFileChanged(applicationId: string): Promise<void> {
    const state = await recordFileSignal(sql, applicationId);
    if (isOpen(state) || isParticipating(state))
      await client.workflow.getHandle(buildWorkflowId(state)!).signal(fileChangedSignal);
  }

  /** Notifies a watch that something changed; one that does not run is started with it. */
  async function notifyWatch(type: WatchType, subject: string): Promise<void> {
    const { is, about } = WATCHES[type];
    await recordWatchSignal(sql, { watch: type, subject });
    await startWithAttributes(
      [{ key: subjectIdAttribute, value: subject }, ...(about ? [{ key: about, value: subject }] : [])],
      (attributes) =>
        client.workflow.signalWithStart(type, {
          workflowId: buildWatchId({ watch: type, subject }),
          taskQueue,
          args: [{ subject } satisfies WatchInput],
          signal: changedSignal,
          staticSummary: is,
          ...attributes,
        }),
    );
  }

  /** Queries what the workflow of an application knows, and whether it runs; null if none has to. */
  async function queryWorkflow(applicationId: string, within: number): Promise<WorkflowView | null> {
    const workflowId = buildWorkflowId(await loadState(sql, applicationId));
    if (!workflowId) return null;
    const handle = client.workflow.getHandle(workflowId);
    return client.connection.withDeadline(Date.now() + within, async () => {
      try {
        const { status } = await handle.describe();
        // a run whose task fails answers no query
        const progress = await handle.query(progressQuery).catch(() => null);
        return { workflowId, alive: status.name === 'RUNNING', progress };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { workflowId, alive: false, progress: null };
        throw error;
      }
    });
  }

  /** Whether Temporal answers at all. */
  function isReachable(): Promise<boolean> {
    const asked = client.connection.withDeadline(Date.now() + PING_MS, () => client.workflowService.getSystemInfo({}));
    return asked.then(
      () => true,
      () => false,
    );
  }

  /** Adds a deadline: a call to a server that does not answer ends after a time, and the relay tries again. */
  const addDeadline =
    <Args extends unknown[]>(call: (...args: Args) => Promise<void>) =>
    (...args: Args): Promise<void> =>
      client.connection.withDeadline(Date.now() + ANSWER_MS, () => call(...args));

  const runs = createRuns({ client, taskQueue });
  return {
    startApplication: addDeadline(startApplication),
    startWithin,
    startParticipation: addDeadline(startParticipation),
    deliverCommand,
    notifyFileChanged: addDeadline(notifyFileChanged),
    notifyWatch: addDeadline(notifyWatch),
    query: queryWorkflow,
    isReachable,
    ...runs,
  };
}

/** The purpose of each watch, in Temporal's UI, and its subject if operators look for it by that. */
const WATCHES: Record<WatchType, { is: string; about?: typeof personIdAttribute }> = {
  platformInquiry: { is: 'Asks what is open about a platform relationship' },
  platformCheck: { is: 'Checks a platform while a direct application runs', about: applicationIdAttribute },
  billingReadiness: { is: 'Reports changes of a billing readiness answer', about: applicationIdAttribute },
  enrolmentChase: { is: "Chases a practice's enrolments" },
  providerUpkeep: { is: "Keeps a person's attestation and documents current", about: personIdAttribute },
  outreach: { is: 'Sends a recipient what is queued for them' },
  webhook: { is: 'Delivers to a webhook endpoint' },
  exclusionList: { is: "Obtains the month's list of exclusions" },
  caqhStatus: { is: 'Asks CAQH about a person', about: personIdAttribute },
  nppesRecord: { is: 'Asks NPPES about a person', about: personIdAttribute },
  ending: { is: 'Ends a provider or a client' },
  retention: { is: 'Purges what has been kept long enough' },
};
