/** How much is worked on at once, in all and of one caller, and how much of one caller may wait. */
export interface FairLimits {
  atOnce: number;
  perCaller: number;
  mostWaiting: number;
}

interface Caller {
  running: number;
  waiting: (() => void)[];
}

/** Callers take turns: of whom least recently had one, the next request that waits goes on. */
export class FairQueue {
  private running = 0;
  private readonly callers = new Map<string, Caller>();

  constructor(private readonly limits: FairLimits) {}

  /** Waits for the caller's turn; returns what ends it, or null where too many requests of the caller wait already. */
  takeTurn(name: string, gone: AbortSignal): Promise<() => void> | null {
    const caller = this.callers.get(name) ?? { running: 0, waiting: [] };
    if (caller.waiting.length >= this.limits.mostWaiting) return null;
    this.callers.set(name, caller);
    return new Promise((resolve, reject) => {
      const beginTurn = () => {
        gone.removeEventListener('abort', leaveQueue);
        resolve(() => this.endTurn(name, caller));
      };
      const leaveQueue = () => {
        caller.waiting = caller.waiting.filter((one) => one !== beginTurn);
        this.forgetIdle(name, caller);
        reject(gone.reason as Error);
      };
      caller.waiting.push(beginTurn);
      gone.addEventListener('abort', leaveQueue, { once: true });
      this.startNext();
    });
  }

  private startNext(): void {
    for (const [name, caller] of this.callers) {
      if (this.running >= this.limits.atOnce) return;
      if (caller.running >= this.limits.perCaller) continue;
      const beginTurn = caller.waiting.shift();
      if (!beginTurn) continue;
      this.running += 1;
      caller.running += 1;
      this.moveBehind(name, caller);
      beginTurn();
    }
  }

  private endTurn(name: string, caller: Caller): void {
    this.running -= 1;
    caller.running -= 1;
    this.moveBehind(name, caller);
    this.forgetIdle(name, caller);
    this.startNext();
  }

  /** Puts a caller behind all others, those included who came while its turn lasted. */
  private moveBehind(name: string, caller: Caller): void {
    this.callers.delete(name);
    this.callers.set(name, caller);
  }

  private forgetIdle(name: string, { running, waiting }: Caller): void {
    if (running === 0 && waiting.length === 0) this.callers.delete(name);
  }
}
