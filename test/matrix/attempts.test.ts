import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import dns from 'node:dns';
import type { Route } from '../../api/kernel/route';
import { listRoutes } from '../../api/routes';
import { postWebhook } from '../../outreach/webhook';
import { createApi } from '../../local/http';
import { ADMIN_KEY, CLIENT, TestApi, readProblemType, type Reply } from '../support/api';
import { createFileMaker } from '../support/filled-files';
import { makeGoodRequest, nameRoute, orderRoutes, type GoodRequest } from '../support/good-requests';
import { ID_FIELDS, ID_ROOMS, type RealIds } from '../support/odd-requests';
import { send } from './send';

let api: TestApi;
let routes: Route[];
let ids: RealIds;
beforeAll(async () => {
  // nothing is taken by a worker: what is on record is all there is
  api = await TestApi.start({ patienceMs: 10 });
  routes = orderRoutes(listRoutes(api.deps).filter(({ access }) => access !== 'public'));
  ids = await makeIds();
});
afterAll(() => api.stop());

/** A small file; behind all else stands nothing. */
async function makeIds(): Promise<RealIds> {
  const { makeFile, openApplication } = createFileMaker(createApi(api.url, ADMIN_KEY));
  const file = await makeFile();
  const nobody = '00000000-0000-4000-8000-000000000000';
  const userId = (await api.make('/v1/users', { name: 'Kim', email: 'kim@example.org', role: 'lead' })).id;
  const application = await openApplication(file);
  const relationship = { providerId: file.providerId, platform: 'Alma', payerIds: [file.payerId] };
  const known = {
    clients: file.clientId,
    practices: file.practiceId,
    providers: file.providerId,
    payers: file.payerId,
    users: userId,
    applications: application,
    'platform-relationships': (await api.make('/v1/platform-relationships', relationship)).id,
  };
  const fields = {
    clientId: file.clientId,
    practiceId: file.practiceId,
    providerId: file.providerId,
    payerId: file.payerId,
    userId,
    applicationId: application,
  };
  const fill = (names: readonly string[], of: Record<string, string>) =>
    Object.fromEntries(names.map((name) => [name, Array<string>(6).fill(of[name] ?? nobody)]));
  return { rooms: fill(ID_ROOMS, known), fields: fill(ID_FIELDS, fields) };
}

const bodies = (): { route: Route; request: Omit<GoodRequest, 'body'> & { body: Record<string, unknown> } }[] =>
  routes.flatMap((route) => {
    const request = makeGoodRequest(route, ids);
    return typeof request.body === 'object' && route.body
      ? [{ route, request: { ...request, body: request.body as Record<string, unknown> } }]
      : [];
  });

/** Fields that the server keeps by itself: no caller gives them. */
const SERVER_OWNED = {
  createdAt: '2020-01-01T00:00:00Z',
  updatedAt: '2020-01-01T00:00:00Z',
  version: 1,
  actor: { type: 'admin', id: 'admin', name: 'Administrator' },
  createdBy: 'admin',
  recordedBy: 'admin',
  revokedAt: null,
  personId: '00000000-0000-4000-8000-000000000001',
  client_id: '00000000-0000-4000-8000-000000000001',
  tinHash: 'x',
  __proto__x: {},
  constructor: { prototype: { role: 'admin' } },
  isAdmin: true,
};

test('no route takes a field that the server keeps by itself, beside a good body', async () => {
  const taken: string[] = [];
  let tried = 0;
  for (const { route, request } of bodies()) {
    const reply = await send(api, { ...request, body: { ...request.body, ...SERVER_OWNED } }, ADMIN_KEY);
    // an id of nothing is refused before the body is read
    if (reply.status === 404) continue;
    tried += 1;
    const refused = reply.status === 400 ? JSON.parse(reply.text).errors : [];
    const unknown = refused
      .filter(({ rule }: { rule: string }) => rule === 'unknown_field')
      .map(({ path }: { path: string }) => path);
    for (const name of Object.keys(SERVER_OWNED))
      if (!unknown.includes(name)) taken.push(`${nameRoute(route)} ${name} ${reply.status}`);
  }
  expect(taken).toEqual([]);
  expect(tried).toBeGreaterThan(60);
});

test('a field of the prototype changes nothing for others', async () => {
  const body = `{"name":"Elm","timeZone":"America/Denver","contactEmail":"a@example.org","evenIfExists":true,"__proto__":{"role":"admin"}}`;
  const reply = await api.call('POST', '/v1/clients', { body });
  expect(({} as { role?: string }).role).toBeUndefined();
  expect([201, 400]).toContain(reply.status);
});

const INJECTIONS = [
  `'; drop table clients; --`,
  `' or '1'='1`,
  `\\'; select pg_sleep(20); --`,
  `1) union select key_hash::text from api_keys --`,
  '$1',
  '${jndi:ldap://127.0.0.1/a}',
  '%27%20or%201=1',
];

/** Yields the value with another text in place of each that it has, one at a time. */
function* replaceTexts(value: unknown, by: string): Generator<unknown> {
  if (typeof value === 'string') yield by;
  else if (Array.isArray(value)) {
    for (const [n, one] of value.entries()) for (const put of replaceTexts(one, by)) yield value.with(n, put);
  } else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value))
      for (const put of replaceTexts(one, by)) yield { ...(value as object), [name]: put };
}

const countRows = async () =>
  (
    await api.deps.sql<{ tables: number; keys: number }[]>`
    select (select count(*)::int from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r') as tables,
      (select count(*)::int from api_keys) as keys`
  )[0];

test('SQL in any text of a body, filter or order is a word like any other', async () => {
  const [before, failed, slow] = [await countRows(), [] as string[], [] as string[]];
  const ask = async (request: GoodRequest): Promise<void> => {
    const began = Date.now();
    const { status, text } = await send(api, request, ADMIN_KEY);
    const said = `${request.method} ${request.path} ${JSON.stringify(request.query)} ${JSON.stringify(request.body)?.slice(0, 200)}: ${status}`;
    if (status >= 500 || /syntax error|does not exist/i.test(status >= 400 ? text : ''))
      failed.push(`${said} ${text.slice(0, 200)}`);
    if (Date.now() - began > 15_000) slow.push(said);
  };
  let nth = 0;
  // each text gets another of them: all fields have met each over the routes
  const next = () => INJECTIONS[(nth += 1) % INJECTIONS.length]!;
  for (const { route, request } of bodies())
    if (nameRoute(route) !== 'post /v1/payers/starter-set')
      for (const body of replaceTexts(request.body, next())) await ask({ ...request, body: body as object });
  for (const route of routes.filter(({ method }) => method === 'get')) {
    const request = makeGoodRequest(route, ids);
    const shape = (route.query as { shape?: object } | undefined)?.shape ?? {};
    for (const name of Object.keys(shape)) await ask({ ...request, query: { ...request.query, [name]: next() } });
  }
  for (const word of INJECTIONS)
    for (const name of ['sort', 'q', 'team', 'groupBy', 'cursor', 'limit'])
      await ask({ method: 'GET', path: '/v1/applications', query: { [name]: word } });
  expect(failed).toEqual([]);
  expect(slow).toEqual([]);
  const after = await countRows();
  expect(after!.tables).toBe(before!.tables);
  // a text is kept as it came
  const { id } = await api.make('/v1/clients', { ...CLIENT, name: INJECTIONS[0] });
  expect((await api.get(`/v1/clients/${id}`)).body.name).toBe(INJECTIONS[0]);
});

describe('a body that is large once it is read', () => {
  const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    fetch(`${api.url}/v1/clients`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json', ...headers },
      body,
    });

  test('but small as it is sent, is refused before it is whole', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, ' '));
    expect(bomb.length).toBeLessThan(1_000_000);
    const before = process.memoryUsage().rss;
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => post(new Uint8Array(bomb), { 'Content-Encoding': 'gzip' })),
    );
    expect(replies.map(({ status }) => status)).toEqual([413, 413, 413, 413]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test('or in an encoding that nobody knows, is refused', async () => {
    expect((await post(new Uint8Array([1]), { 'Content-Encoding': 'zstd' })).status).toBe(415);
    expect((await post(new Uint8Array(Buffer.from('{}')), { 'Content-Encoding': 'gzip, gzip' })).status).toBe(415);
  });

  test('of a route that takes a file, is refused likewise', async () => {
    const reply = await fetch(`${api.url}/v1/caqh-exports`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' },
      body: new Uint8Array(gzipSync(Buffer.alloc(100_000_000, ','))),
    });
    expect(reply.status).toBe(413);
  });
});

test('a name that leads elsewhere leads nowhere in a path, and is only a name in a body', async () => {
  for (const path of [
    '/v1/../../etc/passwd',
    '/v1/clients/..%2f..%2fusers',
    '/docs/..%2f..%2fpackage.json',
    '/v1/calendar/../../x.ics',
  ])
    expect([path, (await api.get(path)).status]).toEqual([path, 404]);
  const body = { kind: 'letter', name: '../../../etc/passwd', sha256: 'b'.repeat(64) };
  const made: Reply = await api.post(`/v1/clients/${ids.rooms.clients![0]}/documents`, body);
  expect([made.status, made.body.name]).toEqual([201, body.name]);
});

test('an Idempotency-Key of another caller answers nothing of theirs, and another’s body under it is not theirs either', async () => {
  const clientId = (await api.make('/v1/clients', CLIENT)).id;
  const [one, other] = [await api.keyOf('admin', [ids.rooms.clients![0]!]), await api.keyOf('admin', [clientId])];
  const headers = { 'Idempotency-Key': 'the-same' };
  const body = (of: string) => ({ name: 'a key', role: 'auditor', clientIds: [of] });
  const mine = await api.post('/v1/api-keys', body(ids.rooms.clients![0]!), { key: one, headers });
  const theirs = await api.post('/v1/api-keys', body(ids.rooms.clients![0]!), { key: other, headers });
  expect([mine.status, theirs.status]).toEqual([201, 400]);
  expect(JSON.stringify(theirs.body)).not.toContain(mine.body.id);
  const own = await api.post('/v1/api-keys', body(clientId), { key: other, headers });
  expect(own.body.id).not.toBe(mine.body.id);
});

describe('a webhook', () => {
  test('whose name leads to a public address first and to a private one later is not sent', async () => {
    const calls: string[] = [];
    const server = createServer((req, res) => {
      calls.push(String(req.url));
      res.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answers = ['203.0.114.9', '127.0.0.1'];
    const lookup = jest.spyOn(dns, 'lookup').mockImplementation(((
      _name: string,
      _options: object,
      done: (error: null, addresses: object[]) => void,
    ) => {
      done(null, [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]);
    }) as typeof dns.lookup);
    const url = `https://rebound.example.org:${port}/hook`;
    expect((await api.post('/v1/webhook-endpoints', { url, types: ['follow_up.due'] })).status).toBe(201);
    // the name is looked up when it is called, whatever it led to before
    answers.shift();
    const failed = await postWebhook({ url, id: 'x', body: '{}', secrets: ['whsec_AAAA'] }).catch(
      (error: Error) => error,
    );
    lookup.mockRestore();
    server.close();
    expect(failed).toMatchObject({ message: 'a private address is not called' });
    expect(calls).toEqual([]);
  });

  test('that is answered with another address is not sent there', async () => {
    const calls: string[] = [];
    const server = createServer((req, res) => {
      calls.push(String(req.url));
      res.writeHead(307, { Location: `http://127.0.0.1:${(server.address() as AddressInfo).port}/elsewhere` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const webhook = { url, id: 'x', body: '{}', secrets: ['whsec_AAAA'] };
    await expect(postWebhook(webhook, { privateAllowed: true })).rejects.toThrow('answered 307');
    server.close();
    expect(calls).toEqual(['/hook']);
  });
});

test('an oversized body is refused, whatever its shape', async () => {
  const name = 'x'.repeat(1_100_000);
  for (const body of [JSON.stringify({ name }), JSON.stringify([name]), `"${name}"`]) {
    const reply = await api.call('POST', '/v1/clients', { body });
    expect([reply.status, readProblemType(reply)]).toEqual([413, 'body_too_large']);
  }
});
