import type { ApplicationState } from '../../domain/applications/state';
import { readClock } from '../../runtime/clock';
import { isStarved, type Sql } from '../../runtime/database';
import { isUuid } from '../../runtime/uuid';
import { keepLostApplication } from './lost-applications';
import { NoApplication, recordStep, setStepAside, type StepResult, type WorkflowStepRequest } from './recording-step';
import { countTries } from '../kernel/step-tries';

/**
 * Records the steps of applications. The transaction that saves a command, arms a timer or signals a changed file counts the
 * first try; a further one costs a transaction of its own.
 */
export function createRecorder(
  sql: Sql,
  startedAt = readClock(),
  busy = () => isStarved(sql),
): (request: WorkflowStepRequest) => Promise<StepResult> {
  return countTries<WorkflowStepRequest, StepResult>({
    readKey: ({ applicationId, intent }) =>
      intent.type === 'command' ? intent.commandId : `${applicationId} ${intent.type}`,
    async readEarlierTries({ applicationId, intent, known }) {
      if (intent.type === 'file') return readTriesOfFile(sql, applicationId, startedAt);
      if (intent.type === 'due')
        return (known?.next?.at ?? startedAt) < startedAt ? readTriesOfTimer(sql, applicationId) : 0;
      if (!isUuid(intent.commandId)) return 0;
      const [command] = await sql<{ stepTries: number }[]>`
        select step_tries from commands where id = ${intent.commandId} and received_at < ${startedAt}`;
      return command?.stepTries ?? 0;
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
    isStarved: busy,
  });
}

/** Records that an application's workflow is about to be signalled a changed file; returns the application's state. */
export async function recordFileSignal(sql: Sql, applicationId: string): Promise<ApplicationState> {
  const [row] = await sql<{ snapshot: ApplicationState }[]>`
    update applications set file_told_at = now() where id = ${applicationId} returning snapshot`;
  if (!row) throw new Error(`no application ${applicationId}`);
  return row.snapshot;
}

/**
 * Reads the tries at a file: whether its workflow was signalled before this process began, or at an unknown time, or a
 * counted try has not ended.
 */
async function readTriesOfFile(sql: Sql, applicationId: string, startedAt: string): Promise<number> {
  const [row] = await sql<{ tries: number }[]>`
    select step_tries as tries from applications
    where id = ${applicationId} and (step_tries > 1 or coalesce(file_told_at < ${startedAt}, true))`;
  return row?.tries ?? 0;
}

async function readTriesOfTimer(sql: Sql, applicationId: string): Promise<number> {
  const [row] = await sql<{ tries: number }[]>`
    select step_tries as tries from applications where id = ${applicationId}`;
  return row?.tries ?? 0;
}
