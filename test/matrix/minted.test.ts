import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSend } from '../../activities/outreach';
import type { Route } from '../../api/kernel/route';
import { listRoutes } from '../../api/routes';
import { ROLES, type Role } from '../../domain/kernel/codes';
import { emitEvent } from '../../record/outreach/event-feed';
import { batchDueMail } from '../../record/outreach/mail';
import { queueMessages } from '../../record/outreach/messages';
import { createTasks } from '../../record/kernel/tasks';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { inventNpi } from '../support/file';
import { addDaysToToday } from '../support/filled-files';

/*
 * A key reaches nothing beyond its own scope by all that it can mint: keys, users, feeds, webhooks and covers of every
 * parameter are asked for, also by keys that were minted, and nothing that comes of them names anything of another client.
 */

let api: TestApi;
let server: Server;
let a: Client;
let b: Client;
/** Users whom a key of client A may name, seen by it and not, named after what they see. */
let users: Record<'ofA' | 'ofB' | 'ofBoth' | 'ofAll' | 'leadOfA' | 'adminOfA' | 'adminOfAll', string>;
const posted: string[] = [];
beforeAll(async () => {
  api = await TestApi.start({ patienceMs: 10, webhooksToPrivate: true });
  server = createServer((req, res) => {
    req.on('data', (part: Buffer) => posted.push(part.toString())).on('end', () => res.end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  [a, b] = [await makeClient('a'), await makeClient('b')];
  const both = [a.id, b.id];
  users = {
    ofA: await makeUser('specialist', [a.id]),
    ofB: await makeUser('specialist', [b.id]),
    ofBoth: await makeUser('specialist', both),
    ofAll: await makeUser('specialist'),
    leadOfA: await makeUser('lead', [a.id]),
    adminOfA: await makeUser('admin', [a.id]),
    adminOfAll: await makeUser('admin'),
  };
});
/** Each test sends the mail of its own. */
beforeEach(async () => {
  for (const [who, id] of Object.entries(users))
    for (const client of [a, b].filter((one) => sees(who, one))) await giveWork(client, id);
});
afterAll(async () => {
  server.close();
  await api.stop();
});

interface Client {
  id: string;
  letter: string;
  open: () => Promise<string>;
  /** Ids and names that only callers who see the client are shown. */
  marks: string[];
}

const sees = (who: string, { letter }: Client): boolean =>
  /(Both|All)$/.test(who) || who.toLowerCase().endsWith(`of${letter}`);

const makeUser = async (role: Role, clientIds?: string[]): Promise<string> =>
  (
    await api.make('/v1/users', {
      name: 'Kim',
      email: `${randomUUID()}@example.org`,
      role,
      ...(clientIds && { clientIds }),
    })
  ).id;

async function makeClient(letter: string): Promise<Client> {
  const name = (what: string) => `${what}only${letter}${randomUUID().replaceAll(/[^a-f]/g, '')}`;
  const [clientName, practiceName, lastName] = [name('Client'), name('Practice'), name('Person')];
  const { id } = await api.make('/v1/clients', { ...CLIENT, name: clientName });
  const practice = await api.make(`/v1/clients/${id}/practices`, {
    ...PRACTICE,
    legalName: practiceName,
    npi: inventNpi(),
  });
  const marks = [id, practice.id, clientName, practiceName, lastName, practice.npi];
  const open = async () => {
    const provider = await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, lastName, npi: inventNpi() });
    const payer = await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
    const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
    const application = (await api.post('/v1/applications', scope)).body.id as string;
    marks.push(provider.id, application);
    return application;
  };
  return { id, letter, open, marks };
}

/** Gives a user an application, a task and a message of a client. */
async function giveWork(client: Client, userId: string): Promise<void> {
  const { sql } = api.deps;
  await sql`update applications set assignee = ${userId} where id = ${await client.open()}`;
  await createTasks(sql, [
    {
      key: randomUUID(),
      clientId: client.id,
      kind: 'platform_check',
      assignee: userId,
      subjectType: 'user',
      subjectId: client.id,
      dueAt: WEDNESDAY,
    },
  ]);
  await queueMessages(sql, [
    {
      key: randomUUID(),
      clientId: client.id,
      recipientType: 'user',
      recipientId: userId,
      template: 'escalation',
      data: { purpose: client.id },
      notBefore: '2026-06-10T18:30:00.000Z',
    },
  ]);
}

/** Noon of a Wednesday in Los Angeles, when mail leaves. */
const WEDNESDAY = '2026-06-10T19:00:00.000Z';

interface Minted {
  keys: { key: string; role: Role }[];
  /** The latest address of each user's feed: a new one replaces it. */
  feeds: Map<string, string>;
  hooks: string[];
  /** The number of attempts that were refused. */
  refused: number;
}

const scopes = () => [[a.id], [a.id, b.id], [b.id], undefined];

let day = 50;
/** Mints with a key everything that there is to mint, with every parameter; keeps what it got. */
async function mintAll(key: string, names: string[], known = Object.values(users)): Promise<Minted> {
  const minted: Minted = { keys: [], feeds: new Map(), hooks: [], refused: 0 };
  const mint = async (method: string, path: string, body?: object): Promise<Reply['body']> => {
    const reply = await api.call(method, path, { key, ...(body && { body }) });
    if (reply.status < 300) return reply.body ?? {};
    minted.refused += 1;
    if (![400, 403, 404, 409, 422].includes(reply.status))
      throw new Error(`${method} ${path} answered ${reply.status}`);
    return null;
  };
  const everybody = [...known, ...names.slice(-2)];
  for (const role of ROLES)
    for (const clientIds of scopes()) {
      const scope = { role, ...(clientIds && { clientIds }) };
      for (const userId of [undefined, ...everybody]) {
        const made = await mint('POST', '/v1/api-keys', { name: 'minted', ...scope, ...(userId && { userId }) });
        if (made) minted.keys.push({ key: made.key, role });
      }
      const user = await mint('POST', '/v1/users', { name: 'minted', email: `${randomUUID()}@example.org`, ...scope });
      if (user) names.push(user.id);
      // users who have keys already stay as they are: a change of role may end these
      for (const userId of [...(user ? [user.id] : []), users.ofAll, users.ofBoth])
        for (const wider of scopes())
          await mint('PATCH', `/v1/users/${userId}`, { role, ...(wider && { clientIds: wider }) });
    }
  for (const userId of everybody) {
    const feed = await mint('POST', `/v1/users/${userId}/calendar-feed`);
    if (feed) minted.feeds.set(userId, feed.url);
    for (const substitute of everybody) {
      day += 2;
      const days = { fromOn: addDaysToToday(day), untilOn: addDaysToToday(day + 1) };
      await mint('POST', `/v1/users/${userId}/covers`, { substitute, ...days });
    }
  }
  for (const clientIds of scopes()) {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${randomUUID()}`;
    const types = ['follow_up.due', 'application.stage_changed', 'billing_readiness.changed'];
    const hook = await mint('POST', '/v1/webhook-endpoints', { url, types, ...(clientIds && { clientIds }) });
    if (hook) minted.hooks.push(hook.id);
  }
  return minted;
}

/** Moves every cover that was minted to today. */
const beginCovers = () =>
  api.deps.sql`update covers set from_on = current_date - 2, until_on = current_date + 2 where made_by is not null`;

const lists = (): Route[] =>
  listRoutes(api.deps).filter(
    ({ method, path, access }) => method === 'get' && access !== 'public' && !path.includes('{'),
  );

/** Yields what a key is shown by every list, and by those of what each user has. */
async function* readAll(key: string): AsyncGenerator<[string, string]> {
  for (const { path, query } of lists()) {
    const shape = Object.keys((query as { shape?: object } | undefined)?.shape ?? {});
    const page: Record<string, string> = shape.includes('limit') ? { limit: '200' } : {};
    const asked: Record<string, string>[] = [page];
    if (path === '/v1/applications/summary')
      asked.splice(0, 1, ...['client', 'assignee'].map((groupBy) => ({ groupBy })));
    const field = ['assignee', 'userId', 'recipientId'].find((name) => shape.includes(name));
    if (field === 'userId') asked.pop();
    if (field) asked.push(...[users.ofA, users.ofBoth, users.ofAll].map((id) => ({ ...page, [field]: id })));
    for (const one of asked) {
      const url = `${path}?${new URLSearchParams(one)}`;
      const { status, body } = await api.get(url, { key });
      if (status === 200) yield [url, typeof body === 'string' ? body : JSON.stringify(body)];
    }
  }
}

const findMarks = (text: string) => b.marks.filter((mark) => text.includes(mark));

test.each(['admin', 'lead'] as const)(
  'a %s of one client reaches nothing of another by anything that it mints, nor by what that mints',
  async (role) => {
    const shown: [string, string[]][] = [];
    const look = (where: string, text: string) => {
      if (findMarks(text).length > 0) shown.push([where, findMarks(text)]);
    };
    const maker = await api.keyOf(role, [a.id]);
    const names: string[] = [];
    const minted = [await mintAll(maker, names)];
    // the second generation: by a key of each role that may mint, of a program and of users
    const byRole = new Map(minted[0]!.keys.toReversed().map((one) => [one.role, one.key]));
    for (const which of ['admin', 'lead'] as const)
      if (byRole.has(which))
        minted.push(await mintAll(byRole.get(which)!, names, [users.ofA, users.ofBoth, users.adminOfAll]));
    await beginCovers();

    const keys = minted.flatMap((one) => one.keys);
    // one of each role and generation: the others have the same scope or are refused
    const asking = [
      maker,
      ...minted.flatMap((one) => [...new Map(one.keys.map(({ role: of, key }) => [of, key])).values()]),
    ];
    for (const key of asking) for await (const [where, text] of readAll(key)) look(where, text);
    // each key that was minted sees the maker's client at most
    for (const { key } of keys) {
      const { status, body } = await api.get('/v1/clients?limit=200', { key });
      expect(status).toBe(200);
      look('clients', JSON.stringify(body));
    }
    for (const feed of new Map(minted.flatMap((one) => [...one.feeds])).values()) {
      const { status, body } = await api.get(feed, { key: '' });
      expect(status).toBe(200);
      look('feed', String(body));
    }

    const { sql, keyring } = api.deps;
    const send = createSend(sql, { keyring, privateWebhooks: true });
    for (const { id: clientId, marks } of [a, b])
      await sql.begin((tx) => emitEvent(tx, { clientId, type: 'follow_up.due', subjectId: marks.at(-1)!, data: {} }));
    posted.length = 0;
    for (const id of minted.flatMap((one) => one.hooks))
      await send.send({ kind: 'webhook', id, at: new Date().toISOString() });
    look('webhooks', posted.join());
    if (role === 'admin') expect(posted.join()).toContain(a.id);

    await sql`delete from local_mailbox`;
    for (const recipientId of Object.values(users))
      for (;;) {
        const { send: batch } = await sql.begin((tx) => batchDueMail(tx, recipientId, WEDNESDAY));
        if (!batch) break;
        await send.send({ kind: 'mail', id: batch.id });
      }
    const mails = await sql<
      { recipient: string; clientId: string | null }[]
    >`select recipient, client_id from local_mailbox`;
    const seeB = await sql<
      { email: string }[]
    >`select email from users where client_ids is null or ${b.id} = any(client_ids)`;
    const addresses = new Set(seeB.map(({ email }) => email));
    for (const { recipient, clientId } of mails)
      if (clientId !== a.id && !addresses.has(recipient)) shown.push([`mail to ${recipient}`, []]);

    expect(shown).toEqual([]);
    expect(mails.length).toBeGreaterThan(0);
    // it minted what it may, and was refused what it may not
    expect(keys.length).toBeGreaterThan(role === 'admin' ? 20 : -1);
    expect(minted[0]!.feeds.size).toBeGreaterThan(1);
    expect(minted[0]!.refused).toBeGreaterThan(100);
  },
);
