import { randomUUID } from 'node:crypto';
import { findWindowStart, toLocalDate } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import { createTasks } from '../../record/kernel/tasks';
import { joinCover } from '../../record/registry/absence-covers';
import { queueMessages } from '../../record/outreach/messages';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply, readProblemType } from '../support/api';
import { inventNpi } from '../support/file';
import { daysAgo, daysAhead } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const NOW = { fromOn: daysAgo(2), untilOn: daysAhead(5) };
const cover = (owner: string, substitute: string, days: object = NOW): Promise<Reply> =>
  api.post(`/v1/users/${owner}/covers`, { substitute, ...days });

/** As many users, who see every client unless `more` says otherwise. */
const users = (count: number, more: object = {}): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const body = { name: 'Dana', email: `${randomUUID()}@operator.example`, role: 'specialist', ...more };
      return (await api.make('/v1/users', body)).id;
    }),
  );

/** An application with an item in the queue, which a user has. */
async function workOf(assignee: string): Promise<{ clientId: string; applicationId: string }> {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID() });
  const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
  const applicationId = (await api.post('/v1/applications', scope)).body.id;
  await api.deps.sql`update applications set assignee = ${assignee} where id = ${applicationId}`;
  return { clientId, applicationId };
}

/**
 * Reads which user has the work of a client, by each way to be shown it; mail to a user stays in their own inbox as
 * well.
 */
async function holders(clientId: string, all: string[]) {
  const shown = async (path: (id: string) => string) => {
    const found = await Promise.all(all.map(async (id) => (await api.get(path(id))).body.items.length > 0));
    return all.filter((_id, place) => found[place]);
  };
  const load = (await api.get(`/v1/work-queue/load?clientId=${clientId}`)).body.items;
  return {
    queue: await shown((id) => `/v1/work-queue?clientId=${clientId}&assignee=${id}`),
    tasks: await shown((id) => `/v1/tasks?assignee=${id}`),
    inbox: await shown((id) => `/v1/inbox?userId=${id}`),
    load: load.map((one: { assignee: string }) => one.assignee),
  };
}
const only = (id: string | undefined, owner: string | undefined) => ({
  queue: [id],
  tasks: [id],
  inbox: id === owner ? [id] : [owner, id],
  load: [id],
});

/** A message to a user about a client, due, and a task. */
async function tell(recipientId: string, clientId: string): Promise<void> {
  const task = { key: randomUUID(), clientId, kind: 'platform_check' as const, assignee: recipientId };
  const dueAt = '2026-06-10T18:30:00.000Z';
  await createTasks(api.deps.sql, [{ ...task, subjectType: 'user', subjectId: recipientId, dueAt }]);
  await queueMessages(api.deps.sql, [
    {
      key: randomUUID(),
      clientId,
      recipientType: 'user',
      recipientId,
      template: 'escalation',
      data: { purpose: 'check_status' },
      notBefore: dueAt,
    },
  ]);
}

const feed = async (userId: string): Promise<string> => {
  const { body } = await api.post(`/v1/users/${userId}/calendar-feed`, undefined);
  return (await api.get(body.url, { key: '' })).body;
};

test('work goes on through any number of covers, to the last who is there', async () => {
  const all = await users(5);
  const { clientId, applicationId } = await workOf(all[0]!);
  await tell(all[0]!, clientId);
  for (let place = 0; place < 4; place += 1) {
    expect(await holders(clientId, all)).toEqual(only(all[place], all[0]));
    expect((await cover(all[place]!, all[place + 1]!)).status).toBe(201);
  }
  expect(await holders(clientId, all)).toEqual(only(all[4], all[0]));
  expect(await feed(all[4]!)).toContain(applicationId);
  expect(await feed(all[1]!)).not.toContain(applicationId);
});

test('work of a client stays with the last in the line who may see it', async () => {
  const [owner, second] = await users(2);
  const { clientId } = await workOf(owner!);
  const [third] = await users(1, { clientIds: [(await workOf(owner!)).clientId] });
  await tell(owner!, clientId);
  await cover(owner!, second!);
  await cover(second!, third!);
  expect(await holders(clientId, [owner!, second!, third!])).toEqual(only(second, owner));
});

test('a cover by which work would come back to its owner on one of its days is refused', async () => {
  const [one, two, three] = (await users(3)) as [string, string, string];
  const days = (from: number, until: number) => ({ fromOn: daysAhead(from), untilOn: daysAhead(until) });
  expect((await cover(one, two, days(1, 10))).status).toBe(201);
  expect((await cover(two, three, days(5, 20))).status).toBe(201);
  expect(readProblemType(await cover(three, one, days(10, 30)))).toBe('cover_comes_back');
  expect(readProblemType(await cover(two, one, days(1, 4)))).toBe('cover_comes_back');
  // on no day are all three away
  expect((await cover(three, one, days(11, 30))).status).toBe(201);
});

test('of covers that are made at once none closes a circle', async () => {
  for (let round = 0; round < 5; round += 1) {
    const ring = await users(3);
    const replies = await Promise.all(ring.map((id, place) => cover(id, ring[(place + 1) % 3]!)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 409]);
  }
});

test('a cover lasts from the first to the last of its days where the user who is away lives', async () => {
  // it is never the same date in both
  const [ahead, behind] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'].map((timeZone) => ({
    timeZone,
    today: toLocalDate(new Date().toISOString(), timeZone),
  })) as [{ timeZone: string; today: string }, { timeZone: string; today: string }];
  for (const [where, day, has] of [
    [ahead, ahead.today, 'substitute'],
    [ahead, behind.today, 'owner'],
    [behind, behind.today, 'substitute'],
    [behind, ahead.today, 'owner'],
  ] as const) {
    const [owner] = await users(1, { timeZone: where.timeZone });
    const [substitute] = await users(1);
    const { clientId } = await workOf(owner!);
    await tell(owner!, clientId);
    // only those that begin tomorrow or later can be asked for everywhere
    await api.deps.sql`
      insert into covers (id, user_id, covered_by, from_on, until_on)
      values (${randomUUID()}, ${owner!}, ${substitute!}, ${day}, ${day})`;
    expect(await holders(clientId, [owner!, substitute!])).toEqual(only(has === 'owner' ? owner : substitute, owner));
  }
});

test('a user lives where most of their clients are, unless it is said otherwise', async () => {
  const zoned = async (timeZone: string) => (await api.make('/v1/clients', { ...CLIENT, timeZone })).id;
  const clientIds = [await zoned('America/Denver'), await zoned('Pacific/Honolulu'), await zoned('America/Denver')];
  const zoneOf = async (id: string | undefined) => (await api.get(`/v1/users/${id}`)).body.timeZone;
  const [one] = await users(1, { clientIds });
  expect(await zoneOf(one)).toBe('America/Denver');
  expect(await zoneOf((await users(1, { clientIds, timeZone: 'UTC' }))[0])).toBe('UTC');
  expect((await api.patch(`/v1/users/${one}`, { timeZone: 'Pacific/Honolulu' })).body.timeZone).toBe(
    'Pacific/Honolulu',
  );
  // Node knows it, PostgreSQL does not
  const unknown = await api.patch(`/v1/users/${one}`, { timeZone: 'SystemV/PST8' });
  expect(unknown.body.errors).toMatchObject([{ path: 'timeZone', rule: 'iana_time_zone' }]);
});

test('a snoozed item is in the calendar on the day on which it is back', async () => {
  const [owner] = await users(1);
  const { applicationId } = await workOf(owner!);
  const until = addDays(toLocalDate(new Date().toISOString(), CLIENT.timeZone), 7);
  const [{ body: before }, unsnoozed] = [
    await api.get(`/v1/work-queue?applicationId=${applicationId}`),
    await feed(owner!),
  ];
  const { purpose } = before.items[0];
  await api.post(`/v1/applications/${applicationId}/snooze`, { purpose, until, reason: 'on leave' });
  const starts = (text: string) => /DTSTART:(\w+)/.exec(text)![1];
  const back = findWindowStart(until, { timeZone: CLIENT.timeZone }).replaceAll(/[-:]|\.000/g, '');
  expect(starts(await feed(owner!))).toBe(back);
  expect(starts(unsnoozed)).not.toBe(back);
});

test('who stands in is found once for a whole list, however long it is', async () => {
  const [owner, substitute] = await users(2);
  await cover(owner!, substitute!);
  const { sql } = api.deps;
  const [row] = await sql`
    explain (analyze, format json)
    select cover.covered_by
    from (select ${owner!}::uuid as assignee, gen_random_uuid() as client_id from generate_series(1, 500)) work
    ${joinCover(sql, sql`work.assignee`, sql`work.client_id`)}`;
  const passes: number[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { 'Node Type': type, 'Actual Loops': loops } = node as { 'Node Type'?: string; 'Actual Loops'?: number };
    if (type === 'WindowAgg' || type === 'Recursive Union') passes.push(loops!);
    Object.values(node).forEach(look);
  };
  look(Object.values(row!)[0]);
  expect(passes).toEqual([1, 1]);
});
