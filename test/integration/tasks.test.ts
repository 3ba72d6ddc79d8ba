import { createTasks, settleTasks } from '../../record/kernel/tasks';
import { CLIENT, TestApi } from '../support/api';

let api: TestApi;
let clientId: string;
const SUBJECT = '11111111-1111-4111-8111-111111111111';

beforeAll(async () => {
  api = await TestApi.start();
  clientId = (await api.make('/v1/clients', CLIENT)).id;
});
afterAll(() => api.stop());

const give = (key: string, dueAt = '2026-01-05T14:00:00Z') =>
  createTasks(api.deps.sql, [
    { key, clientId, kind: 'platform_inquiry', subjectType: 'platform_relationship', subjectId: SUBJECT, dueAt },
  ]);
const open = async () => (await api.get(`/v1/tasks?clientId=${clientId}&open=true`)).body.items;

test('the same key gives one task, and it is late after its instant', async () => {
  await give('one');
  await give('one');
  expect(await open()).toMatchObject([{ kind: 'platform_inquiry', subjectId: SUBJECT, overdue: true, closedAt: null }]);
});

test('done once, it stays as it was', async () => {
  const [{ id }] = await open();
  const first = await api.post(`/v1/tasks/${id}/completion`, { note: 'they called back' });
  const second = await api.post(`/v1/tasks/${id}/completion`, { note: 'again' });
  expect(first.body).toMatchObject({ note: 'they called back', overdue: false, closedBy: { type: 'admin' } });
  expect(second.body).toEqual(first.body);
  expect(await open()).toEqual([]);
});

test('what settles it closes it without anybody, and a new key is a new task', async () => {
  await give('two', '2099-01-05T14:00:00Z');
  await settleTasks(api.deps.sql, SUBJECT, 'platform_inquiry');
  const [, second] = (await api.get(`/v1/tasks?subjectId=${SUBJECT}&open=false`)).body.items;
  expect(second).toMatchObject({ closedBy: null, overdue: false });
});

test('a key of another client sees nothing of it; a client sees none at all', async () => {
  const other = (await api.make('/v1/clients', { ...CLIENT, name: 'Other' })).id;
  await give('three');
  const [{ id }] = await open();
  const foreign = { key: await api.keyOf('specialist', [other]) };
  expect((await api.get('/v1/tasks', foreign)).body.items).toEqual([]);
  expect((await api.get(`/v1/tasks/${id}`, foreign)).status).toBe(404);
  expect((await api.post(`/v1/tasks/${id}/completion`, {}, foreign)).status).toBe(404);
  expect((await api.get('/v1/tasks', { key: await api.keyOf('client', [clientId]) })).status).toBe(403);
});
