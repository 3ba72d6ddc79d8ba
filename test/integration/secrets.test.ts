import { randomUUID } from 'node:crypto';
import { createFeed, findFeedToken } from '../../record/work-queue/calendar-feeds';
import { deleteExpiredRows } from '../../record/operations/housekeeping';
import { createApiKey, findKeySecret } from '../../record/registry/api-keys';
import { createUser } from '../../record/registry/users';
import { createEndpoint, findEndpointSecret } from '../../record/outreach/webhooks';
import { createDatabase, type Sql } from '../../runtime/database';
import { createKeyring } from '../../runtime/keyring';
import { ADMIN } from '../support/principals';
import { TestApi, type Reply } from '../support/api';
import { createTestDatabase } from '../support/servers';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

/** Something with a secret: how it is made, what it is called, how it is ended, and where its time is kept. */
interface Kind {
  name: 'key' | 'secret' | 'url';
  path: string;
  body: object;
  status: number;
  /** Takes its secret away. */
  end: (made: Reply['body']) => Promise<unknown>;
  age: (sql: Sql) => Promise<unknown>;
}

async function kinds(): Promise<Kind[]> {
  const key = { name: 'k', role: 'agent' };
  const hook = { url: 'https://hooks.example.org/in', types: ['application.stage_changed'], evenIfExists: true };
  const person = { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'specialist' };
  const [endpoint, user] = [await api.make('/v1/webhook-endpoints', hook), await api.make('/v1/users', person)];
  const older = (table: string, column: string) => (sql: Sql) =>
    sql`update ${sql(table)} set ${sql(column)} = ${sql(column)} - interval '11 minutes'`;
  const rotation = `/v1/webhook-endpoints/${endpoint.id}/rotation`;
  const feed = `/v1/users/${user.id}/calendar-feed`;
  return [
    {
      name: 'key',
      path: '/v1/api-keys',
      body: key,
      status: 201,
      end: ({ id }) => api.call('DELETE', `/v1/api-keys/${id}`),
      age: older('api_keys', 'created_at'),
    },
    {
      name: 'secret',
      path: '/v1/webhook-endpoints',
      body: hook,
      status: 201,
      end: ({ id }) => api.call('DELETE', `/v1/webhook-endpoints/${id}`),
      age: older('webhook_endpoints', 'secret_made_at'),
    },
    {
      name: 'secret',
      path: rotation,
      body: {},
      status: 200,
      end: () => api.post(rotation, undefined),
      age: older('webhook_endpoints', 'secret_made_at'),
    },
    {
      name: 'url',
      path: feed,
      body: {},
      status: 200,
      end: () => api.post(feed, undefined),
      age: older('calendar_feeds', 'created_at'),
    },
  ];
}

const send = ({ path, body }: Kind, key: string) => api.post(path, body, { headers: { 'Idempotency-Key': key } });

test('a retry within ten minutes is shown the same secret, a later one the same answer without it', async () => {
  for (const kind of await kinds()) {
    const first = await send(kind, 'shown');
    expect([first.status, first.body[kind.name]]).toEqual([kind.status, expect.any(String)]);
    expect((await send(kind, 'shown')).body).toEqual(first.body);
    await kind.age(api.deps.sql);
    const { [kind.name]: _secret, ...rest } = first.body;
    const late = await send(kind, 'shown');
    expect([late.status, late.body]).toEqual([kind.status, rest]);
  }
});

test('once it was revoked or replaced, a secret is shown to no retry', async () => {
  for (const kind of await kinds()) {
    const first = await send(kind, 'ended');
    await kind.end(first.body);
    expect((await send(kind, 'ended')).body).not.toHaveProperty(kind.name);
  }
});

test('attempts at once, and one after a crash before the answer, are shown one secret', async () => {
  for (const kind of await kinds()) {
    const replies = await Promise.all(Array.from({ length: 6 }, () => send(kind, 'at-once')));
    await api.deps.sql`update idempotency_keys set status = null, location = null, response = null`;
    replies.push(await send(kind, 'at-once'));
    expect(new Set(replies.map(({ body }) => body[kind.name])).size).toBe(1);
    expect(replies[0]!.body[kind.name]).toEqual(expect.any(String));
  }
});

test('an answer that is kept for retries holds no secret, and ten minutes later a key and a feed are hashes', async () => {
  const { sql, keyring } = api.deps;
  const all = await kinds();
  const replies = await Promise.all(all.map((kind) => send(kind, 'at-rest')));
  const secrets = replies.map(({ body }, index) => body[all[index]!.name] as string);
  for (const kind of all) await kind.age(sql);
  const kept = await sql<
    { id: string; response: string }[]
  >`select id, response from idempotency_keys where response is not null`;
  const opened = kept.map(({ id, response }) => keyring.open(response, `idempotency_keys/${id}`)).join();
  for (const secret of secrets) expect(opened).not.toContain(secret);
  await deleteExpiredRows(sql);
  const [left] = await sql`
    select (select count(*) from api_keys where key_sealed is not null) as keys,
      (select count(*) from calendar_feeds where token_sealed is not null) as feeds`;
  expect(left).toEqual({ keys: 0, feeds: 0 });
});

test('two systems with the same ENCRYPTION_KEYS and ids have different secrets', async () => {
  const keyring = createKeyring(`k:${Buffer.alloc(32, 9).toString('base64')}`);
  const [keyId, userId, feedId, hookId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const system = async () => {
    const database = await createTestDatabase();
    const sql = createDatabase(database.url, { max: 1 });
    await createApiKey(sql, keyring, ADMIN, keyId, { name: 'k', role: 'agent' });
    await createUser(sql, ADMIN, userId, { name: 'Dana', email: 'dana@example.org', role: 'specialist' });
    await createFeed(sql, keyring, ADMIN, userId, feedId);
    await createEndpoint(sql, keyring, ADMIN, hookId, {
      url: 'https://a.example',
      types: ['application.stage_changed'],
    });
    const secrets = [
      await findKeySecret(sql, keyring, keyId),
      await findFeedToken(sql, keyring, feedId),
      await findEndpointSecret(sql, keyring, hookId),
    ];
    await sql.end();
    await database.drop();
    return secrets;
  };
  const all = [...(await system()), ...(await system())];
  expect(all).toEqual(all.map(() => expect.stringMatching(/^(cs_|whsec_)?[\w+/-]{43}=?$/)));
  expect(new Set(all).size).toBe(6);
});
