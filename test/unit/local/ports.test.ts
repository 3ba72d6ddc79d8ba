import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, isFree, rememberPorts } from '../../../local/ports';

async function occupy(port: number, host: string) {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  return () => new Promise((resolve) => server.close(resolve));
}

test.each(['127.0.0.1', '0.0.0.0', '::'])('a port on which %s listens is not free', async (host) => {
  const port = await findFreePort();
  expect(await isFree(port)).toBe(true);
  const leave = await occupy(port, host);
  expect(await isFree(port)).toBe(false);
  await leave();
});

test('ports are remembered; one that is taken meanwhile, or asked for by others, is chosen anew', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ports-')), 'ports.json');
  const first = await rememberPorts(file, ['a', 'b', 'c'], []);
  expect(new Set(Object.values(first)).size).toBe(3);
  expect(await rememberPorts(file, ['a', 'b', 'c'], [])).toEqual(first);
  const leave = await occupy(first.a, '127.0.0.1');
  const second = await rememberPorts(file, ['a', 'b', 'c'], [first.b]);
  await leave();
  expect(second.a).not.toBe(first.a);
  expect(second.b).not.toBe(first.b);
  expect(second.c).toBe(first.c);
  rmSync(join(file, '..'), { recursive: true });
});
