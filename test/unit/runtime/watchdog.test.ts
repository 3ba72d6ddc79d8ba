import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { transformFileSync } from '@swc/core';
import { root } from '../../../local/paths';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
  for (const name of ['watchdog', 'watchdog-thread']) {
    const { code } = transformFileSync(join(root, 'runtime', `${name}.ts`), { configFile: join(root, '.swcrc') });
    writeFileSync(join(folder, `${name}.js`), code);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STUCK_AFTER_MS = 500;
/** Computes in turns: the loop goes round between two of them. */
const TURNS = `function takeTurns(count, ms) {
  for (const end = Date.now() + ms; Date.now() < end; );
  if (count > 1) setImmediate(takeTurns, count - 1, ms);
}`;

/** A process that watches its event loop and runs a program. */
function run(program: string, stuckAfterMs: number | null = STUCK_AFTER_MS) {
  const watch = `require('./watchdog').watchEventLoop({ name: 'worker', stuckAfterMs: ${stuckAfterMs} });`;
  const child = spawn(process.execPath, ['-e', `${watch} ${TURNS} ${program}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, nextLine: async () => (await lines.next()).value as string | undefined, ended: once(child, 'exit') };
}

test.each([
  ['a loop without an end', 'setTimeout(function spin() { for (;;); }, 100)', 'at Timeout.spin'],
  ['an expression that backtracks', "setTimeout(() => /^(a+)+$/.test('a'.repeat(60) + 'b'), 100)", 'at RegExp.test'],
  ['promises that go on for ever', 'const next = () => Promise.resolve().then(next); setTimeout(next, 100)', 'at next'],
])('%s ends the process, and its log says where it was stuck', async (_, program, frame) => {
  const { nextLine, ended } = run(program);
  const line = JSON.parse((await nextLine())!);
  expect(line).toMatchObject({
    level: 60,
    name: 'worker',
    msg: expect.stringContaining('worker has been stuck for 0.5 s'),
  });
  expect(line.stack).toContain(frame);
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('a process that waits in native code is ended too', async () => {
  const { nextLine, ended } = run("setTimeout(() => require('node:child_process').spawnSync('sleep', ['30']), 100)");
  expect(JSON.parse((await nextLine())!)).not.toHaveProperty('stack');
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('a process that was merely suspended goes on', async () => {
  const { child, nextLine, ended } = run(`process.on('SIGUSR2', () => console.log('here')); setInterval(() => {}, 1000);
    console.log('up')`);
  expect(await nextLine()).toBe('up');
  child.kill('SIGSTOP');
  await delay(3 * STUCK_AFTER_MS);
  child.kill('SIGCONT');
  await delay(STUCK_AFTER_MS);
  child.kill('SIGUSR2');
  expect(await nextLine()).toBe('here');
  child.kill('SIGKILL');
  await ended;
});

test('a process that is busy in short turns goes on, and ends by itself when there is nothing left to do', async () => {
  const { ended } = run(`takeTurns(15, ${STUCK_AFTER_MS / 5})`);
  expect(await ended).toEqual([0, null]);
});

test('where it is off, nothing is watched', async () => {
  const { ended } = run(`takeTurns(1, ${2 * STUCK_AFTER_MS})`, null);
  expect(await ended).toEqual([0, null]);
});
