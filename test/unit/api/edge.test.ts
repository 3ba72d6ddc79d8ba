import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createApp } from '../../../api/app';
import type { Deps } from '../../../api/kernel/deps';
import { Problem } from '../../../api/kernel/errors';
import { createServer } from '../../../api/kernel/server';
import { keepAnswer } from '../../../api/operations/health';
import { createDatabase } from '../../../runtime/database';
import { createLogger } from '../../../runtime/logger';
import { testKeyring } from '../../support/keys';

const LIMITS = { headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 20 };

/** Serves with limits that a test can wait for; a socket to it has all that is answered in `answer`. */
async function serve(app: (req: IncomingMessage, res: ServerResponse) => void, limits?: typeof LIMITS) {
  const server: Server = createServer(app, limits);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const open = () => {
    const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    const read = { answer: '' };
    socket.on('data', (part) => (read.answer += part.toString()));
    return { socket, read, closed: once(socket, 'close') };
  };
  return { open, stop: () => new Promise((resolve) => server.close(resolve)) };
}

describe('a caller who takes too long', () => {
  const answerEmpty = (_req: IncomingMessage, res: ServerResponse) => void res.end();

  test.each([
    ['with the headers', 'POST /v1/clients HTTP/1.1\r\nHost: x\r\nContent-'],
    ['with the body', 'POST /v1/clients HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'],
  ])('%s is answered 408 and hung up on', async (_, begun) => {
    const { open, stop } = await serve(
      begun.endsWith('{') ? (req, res) => void req.resume().once('end', () => res.end()) : answerEmpty,
      LIMITS,
    );
    const { socket, read, closed } = open();
    socket.write(begun);
    await closed;
    expect(read.answer).toContain('408 Request Timeout');
    await stop();
  });
});

test('the body of a caller whom nobody knows is not read', async () => {
  const deps = {
    system: createDatabase('postgres://127.0.0.1:1/none', { max: 1 }),
    keyring: testKeyring,
    logger: createLogger('api', 'silent'),
    config: { adminApiKey: 'an admin key that nobody sends here', runId: undefined },
  } as Partial<Deps> as Deps;
  const { open, stop } = await serve(createApp(deps));
  const { socket, read, closed } = open();
  const size = 50_000_000;
  socket.write(
    `POST /v1/clients HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`,
  );
  socket.write('x'.repeat(1000));
  await closed;
  expect(read.answer).toMatch(/^HTTP\/1.1 401 Unauthorized/);
  expect(read.answer).toMatch(/^Connection: close\r$/m);
  await stop();
  await deps.system.end();
});

test('a problem names at most five hundred bad fields, and says how many more there are', () => {
  const errors = Array.from({ length: 100_000 }, (_, i) => ({ path: `f${i}`, rule: 'unknown_field', message: 'no' }));
  const shown = new Problem('validation_failed', { errors }).toJSON();
  expect(shown).toMatchObject({ status: 400, detail: '99500 more fields are bad' });
  expect(shown.errors).toEqual(errors.slice(0, 500));
  expect(new Problem('validation_failed', { errors: errors.slice(0, 500) }).toJSON()).toMatchObject({
    errors: errors.slice(0, 500),
  });
});

test('the answer of a check is given again for a second, also to those who ask while it is made', async () => {
  const clock = { ms: 0 };
  let made = 0;
  const ask = keepAnswer(
    1000,
    async () => (made += 1),
    () => clock.ms,
  );
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  clock.ms = 999;
  expect(await ask()).toBe(1);
  clock.ms = 1000;
  expect(await ask()).toBe(2);
});
