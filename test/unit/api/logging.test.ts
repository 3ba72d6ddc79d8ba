import { once } from 'node:events';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../../api/app';
import type { Deps } from '../../../api/kernel/deps';
import { createKeyring } from '../../../runtime/keyring';
import { createDatabase } from '../../../runtime/database';
import { createLogger } from '../../../runtime/logger';

const ADMIN_KEY = 'Ünusual keys are keys as well: 32';

/** Serves one request of an app that has no database, and returns its status and every line that was logged. */
async function logged(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string },
  prefix = '',
): Promise<{ status: number; log: string }> {
  const lines: string[] = [];
  const deps = {
    system: createDatabase('postgres://127.0.0.1:1/none', { max: 1 }),
    keyring: createKeyring(`k:${Buffer.alloc(32).toString('base64')}`),
    logger: createLogger('api', 'debug', { write: (line) => lines.push(line) }),
    config: { adminApiKey: ADMIN_KEY, runId: undefined },
  } as Partial<Deps> as Deps;
  const server = await new Promise<Server>((resolve) => {
    const listening: Server = createApp(deps).listen(0, '127.0.0.1', () => resolve(listening));
  });
  try {
    const { port } = server.address() as AddressInfo;
    // as it stands in the request line, which a proxy’s form begins with a host
    const sent = request({ port, method, headers, path: prefix + path }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await response.resume().toArray();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return { status: response.statusCode!, log: lines.join('') };
  } finally {
    await deps.system.end();
  }
}

test('a request leaves a line with its route, status and id, and neither query, headers nor body', async () => {
  const { status, log } = await logged('/v1/users?q=sam%40example.org', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Type': 'application/json',
      'X-Request-Id': 'r-1',
      'X-Other': 'a secret of theirs',
    },
    body: '{"name":"Robin Vale"}',
  });
  expect(status).toBe(400);
  expect(log).toContain('"route":"/v1/users"');
  expect(log).toMatch(/"id":"[0-9a-f-]{36}","callerId":"r-1"/);
  expect(log).toContain('"status":400');
  for (const word of ['sam', 'example.org', 'keys are keys', 'secret of theirs', 'Robin'])
    expect(log.toLowerCase()).not.toContain(word.toLowerCase());
});

test('what stands in a path is in no line: the token of a feed, in whatever form it is asked for, an id, a made-up path', async () => {
  const token = 'T'.repeat(43);
  for (const path of [`/calendar/${token}.ics`, `//x/calendar/${token}.ics`, `/v1/users/${token}`, `/${token}`])
    for (const prefix of ['', 'http://countersign.example']) {
      const { log } = await logged(path, { headers: { Authorization: `Bearer ${ADMIN_KEY}` } }, prefix);
      expect([path, log]).toEqual([path, expect.stringContaining('"route":')]);
      expect(log).not.toContain(token);
    }
  const { log } = await logged(`/calendar/${token}.ics`, {}, 'http://countersign.example');
  expect(log).toContain('calendar');
  expect((await logged('/v1/users/some-id', { headers: { Authorization: `Bearer ${ADMIN_KEY}` } })).log).toContain(
    '"route":"/v1/users/:id"',
  );
});

test('a key is taken as it was configured, in either encoding of its letters', async () => {
  const asUtf8 = Buffer.from(ADMIN_KEY).toString('latin1');
  for (const key of [ADMIN_KEY, asUtf8]) {
    const { status } = await logged('/v1/nothing', { headers: { Authorization: `Bearer ${key}` } });
    expect(status).toBe(404);
  }
});

test('what is unknown for want of a database is unavailable, not refused', async () => {
  const { status, log } = await logged('/v1/clients', { headers: { Authorization: 'Bearer cs_unknown' } });
  expect(status).toBe(503);
  expect(log).not.toContain('cs_unknown');
});
