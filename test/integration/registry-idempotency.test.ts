import { createHash } from 'node:crypto';
import { ADDRESS, CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const send = (path: string, body: unknown, idempotencyKey: string, key?: string): Promise<Reply> =>
  api.post(path, body, { headers: { 'Idempotency-Key': idempotencyKey }, ...(key && { key }) });

const count = async (table: string): Promise<number> => {
  const { sql } = api.deps;
  const [row] = await sql`select count(*) from ${sql(table)}`;
  return row!.count;
};

/** Lists everything that can be created, each with its table. */
async function creations(): Promise<[path: string, body: object, table: string][]> {
  const { id } = await api.make('/v1/clients', CLIENT);
  const provider = await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi: '1245319599' });
  return [
    ['/v1/clients', CLIENT, 'clients'],
    [`/v1/clients/${id}/practices`, { ...PRACTICE, locations: [{ address: ADDRESS }] }, 'locations'],
    [`/v1/clients/${id}/providers`, PROVIDER, 'providers'],
    [`/v1/providers/${provider.id}/attestations`, { attestedOn: '2026-01-01', source: 'caqh' }, 'attestations'],
    [`/v1/clients/${id}/documents`, { kind: 'w9', name: 'W-9', sha256: 'ab'.repeat(32) }, 'documents'],
    ['/v1/payers', { ...PAYER, name: `Payer ${id}` }, 'payers'],
    ['/v1/users', { name: 'Sam', email: `${id}@example.org`, role: 'agent' }, 'users'],
    ['/v1/api-keys', { name: 'k', role: 'agent' }, 'api_keys'],
  ];
}

test('a retry gets the first answer, with its place, and nothing happens twice', async () => {
  for (const [path, body, table] of await creations()) {
    const first = await send(path, body, 'retry');
    expect(first.status).toBe(201);
    const [rows, audits] = [await count(table), await count('audit_log')];
    const again = await send(path, Object.fromEntries(Object.entries(body).reverse()), 'retry');
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect([await count(table), await count('audit_log')]).toEqual([rows, audits]);
  }
});

test('many at once come to one effect and one answer', async () => {
  for (const [path, body, table] of await creations()) {
    const before = await count(table);
    const replies = await Promise.all(Array.from({ length: 8 }, () => send(path, body, 'at-once')));
    expect(new Set(replies.map(({ status, body: answer }) => `${status} ${JSON.stringify(answer)}`)).size).toBe(1);
    expect(replies[0]!.status).toBe(201);
    expect(await count(table)).toBe(before + 1);
  }
});

test('of keys that are made at once, the one that every caller gets works', async () => {
  const body = { name: 'k', role: 'agent' };
  const replies = await Promise.all(Array.from({ length: 8 }, () => send('/v1/api-keys', body, 'keys-at-once')));
  for (const { body: made } of replies) expect((await api.get('/v1/payers', { key: made.key })).status).toBe(200);
});

test('a retry after a crash between effect and answer finds what was made', async () => {
  for (const [path, body, table] of await creations()) {
    const first = await send(path, body, 'crash');
    await api.deps.sql`update idempotency_keys set status = null, location = null, response = null`;
    const rows = await count(table);
    const again = await send(path, body, 'crash');
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    expect(await count(table)).toBe(rows);
    expect(again.body.key).toBe(first.body.key);
  }
});

test('another body under the key is refused, and so is the key itself where it is no key', async () => {
  await send('/v1/clients', CLIENT, 'reused');
  const other = await send('/v1/clients', { ...CLIENT, name: 'Other' }, 'reused');
  expect([other.status, other.body.type]).toEqual([422, 'urn:countersign:problem:idempotency_key_reused']);
  for (const key of ['x'.repeat(201), 'with space']) {
    const { status, body } = await send('/v1/clients', CLIENT, key);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ rule: 'idempotency_key' })]]);
  }
});

test('a key belongs to its caller and route', async () => {
  const lead = await api.keyOf('lead');
  const mine = await send('/v1/clients', CLIENT, 'shared');
  const theirs = await send('/v1/clients', { ...CLIENT, name: 'Theirs' }, 'shared', lead);
  const elsewhere = await send('/v1/payers', { ...PAYER, name: 'Elsewhere' }, 'shared');
  expect([mine.status, theirs.status, elsewhere.status]).toEqual([201, 201, 201]);
  expect(theirs.body.id).not.toBe(mine.body.id);
});

test('a refusal is answered again, also when it would now succeed', async () => {
  const body = { ...PAYER, name: 'Contested' };
  const { id } = await api.make('/v1/payers', body);
  const refused = await send('/v1/payers', body, 'refused');
  await api.patch(`/v1/payers/${id}`, { name: 'Gone' });
  const again = await send('/v1/payers', body, 'refused');
  expect([again.status, again.body]).toEqual([409, refused.body]);
  expect(again.headers.get('content-type')).toContain('application/problem+json');
});

test('a request that could not be understood leaves the key free', async () => {
  expect((await send('/v1/clients', { ...CLIENT, timeZone: '' }, 'corrected')).status).toBe(400);
  expect((await send('/v1/clients', CLIENT, 'corrected')).status).toBe(201);
});

test('answers are kept sealed, and for 30 days', async () => {
  const body = { name: 'k', role: 'agent' };
  const first = await send('/v1/api-keys', body, 'old');
  const kept = await api.deps.sql`select response::text, body_sealed, body_hash from idempotency_keys`;
  expect(kept.map(({ response }) => response).join()).not.toContain(first.body.key);
  // nor can a body be found by trying
  const bare = createHash('sha256').update(JSON.stringify(body)).digest('base64');
  expect(kept.map(({ bodySealed, bodyHash }) => [bodySealed.slice(0, 5), bodySealed.includes(bare), bodyHash])).toEqual(
    kept.map(() => ['test.', false, null]),
  );

  const age = (days: number) =>
    api.deps.sql`update idempotency_keys set created_at = created_at - make_interval(days => ${days})`;
  await age(29);
  const { key: _key, ...known } = first.body;
  expect((await send('/v1/api-keys', body, 'old')).body).toEqual(known);
  await age(2);
  const anew = await send('/v1/api-keys', body, 'old');
  expect(anew.status).toBe(201);
  expect(anew.body.id).not.toBe(first.body.id);
});
