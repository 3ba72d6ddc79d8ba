import { findCause, isOfTheServer } from './failure';

/** So often a step is tried that fails by itself; then it is set aside. A few seconds, by the step's retry policy. */
export const MOST_TRIES = 5;

/** A kind of step that Temporal tries again and again, until it succeeds or is set aside. */
interface RetriedStep<Request, Answer> {
  /** Which step a request is a try of. */
  keyOf(request: Request): string;
  /** Whether an earlier process may have tried it already. */
  mayBeFurther(request: Request): boolean | Promise<boolean>;
  /** Counts a further try, in a transaction of its own; answers how many it makes. */
  countTry(request: Request): Promise<number>;
  take(request: Request, further: boolean): Promise<Answer>;
  /** What is answered instead of the failure of the last try. */
  setAside(request: Request, cause: string): Promise<Answer>;
}

/**
 * Takes steps, each further try counted and committed before it is made, so that one which ends its process is counted too. A
 * try that a lost connection or server ended does not count.
 */
export function countTries<Request, Answer>(step: RetriedStep<Request, Answer>): (request: Request) => Promise<Answer> {
  /** How the last try of a step ended in this process, while it has not succeeded. */
  const ended = new Map<string, { counted: boolean; cause: string }>();

  async function setAside(request: Request, cause: string): Promise<Answer> {
    const answer = await step.setAside(request, cause);
    ended.delete(step.keyOf(request));
    return answer;
  }

  return async (request) => {
    const key = step.keyOf(request);
    const last = ended.get(key);
    const further = last ? last.counted : await step.mayBeFurther(request);
    const tries = further ? await step.countTry(request) : 1;
    if (tries > MOST_TRIES) return setAside(request, last?.cause ?? 'process_ended');
    try {
      const answer = await step.take(request, further);
      ended.delete(key);
      return answer;
    } catch (error) {
      const counted = !isOfTheServer(error);
      if (counted && tries === MOST_TRIES) return setAside(request, findCause(error));
      ended.set(key, { counted, cause: findCause(error) });
      throw error;
    }
  };
}
