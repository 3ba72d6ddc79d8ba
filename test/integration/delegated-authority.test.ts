import { randomUUID } from 'node:crypto';
import { createSend } from '../../activities/outreach';
import { allRoutes } from '../../api/routes';
import { ROLES, type Role } from '../../domain/kernel/codes';
import { emit } from '../../record/outreach/event-feed';
import { dueMail } from '../../record/outreach/mail';
import { queueMessages } from '../../record/outreach/messages';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi } from '../support/api';
import { freshNpi } from '../support/file';
import { daysAgo, daysAhead } from '../support/system';

let api: TestApi;
let a: Client;
let b: Client;
let users: Record<Who, User>;
beforeAll(async () => {
  api = await TestApi.start();
  [a, b] = [await client('A'), await client('B')];
  users = await everybody();
});
afterAll(() => api.stop());

/** Users by the clients that they see; all specialists but the last two. */
type Who = 'ofA' | 'ofB' | 'ofBoth' | 'ofAll' | 'adminOfA' | 'adminOfAll';
const WHO: Record<Who, { role: Role; sees: 'A' | 'B' | 'AB' | 'all' }> = {
  ofA: { role: 'specialist', sees: 'A' },
  ofB: { role: 'specialist', sees: 'B' },
  ofBoth: { role: 'specialist', sees: 'AB' },
  ofAll: { role: 'specialist', sees: 'all' },
  adminOfA: { role: 'admin', sees: 'A' },
  adminOfAll: { role: 'admin', sees: 'all' },
};
const everyWho = Object.keys(WHO) as Who[];

interface Client {
  id: string;
  payerName: string;
  /** An application for each user, with an item in the queue. */
  open: () => Promise<string>;
}
interface User {
  id: string;
  email: string;
}

async function client(name: string): Promise<Client> {
  const { id } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${id}/practices`, { ...PRACTICE, npi: freshNpi() });
  const payerName = `Payer of ${name}`;
  const payer = await api.make('/v1/payers', { ...PAYER, name: payerName });
  const open = async () => {
    const provider = await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi: freshNpi() });
    const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
    return (await api.post('/v1/applications', scope)).body.id as string;
  };
  return { id, payerName, open };
}

const clientsOf = (sees: string): string[] | undefined =>
  sees === 'all' ? undefined : [...sees].map((letter) => (letter === 'A' ? a.id : b.id));

async function user(role: Role, clientIds?: string[]): Promise<User> {
  const body = { name: 'Dana', email: `${randomUUID()}@operator.example`, role, ...(clientIds && { clientIds }) };
  return { id: (await api.make('/v1/users', body)).id, email: body.email };
}

/** Every user, each with an application of each client that they see. */
async function everybody(): Promise<Record<Who, User>> {
  const made = {} as Record<Who, User>;
  for (const who of everyWho) {
    const { role, sees } = WHO[who];
    made[who] = await user(role, clientsOf(sees));
    for (const [letter, one] of [
      ['A', a],
      ['B', b],
    ] as const)
      if (sees === 'all' || sees.includes(letter)) await assign(await one.open(), made[who].id);
  }
  return made;
}

const assign = (applicationId: string, userId: string) =>
  api.deps.sql`update applications set assignee = ${userId} where id = ${applicationId}`;

/** Everything that acts for a user, and moves or shows what is theirs. */
const ACTS: Record<string, (key: string, id: string) => Promise<number>> = {
  feed: async (key, id) => (await api.post(`/v1/users/${id}/calendar-feed`, undefined, { key })).status,
  cover: async (key, id) => (await api.post(`/v1/users/${id}/covers`, coverBy(users.ofA.id), { key })).status,
  name: async (key, id) => (await api.patch(`/v1/users/${id}`, { name: 'Renamed' }, { key })).status,
  reassignment: async (key, id) => (await api.post(`/v1/users/${id}/reassignment`, { to: null }, { key })).status,
};

/** A cover of some days that no other cover has. */
let day = 100;
const coverBy = (coveredBy: string) => {
  day += 2;
  return { coveredBy, fromOn: daysAhead(day), untilOn: daysAhead(day + 1) };
};

/** Whatever an act for a user could have changed of anybody but `except`. */
async function stateBeside(except: string = randomUUID()) {
  const { sql } = api.deps;
  return {
    users: await sql`select id, name from users where id <> ${except} order by id`,
    covers: await sql`select id from covers where user_id <> ${except} order by id`,
    feeds: await sql`select user_id, token_hash from calendar_feeds where user_id <> ${except} order by user_id`,
    commands: await sql`select id from commands where client_id = ${b.id} order by id`,
    // what the other client has: files, gate, queue, tasks, mail, entries
    applications:
      await sql`select id, assignee, stage, version from applications where client_id = ${b.id} order by id`,
    providers: await sql`select to_jsonb(p) as row from providers p where client_id = ${b.id} order by id`,
    gate: await sql`select to_jsonb(s) as row from network_spans s where client_id = ${b.id} order by s::text`,
    queue: await sql`select application_id, purpose, due_at from work_items where client_id = ${b.id} order by 1, 2`,
    snoozes: await sql`select count(*) from snoozes`,
    tasks: await sql`select to_jsonb(t) as row from tasks t where client_id = ${b.id} order by id`,
    mail: await sql`select key, status, data from messages where client_id = ${b.id} order by key`,
    emitted: await sql`select count(*) from emitted where client_id = ${b.id}`,
  };
}

/** What has to be answered: not seen, 404; seen and not within the caller's own reach, 403. */
function expected(role: Role, scope: 'A' | 'all', who: Who): 'missing' | 'refused' | 'done' {
  const { role: theirs, sees } = WHO[who];
  if (scope === 'A' && sees === 'B') return 'missing';
  const reaches = scope === 'all' || sees === 'A';
  const mayAct = role === 'admin' || (role === 'lead' && theirs !== 'admin');
  return reaches && mayAct ? 'done' : 'refused';
}

const STATUS: Record<string, number[]> = { missing: [404], refused: [403], done: [200, 201] };

describe.each(['A', 'all'] as const)('a key of clients: %s', (scope) => {
  test.each(ROLES.filter((role) => role !== 'client' || scope === 'A'))(
    'of role %s acts for a user only where it reaches all that the user reaches',
    async (role) => {
      const key = await api.keyOf(role, clientsOf(scope));
      for (const who of everyWho) {
        const { id } = users[who];
        for (const [act, take] of Object.entries(ACTS)) {
          if (who === 'ofA' && act === 'cover') continue; // by the same user
          const before = await stateBeside();
          const [beside, answer] = [await stateBeside(id), expected(role, scope, who)];
          const status = await take(key, id);
          expect([who, act, STATUS[answer]]).toEqual([who, act, expect.arrayContaining([status])]);
          if (scope === 'A') expect(await stateBeside(id)).toEqual(beside);
          if (answer !== 'done') expect(await stateBeside()).toEqual(before);
        }
      }
    },
  );

  test('nobody is covered by a user whom the maker of the cover does not manage', async () => {
    const key = await api.keyOf('lead', clientsOf(scope));
    const owner = (await user('specialist', [a.id])).id;
    for (const who of everyWho) {
      const answer = expected('lead', scope, who);
      const { status } = await api.post(`/v1/users/${owner}/covers`, coverBy(users[who].id), { key });
      // a body that names what is not seen is refused as one
      expect([who, status]).toEqual([who, { missing: 400, refused: 403, done: 201 }[answer]]);
    }
  });
});

test('every route that changes something of a user says for whom it acts', () => {
  const changing = allRoutes(api.deps).filter(
    ({ method, path }) => method !== 'get' && /\/users\/\{|\/inbox\//.test(path),
  );
  expect(changing.length).toBeGreaterThan(5);
  expect(changing.filter(({ actsFor }) => !actsFor).map(({ path }) => path)).toEqual([]);
});

const feedOf = async (userId: string, key?: string): Promise<string> => {
  const { body } = await api.post(`/v1/users/${userId}/calendar-feed`, undefined, key ? { key } : {});
  return body.url;
};
const read = async (url: string) => {
  const { status, body } = await api.get(url, { key: '' });
  return {
    status,
    shows: [a, b].filter(({ payerName }) => String(body).includes(payerName)).map(({ payerName }) => payerName),
  };
};

describe('a calendar feed', () => {
  test('shows what its user sees, to whoever made it', async () => {
    const lead = await api.keyOf('lead', [a.id]);
    expect((await read(await feedOf(users.ofA.id, lead))).shows).toEqual([a.payerName]);
    expect((await read(await feedOf(users.ofB.id))).shows).toEqual([b.payerName]);
    expect((await read(await feedOf(users.ofAll.id))).shows).toEqual([a.payerName, b.payerName]);
  });

  test('shows no client that its maker did not see, whatever its user sees later', async () => {
    const { id } = await user('specialist', [a.id]);
    for (const one of [a, b]) await assign(await one.open(), id);
    const url = await feedOf(id, await api.keyOf('lead', [a.id]));
    await api.deps.sql`update users set client_ids = null where id = ${id}`;
    expect((await read(url)).shows).toEqual([a.payerName]);
    expect((await read(await feedOf(id))).shows).toEqual([a.payerName, b.payerName]);
  });

  test('shows no client that its user no longer sees, and nothing once they have no access', async () => {
    const { id } = await user('specialist');
    for (const one of [a, b]) await assign(await one.open(), id);
    const url = await feedOf(id);
    await api.deps.sql`update users set client_ids = ${[b.id]} where id = ${id}`;
    expect((await read(url)).shows).toEqual([b.payerName]);
    await api.deps.sql`update users set revoked_at = now() where id = ${id}`;
    expect((await read(url)).status).toBe(404);
  });

  test('says on record who made it', async () => {
    const { id, key } = await api.make('/v1/api-keys', { name: 'a lead', role: 'lead', clientIds: [a.id] });
    await feedOf(users.ofA.id, key);
    const [feed] = await api.deps.sql`
      select made_by->>'id' as maker, client_ids from calendar_feeds where user_id = ${users.ofA.id}`;
    expect(feed).toEqual({ maker: id, clientIds: [a.id] });
  });
});

// a Wednesday at noon in Los Angeles
const NOON = '2026-06-10T19:00:00.000Z';

/** Messages to a user, one about each client that is given, due at once. */
const tell = (recipientId: string, clients: Client[]) =>
  queueMessages(
    api.deps.sql,
    clients.map(({ id: clientId }) => ({
      key: randomUUID(),
      clientId,
      recipientType: 'user' as const,
      recipientId,
      template: 'escalation',
      data: { purpose: 'check_status' },
      notBefore: '2026-06-10T18:30:00.000Z',
    })),
  );

/** Sends what is due for a user; answers to whom it went, and about which client (null: about several). */
async function sent(recipientId: string, between = async (): Promise<unknown> => undefined) {
  const { sql, keyring } = api.deps;
  await sql`delete from local_mailbox`;
  for (;;) {
    const { send } = await sql.begin((tx) => dueMail(tx, recipientId, NOON));
    if (!send) break;
    await between();
    await createSend(sql, { keyring }).send({ kind: 'mail', id: send.id });
  }
  const mails = await sql<{ recipient: string; clientId: string | null }[]>`
    select recipient, client_id from local_mailbox order by id`;
  return mails.map(({ recipient, clientId }) => [recipient, clientId]);
}

describe('a cover', () => {
  const now = { fromOn: daysAgo(1), untilOn: daysAhead(5) };
  const inbox = async (userId: string) =>
    (await api.get(`/v1/inbox?userId=${userId}`)).body.items.map((item: { clientId: string }) => item.clientId);
  const queue = async (userId: string) =>
    (await api.get(`/v1/work-queue?assignee=${userId}`)).body.items.map((item: { clientId: string }) => item.clientId);

  /** An owner with work and mail of both clients, covered by somebody who sees one of them. */
  async function covered() {
    const [owner, substitute] = [await user('specialist'), await user('specialist', [a.id])];
    for (const one of [a, b]) await assign(await one.open(), owner.id);
    await tell(owner.id, [a, b]);
    await api.make(`/v1/users/${owner.id}/covers`, { ...now, coveredBy: substitute.id });
    return { owner, substitute };
  }

  test('gives only the work of clients that whoever covers may see; the rest stays with its owner', async () => {
    const { owner, substitute } = await covered();
    expect([await queue(substitute.id), await queue(owner.id)]).toEqual([[a.id], [b.id]]);
    const feeds = [await feedOf(substitute.id), await feedOf(owner.id)];
    expect(await Promise.all(feeds.map(read))).toMatchObject([{ shows: [a.payerName] }, { shows: [b.payerName] }]);
    expect(await inbox(substitute.id)).toEqual([a.id]);
    expect((await sent(owner.id)).sort()).toEqual(
      [
        [substitute.email, a.id],
        [owner.email, b.id],
      ].sort(),
    );
    const load = (await api.get(`/v1/work-queue/load?clientId=${b.id}`)).body.items;
    expect(load.map(({ assignee }: { assignee: string }) => assignee)).not.toContain(substitute.id);
  });

  test('that begins once a mail is put together takes with it only what whoever covers may see', async () => {
    const [owner, substitute] = [await user('specialist'), await user('specialist', [a.id])];
    await tell(owner.id, [a, b]);
    let begun = false;
    const begin = async () => {
      if (!begun) await api.make(`/v1/users/${owner.id}/covers`, { ...now, coveredBy: substitute.id });
      begun = true;
    };
    const mails = await sent(owner.id, begin);
    expect(mails.map(([recipient]) => recipient).sort()).toEqual([owner.email, substitute.email].sort());
    expect(mails).not.toContainEqual([substitute.email, b.id]);
  });

  test('gives nothing of a client that its maker did not see, nor anything to whoever has no access any more', async () => {
    const [owner, substitute] = [await user('specialist', [a.id]), await user('specialist', [a.id])];
    const key = await api.keyOf('lead', [a.id]);
    await api.make(`/v1/users/${owner.id}/covers`, { ...now, coveredBy: substitute.id }, { key });
    const { sql } = api.deps;
    for (const { id } of [owner, substitute]) await sql`update users set client_ids = null where id = ${id}`;
    for (const one of [a, b]) await assign(await one.open(), owner.id);
    expect([await queue(substitute.id), await queue(owner.id)]).toEqual([[a.id], [b.id]]);
    await sql`update users set revoked_at = now() where id = ${substitute.id}`;
    expect([await queue(substitute.id), (await queue(owner.id)).sort()]).toEqual([[], [a.id, b.id].sort()]);
    const late = await api.post(`/v1/users/${owner.id}/covers`, coverBy(substitute.id));
    expect(late.body.errors).toMatchObject([{ path: 'coveredBy', rule: 'has_access' }]);
  });

  test('by somebody whom a key does not see is not shown to it', async () => {
    const owner = await user('specialist', [a.id, b.id]);
    const path = `/v1/users/${owner.id}/covers`;
    const { id } = await api.make(path, { ...now, coveredBy: users.ofB.id });
    const auditor = await api.keyOf('auditor', [a.id]);
    expect((await api.get(path, { key: auditor })).body.items).toEqual([]);
    expect((await api.call('DELETE', `${path}/${id}`, { key: await api.keyOf('lead', [a.id]) })).status).toBe(404);
    expect((await api.get(path)).body.items).toMatchObject([{ id }]);
  });
});

describe('work and mail', () => {
  test('of a client go to nobody who may not see that client', async () => {
    const application = await b.open();
    const refused = await api.call('PUT', `/v1/applications/${application}/assignment`, {
      body: { assignee: users.ofA.id },
    });
    expect(refused.body.errors).toMatchObject([{ path: 'assignee', rule: 'sees_the_client' }]);
    const claimed = await api.post(`/v1/applications/${application}/claim`, { assignee: users.ofA.id });
    expect(claimed.body.errors).toMatchObject([{ path: 'assignee', rule: 'sees_the_client' }]);
    const provider = await api.make(`/v1/clients/${b.id}/providers`, { ...PROVIDER, npi: freshNpi() });
    const relationship = await api.make('/v1/platform-relationships', {
      providerId: provider.id,
      platform: 'Headway',
      payerIds: [(await api.make('/v1/payers', { ...PAYER, name: randomUUID() })).id],
    });
    const asked = (id: string) =>
      api.post(`/v1/platform-relationships/${relationship.id}/inquiry`, { recipient: { type: 'user', id } });
    expect((await asked(users.ofA.id)).body.errors).toMatchObject([{ path: 'recipient.id', rule: 'sees_the_client' }]);
    expect((await asked(users.ofB.id)).status).toBe(200);
  });

  test('about a client that its user no longer sees is not sent, and not in the inbox', async () => {
    const { id, email } = await user('specialist');
    await tell(id, [a, b]);
    await api.deps.sql`update users set client_ids = ${[b.id]} where id = ${id}`;
    expect(await sent(id)).toEqual([[email, b.id]]);
    const { items } = (await api.get(`/v1/inbox?userId=${id}`)).body;
    expect(items.map(({ clientId }: { clientId: string }) => clientId)).toEqual([b.id]);
  });

  test('is marked as read only by those who manage its user', async () => {
    await tell(users.ofAll.id, [a]);
    await tell(users.ofA.id, [a]);
    const admin = { key: await api.keyOf('auditor') };
    const itemOf = async ({ id }: User) => (await api.get(`/v1/inbox?userId=${id}`, admin)).body.items[0].id as string;
    const [all, own] = [await itemOf(users.ofAll), await itemOf(users.ofA)];
    const statuses = async (role: Role, clients?: string[]) => {
      const key = await api.keyOf(role, clients);
      return Promise.all(
        [all, own].map(async (id) => (await api.post(`/v1/inbox/${id}/read`, undefined, { key })).status),
      );
    };
    expect(await statuses('agent', [a.id])).toEqual([403, 403]);
    expect(await statuses('specialist', [b.id])).toEqual([404, 404]);
    expect(await statuses('specialist', [a.id])).toEqual([403, 200]);
    expect(await statuses('specialist')).toEqual([200, 200]);
  });
});

test('all that a key can reach, and all that it can mint and what that can, lies within its own clients', async () => {
  const { sql } = api.deps;
  await sql`delete from webhook_endpoints`;
  await sql`delete from calendar_feeds`;
  await sql`delete from covers`;
  const substitute = await user('specialist', [a.id]);
  await assign(await b.open(), users.ofAll.id);
  const scopes = [undefined, [a.id], [b.id], [a.id, b.id]];
  const reached = new Set<string>();
  const feeds: string[] = [];

  /** Tries all that mints something, in every scope and for every user; answers the keys that came of it. */
  async function mint(key: string): Promise<string[]> {
    const keys: string[] = [];
    for (const clientIds of scopes) {
      const hook = { url: 'https://hooks.example.org/in', types: ['follow_up.due'], clientIds };
      await api.post('/v1/webhook-endpoints', hook, { key });
      const person = { name: 'Minted', email: `${randomUUID()}@a.example`, role: 'specialist', clientIds };
      await api.post('/v1/users', person, { key });
      for (const role of ROLES) {
        const { status, body } = await api.post('/v1/api-keys', { name: 'minted', role, clientIds }, { key });
        if (status === 201) keys.push(body.key);
      }
    }
    for (const { id } of (await api.get('/v1/users?limit=200', { key })).body.items ?? []) {
      const { status, body } = await api.post(`/v1/users/${id}/calendar-feed`, undefined, { key });
      if (status === 200) feeds.push(body.url);
      await api.post(
        `/v1/users/${id}/covers`,
        { coveredBy: substitute.id, fromOn: daysAgo(1), untilOn: daysAhead(1) },
        { key },
      );
    }
    for (const path of ['/v1/clients', '/v1/work-queue', '/v1/applications', '/v1/tasks', '/v1/mail', '/v1/events'])
      for (const item of (await api.get(`${path}?limit=200`, { key })).body.items ?? [])
        reached.add(path === '/v1/clients' ? item.id : item.clientId);
    return keys;
  }

  const minted = await mint(await api.keyOf('admin', [a.id]));
  expect(minted).toHaveLength(ROLES.length);
  for (const key of minted) await mint(key);

  expect([...reached]).toEqual([a.id]);
  for (const url of feeds) expect((await read(url)).shows).not.toContain(b.payerName);
  expect(feeds.length).toBeGreaterThan(0);
  const [beyond] = await sql`
    select (select count(*) from users where name = 'Minted' and not coalesce(client_ids <@ ${[a.id]}::uuid[], false)) as users,
      (select count(*) from covers where not coalesce(client_ids <@ ${[a.id]}::uuid[], false)) as covers`;
  expect(beyond).toEqual({ users: 0, covers: 0 });
  for (const { id: clientId } of [a, b])
    await sql.begin((tx) => emit(tx, { clientId, type: 'follow_up.due', subjectId: randomUUID(), data: {} }));
  expect(await sql`select distinct client_id from webhook_deliveries`).toEqual([{ clientId: a.id }]);
  await tell(users.ofAll.id, [a, b]);
  expect((await sent(users.ofAll.id)).map(([recipient]) => recipient)).not.toContain(substitute.email);
});
