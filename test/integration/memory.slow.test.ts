import { bootSystem, type BootedSystem } from '../../bench/booted';
import { fillAndWake, OPEN } from '../../bench/memory';

/** The memory that a worker with its cache and a heap of 512 MB may hold, whatever is open (docs/bench.md). */
const BOUND = 1024 * 2 ** 20;

let booted: BootedSystem;
beforeAll(async () => {
  booted = await bootSystem();
});
afterAll(() => booted.stop());

test('two thousand open applications cost the worker a bounded memory, and all of them answer', async () => {
  const { rounds } = await fillAndWake(booted, 2);
  expect(Math.max(...rounds)).toBeLessThan(BOUND);
  const [{ awake }] = await booted.sql<[{ awake: number }]>`
    select count(distinct application_id)::int as awake from events where kind = 'note'`;
  expect(awake).toBe(OPEN);
});
