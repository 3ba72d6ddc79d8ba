import type { Sql } from '../runtime/database';
import { causeOf, isOfTheServer } from './failure';
import { recordStep, setStepAside, type WorkflowStepRequest, type StepResult } from './step';

/** So often a step is tried that fails by itself; then it is set aside. A few seconds, by the step's retry policy. */
export const MOST_TRIES = 5;

/**
 * Records steps, each try counted and committed before it is made, so that one which ends its process is counted too. The
 * transaction that keeps a command or arms a timer has counted the first; a further one costs a transaction of its own. A try
 * that a lost connection or server ended does not count.
 */
export function createRecorder(
  sql: Sql,
  startedAt = new Date().toISOString(),
): (request: WorkflowStepRequest) => Promise<StepResult> {
  /** How the last try of a step ended in this process, while it has not succeeded. */
  const ended = new Map<string, { counted: boolean; cause: string }>();

  /** Whether an earlier process may have tried it, or this one has. */
  async function isFurther(request: WorkflowStepRequest, key: string): Promise<boolean> {
    const last = ended.get(key);
    if (last) return last.counted;
    const { intent, known } = request;
    if (intent.type === 'file') return false;
    if (intent.type === 'due') return (known?.next?.at ?? startedAt) < startedAt;
    const [command] = await sql<
      { receivedAt: string }[]
    >`select received_at from commands where id = ${intent.commandId}`;
    return command !== undefined && command.receivedAt < startedAt;
  }

  return async (request) => {
    const key = keyOf(request);
    const further = await isFurther(request, key);
    if (further) {
      const tries = await countTry(sql, request);
      if (tries > MOST_TRIES) {
        const step = await setStepAside(sql, request, ended.get(key)?.cause ?? 'process_ended');
        ended.delete(key);
        return step;
      }
    }
    try {
      const step = await recordStep(sql, request, { further });
      ended.delete(key);
      return step;
    } catch (error) {
      ended.set(key, { counted: !isOfTheServer(error), cause: causeOf(error) });
      throw error;
    }
  };
}

const keyOf = ({ applicationId, intent }: WorkflowStepRequest): string =>
  intent.type === 'command' ? intent.commandId : `${applicationId} ${intent.type}`;

/** Counts a further try; answers how many it makes. */
async function countTry(sql: Sql, { applicationId, intent }: WorkflowStepRequest): Promise<number> {
  const [row] =
    intent.type === 'command'
      ? await sql<{ stepTries: number }[]>`
          update commands set step_tries = step_tries + 1 where id = ${intent.commandId} returning step_tries`
      : await sql<{ stepTries: number }[]>`
          update applications set step_tries = step_tries + 1 where id = ${applicationId} returning step_tries`;
  return row?.stepTries ?? 0;
}
