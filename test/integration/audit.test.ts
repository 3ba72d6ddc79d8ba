import { linkEntries } from '../../record/operations/audit-chain';
import { CLIENT, PROVIDER, TestApi, type Reply } from '../support/api';
import { inventNpi } from '../support/file';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

type Body = Reply['body'];
const entries = async (query: string, key?: string): Promise<Body[]> =>
  (await api.get(`/v1/audit-log?${query}`, key === undefined ? {} : { key })).body.items;
const lines = ({ body }: Reply): Body[] =>
  String(body)
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('the audit log', () => {
  test('says who did what, what was before and after, in which request and at which place of its chain', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const headers = { 'X-Request-Id': 'theirs' };
    const renamed = await api.call('PATCH', `/v1/clients/${id}`, {
      body: { name: 'Oak', contactEmail: 'a@b.test' },
      headers,
    });
    const waiting = await entries(`clientId=${id}`);
    expect(waiting.map(({ action, link }) => [action, link])).toEqual([
      ['client.create', null],
      ['client.update', null],
    ]);
    while ((await linkEntries(api.deps.sql)) > 0);
    const [entry] = await entries(`subject=${id}&action=client.update`);
    expect(entry).toMatchObject({
      actor: { type: 'admin', id: 'admin', name: 'Administrator' },
      clientId: id,
      subjectType: 'client',
      outcome: 'done',
      // an address is masked
      detail: { name: 'Oak', contactEmail: '[redacted]' },
      before: { name: CLIENT.name, contactEmail: '[redacted]' },
      after: { name: 'Oak', contactEmail: '[redacted]' },
      requestId: renamed.headers.get('x-request-id'),
      callerRequestId: 'theirs',
      link: { place: 2, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  test('is read page by page, and by who, what and when', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const key = await api.make('/v1/api-keys', { name: 'a lead', role: 'lead', clientIds: [id] });
    for (const name of ['One', 'Two', 'Three']) await api.patch(`/v1/clients/${id}`, { name });
    await api.call('PATCH', `/v1/clients/${id}`, { body: { name: 'Four' }, key: key.key });
    const first = (await api.get(`/v1/audit-log?clientId=${id}&limit=3`)).body;
    const next = (await api.get(`/v1/audit-log?clientId=${id}&limit=3&cursor=${first.nextCursor}`)).body;
    const numbers = [...first.items, ...next.items].map(({ number }: Body) => number);
    expect(numbers).toEqual(numbers.toSorted((a: number, b: number) => a - b));
    expect([first.items.length, next.items.length, next.nextCursor]).toEqual([3, 2, null]);
    expect(await entries(`actor=${key.id}`)).toMatchObject([{ action: 'client.update', after: { name: 'Four' } }]);
    const today = new Date().toISOString().slice(0, 10);
    expect(await entries(`clientId=${id}&from=${today}&action=client.create`)).toHaveLength(1);
    expect(await entries(`clientId=${id}&until=${today}`)).toEqual([]);
    expect(await entries(`clientId=${id}&outcome=refused`)).toEqual([]);
    expect((await api.get('/v1/audit-log?cursor=x')).status).toBe(400);
  });

  test('shows a key of some clients their entries, and nothing that is theirs to others', async () => {
    const [mine, theirs] = [(await api.make('/v1/clients', CLIENT)).id, (await api.make('/v1/clients', CLIENT)).id];
    const npi = inventNpi();
    for (const id of [mine, theirs]) await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi });
    const auditor = await api.keyOf('auditor', [mine]);
    const seen = await entries('limit=200', auditor);
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen.map(({ clientId }) => clientId))).toEqual(new Set([mine]));
    expect(JSON.stringify(seen)).not.toContain(theirs);
    expect((await api.get(`/v1/audit-log?clientId=${theirs}`, { key: auditor })).status).toBe(400);
    const exported = lines(await api.get('/v1/audit-log/export', { key: auditor }));
    expect(new Set(exported.map(({ clientId }) => clientId))).toEqual(new Set([mine]));
  });

  test.each(['lead', 'specialist', 'agent', 'client', 'service'])('is not read by the role %s', async (role) => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const key = await api.keyOf(role, [id]);
    for (const path of ['/v1/audit-log', '/v1/audit-log/export', '/v1/audit-log/roots', '/v1/access-counts'])
      expect([path, (await api.get(path, { key })).status]).toEqual([path, 403]);
  });

  test('is exported as lines of JSON, and the export is an entry', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const auditor = await api.keyOf('auditor');
    const reply = await api.get(`/v1/audit-log/export?clientId=${id}`, { key: auditor });
    expect(reply.headers.get('content-type')).toMatch(/^application\/jsonl/);
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename=audit-log-[\d-]+\.jsonl$/);
    const listed = await entries(`clientId=${id}`);
    expect(listed.map(({ action }) => action)).toEqual(['client.create', 'audit_log.export']);
    expect(lines(reply)).toEqual(listed);
    // more than are read at once
    await api.deps.sql`
      insert into audit_log (client_id, actor, action, subject_type, subject_id, outcome)
      select ${id}, '{"type": "system", "id": "test", "name": "Test"}', 'client.update', 'client', ${id}, 'done'
      from generate_series(1, 1200)`;
    const all = lines(await api.get(`/v1/audit-log/export?clientId=${id}`));
    expect(all).toHaveLength(1203);
    expect(new Set(all.map(({ number }) => number)).size).toBe(1203);
  });
});

describe('calls are counted', () => {
  const counts = async (key?: string): Promise<Record<string, number>> => {
    await api.counter.flush();
    const { items } = (await api.get('/v1/access-counts?limit=200', key === undefined ? {} : { key })).body;
    return Object.fromEntries(items.map(({ caller, kind, count }: Body) => [`${caller} ${kind}`, count]));
  };

  test('by key: what it was used for, what its role may not do, and what is another client’s', async () => {
    const [mine, theirs] = [(await api.make('/v1/clients', CLIENT)).id, (await api.make('/v1/clients', CLIENT)).id];
    const { id, key } = await api.make('/v1/api-keys', { name: 'an agent', role: 'agent', clientIds: [mine] });
    const answers = [
      await api.get(`/v1/clients/${mine}`, { key }),
      await api.get(`/v1/clients/${theirs}`, { key }),
      await api.call('PATCH', `/v1/clients/${theirs}`, { key, body: {} }),
      await api.get('/v1/clients/00000000-0000-4000-8000-000000000000', { key }),
      await api.call('PATCH', `/v1/clients/${mine}`, { key, body: { name: 'x' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 404, 403]);
    // the caller gets the same answer
    expect(answers[1]!.body).toEqual(answers[3]!.body);
    const counted = await counts();
    const of = (kind: string) => counted[`${id} ${kind}`];
    expect([of('used'), of('foreign'), of('missing'), of('forbidden')]).toEqual([5, 2, 1, 1]);
    await api.get(`/v1/clients/${theirs}`, { key });
    expect((await counts())[`${id} foreign`]).toBe(3);
    // an auditor of one client reads of its keys alone
    const auditor = await api.make('/v1/api-keys', { name: 'an auditor', role: 'auditor', clientIds: [mine] });
    const callers = Object.keys(await counts(auditor.key)).map((name) => name.split(' ')[0]);
    expect(new Set(callers)).toEqual(new Set([id]));
    expect(await counts(await api.keyOf('auditor', [theirs]))).not.toHaveProperty(`${id} used`);
  });

  test('without a valid key, and with one that was revoked', async () => {
    const before = (await counts())['- unauthenticated'] ?? 0;
    const { id, key } = await api.make('/v1/api-keys', { name: 'a lead', role: 'lead' });
    await api.call('DELETE', `/v1/api-keys/${id}`);
    for (const bad of [key, 'cs_wrong', '']) expect((await api.get('/v1/clients', { key: bad })).status).toBe(401);
    expect((await counts())['- unauthenticated']).toBe(before + 3);
  });

  test('once, also where the database was away for a moment', async () => {
    const before = (await counts())['- unauthenticated'] ?? 0;
    await api.get('/v1/clients', { key: 'cs_wrong' });
    await api.deps.sql`alter table access_counts rename to access_counts_away`;
    await expect(api.counter.flush()).rejects.toThrow();
    await api.deps.sql`alter table access_counts_away rename to access_counts`;
    expect((await counts())['- unauthenticated']).toBe(before + 1);
  });
});
