import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../local/paths';
import { isAlive } from '../../local/processes';
import { eventually } from '../support/eventually';
import { readTestServers } from '../support/servers';

const RUNS = join(root, '.cache', 'test-runs');
const SUITE = 'test/integration/servers.test.ts';

/** A run of jest of its own; `ended` answers its exit code and what it printed. */
function runTests() {
  const jest = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), SUITE], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [jest.stdout, jest.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    jest.once('exit', (code) => resolve({ code, output })),
  );
  return { pid: jest.pid!, ended };
}

/** Fails with what the run printed, where it did not end well. */
async function endsWell({ ended }: ReturnType<typeof runTests>): Promise<void> {
  const { code, output } = await ended;
  if (code !== 0) throw new Error(`the run ended with code ${code}:\n${output}`);
}

/** Reads a run's record of itself: its directory and its children, once `count` of them are there. */
async function recordOf(owner: number, count: number) {
  return eventually(
    () => {
      for (const name of readdirSync(RUNS)) {
        const file = join(RUNS, name, 'run.jsonl');
        const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
        const [head, ...children] = lines.map((line) => JSON.parse(line));
        if (head?.owner.pid === owner && children.length >= count) return { directory: join(RUNS, name), children };
      }
      return undefined;
    },
    { within: 60_000 },
  );
}

test('a test run that is killed midway is cleaned up by the next one, which leaves this one alone', async () => {
  const killed = runTests();
  const { directory, children } = await recordOf(killed.pid, 2);
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;
  expect(children.some(isAlive)).toBe(true);

  await endsWell(runTests());
  expect(children.filter(isAlive)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
  expect(existsSync(readTestServers().directory)).toBe(true);
});

test('a test run that ends leaves no process and no files', async () => {
  const run = runTests();
  const { directory, children } = await recordOf(run.pid, 2);
  await endsWell(run);
  expect(children.filter(isAlive)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});
