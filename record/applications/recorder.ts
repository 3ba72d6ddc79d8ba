import type { ApplicationState } from '../../domain/applications/state';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';
import { isUuid } from '../../runtime/uuid';
import { keepLostApplication } from './lost-applications';
import { NoApplication, recordStep, setStepAside, type StepResult, type WorkflowStepRequest } from './recording-step';
import { countTries } from '../kernel/tries';

/**
 * Records the steps of applications. The transaction that saves a command, arms a timer or signals a changed file counts the
 * first try; a further one costs a transaction of its own.
 */
export function createRecorder(
  sql: Sql,
  startedAt = readClock(),
): (request: WorkflowStepRequest) => Promise<StepResult> {
  return countTries<WorkflowStepRequest, StepResult>({
    keyOf: ({ applicationId, intent }) =>
      intent.type === 'command' ? intent.commandId : `${applicationId} ${intent.type}`,
    async mayBeFurther({ applicationId, intent, known }) {
      if (intent.type === 'file') return wasSignalledEarlier(sql, applicationId, startedAt);
      if (intent.type === 'due') return (known?.next?.at ?? startedAt) < startedAt;
      if (!isUuid(intent.commandId)) return false;
      const [command] = await sql<
        { receivedAt: string }[]
      >`select received_at from commands where id = ${intent.commandId}`;
      return command !== undefined && command.receivedAt < startedAt;
    },
    async countTry({ applicationId, intent }) {
      const [row] =
        intent.type === 'command'
          ? await sql<{ stepTries: number }[]>`
              update commands set step_tries = step_tries + 1 where id = ${intent.commandId} returning step_tries`
          : await sql<{ stepTries: number }[]>`
              update applications set step_tries = step_tries + 1 where id = ${applicationId} returning step_tries`;
      return row?.stepTries ?? 0;
    },
    async take(request, further) {
      try {
        return await recordStep(sql, request, { further });
      } catch (error) {
        if (error instanceof NoApplication) await keepLostApplication(sql, request);
        throw error;
      }
    },
    setAside: (request, cause) => setStepAside(sql, request, cause),
  });
}

/** Records that an application's workflow is about to be signalled a changed file; answers the application's state. */
export async function recordFileSignal(sql: Sql, applicationId: string): Promise<ApplicationState> {
  const [row] = await sql<{ snapshot: ApplicationState }[]>`
    update applications set file_told_at = now() where id = ${applicationId} returning snapshot`;
  if (!row) throw new Error(`no application ${applicationId}`);
  return row.snapshot;
}

/** Whether a workflow was signalled its file before this process began, or at an unknown time, or a counted try has not ended. */
async function wasSignalledEarlier(sql: Sql, applicationId: string, startedAt: string): Promise<boolean> {
  const [row] = await sql<{ earlier: boolean }[]>`
    select step_tries > 1 or coalesce(file_told_at < ${startedAt}, true) as earlier
    from applications where id = ${applicationId}`;
  return row?.earlier ?? false;
}
