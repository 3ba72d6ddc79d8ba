import { randomUUID } from 'node:crypto';
import { createSend } from '../../activities/outreach';
import { listRoutes } from '../../api/routes';
import { ROLES, type Role } from '../../domain/kernel/codes';
import { emitEvent } from '../../record/outreach/event-feed';
import { batchDueMail } from '../../record/outreach/mail';
import { findFeed, listAppointments } from '../../record/work-queue/calendar-feeds';
import { createTasks } from '../../record/kernel/tasks';
import { queueMessages } from '../../record/outreach/messages';
import { CLIENT, PAYER, PRACTICE, PROVIDER, readProblemType, TestApi, type Reply } from '../support/api';
import { pick } from '../support/extent';
import { inventNpi } from '../support/file';
import { daysAgo, daysAhead, TODAY } from '../support/system';

let api: TestApi;
let a: Client;
let b: Client;
let shared: { id: string };
let users: Record<Who, User>;
/** Specialists of one client each, who are in no matrix: those who cover, and those who get others' work. */
let colleagues: Record<Letter, User>;
beforeAll(async () => {
  // no worker takes what is given here: nobody waits for it
  api = await TestApi.start({ patienceMs: 10 });
  await countWrites();
  shared = await api.make('/v1/payers', { ...PAYER, name: 'Payer of both' });
  [a, b] = [await client('A'), await client('B')];
  users = await everybody();
  colleagues = { A: await user('specialist', [a.id]), B: await user('specialist', [b.id]) };
  for (const letter of LETTERS) {
    await assign(clientOf(letter).given.id, colleagues[letter].id);
    await tell(colleagues[letter].id, [clientOf(letter)]);
  }
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
type Letter = 'A' | 'B';
const LETTERS = ['A', 'B'] as const;
type Scope = 'A' | 'all';
const clientOf = (letter: Letter): Client => (letter === 'A' ? a : b);
/** The clients that both a key and a user see. */
const seenByBoth = (scope: Scope, who: Who): Letter[] =>
  LETTERS.filter((letter) => (scope === 'all' || letter === 'A') && seesLetter(who, letter));
const seesLetter = (who: Who, letter: Letter): boolean => WHO[who].sees === 'all' || WHO[who].sees.includes(letter);

interface Client {
  id: string;
  payerName: string;
  /** An application for each user, with an item in the queue. */
  open: () => Promise<string>;
  /**
   * The work that is given to a user: an application with the payer that both clients have, and the asking on a
   * platform.
   */
  given: { id: string; providerId: string; practiceId: string; relationshipId: string };
}
interface User {
  id: string;
  email: string;
}

async function client(name: string): Promise<Client> {
  const { id } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${id}/practices`, { ...PRACTICE, npi: inventNpi() });
  const payerName = `Payer of ${name}`;
  const payer = await api.make('/v1/payers', { ...PAYER, name: payerName });
  const open = async () => {
    const provider = await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi: inventNpi() });
    const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
    return (await api.post('/v1/applications', scope)).body.id as string;
  };
  const provider = await api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi: inventNpi() });
  const ours = { providerId: provider.id, practiceId: practice.id };
  const application = await api.post('/v1/applications', { ...ours, payerId: shared.id, state: 'CA' });
  const platform = { providerId: provider.id, platform: 'Headway', payerIds: [shared.id] };
  const relationship = await api.make('/v1/platform-relationships', platform);
  const given = { ...ours, id: application.body.id, relationshipId: relationship.id };
  return { id, payerName, open, given };
}

const clientsOf = (sees: string): string[] | undefined =>
  sees === 'all' ? undefined : [...sees].map((letter) => (letter === 'A' ? a.id : b.id));

async function user(role: Role, clientIds?: string[]): Promise<User> {
  const body = { name: 'Dana', email: `${randomUUID()}@operator.example`, role, ...(clientIds && { clientIds }) };
  return { id: (await api.make('/v1/users', body)).id, email: body.email };
}

/** Every user, each with an application, a message, a mail, a task and a feed of each client that they see. */
async function everybody(): Promise<Record<Who, User>> {
  const made = {} as Record<Who, User>;
  for (const who of everyWho) {
    const { role, sees } = WHO[who];
    const { id } = (made[who] = await user(role, clientsOf(sees)));
    for (const letter of LETTERS.filter((one) => seesLetter(who, one))) {
      const one = clientOf(letter);
      await assign(await one.open(), id);
      await tell(id, [one]);
      await sent(id);
      await giveTask(id, letter);
    }
    feeds[who] = await feedOf(id);
  }
  return made;
}

const giveTask = (assignee: string, letter: Letter) => {
  const task = { key: randomUUID(), clientId: clientOf(letter).id, kind: 'platform_check' as const, assignee };
  return createTasks(api.deps.sql, [{ ...task, subjectType: 'user', subjectId: assignee, dueAt: NOON }]);
};

const assign = (applicationId: string, userId: string) =>
  api.deps.sql`update applications set assignee = ${userId} where id = ${applicationId}`;

/** The address of the last feed of each. */
const feeds: Partial<Record<Who, string>> = {};

type Take = (key: string) => Promise<Reply>;
interface Act {
  /** The route that it takes. */
  by: string;
  /** The roles that may, for users whom they reach as a whole. */
  roles: readonly Role[];
}
const USERS_WRITE = ['admin', 'lead'] as const;
const WORK = ['admin', 'lead', 'specialist'] as const;
const FOLLOW_UP = [...WORK, 'agent'] as const;
const STAFF = [...FOLLOW_UP, 'auditor'] as const;

/** Everything that acts for a user, and moves or shows what is theirs: makes it ready, and returns what takes it. */
const ACTS: Record<string, Act & { of: (id: string, who: Who) => Promise<Take> }> = {
  feed: {
    by: 'post /v1/users/{id}/calendar-feed',
    roles: USERS_WRITE,
    of: async (id, who) => async (key) => {
      const reply = await api.post(`/v1/users/${id}/calendar-feed`, undefined, { key });
      if (reply.body.url) feeds[who] = reply.body.url;
      return reply;
    },
  },
  cover: {
    by: 'post /v1/users/{id}/covers',
    roles: USERS_WRITE,
    of: async (id) => (key) => api.post(`/v1/users/${id}/covers`, coverBy(colleagues.A.id), { key }),
  },
  'end of a cover': {
    by: 'delete /v1/users/{id}/covers/{coverId}',
    roles: USERS_WRITE,
    of: async (id) => {
      const path = `/v1/users/${id}/covers`;
      const { id: coverId } = await api.make(path, coverBy(colleagues.A.id));
      return (key) => api.call('DELETE', `${path}/${coverId}`, { key });
    },
  },
  name: {
    by: 'patch /v1/users/{id}',
    roles: USERS_WRITE,
    of: async (id) => (key) => api.patch(`/v1/users/${id}`, { name: 'Renamed' }, { key }),
  },
  'sign-off': {
    by: 'post /v1/users/{id}/access-sign-offs',
    roles: USERS_WRITE,
    of: async (id) => (key) => api.post(`/v1/users/${id}/access-sign-offs`, { decision: 'keep' }, { key }),
  },
  invitation: {
    by: 'post /v1/users/{id}/invitations',
    roles: USERS_WRITE,
    // nobody signs in here, and who may not invite is not let so far
    of: async (id) => async (key) => {
      const reply = await api.post(`/v1/users/${id}/invitations`, undefined, { key });
      return readProblemType(reply) === 'sign_in_not_set_up' ? { ...reply, status: 201 } : reply;
    },
  },
  'sign-in': {
    by: 'get /v1/users/{id}/sign-in',
    roles: STAFF,
    of: async (id) => (key) => api.get(`/v1/users/${id}/sign-in`, { key }),
  },
  'end of sessions': {
    by: 'post /v1/users/{id}/sign-in/end',
    roles: USERS_WRITE,
    of: async (id) => (key) => api.post(`/v1/users/${id}/sign-in/end`, undefined, { key }),
  },
  end: {
    by: 'post /v1/users/{id}/end',
    roles: USERS_WRITE,
    // for another user of the same reach: this one goes on
    of: async (_id, who) => {
      const { id } = await user(WHO[who].role, clientsOf(WHO[who].sees));
      return (key) => api.post(`/v1/users/${id}/end`, { workTo: null, reason: 'left' }, { key });
    },
  },
  reinstatement: {
    by: 'post /v1/users/{id}/reinstatement',
    roles: USERS_WRITE,
    of: async (_id, who) => {
      const { id } = await user(WHO[who].role, clientsOf(WHO[who].sees));
      await api.deps.sql`update users set revoked_at = now() where id = ${id}`;
      return (key) => api.post(`/v1/users/${id}/reinstatement`, { reason: 'back' }, { key });
    },
  },
  reassignment: {
    by: 'post /v1/users/{id}/reassignment',
    roles: USERS_WRITE,
    // for another user of the same reach, with a task of each client: this one keeps theirs
    of: async (_id, who) => {
      const { id } = await user(WHO[who].role, clientsOf(WHO[who].sees));
      passing.add(id);
      for (const letter of LETTERS.filter((one) => seesLetter(who, one))) await giveTask(id, letter);
      return (key) => api.post(`/v1/users/${id}/reassignment`, { to: null }, { key });
    },
  },
  'reading of a message': {
    by: 'post /v1/inbox/{id}/read',
    roles: FOLLOW_UP,
    of: async (id, who) => {
      await tell(id, [clientOf(seenByBoth('all', who)[0]!)]);
      const [item] = await api.deps.sql<{ id: string }[]>`
        select id from messages where recipient_id = ${id} order by created_at desc limit 1`;
      return (key) => api.post(`/v1/inbox/${item!.id}/read`, undefined, { key });
    },
  },
};

/** Everything that gives a user work of a client, or tells them of it. */
const GIFTS: Record<string, Act & { give: (key: string, letter: Letter, to: string) => Promise<Reply> }> = {
  assignment: {
    by: 'put /v1/applications/{id}/assignment',
    roles: WORK,
    give: (key, letter, assignee) =>
      api.put(`/v1/applications/${clientOf(letter).given.id}/assignment`, { assignee }, { key }),
  },
  claim: {
    by: 'post /v1/applications/{id}/claim',
    // by a key of a program: a user claims for oneself
    roles: WORK,
    give: (key, letter, assignee) =>
      api.post(`/v1/applications/${clientOf(letter).given.id}/claim`, { assignee }, { key }),
  },
  reassignment: {
    by: 'post /v1/users/{id}/reassignment',
    roles: USERS_WRITE,
    give: async (key, letter, to) => {
      const reply = await api.post(`/v1/users/${colleagues[letter].id}/reassignment`, { to }, { key });
      return reply.status === 200 ? { ...reply, status: reply.body.items[0].status } : reply;
    },
  },
  portal: {
    by: 'post /v1/practices/{id}/portal-access',
    roles: WORK,
    give: (key, letter, userId) =>
      api.post(
        `/v1/practices/${clientOf(letter).given.practiceId}/portal-access`,
        {
          portal: 'Availity',
          payerIds: [],
          status: 'active',
          on: TODAY,
          holderUserId: userId,
          secondFactorUserIds: [userId],
        },
        { key },
      ),
  },
  request: {
    by: 'post /v1/clients/{id}/requests',
    roles: FOLLOW_UP,
    give: (key, letter, assignee) =>
      api.post(
        `/v1/clients/${clientOf(letter).id}/requests`,
        { kind: 'question', receivedOn: TODAY, channel: 'email', words: 'When?', assignee, dueOn: daysAhead(3) },
        { key },
      ),
  },
  inquiry: {
    by: 'post /v1/platform-relationships/{id}/inquiry',
    roles: WORK,
    give: (key, letter, id) =>
      api.post(
        `/v1/platform-relationships/${clientOf(letter).given.relationshipId}/inquiry`,
        { recipient: { type: 'user', id } },
        { key },
      ),
  },
};

/** Everything that shows what a user has: the clients of what is shown, or the status of a refusal. */
const READS: Record<string, Act & { path: () => string }> = {
  inbox: { by: 'get /v1/inbox', roles: STAFF, path: () => '/v1/inbox?userId=' },
  queue: { by: 'get /v1/work-queue', roles: STAFF, path: () => '/v1/work-queue?assignee=' },
  tasks: { by: 'get /v1/tasks', roles: STAFF, path: () => '/v1/tasks?assignee=' },
  mail: { by: 'get /v1/mail', roles: STAFF, path: () => '/v1/mail?recipientId=' },
  applications: { by: 'get /v1/applications', roles: ROLES, path: () => '/v1/applications?assignee=' },
  callSheet: {
    by: 'get /v1/payers/{id}/call-sheet',
    roles: STAFF,
    path: () => `/v1/payers/${shared.id}/call-sheet?assignee=`,
  },
};

/** Everything whose body names a user who then acts, or for whom it acts. */
const NAMINGS: Record<string, Act & { name: (key: string, id: string) => Promise<Reply> }> = {
  cover: {
    by: 'post /v1/users/{id}/covers',
    roles: USERS_WRITE,
    name: (key, id) => api.post(`/v1/users/${colleagues.A.id}/covers`, coverBy(id), { key }),
  },
  key: {
    by: 'post /v1/api-keys',
    roles: ['admin'],
    name: (key, userId) => api.post('/v1/api-keys', { name: 'k', role: 'specialist', userId }, { key }),
  },
};

/** A cover of some days that no other cover has. */
let day = 100;
const coverBy = (coveredBy: string) => {
  day += 2;
  return { coveredBy, fromOn: daysAhead(day), untilOn: daysAhead(day + 1) };
};

type State = Awaited<ReturnType<typeof readState>>;
/** The state that was read last, and how much had been written by then. */
let latest: { writes: string; state: State } | undefined;

/** Has the database count each row that is written, whatever the table but the audit log, which has refusals too. */
async function countWrites(): Promise<void> {
  const { sql } = api.deps;
  await sql`create sequence writes`;
  await sql`grant usage on sequence writes to public`;
  await sql`select nextval('writes')`;
  await sql`
    create function count_write() returns trigger language plpgsql
    as $$ begin perform nextval('writes'); return null; end $$`;
  const tables = await sql<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'audit%'`;
  for (const { name } of tables)
    await sql`
      create trigger count_writes after insert or update or delete on ${sql(name)}
      for each row execute function count_write()`;
}

/** Whatever an act for a user could have changed; it is the same as long as no row was written. */
async function state(): Promise<State> {
  const [{ lastValue: writes }] = await api.deps.sql<[{ lastValue: string }]>`select last_value from writes`;
  if (latest?.writes !== writes) latest = { writes, state: await readState() };
  return latest.state;
}

/** Reads the state, with the owner of rows that are a user's. */
async function readState() {
  const { sql } = api.deps;
  const owned = (rows: Promise<readonly object[]>) => rows as Promise<readonly { userId?: string }[]>;
  const parts = {
    users: owned(sql`select id as user_id, name from users order by id`),
    covers: owned(sql`select user_id, id from covers order by id`),
    keys: owned(sql`select user_id, id from api_keys where user_id is not null order by id`),
    tokens: owned(sql`select user_id, token_hash from calendar_feeds order by user_id`),
    calendars: Promise.all(
      everyWho.map(async (who) => {
        const token = /([\w-]{43})\.ics$/.exec(feeds[who]!)![1]!;
        return { userId: users[who].id, shows: await listAppointments(sql, (await findFeed(sql, token))!) };
      }),
    ),
    inboxes: owned(sql`select recipient_id as user_id, id, status, read_at from messages order by id`),
    // the other client's view: files, readiness, queue, tasks, mail, entries
    commands: owned(sql`select id from commands where client_id = ${b.id} order by id`),
    applications: owned(
      sql`select id, assignee, stage, version from applications where client_id = ${b.id} order by id`,
    ),
    providers: owned(sql`select to_jsonb(p) as row from providers p where client_id = ${b.id} order by id`),
    inquiries: owned(sql`
      select to_jsonb(q) as row from inquiries q where relationship_id = ${b.given.relationshipId}`),
    gate: owned(sql`select to_jsonb(s) as row from network_spans s where client_id = ${b.id} order by s::text`),
    queue: owned(sql`select application_id, purpose, due_at from work_items where client_id = ${b.id} order by 1, 2`),
    snoozes: owned(sql`select count(*) from snoozes`),
    tasks: owned(sql`select to_jsonb(t) as row from tasks t where client_id = ${b.id} order by id`),
    mail: owned(sql`select key, status, data from messages where client_id = ${b.id} order by key`),
    emitted: owned(sql`select count(*) from emitted where client_id = ${b.id}`),
  };
  const rows = await Promise.all(Object.values(parts));
  return Object.fromEntries(Object.keys(parts).map((name, place) => [name, rows[place]!]));
}

/** Picks the rows that are another user's or no user's. */
const beside = (all: State, id: string) =>
  Object.fromEntries(Object.entries(all).map(([name, rows]) => [name, rows.filter(({ userId }) => userId !== id)]));

/** Reads what the other client is shown of all that. */
/** The users whom a try makes, with tasks that are then the client's own. */
const passing = new Set<string>();
const lasting = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.filter((one: { subjectId?: string } | null) => !passing.has(one?.subjectId ?? ''))
    : value;

async function shownToB() {
  const key = await api.keyOf('auditor', [b.id]);
  const { providerId, practiceId } = b.given;
  const question = new URLSearchParams({
    providerId,
    practiceId,
    payerId: shared.id,
    state: 'CA',
    dateOfService: TODAY,
  });
  const paths = [
    ...['stage', 'payer', 'client', 'assignee'].map((by) => `/v1/applications/summary?groupBy=${by}`),
    ...['applications', 'work-queue', 'tasks', 'mail'].map((list) => `/v1/${list}?limit=200`),
    '/v1/work-queue?groupBy=payer',
    '/v1/work-queue/load',
    `/v1/inbox?userId=${colleagues.B.id}`,
    `/v1/providers/${providerId}`,
    `/v1/clients/${b.id}/coverage`,
    `/v1/clients/${b.id}/findings`,
    `/v1/billing-readiness?${question}`,
  ];
  return Promise.all(
    paths.map(async (path) => {
      const { status, body } = await api.get(path, { key });
      expect([path, status]).toEqual([path, 200]);
      return [
        path,
        JSON.parse(JSON.stringify(body, (name, value) => (PASSING.has(name) ? undefined : lasting(value)))),
      ];
    }),
  );
}
/** Seconds pass, and each answer about billing readiness has an id of its own. */
const PASSING = new Set(['ageSeconds', 'waitingSeconds', 'answerId', 'answeredAt', 'asOf']);

/** Computes the expected answer: not seen, 404; seen and not within the caller's own reach, 403. */
function expected(role: Role, scope: Scope, who: Who, roles: readonly Role[]): 'missing' | 'refused' | 'done' {
  const { role: theirs, sees } = WHO[who];
  if (scope === 'A' && sees === 'B') return 'missing';
  const reaches = scope === 'all' || sees === 'A';
  const within =
    role === 'admin' || (role === 'lead' && theirs !== 'admin') || (role === 'specialist' && theirs === 'specialist');
  return reaches && within && roles.includes(role) ? 'done' : 'refused';
}

/** Computes it for work of a client that a user is given: a caller who does not see both names nobody (400). */
function expectedOfGift(
  role: Role,
  scope: Scope,
  who: Who,
  letter: Letter,
  roles: readonly Role[],
): keyof typeof STATUS {
  if (scope === 'A' && letter === 'B') return 'missing';
  if (!roles.includes(role)) return 'refused';
  return seesLetter(who, letter) ? 'done' : 'unfit';
}

const STATUS = { missing: [404], refused: [403], unfit: [400], done: [200, 201, 202, 204] };
const mayHave = (scope: Scope) => ROLES.filter((role) => role !== 'client' || scope === 'A');

describe.each(['A', 'all'] as const)('a key of clients: %s', (scope) => {
  describe.each([...pick(mayHave(scope))])('of role %s', (role) => {
    let key: string;
    let before: Awaited<ReturnType<typeof shownToB>>;
    beforeAll(async () => {
      key = await api.keyOf(role, clientsOf(scope));
      before = await shownToB();
    });

    test('acts for a user only where it reaches all that the user reaches', async () => {
      for (const who of everyWho) {
        const { id } = users[who];
        for (const [act, { roles, of }] of Object.entries(ACTS)) {
          const take = await of(id, who);
          const [as, answer] = [await state(), expected(role, scope, who, roles)];
          const { status } = await take(key);
          expect([who, act, STATUS[answer]]).toEqual([who, act, expect.arrayContaining([status])]);
          const now = await state();
          if (answer !== 'done') expect(now).toEqual(as);
          if (scope === 'A') expect(beside(now, id)).toEqual(beside(as, id));
        }
      }
    });

    test('gives a user work only of a client that both see, and nobody work of another', async () => {
      for (const who of everyWho)
        for (const [act, { roles, give }] of Object.entries(GIFTS))
          for (const letter of LETTERS) {
            const [as, answer] = [await state(), expectedOfGift(role, scope, who, letter, roles)];
            const { status } = await give(key, letter, users[who].id);
            expect([who, act, letter, STATUS[answer]]).toEqual([who, act, letter, expect.arrayContaining([status])]);
            if (answer !== 'done' || letter === 'A') expect(await state()).toEqual(as);
          }
    });

    test('has nobody covered by a user whom it does not manage, and makes no key of one', async () => {
      for (const who of everyWho)
        for (const [act, { roles, name }] of Object.entries(NAMINGS)) {
          const [as, answer] = [await state(), expected(role, scope, who, roles)];
          const { status } = await name(key, users[who].id);
          // a body that names what is not seen is refused as one
          const named = answer === 'missing' && roles.includes(role) ? 'unfit' : answer;
          const said = named === 'missing' ? 'refused' : named;
          expect([who, act, STATUS[said]]).toEqual([who, act, expect.arrayContaining([status])]);
          if (said !== 'done') expect(await state()).toEqual(as);
        }
    });

    test('acts on many applications at once only where it sees them', async () => {
      const applications = [a, b].map(({ given: { id } }) => ({ id }));
      const BULK = {
        contacts: { roles: FOLLOW_UP as readonly Role[], fields: { outcome: 'no_answer' }, more: { channel: 'phone' } },
        submissions: {
          roles: WORK as readonly Role[],
          fields: { outOfOrder: { reason: 'sent before' } },
          more: { channel: 'fax', submittedOn: TODAY },
        },
      };
      for (const [path, { roles, fields, more }] of Object.entries(BULK)) {
        const as = await state();
        const body = { payerId: shared.id, ...more, applications: applications.map((one) => ({ ...one, ...fields })) };
        const { status, body: answer } = await api.post(`/v1/${path}`, body, { key });
        expect([path, status]).toEqual([path, roles.includes(role) ? 200 : 403]);
        if (status === 200)
          expect(answer.items.map((item: { status: number }) => item.status)).toEqual([202, scope === 'A' ? 404 : 202]);
        if (status !== 200 || scope === 'A') expect(await state()).toEqual(as);
      }
    });

    test('is shown what a user has only of clients that both see', async () => {
      for (const who of everyWho)
        for (const [what, { roles, path }] of Object.entries(READS)) {
          const { status, body } = await api.get(`${path()}${users[who].id}&limit=200`, { key });
          const both = seenByBoth(scope, who).map((letter) => clientOf(letter).id);
          // the recipient of mail may be any user: one who is not seen has none
          const good = both.length === 0 && what !== 'mail' ? 400 : 200;
          expect([who, what, status]).toEqual([who, what, roles.includes(role) ? good : 403]);
          const shown = new Set(
            (body.items ?? body.applications ?? []).map(({ clientId }: { clientId: string }) => clientId),
          );
          // a call sheet has what is due with that payer, which may be nothing
          const due = what === 'callSheet' ? both.filter((id) => shown.has(id)) : both;
          expect([who, what, [...shown].toSorted()]).toEqual([who, what, status === 200 ? due.toSorted() : []]);
        }
    });

    if (scope === 'A')
      test('has by all of that changed nothing that the other client is shown', async () => {
        expect(await shownToB()).toEqual(before);
      });
  });
});

test('every route that acts for a user, or names one, is tried here by every role', () => {
  const tried = [ACTS, GIFTS, NAMINGS, READS].flatMap((acts) => Object.values(acts).map(({ by }) => by));
  const routes = listRoutes(api.deps).filter(({ actsFor, namesUser }) => actsFor ?? namesUser);
  expect(routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([...new Set(tried)].toSorted());
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
  test('shows what its user sees, to its maker', async () => {
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
    const { send } = await sql.begin((tx) => batchDueMail(tx, recipientId, NOON));
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

  /** An owner with work and mail of both clients, covered by a user who sees one of them. */
  async function covered() {
    const [owner, substitute] = [await user('specialist'), await user('specialist', [a.id])];
    for (const one of [a, b]) await assign(await one.open(), owner.id);
    await tell(owner.id, [a, b]);
    await api.make(`/v1/users/${owner.id}/covers`, { ...now, coveredBy: substitute.id });
    return { owner, substitute };
  }

  test('gives only the work of clients that the covering user may see; the rest stays with its owner', async () => {
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

  test('that begins once a mail is put together takes with it only what the covering user may see', async () => {
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

  test('gives nothing of a client that its maker did not see, nor anything to a user without access', async () => {
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
    expect(late.body.errors).toMatchObject([{ path: 'substitute', rule: 'has_access' }]);
  });

  test('by a user whom a key does not see is not shown to it', async () => {
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
    const provider = await api.make(`/v1/clients/${b.id}/providers`, { ...PROVIDER, npi: inventNpi() });
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

  /** Tries all that mints something, in every scope and for every user; returns the keys that came of it. */
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
    await sql.begin((tx) => emitEvent(tx, { clientId, type: 'follow_up.due', subjectId: randomUUID(), data: {} }));
  expect(await sql`select distinct client_id from webhook_deliveries`).toEqual([{ clientId: a.id }]);
  await tell(users.ofAll.id, [a, b]);
  expect((await sent(users.ofAll.id)).map(([recipient]) => recipient)).not.toContain(substitute.email);
});
