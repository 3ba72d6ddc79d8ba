import { randomUUID } from 'node:crypto';
import { queueMessages } from '../../record/outreach/messages';
import { createTasks } from '../../record/kernel/tasks';
import { listBrokenRules, readProblemType } from '../support/api';
import type { Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { daysAgo, daysAhead, System, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const user = async (more: object = {}): Promise<string> => {
  const body = { name: 'Dana', email: `${randomUUID()}@operator.example`, role: 'specialist', ...more };
  return (await system.api.make('/v1/users', body)).id;
};
const keyOf = async (userId: string, role = 'specialist'): Promise<string> =>
  (await system.api.make('/v1/api-keys', { name: 'laptop', role, userId })).key;
const opens = async (key: string) => (await system.api.get('/v1/clients?limit=1', { key })).status === 200;
const end = (id: string, workTo: string | null): Promise<Reply> =>
  system.api.post(`/v1/users/${id}/end`, { workTo, reason: 'left the company' });
const workOf = async (assignee: string): Promise<string[]> => {
  const { body } = await system.api.get(`/v1/work-queue?assignee=${assignee}&limit=200`);
  return body.items.map((item: { applicationId: string }) => item.applicationId);
};

/** An application with an item in the queue, which a user has. */
async function given(assignee: string, filed?: { clientId: string }): Promise<OpenApplication> {
  const application = await system.open(await system.file({ ...filed, attested: false }));
  await application.act('assignment', { assignee });
  return application;
}

describe('a user who ends', () => {
  test('opens nothing any more: keys, calendar feed and covers end', async () => {
    const [leaver, colleague] = [await user(), await user()];
    const key = await keyOf(leaver);
    const { url } = (await system.api.post(`/v1/users/${leaver}/calendar-feed`, undefined)).body;
    const days = { fromOn: daysAgo(1), untilOn: daysAhead(3) };
    await system.api.make(`/v1/users/${leaver}/covers`, { substitute: colleague, ...days });
    await system.api.make(`/v1/users/${colleague}/covers`, {
      substitute: leaver,
      fromOn: daysAhead(10),
      untilOn: daysAhead(11),
    });
    expect(await opens(key)).toBe(true);

    const ended = await end(leaver, null);
    expect(ended.body).toMatchObject({ id: leaver, revokedAt: expect.any(String), workTo: null });
    expect(await opens(key)).toBe(false);
    expect((await system.api.get(url, { key: '' })).status).toBe(404);
    for (const one of [leaver, colleague])
      expect((await system.api.get(`/v1/users/${one}/covers`)).body.items).toEqual([]);
    expect(readProblemType(await end(leaver, null))).toBe('ended_already');
  });

  test('leaves all work to a colleague: applications, participations, tasks, inquiries, mail and inbox', async () => {
    const [leaver, successor] = [await user(), await user()];
    const open = await given(leaver);
    const { clientId } = open.filed;
    const confirmed = await system.at('confirmed', { filed: await system.file({ clientId }) });
    await confirmed.act('assignment', { assignee: leaver });
    const { sql } = system.api.deps;
    const task = { key: randomUUID(), clientId, kind: 'platform_check' as const, assignee: leaver };
    await createTasks(sql, [{ ...task, subjectType: 'user', subjectId: leaver, dueAt: new Date().toISOString() }]);
    const platform = { providerId: open.filed.providerId, platform: 'Headway', payerIds: [open.filed.payerId] };
    const { id: relationshipId } = await system.api.make('/v1/platform-relationships', platform);
    const inquiry = `/v1/platform-relationships/${relationshipId}/inquiry`;
    await system.api.post(inquiry, { recipient: { type: 'user', id: leaver } });
    const message = { key: randomUUID(), clientId, recipientType: 'user' as const, recipientId: leaver };
    const escalation = {
      template: 'escalation',
      data: { purpose: 'check_status' },
      notBefore: '2026-06-10T18:30:00.000Z',
    };
    await queueMessages(sql, [{ ...message, ...escalation }]);

    // the inquiry asks this user, so another has to be named
    expect(listBrokenRules(await end(leaver, null))).toEqual(['workTo asked']);
    expect((await end(leaver, successor)).status).toBe(200);
    expect(await workOf(successor)).toContain(open.id);
    const inbox = (await system.api.get(`/v1/inbox?userId=${successor}`)).body.items;
    expect(inbox.map(({ template }: { template: string }) => template)).toContain('escalation');
    expect((await system.api.get(`/v1/tasks?assignee=${successor}`)).body.items).toMatchObject([
      { assignee: successor },
    ]);
    expect((await system.api.get(inquiry)).body).toMatchObject({ recipientType: 'user', recipientId: successor });
    await eventually(async () => (await open.get()).assignee === successor);
    await eventually(async () => (await confirmed.get()).assignee === successor);
    expect(await open.timeline()).toContainEqual(expect.objectContaining({ kind: 'assignment', assignee: successor }));
  });

  test('may be named by what comes later: it goes to the next user, and on from there', async () => {
    const [first, second, third] = [await user(), await user(), await user()];
    const application = await given(first);
    await end(first, second);
    await eventually(async () => (await application.get()).assignee === second);
    // as if a colleague had assigned it at the same moment
    await system.api.deps.sql`update applications set assignee = ${first} where id = ${application.id}`;
    expect(await workOf(second)).toEqual([application.id]);
    await end(second, third);
    expect(await workOf(third)).toEqual([application.id]);
    const colleague = await user();
    await system.api.deps.sql`update applications set assignee = ${colleague} where id = ${application.id}`;
    await system.api.deps.sql`
      insert into covers (id, user_id, covered_by, from_on, until_on)
      values (${randomUUID()}, ${colleague}, ${second}, ${daysAgo(2)}, ${daysAhead(2)})`;
    expect(await workOf(third)).toEqual([application.id]);
  });

  test('leaves work only to one who has access, works, and sees its clients', async () => {
    const leaver = await user();
    const { filed } = await given(leaver);
    const other = (await system.file()).clientId;
    const ended = await user();
    await end(ended, null);
    const refusals = [
      [leaver, 'somebody_else'],
      [ended, 'has_access'],
      [await user({ role: 'auditor' }), 'can_work'],
      [await user({ clientIds: [other] }), 'sees_the_clients'],
      [randomUUID(), 'unknown_reference'],
    ] as const;
    for (const [workTo, rule] of refusals)
      expect(listBrokenRules(await end(leaver, workTo))).toEqual([`workTo ${rule}`]);
    expect((await system.api.get(`/v1/users/${leaver}`)).body.revokedAt).toBeNull();
    expect((await end(leaver, await user({ clientIds: [filed.clientId] }))).status).toBe(200);
  });

  test('is let in again, without what has ended', async () => {
    const [leaver, successor] = [await user(), await user()];
    const application = await given(leaver);
    const key = await keyOf(leaver);
    await end(leaver, successor);
    await eventually(async () => (await application.get()).assignee === successor);
    const back = await system.api.post(`/v1/users/${leaver}/reinstatement`, { reason: 'came back' });
    expect(back.body).toMatchObject({ id: leaver, revokedAt: null, workTo: null });
    expect([await opens(key), await opens(await keyOf(leaver))]).toEqual([false, true]);
    expect(await workOf(leaver)).toEqual([]);
    expect(readProblemType(await system.api.post(`/v1/users/${leaver}/reinstatement`, { reason: 'again' }))).toBe(
      'not_ended',
    );
  });

  test('of a client that leaves loses keys and covers too', async () => {
    const { clientId } = await system.file();
    const [leaver, colleague] = [await user({ clientIds: [clientId] }), await user()];
    const key = await keyOf(leaver);
    await system.api.make(`/v1/users/${colleague}/covers`, {
      substitute: leaver,
      fromOn: daysAgo(1),
      untilOn: daysAhead(1),
    });
    await system.api.post(`/v1/clients/${clientId}/end`, {
      on: daysAgo(2),
      reason: 'closed',
      applications: 'withdraw',
      source: 'email',
      reference: 'their mail',
    });
    await eventually(async () => !(await opens(key)));
    expect((await system.api.get(`/v1/users/${colleague}/covers`)).body.items).toEqual([]);
  });
});

describe('a user who changes', () => {
  const patch = (id: string, body: object, key?: string) =>
    system.api.patch(`/v1/users/${id}`, body, key ? { key } : {});

  test('gets another address, role and clients', async () => {
    const [{ clientId }, id] = [await system.file(), await user()];
    const change = { email: `${randomUUID()}@operator.example`, role: 'agent', clientIds: [clientId] };
    expect((await patch(id, change)).body).toMatchObject({ id, ...change });
    expect((await patch(id, { clientIds: null })).body).toMatchObject({ clientIds: null, role: 'agent' });
    const other = await user({ email: `${randomUUID()}@operator.example` });
    expect((await patch(other, { email: change.email.toUpperCase() })).body).toMatchObject({
      status: 409,
      existingId: id,
    });
    expect(listBrokenRules(await patch(id, { role: 'client' }))).toEqual(['clientIds required']);
    expect(listBrokenRules(await patch(id, { clientIds: [randomUUID()] }))).toEqual(['clientIds.0 unknown_reference']);
  });

  test('gets no role and no clients beyond those of the caller who changes them', async () => {
    const [{ clientId }, other] = [await system.file(), await system.file()];
    const id = await user({ clientIds: [clientId] });
    const lead = await system.api.keyOf('lead', [clientId]);
    expect((await patch(id, { role: 'admin' }, lead)).status).toBe(403);
    expect((await patch(id, { clientIds: null }, lead)).status).toBe(403);
    expect((await patch(id, { clientIds: [other.clientId] }, lead)).status).toBe(400);
    expect((await patch(id, { role: 'agent' }, lead)).status).toBe(200);
  });

  test('keeps no key that may more than they now do', async () => {
    const id = await user({ role: 'lead' });
    const [lead, agent] = [await keyOf(id, 'lead'), await keyOf(id, 'agent')];
    await patch(id, { role: 'specialist' });
    expect([await opens(lead), await opens(agent)]).toEqual([false, true]);
  });

  test('keeps work that they can do: what they could not is given to a colleague first', async () => {
    const [id, colleague] = [await user(), await user()];
    const application = await given(id);
    const { clientId } = application.filed;
    const confirmed = await system.at('confirmed', { filed: await system.file({ clientId }) });
    await confirmed.act('assignment', { assignee: id });
    const asked = { kind: 'platform_check' as const, clientId, assignee: id, dueAt: new Date().toISOString() };
    await createTasks(system.api.deps.sql, [{ ...asked, key: randomUUID(), subjectType: 'user', subjectId: id }]);
    const other = (await system.file()).clientId;
    expect(readProblemType(await patch(id, { role: 'auditor' }))).toBe('has_work');
    expect(readProblemType(await patch(id, { clientIds: [other] }))).toBe('has_work');
    expect((await patch(id, { clientIds: [application.filed.clientId] })).status).toBe(200);
    await system.api.post(`/v1/users/${id}/reassignment`, { assignee: colleague });
    expect((await system.api.get(`/v1/tasks?assignee=${colleague}`)).body.items).toHaveLength(1);
    expect((await patch(id, { role: 'auditor' })).body).toMatchObject({ role: 'auditor' });
  });
});
