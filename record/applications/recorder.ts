import type { Sql } from '../../runtime/database';
import { keepLostApplication } from './lost-applications';
import { NoApplication, recordStep, setStepAside, type StepResult, type WorkflowStepRequest } from './recording-step';
import { countTries } from '../kernel/tries';

/**
 * Records the steps of applications. The transaction that keeps a command or arms a timer has counted the first try; a further
 * one costs a transaction of its own.
 */
export function createRecorder(
  sql: Sql,
  startedAt = new Date().toISOString(),
): (request: WorkflowStepRequest) => Promise<StepResult> {
  return countTries<WorkflowStepRequest, StepResult>({
    keyOf: ({ applicationId, intent }) =>
      intent.type === 'command' ? intent.commandId : `${applicationId} ${intent.type}`,
    async mayBeFurther({ intent, known }) {
      if (intent.type === 'file') return false;
      if (intent.type === 'due') return (known?.next?.at ?? startedAt) < startedAt;
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
