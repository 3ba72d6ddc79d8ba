import { randomUUID } from 'node:crypto';
import { ROLES, WORKER_ROLES } from '../../domain/kernel/codes';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, listBrokenRules, readProblemType } from '../support/api';
import { inventNpi } from '../support/file';
import { daysAhead } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const newClient = async (): Promise<string> => (await api.make('/v1/clients', CLIENT)).id;
const newUser = async (role = 'specialist', clientIds?: string[]): Promise<string> => {
  const body = { name: 'Dana Reyes', email: `${randomUUID()}@operator.example`, role, ...(clientIds && { clientIds }) };
  return (await api.make('/v1/users', body)).id;
};
const post = (body: object, key?: string) =>
  api.post('/v1/api-keys', { name: 'laptop', role: 'specialist', ...body }, key ? { key } : {});
const keyOf = async (userId: string, role = 'specialist'): Promise<string> => (await post({ userId, role })).body.key;

/** Creates the scope of an application of a client. */
async function scopeOf(clientId: string): Promise<object> {
  const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID() });
  return { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
}
const open = async (more: { key?: string } = {}): Promise<string> =>
  (await api.post('/v1/applications', await scopeOf(await newClient()), more)).body.id;

test('a key belongs to one user or to one program; one that names neither to a program of its name', async () => {
  const userId = await newUser();
  expect((await post({ userId })).body).toMatchObject({ userId, serviceName: null });
  expect((await post({ serviceName: 'Claims' })).body).toMatchObject({ userId: null, serviceName: 'Claims' });
  const { body: neither } = await post({});
  expect(neither).toMatchObject({ userId: null, serviceName: 'laptop' });
  expect((await api.get(`/v1/api-keys/${neither.id}`)).body.serviceName).toBe('laptop');
  expect(listBrokenRules(await post({ userId, serviceName: 'Claims' }))).toEqual(['serviceName one_owner']);
});

test('what is done with a user’s key is done in the user’s name', async () => {
  const userId = await newUser();
  const { body: made } = await post({ userId });
  const first = async (id: string) => (await api.get(`/v1/applications/${id}/timeline`)).body.items[0].actor;
  expect(await first(await open({ key: made.key }))).toEqual({ type: 'key', id: made.id, name: 'Dana Reyes', userId });
  const { body: program } = await post({ serviceName: 'Claims' });
  expect(await first(await open({ key: program.key }))).toEqual({ type: 'key', id: program.id, name: 'Claims' });
});

test('a user’s key reaches no further than the user does, then and later', async () => {
  const [one, two] = [await newClient(), await newClient()];
  const userId = await newUser('specialist', [one]);
  expect(listBrokenRules(await post({ userId, role: 'lead' }))).toEqual(['role within_user']);
  expect(listBrokenRules(await post({ userId, clientIds: [two] }))).toEqual(['clientIds within_user']);
  const { body: made } = await post({ userId });
  expect(made.clientIds).toEqual([one]);
  const clients = async () => {
    const { body } = await api.get('/v1/clients', { key: made.key });
    return body.items.map(({ id }: { id: string }) => id);
  };
  expect(await clients()).toEqual([one]);
  await api.deps.sql`update users set client_ids = ${[two]} where id = ${userId}`;
  expect(await clients()).toEqual([two]);
  await api.deps.sql`update users set revoked_at = now() where id = ${userId}`;
  expect((await api.get('/v1/clients', { key: made.key })).status).toBe(401);
});

test('a key is made only for a user whom its maker manages and who has access', async () => {
  const own = await newClient();
  const [key, both] = [await api.keyOf('admin', [own]), await newUser('specialist', [own, await newClient()])];
  expect((await post({ userId: both, clientIds: [own] }, key)).status).toBe(403);
  expect(
    listBrokenRules(await post({ userId: await newUser('specialist', [await newClient()]), clientIds: [own] }, key)),
  ).toEqual(['userId unknown_reference']);
  const userId = await newUser('specialist', [own]);
  expect((await post({ userId, clientIds: [own] }, key)).status).toBe(201);
  await api.deps.sql`update users set revoked_at = now() where id = ${userId}`;
  expect(listBrokenRules(await post({ userId }))).toEqual(['userId has_access']);
});

test('work is given to those who follow up, and to nobody who only looks', async () => {
  const applicationId = await open();
  for (const role of ROLES) {
    const id = await newUser(role, role === 'client' ? [await newClient()] : undefined);
    const clientId = (await api.get(`/v1/applications/${applicationId}`)).body.clientId;
    if (role === 'client') await api.deps.sql`update users set client_ids = ${[clientId]} where id = ${id}`;
    const days = { fromOn: daysAhead(1), untilOn: daysAhead(2) };
    const [unfit, works] = [[400, 'can_work'], WORKER_ROLES.includes(role)];
    const given = await api.put(`/v1/applications/${applicationId}/assignment`, { assignee: id });
    expect([role, given.status, given.body.errors?.[0].rule]).toEqual([role, ...(works ? [202, undefined] : unfit)]);
    const covering = await api.post(`/v1/users/${await newUser()}/covers`, { substitute: id, ...days });
    expect([role, covering.status, covering.body.errors?.[0].rule]).toEqual([
      role,
      ...(works ? [201, undefined] : unfit),
    ]);
  }
});

describe('claiming', () => {
  const claim = async (body: object, key: string) => api.post(`/v1/applications/${await open()}/claim`, body, { key });

  test('is for oneself', async () => {
    const [dana, lead] = [await newUser('agent'), await newUser('lead')];
    const key = await keyOf(dana, 'agent');
    for (const body of [{}, { assignee: dana }]) {
      const id = await open();
      expect((await api.post(`/v1/applications/${id}/claim`, body, { key })).status).toBe(202);
      const [command] = await api.deps.sql`
        select body->>'assignee' as assignee from commands where application_id = ${id} and action = 'assignment'`;
      expect(command).toEqual({ assignee: dana });
    }
    expect(listBrokenRules(await claim({ assignee: lead }, key))).toEqual(['assignee oneself']);
  });

  test('for another user is an assignment, and takes a program that may assign', async () => {
    const dana = await newUser('agent');
    expect(readProblemType(await claim({ assignee: dana }, await api.keyOf('agent')))).toBe('forbidden');
    expect((await claim({ assignee: dana }, await api.keyOf('specialist'))).status).toBe(202);
    expect(listBrokenRules(await claim({}, await api.keyOf('specialist')))).toEqual(['assignee required']);
  });
});
