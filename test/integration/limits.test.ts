import { join } from 'node:path';
import { Budgets } from '../../api/kernel/budgets';
import { createPress } from '../../papers/press';
import { settleBudgets } from '../../record/kernel/request-budgets';
import { dist } from '../../local/paths';
import { CLIENT, readProblemType, TestApi, type Reply } from '../support/api';

const clock = { ms: 0 };
const budgets = new Budgets({ perMinute: 60, burst: 100 }, () => clock.ms);
const press = createPress(1, join(dist, 'papers'));
let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ budgets, press });
});
afterAll(async () => {
  await press.stop();
  await api.stop();
});
/** A budget fills in 100 s. */
beforeEach(() => (clock.ms += 100_000));

const statusOf = ({ status }: Reply): number => status;
const question = { providerId: crypto.randomUUID(), practiceId: crypto.randomUUID(), payerId: crypto.randomUUID() };
const items = (count: number) =>
  Array.from({ length: count }, () => ({ ...question, state: 'CA', dateOfService: '2026-01-01' }));

test('a key that has spent its budget waits as long as Retry-After says, and no other key does', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  const key = await api.keyOf('lead', [client.id]);
  const first = await api.get(`/v1/clients/${client.id}`, { key });
  expect([first.headers.get('RateLimit-Policy'), first.headers.get('RateLimit')]).toEqual([
    '"key";q=100;w=100',
    '"key";r=99',
  ]);
  for (let n = 0; n < 49; n += 1) expect(statusOf(await api.get('/v1/payers', { key }))).toBe(200);
  const refused = await api.get('/v1/payers', { key });
  expect([refused.status, readProblemType(refused), refused.headers.get('Retry-After')]).toEqual([
    429,
    'too_many_requests',
    '1',
  ]);
  const written = await api.post(`/v1/clients/${client.id}/providers`, {}, { key });
  expect([written.status, written.headers.get('Retry-After')]).toEqual([429, '2']);
  expect(statusOf(await api.get('/v1/payers'))).toBe(200);
  clock.ms += 1_000;
  expect(statusOf(await api.get('/v1/payers', { key }))).toBe(200);
  await api.counter.flush();
  const { body } = await api.get('/v1/access-counts?kind=limited');
  expect(body.items).toMatchObject([{ kind: 'limited', count: 2 }]);
});

test('a batch costs by its questions, and a paper more than a list', async () => {
  const key = await api.keyOf('auditor');
  const left = async (asked: Promise<Reply>) => /r=(\d+)/.exec((await asked).headers.get('RateLimit')!)![1];
  expect(await left(api.post('/v1/billing-readiness', { items: items(20) }, { key }))).toBe('97');
  expect(await left(api.post('/v1/billing-readiness', { items: items(1000) }, { key }))).toBe('47');
  const { id } = await api.make('/v1/clients', CLIENT);
  expect(await left(api.get(`/v1/clients/${id}/coverage`, { key }))).toBe('45');
  expect(await left(api.get(`/v1/clients/${id}/coverage?format=csv`, { key }))).toBe('25');
  // a refusal for its form costs as much as its kind
  expect(await left(api.post('/v1/billing-readiness', { items: [] }, { key }))).toBe('22');
});

test('wrong keys spend nothing of a right one’s budget', async () => {
  const key = await api.keyOf('auditor');
  for (let n = 0; n < 20; n += 1) expect(statusOf(await api.get('/v1/payers', { key: `${key}x` }))).toBe(401);
  expect((await api.get('/v1/payers', { key })).headers.get('RateLimit')).toBe('"key";r=98');
});

test('processes settle in PostgreSQL: each hears of what the other let through, and what is used wears off', async () => {
  const { sql } = api.deps;
  const settle = (caller: string, used: number) => settleBudgets(sql, [{ caller, used }], 1);
  expect(await settle('one', 40)).toEqual([{ caller: 'one', used: 40 }]);
  const [together] = await settle('one', 30);
  expect(together!.used).toBeGreaterThan(60);
  expect(together!.used).toBeLessThanOrEqual(70);
  await sql`update request_budgets set settled_at = settled_at - interval '50 seconds'`;
  const [later] = await settle('one', 1);
  expect(later!.used).toBeLessThanOrEqual(together!.used - 49);
  await sql`update request_budgets set settled_at = settled_at - interval '1 hour'`;
  expect(await settle('one', 5)).toEqual([{ caller: 'one', used: 5 }]);
});

test('papers are made in a thread, the same as without one, and as many as are asked for at once', async () => {
  clock.ms += 1_000_000;
  const { id } = await api.make('/v1/clients', CLIENT);
  const [one, two] = [await api.keyOf('auditor'), await api.keyOf('auditor')];
  const replies = await Promise.all(
    [one, two, one, two].map((key) => api.get(`/v1/clients/${id}/coverage?format=pdf`, { key })),
  );
  expect(replies.map(statusOf)).toEqual([200, 200, 200, 200]);
  for (const { body } of replies) expect(body).toMatch(/^%PDF-/);
  const csv = await api.get(`/v1/clients/${id}/coverage?format=csv`, { key: one });
  expect(csv.body).toMatch(/^provider,payer,/);
});
