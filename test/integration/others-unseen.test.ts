import { randomUUID } from 'node:crypto';
import { emitEvent } from '../../record/outreach/event-feed';
import { CLIENT, PRACTICE, PROVIDER, TestApi, type Reply, readProblemType } from '../support/api';
import { inventNpi } from '../support/file';
import { TODAY } from '../support/system';

let api: TestApi;
let a: string;
let b: string;
let leadOfA: string;
beforeAll(async () => {
  api = await TestApi.start();
  [a, b] = [await client(), await client()];
  leadOfA = await api.keyOf('lead', [a]);
});
afterAll(() => api.stop());

const client = async (): Promise<string> => (await api.make('/v1/clients', CLIENT)).id;
const addProvider = (clientId: string) =>
  api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });

/** Takes a list of the excluded that names nobody who is on file. */
async function takeList(): Promise<Reply['body']> {
  const rows = ['LASTNAME,FIRSTNAME,BUSNAME,NPI,DOB,STATE,EXCLTYPE,EXCLDATE,REINDATE'];
  for (let n = 0; n < 20; n += 1) rows.push(`NOBODY${n},ROBIN,,0000000000,19700131,CA,1128a1,20260301,00000000`);
  const reply = await api.call('POST', `/v1/exclusions/imports?month=${TODAY.slice(0, 7)}`, {
    body: rows.join('\n'),
    headers: { 'Content-Type': 'text/csv' },
  });
  return reply.body;
}

test('what a list of the excluded came to is counted at the clients that one sees', async () => {
  await addProvider(a);
  await api.make(`/v1/clients/${a}/practices`, PRACTICE);
  for (let n = 0; n < 3; n += 1) await addProvider(b);
  const taken = await takeList();
  const last = async (key?: string) => (await api.get('/v1/exclusions/imports', key ? { key } : {})).body.items.at(-1);
  expect(await last()).toEqual(taken);
  expect(taken).toMatchObject({ screened: 5, clear: 5, possible: 0, confirmed: 0 });
  expect(await last(leadOfA)).toEqual({ ...taken, screened: 2, clear: 2 });
});

describe('the numbers of events', () => {
  const tell = (clientId: string, times: number) =>
    api.deps.sql.begin(async (tx) => {
      for (let n = 0; n < times; n += 1)
        await emitEvent(tx, { clientId, type: 'follow_up.due', subjectId: randomUUID(), data: {} });
    });
  const read = async (query: string, key?: string): Promise<{ id: string; seq: number; clientId: string }[]> =>
    (await api.get(`/v1/events?limit=200${query}`, key ? { key } : {})).body.items;
  const STEP = 1024;

  test('lie no further apart where others did much in between', async () => {
    const own = await client();
    const key = await api.keyOf('auditor', [own]);
    await tell(own, 1);
    for (let n = 0; n < 3; n += 1) {
      await tell(b, 200);
      await tell(own, 1);
    }
    const numbers = (await read('', key)).map(({ seq }) => seq);
    expect(numbers).toHaveLength(4);
    for (const [i, seq] of numbers.slice(1).entries()) {
      expect(seq).toBeGreaterThan(numbers[i]!);
      expect(seq - numbers[i]!).toBeLessThan(2 * STEP);
    }
  });

  test('are each one event’s, and lead a reader who sees every client past none', async () => {
    const clients = await Promise.all([client(), client(), client()]);
    const [before] = await api.deps.sql<{ seq: number }[]>`select max(seq) as seq from emitted`;
    for (const clientId of clients) await tell(clientId, 40);
    const all = await read(`&cursor=${before?.seq ?? 0}`);
    expect(all.map(({ clientId }) => clientId).toSorted()).toEqual(
      clients.flatMap((one) => Array(40).fill(one)).toSorted(),
    );
    expect(new Set(all.map(({ seq }) => seq)).size).toBe(120);
    await tell(clients[0]!, 1);
    expect(await read(`&cursor=${all.at(-1)!.seq}`)).toHaveLength(1);
  });
});

test('a place in the local mailbox does not say how many mails there are', async () => {
  const { sql } = api.deps;
  for (const clientId of [a, b, b, a])
    await sql`insert into local_mailbox ${sql({ clientId, recipient: 'a@example.org', subject: 'x', text: '-', html: '-' })}`;
  const key = await api.keyOf('auditor', [a]);
  const { nextCursor } = (await api.get('/v1/local-mailbox?limit=1', { key })).body;
  expect(JSON.parse(Buffer.from(nextCursor, 'base64url').toString())).toMatch(/^[0-9a-f-]{36}$/);
  expect((await api.get(`/v1/local-mailbox?limit=5&cursor=${nextCursor}`, { key })).body.items).toHaveLength(1);
});

test('the ids of answers about billing readiness do not count those of others', async () => {
  const { sql } = api.deps;
  for (const clientId of [a, b, a])
    await sql`insert into readiness_answers ${sql({ clientId, askedBy: sql.json({ type: 'key', id: 'x', name: 'x' }), question: sql.json({}), mayBill: false, reasons: [], entryIds: [] })}`;
  const key = await api.keyOf('auditor', [a]);
  const rows = await sql`select answer_id as id from readiness_answers where client_id = ${a}`;
  const { body } = await api.get('/v1/readiness-answers', { key });
  expect(body.items.map(({ id }: { id: string }) => id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
  for (const { id } of rows) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
});

test('a dead row of the outbox is listed under an id that is not its number, and is tried again by it', async () => {
  const { sql } = api.deps;
  const [row] = await sql<{ id: number }[]>`
    insert into outbox (topic, subject, dead_at) values ('file_changed', ${randomUUID()}, now()) returning id`;
  const stuck = (await api.get('/v1/operations/stuck')).body.items.filter(
    ({ kind }: Reply['body']) => kind === 'outbox',
  );
  expect(stuck).toHaveLength(1);
  expect(Number.parseInt(stuck[0].id.replaceAll('-', ''), 16)).not.toBe(row!.id);
  expect((await api.post(`/v1/operations/stuck/${stuck[0].id}/retry`, undefined)).status).toBe(204);
  expect(await sql`select id from outbox where dead_at is not null`).toEqual([]);
});

describe('a user', () => {
  const user = (clientIds?: string[], email = `${randomUUID()}@example.org`) => ({
    name: 'Dana',
    email,
    role: 'specialist',
    ...(clientIds && { clientIds }),
  });

  test('of several clients is shown with those that one sees', async () => {
    const { id } = await api.make('/v1/users', user([a, b]));
    const everywhere = await api.make('/v1/users', user());
    const shown = async (of: string, key?: string) =>
      (await api.get(`/v1/users/${of}`, key ? { key } : {})).body.clientIds;
    expect([await shown(id), await shown(id, leadOfA)]).toEqual([[a, b], [a]]);
    expect(await shown(everywhere.id, leadOfA)).toBeNull();
    const listed = (await api.get('/v1/users?limit=200', { key: leadOfA })).body.items;
    expect(listed.find((one: { id: string }) => one.id === id).clientIds).toEqual([a]);
  });

  test('of another client takes no email address away; one of a shared client, or of all, does', async () => {
    const [ofB, ofBoth, ofAll] = [user([b]), user([a, b]), user()];
    await api.make('/v1/users', ofB);
    const taken = [await api.make('/v1/users', ofBoth), await api.make('/v1/users', ofAll)];
    const added = await api.make('/v1/users', user([a], ofB.email), { key: leadOfA });
    for (const { id, email } of taken) {
      const reply = await api.post('/v1/users', user([a], email.toUpperCase()), { key: leadOfA });
      expect([reply.status, readProblemType(reply), reply.body.existingId]).toEqual([409, 'duplicate_user', id]);
      const changed = await api.patch(`/v1/users/${added.id}`, { email }, { key: leadOfA });
      expect([readProblemType(changed), changed.body.existingId]).toEqual(['duplicate_user', id]);
    }
  });

  test('gets no client at which another has the address, and of two who are added at once one is', async () => {
    const email = `${randomUUID()}@example.org`;
    const [one, other] = [await api.make('/v1/users', user([a], email)), await api.make('/v1/users', user([b], email))];
    const wider = await api.patch(`/v1/users/${one.id}`, { clientIds: [a, b] });
    expect([readProblemType(wider), wider.body.existingId]).toEqual(['duplicate_user', other.id]);
    const both = user([a]);
    const replies = await Promise.all([api.post('/v1/users', both), api.post('/v1/users', both)]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });
});
