import { randomUUID } from 'node:crypto';
import { findWindowStart } from '../../domain/time/calendar';
import { CLIENT, PRACTICE, PROVIDER, TestApi, type Reply, listBrokenRules } from '../support/api';
import { inventNpi } from '../support/file';
import { daysAgo, daysAhead, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const newUser = async (more: object = {}): Promise<{ id: string; email: string }> =>
  api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@operator.example`, role: 'specialist', ...more });

async function file(contactEmail = CLIENT.contactEmail) {
  const { id: clientId } = await api.make('/v1/clients', { ...CLIENT, contactEmail });
  const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  return { clientId, practiceId: practice.id as string };
}
const ACCESS = { portal: 'Availity', payerIds: [], status: 'active', on: TODAY };
const access = (practiceId: string, body: object): Promise<Reply> =>
  api.post(`/v1/practices/${practiceId}/portal-access`, { ...ACCESS, ...body });

test('a portal names the user who holds it, and those who have its second factor', async () => {
  const [{ practiceId }, one, two] = [await file(), await newUser(), await newUser({ name: 'Kim' })];
  const named = { holderUserId: one.id, secondFactorUserIds: [one.id, two.id] };
  expect((await access(practiceId, named)).body).toMatchObject({ ...named, holder: 'Dana' });
  expect((await access(practiceId, { holder: 'An agency' })).body).toMatchObject({
    holder: 'An agency',
    holderUserId: null,
    secondFactorUserIds: [],
  });
  expect(listBrokenRules(await access(practiceId, {}))).toEqual(['holder required']);
  const stranger = await newUser({ clientIds: [(await file()).clientId] });
  expect(
    listBrokenRules(await access(practiceId, { holderUserId: stranger.id, secondFactorUserIds: [randomUUID()] })),
  ).toEqual(['holderUserId sees_the_client', 'secondFactorUserIds.0 unknown_reference']);
});

test('a portal whose second factor one person has is a finding before anybody leaves', async () => {
  const [{ clientId, practiceId }, one, two] = [await file(), await newUser(), await newUser()];
  const found = async () =>
    (await api.get(`/v1/clients/${clientId}/findings`)).body.items
      .filter(({ code }: { code: string }) => code === 'second_factor_of_one')
      .map(({ about }: { about: string }) => about);
  const holder = 'Dana';
  await access(practiceId, { holder, secondFactorUserIds: [one.id] });
  expect(await found()).toEqual(['Availity']);
  await access(practiceId, { holder, secondFactorUserIds: [one.id, two.id] });
  expect(await found()).toEqual([]);
  // one of two who had it has left
  await api.post(`/v1/users/${two.id}/end`, { workTo: null, reason: 'left' });
  expect(await found()).toEqual(['Availity']);
  await access(practiceId, { holder, secondFactorUserIds: [one.id], secondFactorOwner: 'Their office' });
  expect(await found()).toEqual([]);
  await access(practiceId, { holder, secondFactorOwner: 'Their office' });
  expect(await found()).toEqual(['Availity']);
  // without a second factor, or without access, there is none to lose
  for (const none of [{ holder }, { holder, secondFactorOwner: 'Kim', status: 'lost' }]) {
    await access(practiceId, none);
    expect(await found()).toEqual([]);
  }
});

test('whatever a colleague needs once a user has left is listed: portals, second factors, contact addresses', async () => {
  const dana = await newUser({ name: `Dana ${randomUUID()}` });
  const { name } = (await api.get(`/v1/users/${dana.id}`)).body;
  const { clientId, practiceId } = await file(dana.email.toUpperCase());
  const practices = await Promise.all(
    ['one', 'two'].map(
      async () => (await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() })).id,
    ),
  );
  await access(practiceId, { holderUserId: dana.id, secondFactorUserIds: [dana.id] });
  // only a name, and only an address, are on file
  await access(practices[0], { holder: name.toUpperCase() });
  await access(practices[1], { holder: 'Kim', secondFactorOwner: dana.email });
  const provider = await api.make(`/v1/clients/${clientId}/providers`, {
    ...PROVIDER,
    npi: inventNpi(),
    email: dana.email,
  });
  const holdings = async (more = {}) => (await api.get(`/v1/users/${dana.id}/holdings`, more)).body;
  const { items } = await holdings();
  const listed = items.map(({ what, subjectId }: { what: string; subjectId: string }) => `${what} ${subjectId}`);
  expect(listed.toSorted()).toEqual(
    [
      `contact_address ${clientId}`,
      `contact_address ${provider.id}`,
      `portal ${practiceId}`,
      `portal ${practices[0]}`,
      `second_factor ${practiceId}`,
      `second_factor ${practices[1]}`,
    ].toSorted(),
  );
  const other = await api.keyOf('auditor', [(await file()).clientId]);
  expect((await holdings({ key: other })).items).toEqual([]);
});

test('a client’s question or complaint is logged with who answers it and by which day', async () => {
  const [{ clientId }, dana] = [await file(), await newUser()];
  const path = `/v1/clients/${clientId}/requests`;
  const asked = {
    kind: 'complaint',
    receivedOn: daysAgo(1),
    channel: 'phone',
    askedBy: 'Robin',
    words: 'Nobody calls.',
  };
  const made = await api.post(path, { ...asked, assignee: dana.id, dueOn: daysAhead(3) });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ ...asked, clientId, assignee: dana.id, dueOn: daysAhead(3), answeredAt: null });
  const { body: tasks } = await api.get(`/v1/tasks?assignee=${dana.id}&kind=client_request`);
  const dueAt = findWindowStart(daysAhead(3), { timeZone: CLIENT.timeZone });
  const words = 'answer what a client has asked or complained of';
  expect(tasks.items).toMatchObject([{ id: made.body.taskId, clientId, do: words, dueAt, overdue: false }]);
  await api.post(`/v1/tasks/${made.body.taskId}/completion`, { notes: 'Called back.' });
  expect((await api.get(path)).body.items).toMatchObject([{ id: made.body.id, answeredAt: expect.any(String) }]);
  const auditor = await newUser({ role: 'auditor' });
  expect(listBrokenRules(await api.post(path, { ...asked, assignee: auditor.id, dueOn: daysAhead(3) }))).toEqual([
    'assignee can_work',
  ]);
});
