import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, TypedSearchAttributes, WorkflowIdConflictPolicy } from '@temporalio/common';
import { applicationWorkflowId, participationWorkflowId } from '../domain/application/key';
import { isOpen, participates, type ApplicationState } from '../domain/application/state';
import type { Refusal } from '../domain/application/transitions';
import type { WatchType } from '../domain/codes';
import { asked } from '../domain/application/decide';
import {
  acknowledgeCommand,
  deliveringCommand,
  leaveToRelay,
  pendingCommand,
  settleCommand,
  type Delivering,
  type KeptCommand,
} from '../record/commands';
import { deleteStarts } from '../record/outbox';
import { recordStep } from '../record/step';
import type { Sql } from '../runtime/database';
import { gather } from '../runtime/gather';
import { applicationIdAttribute, clientIdAttribute, payerIdAttribute } from '../runtime/search-attributes';
import {
  actionUpdates,
  applicationStateQuery,
  changedSignal,
  fileChangedSignal,
  REFUSED,
  type ApplicationInput,
  type WatchInput,
} from '../workflows/messages';
import { Turns } from './turns';

export const TASK_QUEUE = 'countersign';

/** What became of a command: recorded, refused, or on its way (the relay delivers it, whatever happens here). */
export type Delivery = { status: 'recorded' } | { status: 'refused'; refusal: Refusal } | { status: 'on_its_way' };

export type Dispatch = ReturnType<typeof createDispatch>;

interface Held {
  state: ApplicationState;
  workflowId: string | null;
}

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
  // the relay would start it once more, in vain: many are told in one go
  const spareTheRelay = gather(100, (ids: string[]) => deleteStarts(sql, ids));
  const turns = new Turns();

  /** Starts the workflow of an open application from its recorded state; started already is as good. */
  async function startApplication(applicationId: string): Promise<void> {
    const state = await load(applicationId);
    if (isOpen(state)) await startOpen(state);
  }

  const startOpen = (state: ApplicationState) => start('payerApplication', applicationWorkflowId(state.key), state);

  /** Starts it for a caller who waits; false where that did not work out `within` milliseconds, and the relay does it. */
  async function startWithin(state: ApplicationState, within: number): Promise<boolean> {
    try {
      await client.connection.withDeadline(Date.now() + within, () => startOpen(state));
      spareTheRelay(state.id);
      return true;
    } catch (error) {
      if (isUnanswered(error) || error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /** Starts the participation of a confirmed application; started already is as good. */
  async function startParticipation(applicationId: string): Promise<void> {
    const state = await load(applicationId);
    if (participates(state)) await start('networkParticipation', participationWorkflowId(applicationId), state);
  }

  async function start(type: string, workflowId: string, state: ApplicationState): Promise<void> {
    const input: ApplicationInput = { state };
    try {
      await client.workflow.start(type, {
        workflowId,
        taskQueue,
        args: [input],
        memo: { applicationId: state.id },
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        ...(indexed && {
          typedSearchAttributes: new TypedSearchAttributes([
            { key: applicationIdAttribute, value: state.id },
            { key: clientIdAttribute, value: state.clientId },
            { key: payerIdAttribute, value: state.key.payerId },
          ]),
        }),
      });
    } catch (error) {
      if (indexed && /search attribute/i.test(grpcError(error)?.details ?? '')) {
        // the namespace does not have them (and may not let us add them): the work goes on without
        indexed = false;
        return start(type, workflowId, state);
      }
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { memo } = await client.workflow.getHandle(workflowId).describe();
      if (memo?.applicationId !== state.id) throw error; // its predecessor is about to end: again later
    }
  }

  /**
   * Delivers a kept command after the older ones of its application that wait for the relay, and waits up to `within`
   * milliseconds for the outcome. From one process an application gets one command at a time: of many that meet, the
   * server aborts most. Repeating it is safe.
   */
  async function deliver(commandId: string, within: number): Promise<Delivery> {
    const until = Date.now() + within;
    const first = await deliveringCommand(sql, commandId);
    const delivery = await turns.take(first.command.applicationId, until, (waited) =>
      deliverInOrder(commandId, until, waited ? null : first),
    );
    if (delivery && delivery.status !== ON_ITS_WAY.status) return delivery;
    await leaveToRelay(sql, commandId);
    return ON_ITS_WAY;
  }

  /** Delivers a command and, before it, what waits before it; `known` is what is known of it already. */
  async function deliverInOrder(commandId: string, until: number, known: Delivering | null): Promise<Delivery> {
    const passed: string[] = [];
    for (;;) {
      const { command, settled, olderId } = known ?? (await deliveringCommand(sql, commandId, passed));
      known = null;
      if (settled && command.status !== 'pending') return outcome(command.refusal);
      if (!olderId) return deliverNow(command, until);
      if (Date.now() >= until) return ON_ITS_WAY;
      try {
        const older = await deliverNow(await pendingCommand(sql, olderId), until);
        if (older.status === 'on_its_way') return older;
      } catch {
        // it failed by itself, which the relay deals with: those after it go on
        passed.push(olderId);
      }
    }
  }

  async function deliverNow(command: KeptCommand, until: number): Promise<Delivery> {
    for (let tries = 1; ; tries += 1) {
      const held = await holder(command.applicationId);
      try {
        const refusal = held.workflowId
          ? await update(held.workflowId, command, until)
          : await direct(command.applicationId, command.id);
        if (refusal && held.workflowId) await settleCommand(sql, command.id, refusal);
        await acknowledgeCommand(sql, command.id);
        return outcome(refusal);
      } catch (error) {
        if (isUnanswered(error)) return ON_ITS_WAY;
        const isGone = error instanceof WorkflowNotFoundError;
        // lost: the server gave up the task that carried it, and it was not taken
        if (!isGone && !isLost(error)) throw error;
        if (Date.now() >= until) return ON_ITS_WAY;
        if (!isGone || tries > 1) await sleep(Math.min(pauseMs(tries), Math.max(0, until - Date.now())));
        if (isGone)
          // not started yet, or just closed: start what should run, then look again
          await (participates(held.state) ? startParticipation : startApplication)(command.applicationId).catch((e) => {
            if (!(e instanceof WorkflowExecutionAlreadyStartedError)) throw e;
          });
      }
    }
  }

  async function update(workflowId: string, command: KeptCommand, until: number): Promise<Refusal | null> {
    const { action: _action, ...legality } = asked(command);
    try {
      await client.connection.withDeadline(until, () =>
        client.workflow.getHandle(workflowId).executeUpdate(actionUpdates[command.action], {
          updateId: command.id,
          args: [{ commandId: command.id, ...legality }],
        }),
      );
      return null;
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (cause instanceof ApplicationFailure && cause.type === REFUSED) return cause.details![0] as Refusal;
      throw error;
    }
  }

  /** No workflow keeps a closed application: the recording step's own lock is enough. */
  async function direct(applicationId: string, commandId: string): Promise<Refusal | null> {
    const intent = { type: 'command', commandId } as const;
    const request = { applicationId, knownVersion: Number.MAX_SAFE_INTEGER, at: new Date().toISOString(), intent };
    return (await recordStep(sql, request)).refusal ?? null;
  }

  /** Tells an application's workflow that something in its file changed; one that is gone goes on from its record. */
  async function fileChanged(applicationId: string): Promise<void> {
    try {
      await signalFileChanged(applicationId);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      await startApplication(applicationId);
      await signalFileChanged(applicationId);
    }
  }

  async function signalFileChanged(applicationId: string): Promise<void> {
    const { state, workflowId } = await holder(applicationId);
    if (isOpen(state)) await client.workflow.getHandle(workflowId!).signal(fileChangedSignal);
  }

  /** Tells a watch that something has changed; one that isn't running starts with it. */
  async function changed(type: WatchType, subject: string): Promise<void> {
    await client.workflow.signalWithStart(type, {
      workflowId: `${type}/${subject}`,
      taskQueue,
      args: [{ subject } satisfies WatchInput],
      signal: changedSignal,
    });
  }

  /** The state as the workflow itself tells it; null where none keeps the application. */
  async function query(
    applicationId: string,
    within: number,
  ): Promise<{ workflowId: string; state: ApplicationState } | null> {
    const { workflowId } = await holder(applicationId);
    if (!workflowId) return null;
    const state = await client.connection.withDeadline(Date.now() + within, () =>
      client.workflow.getHandle(workflowId).query(applicationStateQuery),
    );
    return { workflowId, state };
  }

  /** Whether Temporal answers at all. */
  function isReachable(): Promise<boolean> {
    const asked = client.connection.withDeadline(Date.now() + PING_MS, () => client.workflowService.getSystemInfo({}));
    return asked.then(
      () => true,
      () => false,
    );
  }

  async function load(applicationId: string): Promise<ApplicationState> {
    const [row] = await sql<
      { snapshot: ApplicationState }[]
    >`select snapshot from applications where id = ${applicationId}`;
    if (!row) throw new Error(`no application ${applicationId}`);
    return row.snapshot;
  }

  async function holder(applicationId: string): Promise<Held> {
    const state = await load(applicationId);
    if (isOpen(state)) return { state, workflowId: applicationWorkflowId(state.key) };
    return { state, workflowId: participates(state) ? participationWorkflowId(applicationId) : null };
  }

  return { startApplication, startWithin, startParticipation, deliver, fileChanged, changed, query, isReachable };
}

/** What the server (or its absence) answered, wherever the client wrapped it. */
function grpcError(error: unknown): { code: number; details: string } | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].find(isGrpcServiceError);
}

/** gRPC codes of a call that nobody answered in time: cancelled, deadline exceeded, too much at once, unavailable. */
const UNANSWERED = [1, 4, 8, 14];

const PING_MS = 2_000;

/** Before an update that was not taken is sent again: twice as long each time up to a second, and not by all at once. */
const pauseMs = (tries: number): number => Math.min(1_000, 25 * 2 ** tries) * (0.5 + Math.random() / 2);

const ON_ITS_WAY = { status: 'on_its_way' } as const;
const outcome = (refusal: Refusal | null): Delivery =>
  refusal ? { status: 'refused', refusal } : { status: 'recorded' };

/** The server gave up the task that carried an update: FAILED_PRECONDITION where the task itself failed, as on closing. */
const isLost = (error: unknown): boolean => error instanceof WorkflowUpdateFailedError || grpcError(error)?.code === 9;

/** Whether a call failed because nobody answered it in time. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || UNANSWERED.includes(grpcError(error)?.code ?? 0);
