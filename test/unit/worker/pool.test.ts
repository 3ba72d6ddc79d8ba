import { startPool, type Pool } from '../../../worker/pool';

const FOREVER = 2 ** 31 - 1;
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** A pool over a list of pieces, each of which ends when its turn to end has come. */
function poolOver(due: string[], places: number, leadsOn = false) {
  const endings = new Map<string, () => void>();
  const failures: unknown[] = [];
  const pool: Pool = startPool<string>({
    claim: async (limit) => {
      const pieces = due.splice(0, limit);
      return Promise.resolve({ pieces, more: pieces.length === limit });
    },
    work: async (piece) => {
      await new Promise<void>((resolve) => endings.set(piece, resolve));
      endings.delete(piece);
      if (piece.startsWith('bad')) throw new Error(piece);
      return leadsOn;
    },
    places,
    idleMs: FOREVER,
    reportError: (error) => failures.push(error),
  });
  const goingOn = () => [...endings.keys()];
  const end = async (piece: string) => {
    endings.get(piece)!();
    await soon();
  };
  const stop = async () => {
    due.length = 0;
    const stopped = pool.stop();
    for (const resolve of endings.values()) resolve();
    await stopped;
  };
  return { pool, goingOn, end, failures, stop };
}

test('a piece that takes long takes one place, and the others go on without it', async () => {
  const { goingOn, end, stop } = poolOver(['long', 'a', 'b', 'c', 'd'], 2);
  await soon();
  expect(goingOn()).toEqual(['long', 'a']);
  await end('a');
  expect(goingOn()).toEqual(['long', 'b']);
  await end('b');
  await end('c');
  expect(goingOn()).toEqual(['long', 'd']);
  await stop();
});

test('what fails gives its place to the next, and is reported', async () => {
  const { goingOn, end, failures, stop } = poolOver(['bad', 'a'], 1);
  await soon();
  await end('bad');
  expect(goingOn()).toEqual(['a']);
  expect(failures).toEqual([new Error('bad')]);
  await stop();
});

test.each([true, false])('what leads on to something (%s) has it claimed at once', async (leadsOn) => {
  const due = ['a'];
  const { goingOn, end, stop } = poolOver(due, 5, leadsOn);
  await soon();
  due.push('b');
  await end('a');
  expect(goingOn()).toEqual(leadsOn ? ['b'] : []);
  await stop();
});

test('what falls due is claimed when the pool is woken, and nothing any more once it is stopped', async () => {
  const due: string[] = [];
  const { pool, goingOn, stop } = poolOver(due, 5);
  await soon();
  due.push('a');
  pool.wake();
  await soon();
  expect(goingOn()).toEqual(['a']);
  await stop();
  due.push('b');
  pool.wake();
  await soon();
  expect(goingOn()).toEqual([]);
});
