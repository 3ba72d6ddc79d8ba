import { Turns } from '../../../dispatch/turns';

/** Creates work that goes on until its `end` is called. */
function work(): { begun: boolean; run: () => Promise<string>; end: () => void } {
  let end = () => undefined as void;
  const over = new Promise<void>((resolve) => (end = resolve));
  const one = {
    begun: false,
    run: async () => {
      one.begun = true;
      await over;
      return 'done';
    },
    end: () => end(),
  };
  return one;
}
const IN_TIME = Date.now() + 3_600_000;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what is about the same is done one after the other, in order, and what is about something else goes on', async () => {
  const turns = new Turns();
  const [first, second, third, other] = [work(), work(), work(), work()];
  const all = [
    turns.take('a', IN_TIME, first.run),
    turns.take('a', IN_TIME, second.run),
    turns.take('a', IN_TIME, third.run),
    turns.take('b', IN_TIME, other.run),
  ];
  await settled();
  expect([first, second, third, other].map(({ begun }) => begun)).toEqual([true, false, false, true]);
  first.end();
  await settled();
  expect([second, third].map(({ begun }) => begun)).toEqual([true, false]);
  for (const { end } of [second, third, other]) end();
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done', 'done']);
});

test('what fails leaves the turn to the next', async () => {
  const turns = new Turns();
  const failing = turns.take('a', IN_TIME, () => Promise.reject(new Error('no')));
  const next = turns.take('a', IN_TIME, (waited) => Promise.resolve(waited));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe(true);
});

test('who has waited long enough goes without a turn, and is not waited for', async () => {
  const turns = new Turns();
  const [long, late, last] = [work(), work(), work()];
  const going = turns.take('a', IN_TIME, long.run);
  const given = turns.take('a', Date.now(), late.run);
  const behind = turns.take('a', IN_TIME, last.run);
  expect(await given).toBeNull();
  long.end();
  last.end();
  expect([await going, await behind]).toEqual(['done', 'done']);
  expect(late.begun).toBe(false);
});
