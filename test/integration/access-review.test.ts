import { CLIENT, PRACTICE, TestApi, type Reply } from '../support/api';
import { daysAhead } from '../support/system';

const EXPIRES_ON = daysAhead(90);

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

type Body = Reply['body'];
let serial = 0;
const user = (more: object = {}): Promise<Body> => {
  serial += 1;
  return api.make('/v1/users', {
    name: `Sam ${serial}`,
    email: `sam${serial}@example.org`,
    role: 'specialist',
    ...more,
  });
};
async function review(key?: string): Promise<Body[]> {
  await api.counter.flush();
  const first = (await api.get('/v1/access-review?limit=200', key === undefined ? {} : { key })).body;
  expect(first.nextCursor).toBeNull();
  return first.items;
}
const of = async (id: string, key?: string): Promise<Body> => (await review(key)).find((one) => one.id === id);
const client = async (): Promise<string> => (await api.make('/v1/clients', CLIENT)).id;

test('everybody who has access is listed with role, clients, keys, last use and portals', async () => {
  const clientId = await client();
  const practice = await api.make(`/v1/clients/${clientId}/practices`, PRACTICE);
  const { id, name } = await user({ clientIds: [clientId] });
  const made = await api.make('/v1/api-keys', {
    name: 'her laptop',
    role: 'specialist',
    userId: id,
    expiresOn: EXPIRES_ON,
  });
  await api.make(`/v1/practices/${practice.id}/portal-access`, {
    portal: 'Availity',
    payerIds: [],
    status: 'active',
    holderUserId: id,
    on: '2026-01-02',
  });
  const listed = {
    type: 'user',
    id,
    name,
    role: 'specialist',
    clientIds: [clientId],
    keys: [{ id: made.id, name: 'her laptop', role: 'specialist', expiresOn: EXPIRES_ON }],
    portals: [{ clientId, practiceId: practice.id, portal: 'Availity', status: 'active', as: 'holder' }],
    lastSignOff: null,
  };
  expect(await of(id)).toMatchObject({ ...listed, lastUsedAt: null });
  const before = new Date().toISOString();
  await api.get('/v1/clients', { key: made.key });
  const { lastUsedAt } = await of(id);
  expect(lastUsedAt >= before).toBe(true);
  const program = await api.make('/v1/api-keys', { name: 'claims', role: 'service', clientIds: [clientId] });
  expect(await of(program.id)).toMatchObject({ type: 'program', name: 'claims', role: 'service', portals: [] });
  // access that has ended is none
  await api.call('DELETE', `/v1/api-keys/${program.id}`);
  await api.call('DELETE', `/v1/api-keys/${made.id}`);
  expect(await of(program.id)).toBeUndefined();
  expect(await of(id)).toMatchObject({ keys: [], lastUsedAt });
  await api.post(`/v1/users/${id}/end`, { workTo: null, reason: 'left' });
  expect(await of(id)).toBeUndefined();
});

test('a key of some clients lists those who reach none but these', async () => {
  const [mine, theirs] = [await client(), await client()];
  const [own, both, all] = [await user({ clientIds: [mine] }), await user({ clientIds: [mine, theirs] }), await user()];
  const auditor = await api.make('/v1/api-keys', { name: 'an auditor', role: 'auditor', clientIds: [mine] });
  const ids = (await review(auditor.key)).map(({ id }) => id);
  expect(new Set(ids)).toEqual(new Set([own.id, auditor.id]));
  expect((await review()).map(({ id }) => id)).toEqual(expect.arrayContaining([own.id, both.id, all.id]));
  for (const role of ['lead', 'specialist', 'agent', 'client', 'service'])
    expect([role, (await api.get('/v1/access-review', { key: await api.keyOf(role, [mine]) })).status]).toEqual([
      role,
      403,
    ]);
});

test('a sign-off is kept as an entry, with all that there was, once however often it is sent', async () => {
  const { id } = await user();
  const path = `/v1/users/${id}/access-sign-offs`;
  const headers = { 'Idempotency-Key': `review ${id}`.replaceAll(' ', '-') };
  const signed = await api.post(path, { decision: 'change', reason: 'too many clients' }, { headers });
  await api.post(path, { decision: 'change', reason: 'too many clients' }, { headers });
  expect([signed.status, signed.body.lastSignOff]).toMatchObject([
    201,
    { decision: 'change', reason: 'too many clients', by: { id: 'admin' } },
  ]);
  expect((await of(id)).lastSignOff).toEqual(signed.body.lastSignOff);
  const { items } = (await api.get(`/v1/audit-log?subject=${id}&action=access.sign_off`)).body;
  expect(items).toHaveLength(1);
  expect(items[0].detail).toMatchObject({ decision: 'change', had: { role: 'specialist', clientIds: null, keys: [] } });
  const again = await api.post(path, { decision: 'keep' });
  expect(again.body.lastSignOff).toMatchObject({ decision: 'keep', reason: null });
  for (const decision of ['change', 'end'])
    expect((await api.post(path, { decision })).body.errors).toEqual([
      { path: 'reason', rule: 'required', message: 'is required, unless decision is keep' },
    ]);
});

test('nobody signs off their own access, or what has ended', async () => {
  const { id } = await user({ role: 'admin' });
  const { key } = await api.make('/v1/api-keys', { name: 'own', role: 'admin', userId: id });
  const own = await api.post(`/v1/users/${id}/access-sign-offs`, { decision: 'keep' }, { key });
  expect([own.status, own.body.type]).toEqual([409, 'urn:countersign:problem:own_access']);
  const program = await api.make('/v1/api-keys', { name: 'claims', role: 'admin' });
  const path = `/v1/api-keys/${program.id}/access-sign-offs`;
  expect((await api.post(path, { decision: 'keep' }, { key: program.key })).body.type).toBe(own.body.type);
  expect((await api.post(path, { decision: 'keep' }, { key })).status).toBe(201);
  await api.call('DELETE', `/v1/api-keys/${program.id}`);
  expect((await api.post(path, { decision: 'keep' }, { key })).body.type).toBe('urn:countersign:problem:no_access');
});
