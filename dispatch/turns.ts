/** Lets one piece of work at a time go on for each key, in the order in which they came. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Does the work when its turn comes, and says whether it had to wait; null if the turn has not come by `until`. */
  async take<T>(key: string, until: number, work: (waited: boolean) => Promise<T>): Promise<T | null> {
    const before = this.last.get(key);
    let state: 'waiting' | 'begun' | 'given up' = 'waiting';
    const beginWork = (): Promise<T> | null => {
      if (state === 'given up') return null;
      state = 'begun';
      return work(before !== undefined);
    };
    const turn = before ? before.then(beginWork) : Promise.resolve(beginWork());
    const over = turn.catch(() => undefined);
    this.last.set(key, over);
    void over.then(() => {
      if (this.last.get(key) === over) this.last.delete(key);
    });
    if (!before) return turn;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        if (state === 'begun') return;
        state = 'given up';
        resolve(null);
      }, until - Date.now());
    });
    return Promise.race([turn, late]).finally(() => clearTimeout(timer));
  }
}
