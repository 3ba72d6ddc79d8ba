import { FairQueue } from '../../../api/kernel/fair-queue';

const LIMITS = { atOnce: 2, perCaller: 1, mostWaiting: 3 };

function create(limits = LIMITS) {
  const queue = new FairQueue(limits);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (caller: string, name: string, gone = new AbortController().signal) => {
    const turn = queue.takeTurn(caller, gone);
    const done = turn?.then(
      (end) => {
        begun.push(name);
        ends.set(name, end);
      },
      () => begun.push(`${name} left`),
    );
    return turn !== null && { done };
  };
  const end = async (name: string) => {
    ends.get(name)!();
    await settle();
  };
  return { ask, begun, end };
}
/** Waits until settled promises have gone on. */
const settle = () => new Promise(setImmediate);

test('one caller has its own share at once, and another’s begins beside it', async () => {
  const { ask, begun, end } = create();
  for (const name of ['a1', 'a2', 'a3']) ask('a', name);
  ask('b', 'b1');
  await settle();
  expect(begun).toEqual(['a1', 'b1']);
  await end('b1');
  expect(begun).toEqual(['a1', 'b1']);
  await end('a1');
  expect(begun).toEqual(['a1', 'b1', 'a2']);
});

test('callers take turns, however much one of them has waiting', async () => {
  const { ask, begun, end } = create({ ...LIMITS, atOnce: 1 });
  for (const name of ['a1', 'a2', 'a3']) ask('a', name);
  for (const name of ['b1', 'b2']) ask('b', name);
  ask('c', 'c1');
  await settle();
  for (let n = 0; n < 5; n += 1) await end(begun.at(-1)!);
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('so much of one caller waits, and no more; another’s may', async () => {
  const { ask } = create({ ...LIMITS, atOnce: 1 });
  expect(['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => ask('a', name) !== false)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(ask('b', 'b1')).not.toBe(false);
});

test('who goes away while waiting takes no turn and no place', async () => {
  const { ask, begun, end } = create({ ...LIMITS, atOnce: 1, mostWaiting: 1 });
  ask('a', 'a1');
  const gone = new AbortController();
  ask('a', 'a2', gone.signal);
  expect(ask('a', 'a3')).toBe(false);
  gone.abort(new Error('gone'));
  ask('a', 'a4');
  await settle();
  await end('a1');
  expect(begun).toEqual(['a1', 'a2 left', 'a4']);
  // leaving later, with the turn taken, changes nothing
  gone.abort();
  await end('a4');
  ask('a', 'a5');
  await settle();
  expect(begun.at(-1)).toBe('a5');
});
