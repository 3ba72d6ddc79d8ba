/** Work that is claimed as it falls due. */
export interface Work<T> {
  /** Claims up to `limit` pieces; `more` if there may be others. */
  claim: (limit: number) => Promise<{ pieces: T[]; more: boolean }>;
  /** Returns whether something else may have fallen due by it. */
  work: (piece: T) => Promise<boolean>;
  /** The number of pieces that are worked on at once. */
  places: number;
  /** How long nothing is claimed after nothing was left. */
  idleMs: number;
  reportError: (error: unknown) => void;
}

export interface Pool {
  /** There may be something to claim. */
  wake(): void;
  /** Claims nothing any more, and waits for what is worked on. */
  stop(): Promise<void>;
}

/** Works on due pieces side by side: a piece that takes long takes one place, and the others go on without it. */
export function startPool<T>({ claim, work, places, idleMs, reportError }: Work<T>): Pool {
  const busy = new Set<Promise<void>>();
  let taken = 0;
  let stopped = false;
  let awake = false;
  let full = false;
  let endPause = () => undefined as void;

  const wakePool = () => {
    awake = true;
    endPause();
  };

  function startPiece(piece: T): void {
    const done = processPiece(piece).finally(() => busy.delete(done));
    busy.add(done);
  }

  async function processPiece(piece: T): Promise<void> {
    taken += 1;
    let leadsOn = true;
    try {
      leadsOn = await work(piece);
    } catch (error) {
      reportError(error);
    }
    taken -= 1;
    if (leadsOn || full) wakePool();
  }

  const waitForWork = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, idleMs);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function runLoop(): Promise<void> {
    while (!stopped) {
      awake = false;
      const free = places - taken;
      const { pieces, more } = free > 0 ? await claim(free).catch(reportFailure) : NOTHING;
      pieces.forEach(startPiece);
      full = taken === places;
      if (!awake && (full || !more)) await waitForWork();
    }
    await Promise.all(busy);
  }

  const reportFailure = (error: unknown) => {
    reportError(error);
    return NOTHING;
  };
  const running = runLoop();
  return {
    wake: wakePool,
    async stop() {
      stopped = true;
      wakePool();
      await running;
    },
  };
}

const NOTHING = { pieces: [], more: false };
