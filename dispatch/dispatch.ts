import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
  type Client,
} from '@temporalio/client';
import {
  ApplicationFailure,
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  type SearchAttributePair,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../domain/applications/key';
import { isOpen, isParticipating, type ApplicationState } from '../domain/applications/state';
import type { Progress, Refusal } from '../domain/applications/progress';
import { findRefusal as refusalOf } from '../domain/applications/transitions';
import type { WatchType } from '../domain/kernel/codes';
import { buildActionRequest } from '../domain/applications/decide';
import { readRun, readState, type ApplicationRun } from '../record/applications/application-run';
import {
  acknowledgeCommand,
  readDelivery,
  getCommand,
  handToRelay,
  type CommandDelivery,
  type KeptCommand,
} from '../record/applications/commands';
import { isOfTheServer } from '../record/kernel/failure';
import { deleteStarts } from '../record/kernel/outbox';
import { recordWatchSignal } from '../record/operations/watches';
import { createRecorder, recordFileSignal } from '../record/applications/recorder';
import { refuseCommand } from '../record/applications/recording-step';
import { ANSWER_MS, createRuns, buildWatchId, buildWorkflowId } from './runs';
import { readClock } from '../runtime/clock';
import { isTooLong, type Sql } from '../runtime/database';
import { collectInBatches } from '../runtime/batches';
import {
  applicationIdAttribute,
  clientIdAttribute,
  payerIdAttribute,
  personIdAttribute,
  subjectIdAttribute,
} from '../runtime/search-attributes';
import {
  actionUpdates,
  changedSignal,
  fileChangedSignal,
  progressQuery,
  REFUSED,
  type ApplicationInput,
  type WatchInput,
} from '../workflows/messages';
import { buildAttributes } from '../workflows/search-attributes';
import { Turns } from './turns';

export const TASK_QUEUE = 'countersign';

/** What became of a command: recorded, refused, or on its way (the relay delivers it, whatever happens here). */
export type Delivery = { status: 'recorded' } | { status: 'refused'; refusal: Refusal } | { status: 'on_its_way' };

/** An application's workflow as it answers for itself; without a progress where it is gone. */
export interface WorkflowView {
  workflowId: string;
  alive: boolean;
  progress: Progress | null;
}

export type Dispatch = ReturnType<typeof createDispatch>;

/** The only door to Temporal: starts, updates, signals and queries workflows for API and relay. */
export function createDispatch({
  sql,
  client,
  taskQueue = TASK_QUEUE,
}: {
  sql: Sql;
  client: Client;
  taskQueue?: string;
}) {
  let indexed = true;
  // the relay would start it once more, in vain: many starts are confirmed in one statement
  const spareTheRelay = collectInBatches(100, (ids: string[]) => deleteStarts(sql, ids));
  const turns = new Turns();
  // without a workflow too, a step that ends its process is counted, and set aside in the end
  const recordTried = createRecorder(sql);

  /** Starts the workflow of an open application from its recorded state; started already is as good. */
  async function startApplication(applicationId: string): Promise<void> {
    const run = await readRun(sql, applicationId);
    if (run.progress.open) await startOpen(run);
  }

  const startOpen = (run: ApplicationRun) => startRun('payerApplication', buildApplicationWorkflowId(run.key), run);

  /** Starts it for a caller who waits; false where that did not work out `within` milliseconds, and the relay does it. */
  async function startWithin(run: ApplicationRun, within: number): Promise<boolean> {
    try {
      await client.connection.withDeadline(Date.now() + within, () => startOpen(run));
      spareTheRelay(run.applicationId);
      return true;
    } catch (error) {
      if (isUnanswered(error) || error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /** Starts the participation of a confirmed application; started already is as good. */
  async function startParticipation(applicationId: string): Promise<void> {
    const run = await readRun(sql, applicationId);
    if (run.progress.participating)
      await startRun('networkParticipation', buildParticipationWorkflowId(applicationId), run);
  }

  async function startRun(type: keyof typeof SUMMARIES, workflowId: string, run: ApplicationRun): Promise<void> {
    const { applicationId, clientId, key, personId, progress } = run;
    const input: ApplicationInput = { applicationId, progress };
    const pairs = [
      { key: applicationIdAttribute, value: applicationId },
      { key: clientIdAttribute, value: clientId },
      { key: payerIdAttribute, value: key.payerId },
      ...(personId === null ? [] : [{ key: personIdAttribute, value: personId }]),
      ...buildAttributes(progress).filter(isSet),
    ];
    try {
      await startWithAttributes(pairs, (attributes) =>
        client.workflow.start(type, {
          workflowId,
          taskQueue,
          args: [input],
          memo: { applicationId },
          staticSummary: `${SUMMARIES[type]}: ${key.kind}, ${key.state}, ${key.lineOfBusiness}`,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          ...attributes,
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { memo } = await client.workflow.getHandle(workflowId).describe();
      if (memo?.applicationId !== applicationId) throw error; // its predecessor is about to end: again later
    }
  }

  /**
   * Delivers a kept command after the older ones of its application that wait for the relay, and waits up to `within`
   * milliseconds for the outcome. From one process an application gets one command at a time: of many that meet, the
   * server aborts most. Repeating it is safe. It is kept, so a record that is away, or too busy to judge it, holds it up only.
   */
  async function deliverCommand(commandId: string, within: number): Promise<Delivery> {
    const until = Date.now() + within;
    const first = await readDelivery(sql, commandId);
    const delivery = await turns
      .take(first.command.applicationId, until, (waited) => deliverInOrder(commandId, until, waited ? null : first))
      .catch(toOnItsWay);
    if (delivery && delivery.status !== ON_ITS_WAY.status) return delivery;
    // the relay finds it in any case, a moment later
    await handToRelay(sql, commandId).catch(toOnItsWay);
    return ON_ITS_WAY;
  }

  /** Delivers a command and, before it, what waits before it; `known` is what is known of it already. */
  async function deliverInOrder(commandId: string, until: number, known: CommandDelivery | null): Promise<Delivery> {
    const passed: string[] = [];
    for (;;) {
      const { command, settled, olderId } = known ?? (await readDelivery(sql, commandId, passed));
      known = null;
      if (settled && command.status !== 'pending') return toDelivery(command.refusal);
      if (!olderId) return deliverNow(command, until);
      if (Date.now() >= until) return ON_ITS_WAY;
      try {
        const older = await deliverNow(await getCommand(sql, olderId), until);
        if (older.status === 'on_its_way') return older;
      } catch {
        // it failed by itself, which the relay deals with: those after it go on
        passed.push(olderId);
      }
    }
  }

  async function deliverNow(command: KeptCommand, until: number): Promise<Delivery> {
    // what a person has tried again is another update: the server answers one that it knows by what it came to
    let sent = command.retried;
    for (let tries = 1; ; tries += 1) {
      const state = await loadState(command.applicationId);
      const pauseBriefly = () => sleep(Math.min(computePauseMs(tries), Math.max(0, until - Date.now())));
      try {
        if (!(await isRefused(state, command))) await recordCommand(buildWorkflowId(state), command, { sent, until });
        const decided = await acknowledgeCommand(sql, command.id);
        if (decided) return toDelivery(decided.refusal);
        // the answer is from before the record was restored
        if (Date.now() >= until) return ON_ITS_WAY;
        if (tries > 1) await pauseBriefly();
        sent += 1;
      } catch (error) {
        if (isUnanswered(error)) return ON_ITS_WAY;
        const isGone = error instanceof WorkflowNotFoundError;
        // lost: the server gave up the task that carried it, and it was not taken
        if (!isGone && !isLost(error)) throw error;
        if (Date.now() >= until) return ON_ITS_WAY;
        if (!isGone || tries > 1) await pauseBriefly();
        if (isGone)
          // not started yet, or just closed: start what should run, then look again
          await (isParticipating(state) ? startParticipation : startApplication)(command.applicationId).catch((e) => {
            if (!(e instanceof WorkflowExecutionAlreadyStartedError)) throw e;
          });
      }
    }
  }

  /** Asks the record first: what it refuses never reaches the workflow. */
  async function isRefused(state: ApplicationState, command: KeptCommand): Promise<boolean> {
    const mayBeRefused = command.action === 'corrections' || refusalOf(state, buildActionRequest(command)) !== null;
    return mayBeRefused && (await refuseCommand(sql, state.id, command.id)) !== null;
  }

  const recordCommand = (workflowId: string | null, command: KeptCommand, how: { sent: number; until: number }) =>
    workflowId === null ? recordWithoutWorkflow(command) : sendUpdate(workflowId, command, how);

  /** Has a workflow record a command, as the nth update that carries it; the record says what came of it. */
  async function sendUpdate(
    workflowId: string,
    { id, action }: KeptCommand,
    { sent, until }: { sent: number; until: number },
  ): Promise<void> {
    try {
      await client.connection.withDeadline(until, () =>
        client.workflow.getHandle(workflowId).executeUpdate(actionUpdates[action], {
          updateId: sent === 0 ? id : `${id}/${sent}`,
          args: [{ commandId: id }],
        }),
      );
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure && cause.type === REFUSED)) throw error;
    }
  }

  /** No workflow runs a closed application: the recording step's own lock is enough. */
  async function recordWithoutWorkflow({ applicationId, id: commandId }: KeptCommand): Promise<void> {
    const intent = { type: 'command', commandId } as const;
    await recordTried({ applicationId, known: null, at: readClock(), intent });
  }

  /**
   * Notifies an application's workflow that something in its file changed; one that no longer runs is started from the record.
   */
  async function notifyFileChanged(applicationId: string): Promise<void> {
    try {
      await signalFileChanged(applicationId);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      const state = await readState(sql, applicationId);
      await (state && isParticipating(state) ? startParticipation : startApplication)(applicationId);
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

  /** Starts with search attributes, or without where the namespace lacks them (and may not let them be added). */
  async function startWithAttributes<T>(
    pairs: SearchAttributePair[],
    start: (attributes: { typedSearchAttributes?: TypedSearchAttributes }) => Promise<T>,
  ): Promise<T> {
    if (!indexed) return start({});
    try {
      return await start({ typedSearchAttributes: new TypedSearchAttributes(pairs) });
    } catch (error) {
      if (!/search attribute/i.test(findGrpcError(error)?.details ?? '')) throw error;
      indexed = false;
      return start({});
    }
  }

  /** What the workflow of an application knows, and whether it runs; null where none has to. */
  async function queryWorkflow(applicationId: string, within: number): Promise<WorkflowView | null> {
    const workflowId = buildWorkflowId(await loadState(applicationId));
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

  async function loadState(applicationId: string): Promise<ApplicationState> {
    const state = await readState(sql, applicationId);
    if (!state) throw new Error(`no application ${applicationId}`);
    return state;
  }

  /** A call to a server that does not answer ends after a time, and the relay tries again. */
  const withDeadline =
    <Args extends unknown[]>(call: (...args: Args) => Promise<void>) =>
    (...args: Args): Promise<void> =>
      client.connection.withDeadline(Date.now() + ANSWER_MS, () => call(...args));

  const runs = createRuns({ client, taskQueue });
  return {
    startApplication: withDeadline(startApplication),
    startWithin,
    startParticipation: withDeadline(startParticipation),
    deliverCommand: deliverCommand,
    notifyFileChanged: withDeadline(notifyFileChanged),
    notifyWatch: withDeadline(notifyWatch),
    query: queryWorkflow,
    isReachable,
    ...runs,
  };
}

const SUMMARIES = { payerApplication: 'Payer application', networkParticipation: 'Participation' } as const;

/** What each watch is for, in Temporal's UI, and what its subject is where operators look for it by that. */
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

/** A search attribute that has a value: at the start there is none to take away. */
const isSet = (pair: SearchAttributeUpdatePair): pair is SearchAttributePair => pair.value !== null;

/** What the server (or its absence) answered, wherever the client wrapped it. */
function findGrpcError(error: unknown): { code: number; details: string } | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].find(isGrpcServiceError);
}

/** gRPC codes of a call that was not answered in time: cancelled, deadline exceeded, resource exhausted, unavailable. */
const UNANSWERED = [1, 4, 8, 14];

const PING_MS = 2_000;

/** The pause before an update is sent again: it doubles up to a second, with jitter. */
const computePauseMs = (tries: number): number => Math.min(1_000, 25 * 2 ** tries) * (0.5 + Math.random() / 2);

const ON_ITS_WAY = { status: 'on_its_way' } as const;
/** What a failure comes to that says nothing of the command: the record was away, or others kept it busy for too long. */
function toOnItsWay(error: unknown): typeof ON_ITS_WAY {
  if (isOfTheServer(error) || isTooLong(error)) return ON_ITS_WAY;
  throw error;
}
const toDelivery = (refusal: Refusal | null): Delivery =>
  refusal ? { status: 'refused', refusal } : { status: 'recorded' };

/** The server gave up the task that carried an update: FAILED_PRECONDITION where the task itself failed, as on closing. */
const isLost = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError || findGrpcError(error)?.code === 9;

/** Whether a call failed because it was not answered in time. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || UNANSWERED.includes(findGrpcError(error)?.code ?? 0);
