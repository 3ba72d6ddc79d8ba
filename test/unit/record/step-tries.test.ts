import { countTries, MOST_STEP_TRIES } from '../../../record/kernel/step-tries';
import { StepTooLong } from '../../../runtime/database';

type Take = (id: string, further: boolean) => Promise<string>;

/** Steps by their ids, as a process takes them that began after `earlier` tries of each. */
function stepsOf(
  take: Take,
  { earlier = {}, starved = false }: { earlier?: Record<string, number>; starved?: boolean } = {},
) {
  const tries = new Map(Object.entries(earlier));
  const began: string[] = [];
  const request = countTries<string, string>({
    readKey: (id) => id,
    readEarlierTries: (id) => earlier[id] ?? 0,
    countTry: (id) => {
      tries.set(id, (tries.get(id) ?? 1) + 1);
      return Promise.resolve(tries.get(id)!);
    },
    take: (id, further) => {
      began.push(id);
      return take(id, further);
    },
    setAside: (_, cause) => Promise.resolve(`set aside: ${cause}`),
    isStarved: () => Promise.resolve(starved),
  });
  return { request, tries, began };
}

/** Until whatever can go on without what is held has done so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const endless: Take = () => Promise.reject(new StepTooLong('A step took longer than 4000 ms.'));

test('a step that takes too long on a machine that is well is set aside after its tries', async () => {
  const { request } = stepsOf(endless);
  for (let n = 1; n < MOST_STEP_TRIES; n += 1) await expect(request('x')).rejects.toThrow(StepTooLong);
  expect(await request('x')).toBe('set aside: StepTooLong');
});

test('one that takes too long on a starved machine is tried for as long as it takes', async () => {
  let left = 30;
  const { request, tries } = stepsOf(
    (id, further) => (left-- > 0 ? endless(id, further) : Promise.resolve(further ? 'further' : 'done')),
    { starved: true },
  );
  for (let n = 0; n < 30; n += 1) await expect(request('x')).rejects.toThrow(StepTooLong);
  expect(await request('x')).toBe('done');
  expect(tries.size).toBe(0);
});

test('a failure that has nothing to do with time counts on a starved machine too', async () => {
  const { request } = stepsOf(() => Promise.reject(new TypeError('a defect')), { starved: true });
  for (let n = 1; n < MOST_STEP_TRIES; n += 1) await expect(request('x')).rejects.toThrow(TypeError);
  expect(await request('x')).toBe('set aside: TypeError');
});

test('a try that still lasts is not taken for one that ended its process: a caller who asks again waits for its end, uncounted', async () => {
  let release = () => undefined as void;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { request, tries, began } = stepsOf(() => held.then(() => 'done'), { earlier: { x: 1 } });
  const asked = Array.from({ length: 3 * MOST_STEP_TRIES }, () => request('x'));
  await settle();
  expect([began, tries.get('x')]).toEqual([['x'], 2]);
  release();
  expect(await Promise.all(asked)).toEqual(asked.map(() => 'done'));
  expect(tries.get('x')).toBe(2);
});

test('what may have ended an earlier process is tried alone, and what was in hand beside it is not counted with it', async () => {
  const never = new Promise<string>(() => undefined);
  const earlier = { poison: 2, beside: 2, other: 1, fresh: 0 };
  const { request, tries, began } = stepsOf((id) => (id === 'poison' ? never : Promise.resolve('done')), { earlier });
  // it ends this process as well
  void request('poison');
  void request('beside');
  expect(await request('other')).toBe('done');
  expect(await request('fresh')).toBe('done');
  expect(began).toEqual(['poison', 'other', 'fresh']);
  expect(Object.fromEntries(tries)).toEqual({ poison: 3, beside: 2, other: 2, fresh: 0 });
});
