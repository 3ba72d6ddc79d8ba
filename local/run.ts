import { Child, type ChildPlan } from './child';

const READY_WITHIN = 90_000;

/** The children of one run, in the order in which they stop. */
export class Run {
  private readonly children = new Map<string, Child>();
  private readonly giveUp = new AbortController();

  constructor(
    private readonly directory: string,
    private readonly stopOrder: string[],
  ) {}

  /** Aborted as soon as the run is to end. */
  get ending(): AbortSignal {
    return this.giveUp.signal;
  }

  /** Starts a child and calls `waitUntilReady`, which polls until its signal gives up; from then on it is started again whenever it ends. */
  async bringUp<T>(plan: ChildPlan, waitUntilReady: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.ending.throwIfAborted();
    const child = new Child(plan, this.directory);
    this.children.set(plan.name, child);
    await child.start();
    const late = AbortSignal.timeout(READY_WITHIN);
    try {
      const answer = await Promise.race([waitUntilReady(AbortSignal.any([this.ending, late])), child.failed]);
      child.markReady();
      return answer;
    } catch (error) {
      if (!late.aborted) throw error;
      throw new Error(`${plan.name} was not ready within ${READY_WITHIN / 1000} s; its log is ${child.log}.`, {
        cause: error,
      });
    }
  }

  /** Starts a child anew, with the latest build. */
  async restart(name: string): Promise<void> {
    await this.children.get(name)?.restart();
  }

  /** Asks the run to end: nothing is started any more. */
  end(): void {
    this.giveUp.abort();
    for (const child of this.children.values()) child.expectEnd();
  }

  /** Stops one child after the other; each has its time, then it is killed. */
  async stop(): Promise<void> {
    this.end();
    for (const name of this.stopOrder) await this.children.get(name)?.stop();
  }
}
