import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import {
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  type SearchAttributePair,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../domain/applications/key';
import { isParticipating, type ApplicationState } from '../domain/applications/state';
import { readRun, type ApplicationRun } from '../record/applications/application-run';
import { deleteStarts } from '../record/kernel/outbox';
import { collectInBatches } from '../runtime/batches';
import type { Sql } from '../runtime/database';
import {
  applicationIdAttribute,
  clientIdAttribute,
  payerIdAttribute,
  personIdAttribute,
} from '../runtime/search-attributes';
import type { ApplicationInput } from '../workflows/messages';
import { buildAttributes } from '../workflows/search-attributes';
import { findGrpcError, isUnanswered } from './grpc-errors';

/** Starts the workflows of applications from what is on record. */
export function createStarts({ sql, client, taskQueue }: { sql: Sql; client: Client; taskQueue: string }) {
  let indexed = true;
  // the relay would start it once more, in vain: many starts are confirmed in one statement
  const deleteStartRow = collectInBatches(100, (ids: string[]) => deleteStarts(sql, ids));

  /** Starts the workflow of an open application from its recorded state; started already is as good. */
  async function startApplication(applicationId: string): Promise<void> {
    const run = await readRun(sql, applicationId);
    if (run.progress.open) await startOpen(run);
  }

  const startOpen = (run: ApplicationRun) => startRun('payerApplication', buildApplicationWorkflowId(run.key), run);

  /** Starts it for a caller who waits; false if that did not work out `within` milliseconds, and the relay does it. */
  async function startWithin(run: ApplicationRun, within: number): Promise<boolean> {
    try {
      await client.connection.withDeadline(Date.now() + within, () => startOpen(run));
      deleteStartRow(run.applicationId);
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

  /** Starts the workflow that an application should have, from its state. */
  const startMissing = (applicationId: string, state: ApplicationState | null): Promise<void> =>
    (state && isParticipating(state) ? startParticipation : startApplication)(applicationId);

  /** Starts with search attributes, or without if the namespace lacks them (and may not let them be added). */
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

  return { startApplication, startWithin, startParticipation, startMissing, startWithAttributes };
}

const SUMMARIES = { payerApplication: 'Payer application', networkParticipation: 'Participation' } as const;

/** Whether a search attribute has a value: at the start there is none to take away. */
const isSet = (pair: SearchAttributeUpdatePair): pair is SearchAttributePair => pair.value !== null;
