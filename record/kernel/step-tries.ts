import { findCause, isOwnFault } from './failure';

/** The number of failed tries after which a step is set aside. They take a few seconds, by the step's retry policy. */
export const MOST_STEP_TRIES = 5;

/** A kind of step that Temporal tries again and again, until it succeeds or is set aside. */
interface RetriedStep<Request, Answer> {
  /** Names the step that a request is a try of. */
  readKey(request: Request): string;
  /** Reads how many tries on record an earlier process may have made; 0 if none can have. */
  readEarlierTries(request: Request): number | Promise<number>;
  /** Counts a further try, in a transaction of its own; returns how many it makes. */
  countTry(request: Request): Promise<number>;
  take(request: Request, further: boolean): Promise<Answer>;
  /** Sets the step aside; its answer replaces the failure of the last try. */
  setAside(request: Request, cause: string): Promise<Answer>;
  /** Whether a step that did nothing would take long just now as well. */
  isStarved(): Promise<boolean>;
}

/**
 * Takes steps, each further try counted and committed before it is made, so that one which ends its process is counted too. A
 * try does not count that a lost connection or server ended, or a machine too busy for any step; nor one that still lasts.
 */
export function countTries<Request, Answer>(step: RetriedStep<Request, Answer>): (request: Request) => Promise<Answer> {
  /** The end of a step's last try in this process, while it has not succeeded. */
  const ended = new Map<string, { counted: boolean; cause: string }>();
  const runInOrder = createLanes();
  const runSuspectInOrder = createLanes();

  async function setAside(request: Request, cause: string): Promise<Answer> {
    const answer = await step.setAside(request, cause);
    ended.delete(step.readKey(request));
    return answer;
  }

  async function tryAgain(request: Request, further: boolean): Promise<Answer> {
    const key = step.readKey(request);
    const tries = further ? await step.countTry(request) : 1;
    if (tries > MOST_STEP_TRIES) return setAside(request, ended.get(key)?.cause ?? 'process_ended');
    try {
      const answer = await step.take(request, further);
      ended.delete(key);
      return answer;
    } catch (error) {
      const counted = await isOwnFault(error, () => step.isStarved());
      if (counted && tries === MOST_STEP_TRIES) return setAside(request, findCause(error));
      ended.set(key, { counted, cause: findCause(error) });
      throw error;
    }
  }

  async function takeTurn(request: Request, waited: boolean): Promise<Answer> {
    const last = ended.get(step.readKey(request));
    if (last || waited) return tryAgain(request, last?.counted ?? false);
    const earlier = await step.readEarlierTries(request);
    // a try that may have ended a process is repeated alone, so that those which were in hand beside it are not counted
    // with it
    if (earlier > 1) return runSuspectInOrder('', () => tryAgain(request, true));
    return tryAgain(request, earlier > 0);
  }

  // a try that still lasts has not ended its process: the next one waits for how it ends
  return (request) => runInOrder(step.readKey(request), (waited) => takeTurn(request, waited));
}

/** Runs work of one key one after the other, also if one fails; each learns whether it had to wait. */
function createLanes() {
  const lasts = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: (waited: boolean) => Promise<T>): Promise<T> => {
    const before = lasts.get(key);
    const mine = before ? before.then(() => work(true)) : work(false);
    const over: Promise<unknown> = mine
      .catch(() => undefined)
      .finally(() => {
        if (lasts.get(key) === over) lasts.delete(key);
      });
    lasts.set(key, over);
    return mine;
  };
}
