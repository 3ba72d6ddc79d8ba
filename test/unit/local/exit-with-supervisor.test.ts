import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { root } from '../../../local/paths';

const { code } = transformFileSync(join(root, 'runtime/exit-with-supervisor.ts'), {
  configFile: join(root, '.swcrc'),
  sourceMaps: false,
});

/** A process that would run for ever, with or without a channel to this one. */
async function start(channel: boolean, program = ''): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['-e', `${program}; ${code}; exitWithSupervisor(); console.log('up'); setInterval(() => {}, 1000)`],
    {
      stdio: ['ignore', 'pipe', 'inherit', ...(channel ? (['ipc'] as const) : [])],
    },
  );
  await once(child.stdout!, 'data');
  return child;
}

test('a supervised process ends when its supervisor is gone', async () => {
  const child = await start(true);
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
});

test('it ends also when its own shutdown hangs', async () => {
  const child = await start(true, `process.on('SIGTERM', () => {})`);
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([1, null]);
});

test('a process that nobody supervises goes on', async () => {
  const child = await start(false);
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
});
