import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { buildActionRequest } from '../domain/applications/decide';
import type { Refusal } from '../domain/applications/progress';
import type { ApplicationState } from '../domain/applications/state';
import { findRefusal } from '../domain/applications/transitions';
import { loadState } from '../record/applications/application-run';
import {
  acknowledgeCommand,
  readDelivery,
  getCommand,
  handToRelay,
  type CommandDelivery,
  type KeptCommand,
} from '../record/applications/commands';
import { createRecorder } from '../record/applications/recorder';
import { refuseCommand } from '../record/applications/recording-step';
import { isOfTheServer } from '../record/kernel/failure';
import { readClock } from '../runtime/clock';
import { isTooLong, type Sql } from '../runtime/database';
import { actionUpdates, REFUSED } from '../workflows/messages';
import { isLost, isUnanswered } from './grpc-errors';
import { buildWorkflowId } from './runs';
import { Turns } from './turns';

/** The result of a command: recorded, refused, or on its way (the relay delivers it, whatever happens here). */
export type Delivery = { status: 'recorded' } | { status: 'refused'; refusal: Refusal } | { status: 'on_its_way' };

interface DeliveryDeps {
  sql: Sql;
  client: Client;
  /** Starts the workflow that an application should have, from its state. */
  startMissing: (applicationId: string, state: ApplicationState) => Promise<void>;
}

/** Brings kept commands to the workflows of their applications, or to the record if no workflow runs. */
export function createDelivery({ sql, client, startMissing }: DeliveryDeps) {
  const turns = new Turns();
  const recordCommand = createCommandRecorder({ sql, client });

  /**
   * Delivers a kept command after the older ones of its application that wait for the relay, and waits up to `within`
   * milliseconds for the outcome. From one process an application gets one command at a time: if many meet, the server
   * aborts most. Repeating it is safe. The command is kept, so a record that is away, or too busy to judge it, holds it
   * up only.
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

  /** Delivers a command and, before it, those that wait before it; `known` is what is known about it already. */
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
    // a command that a person has tried again is another update: the server answers one that it knows by its earlier
    // result
    let sent = command.retried;
    for (let tries = 1; ; tries += 1) {
      const state = await loadState(sql, command.applicationId);
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
          await startMissing(command.applicationId, state).catch((e) => {
            if (!(e instanceof WorkflowExecutionAlreadyStartedError)) throw e;
          });
      }
    }
  }

  /** Asks the record first: what it refuses never reaches the workflow. */
  async function isRefused(state: ApplicationState, command: KeptCommand): Promise<boolean> {
    const mayBeRefused = command.action === 'corrections' || findRefusal(state, buildActionRequest(command)) !== null;
    return mayBeRefused && (await refuseCommand(sql, state.id, command.id)) !== null;
  }

  return deliverCommand;
}

/** Has a command recorded by the workflow of its application, or by the record if no workflow runs. */
function createCommandRecorder({ sql, client }: Pick<DeliveryDeps, 'sql' | 'client'>) {
  // without a workflow too, a step that ends its process is counted, and set aside in the end
  const recordTried = createRecorder(sql);

  const recordCommand = (workflowId: string | null, command: KeptCommand, how: { sent: number; until: number }) =>
    workflowId === null ? recordWithoutWorkflow(command) : sendUpdate(workflowId, command, how);

  /** Has a workflow record a command, as the nth update that carries it; the record has the result. */
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

  /**
   * Records a command without a workflow: none runs a closed application, and the recording step's own lock is enough.
   */
  async function recordWithoutWorkflow({ applicationId, id: commandId }: KeptCommand): Promise<void> {
    const intent = { type: 'command', commandId } as const;
    await recordTried({ applicationId, known: null, at: readClock(), intent });
  }

  return recordCommand;
}

/** Computes the pause before an update is sent again: it doubles up to a second, with jitter. */
const computePauseMs = (tries: number): number => Math.min(1_000, 25 * 2 ** tries) * (0.5 + Math.random() / 2);

const ON_ITS_WAY = { status: 'on_its_way' } as const;
/**
 * Turns a failure that says nothing about the command into `on_its_way`: the record was away, or others kept it busy
 * for too long.
 */
function toOnItsWay(error: unknown): typeof ON_ITS_WAY {
  if (isOfTheServer(error) || isTooLong(error)) return ON_ITS_WAY;
  throw error;
}
const toDelivery = (refusal: Refusal | null): Delivery =>
  refusal ? { status: 'refused', refusal } : { status: 'recorded' };
