import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildPlan } from '../../../local/child';
import { isAlive, type ProcessIdentity } from '../../../local/processes';
import { Run } from '../../../local/run';
import { endOrphans } from '../../../local/run-record';
import { eventually } from '../../support/eventually';

const PATIENT = { signal: 'SIGTERM', patience: 300 } as const;
const plan = (name: string, program: string): ChildPlan => ({
  name,
  file: process.execPath,
  args: ['-e', program],
  stop: PATIENT,
});
const IDLE = 'setInterval(() => {}, 1000)';
const STUBBORN = `process.on('SIGTERM', () => {}); ${IDLE}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'child-'));
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(async () => {
  await endOrphans(folder);
  rmSync(folder, { recursive: true, force: true });
});

const recorded = (name: string): ProcessIdentity[] =>
  readFileSync(join(folder, 'run.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((child) => child.name === name);

test('a child that is killed is started again, and a stopped one is not', async () => {
  const run = new Run(folder, ['worker']);
  await run.bringUp(plan('worker', IDLE), async () => undefined);
  process.kill(recorded('worker')[0]!.pid, 'SIGKILL');
  const again = await eventually(() => recorded('worker')[1]);
  expect(isAlive(again)).toBe(true);
  await run.stop();
  expect(recorded('worker').map(isAlive)).toEqual([false, false]);
});

test('a child that is started anew is another process at once, and is watched over as the first one was', async () => {
  const run = new Run(folder, ['worker']);
  await run.bringUp(plan('worker', STUBBORN), async () => undefined);
  await run.restart('worker');
  expect(recorded('worker').map(isAlive)).toEqual([false, true]);
  process.kill(recorded('worker')[1]!.pid, 'SIGKILL');
  await eventually(() => recorded('worker')[2]);
  await run.stop();
  expect(recorded('worker').map(isAlive)).toEqual([false, false, false]);
});

test('a child that never comes up fails the start with the end of its log', async () => {
  const run = new Run(folder, ['api']);
  const start = run.bringUp(
    plan('api', 'console.error("DATABASE_URL is required"); process.exit(3)'),
    () => new Promise(() => undefined),
  );
  await expect(start).rejects.toThrow(/^api does not start \(code 3\)[^]*DATABASE_URL is required$/);
});

test('a child that says that it will never be ready is started anew at once, and its last word fails the start', async () => {
  const run = new Run(folder, ['temporal']);
  const mute = `console.error('bind: address already in use'); ${IDLE}`;
  const start = run.bringUp(
    { ...plan('temporal', mute), hopeless: /address already in use/ },
    () => new Promise(() => undefined),
  );
  await expect(start).rejects.toThrow(/^temporal does not start \(SIGKILL\)[^]*address already in use$/);
  expect(recorded('temporal')).toHaveLength(5);
});

test('a program that is not there fails the start', async () => {
  const run = new Run(folder, ['temporal']);
  const start = run.bringUp(
    { ...plan('temporal', ''), file: join(folder, 'nothing') },
    () => new Promise(() => undefined),
  );
  await expect(start).rejects.toThrow(/temporal does not start \(spawn .* ENOENT\)/);
});

test('children stop in the order of the run, and by force after their time', async () => {
  const run = new Run(folder, ['first', 'second']);
  const up = `console.log('up')`;
  const seen = (name: string) => async () => {
    await eventually(() => readFileSync(join(folder, 'logs', `${name}.log`), 'utf8').includes('up'));
  };
  await run.bringUp(plan('second', `process.on('SIGTERM', () => process.exit(0)); ${IDLE}; ${up}`), seen('second'));
  await run.bringUp(plan('first', `${STUBBORN}; ${up}`), seen('first'));
  const stopped = run.stop();
  // The first refuses to go; until its time is over, nobody asks the second.
  expect(isAlive(recorded('second')[0]!)).toBe(true);
  await stopped;
  expect([...recorded('first'), ...recorded('second')].map(isAlive)).toEqual([false, false]);
});

test('nothing is started once the run ends', async () => {
  const run = new Run(folder, ['worker']);
  run.end();
  await expect(run.bringUp(plan('worker', IDLE), async () => undefined)).rejects.toThrow('aborted');
});
