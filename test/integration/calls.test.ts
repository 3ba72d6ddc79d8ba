import { randomUUID } from 'node:crypto';
import { listBrokenRules, readProblemType, type Reply } from '../support/api';
import { System, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const NOBODY = '00000000-0000-4000-8000-000000000000';

/** A submitted application with a payer, of a client of its own unless one is given. */
const submitted = async (payerId: string, { clientId, state = 'CA' }: { clientId?: string; state?: string } = {}) =>
  system.open(await system.file({ payerId, ...(clientId !== undefined && { clientId }) }), {
    state,
    adopt: { stage: 'submitted' },
  });
const idsOf = (applications: OpenApplication[]) => applications.map(({ id }) => id);
const call = (payerId: string, applications: OpenApplication[], key?: string): Promise<Reply> =>
  system.api.post('/v1/calls', { payerId, applicationIds: idsOf(applications) }, key ? { key } : {});
const start = async (payerId: string, applications: OpenApplication[], key?: string) => {
  const started = await call(payerId, applications, key);
  if (started.status !== 201) throw new Error(JSON.stringify(started.body));
  return started.body;
};
const read = async (id: string) => (await system.api.get(`/v1/calls/${id}`)).body;
const logOf = (payerId: string, callId: string, applications: OpenApplication[]) => ({
  payerId,
  callId,
  channel: 'phone',
  rep: 'Dana',
  applications: idsOf(applications).map((id) => ({ id, outcome: 'in_review' })),
});
const addKeyOfUser = async (): Promise<{ userId: string; key: string }> => {
  const body = { name: 'Kim', email: `${randomUUID()}@example.org`, role: 'specialist' };
  const { id: userId } = await system.api.make('/v1/users', body);
  const { key } = await system.api.make('/v1/api-keys', { name: 'kim', role: 'specialist', userId });
  return { userId, key };
};
/** Lets the time of a call pass. */
const passTime = (id: string) =>
  system.api.deps.sql`update calls set ends_at = now() - interval '1 minute' where id = ${id}`;

describe('a call', () => {
  test('starts with a sheet that has each application in the order given, due or not, and how to reach the payer', async () => {
    const contacts = [{ purpose: 'status', phone: '1-800-555-0100' }] as const;
    const payerId = await system.payer({ contacts: [...contacts] });
    const [one, two] = [await submitted(payerId), await submitted(payerId)];
    await two.contact('information_requested', { missingItems: ['W-9'] });
    const started = await call(payerId, [two, one]);
    expect([started.status, started.headers.get('location')]).toEqual([201, `/v1/calls/${started.body.id}`]);
    expect(started.body).toMatchObject({
      payerId,
      applicationIds: [two.id, one.id],
      startedBy: { type: 'admin' },
      endedAt: null,
      sheet: {
        payerId,
        contacts,
        count: 1,
        applications: [
          { applicationId: two.id, outstandingItems: ['W-9'], items: [{ purpose: 'provide_information' }] },
          { applicationId: one.id, items: [] },
        ],
      },
    });
    expect(await read(started.body.id)).toEqual(started.body);
  });

  test('goes on for sixty minutes at most, and is over by itself', async () => {
    const payerId = await system.payer();
    const { id, startedAt, endsAt } = await start(payerId, [await submitted(payerId)]);
    expect(Date.parse(endsAt) - Date.parse(startedAt)).toBe(60 * 60_000);
    await passTime(id);
    const over = await read(id);
    expect(over.endedAt).toBe(over.endsAt);
    expect((await system.api.post(`/v1/calls/${id}/end`, undefined)).body).toEqual(over);
  });

  test('is one call however often it is sent, and on record at each client with that client’s own applications', async () => {
    const payerId = await system.payer();
    const both = [await submitted(payerId), await submitted(payerId)];
    const body = { payerId, applicationIds: idsOf(both) };
    const sent = { headers: { 'Idempotency-Key': randomUUID() } };
    const started = await system.api.make('/v1/calls', body, sent);
    expect(await system.api.make('/v1/calls', body, sent)).toEqual(started);
    const entries = await system.api.deps.sql`
      select client_id, detail from audit_log where action = 'call.start' and subject_id = ${started.id} order by id`;
    expect(entries).toEqual(
      both.map(({ id, filed: { clientId } }) => ({ clientId, detail: { applicationIds: [id] } })),
    );
  });

  test('of more than the payer takes is refused with how many it takes: each by its own state', async () => {
    const payerId = await system.payer({ maxPerCall: 1, variants: [{ state: 'NY', maxPerCall: 2 }] });
    const [one, other, east] = [
      await submitted(payerId),
      await submitted(payerId),
      await submitted(payerId, { state: 'NY' }),
    ];
    const refused = await call(payerId, [one, other]);
    expect([refused.status, readProblemType(refused)]).toEqual([409, 'beyond_max_per_call']);
    expect(refused.body.detail).toBe('The payer takes at most 1 in one call; applicationIds.1 is beyond that');
    await start(payerId, [one, east]);
  });

  test('is about applications that the caller sees, with this payer alone', async () => {
    const [payerId, another] = [await system.payer(), await system.payer()];
    const [own, others, elsewhere] = [await submitted(payerId), await submitted(payerId), await submitted(another)];
    const key = await system.api.keyOf('agent', [own.filed.clientId]);
    expect(listBrokenRules(await call(payerId, [own, others], key))).toEqual(['applicationIds.1 unknown_reference']);
    expect(listBrokenRules(await call(payerId, [elsewhere, own]))).toEqual(['applicationIds.0 same_payer']);
    expect(listBrokenRules(await call(NOBODY, [own]))).toEqual(['payerId unknown_reference']);
    expect(listBrokenRules(await call(payerId, []))).toEqual(['applicationIds min_items']);
    expect(listBrokenRules(await call(payerId, [own, own]))).toEqual(['applicationIds.1 unique']);
    expect((await call(payerId, [own], await system.api.keyOf('auditor'))).status).toBe(403);
  });

  test('reaches a payer under either id of two that were merged', async () => {
    const [twin, stays] = [await system.payer({ maxPerCall: 1 }), await system.payer()];
    const both = [await submitted(twin), await submitted(stays)];
    const before = await start(twin, [both[0]!]);
    const merged = await system.api.post(`/v1/payers/${twin}/merge`, { into: stays, reason: 'entered twice' });
    expect(merged.status).toBe(200);
    expect((await read(before.id)).payerId).toBe(stays);
    const started = await start(twin, both);
    expect([started.payerId, started.sheet.payerId]).toEqual([stays, stays]);
    const logged = await system.api.post('/v1/contacts', logOf(twin, started.id, both));
    expect(logged.body.items).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  test('is seen by who sees all of its clients', async () => {
    const payerId = await system.payer();
    const both = [await submitted(payerId), await submitted(payerId)];
    const { id } = await start(payerId, both);
    const [some, all] = [
      await system.api.keyOf('lead', [both[0]!.filed.clientId]),
      await system.api.keyOf(
        'lead',
        both.map(({ filed }) => filed.clientId),
      ),
    ];
    expect((await system.api.get(`/v1/calls/${id}`, { key: some })).status).toBe(404);
    expect((await system.api.post(`/v1/calls/${id}/end`, undefined, { key: some })).status).toBe(404);
    expect((await system.api.get(`/v1/calls/${id}`, { key: all })).status).toBe(200);
  });

  test('is ended by its maker, a lead or an admin, and ending it again changes nothing', async () => {
    const payerId = await system.payer();
    const application = await submitted(payerId);
    const kim = await addKeyOfUser();
    const { id } = await start(payerId, [application], kim.key);
    const end = (key?: string) => system.api.post(`/v1/calls/${id}/end`, undefined, key ? { key } : {});
    expect((await end((await addKeyOfUser()).key)).status).toBe(403);
    const { key: second } = await system.api.make('/v1/api-keys', {
      name: 'kim, second',
      role: 'specialist',
      userId: kim.userId,
    });
    const ended = await end(second);
    expect([ended.status, typeof ended.body.endedAt]).toEqual([200, 'string']);
    expect((await end(await system.api.keyOf('lead'))).body).toEqual(ended.body);
    const other = await start(payerId, [application], kim.key);
    const byAdmin = await system.api.post(`/v1/calls/${other.id}/end`, undefined);
    expect([byAdmin.status, typeof byAdmin.body.endedAt]).toEqual([200, 'string']);
  });
});

describe('contacts of a call', () => {
  test('end it, whatever became of each; sent again they are answered as before, and others come too late', async () => {
    const payerId = await system.payer();
    const both = [await submitted(payerId), await submitted(payerId)];
    await both[1]!.act('withdrawal', { reason: 'moves away' });
    const { id } = await start(payerId, both);
    const body = logOf(payerId, id, both);
    const sent = { headers: { 'Idempotency-Key': randomUUID() } };
    const logged = await system.api.post('/v1/contacts', body, sent);
    expect(logged.body.items).toMatchObject([{ status: 200 }, { status: 409 }]);
    const ended = await read(id);
    expect(typeof ended.endedAt).toBe('string');
    expect((await both[0]!.get()).stage).toBe('in_review');
    expect((await system.api.post('/v1/contacts', body, sent)).body).toEqual(logged.body);

    const late = await system.api.post('/v1/contacts', body);
    expect([late.status, readProblemType(late)]).toEqual([409, 'call_over']);
    expect((await read(id)).endedAt).toBe(ended.endedAt);
  });

  test('are taken by a retry whose first attempt ended the call and got no further', async () => {
    const payerId = await system.payer();
    const application = await submitted(payerId);
    const { id } = await start(payerId, [application]);
    const body = logOf(payerId, id, [application]);
    const sent = { headers: { 'Idempotency-Key': randomUUID() } };
    const first = await system.api.post('/v1/contacts', body, sent);
    await system.api.deps.sql`update idempotency_keys set status = null, response = null where status = 200`;
    expect((await system.api.post('/v1/contacts', body, sent)).body).toEqual(first.body);
    expect((await application.timeline()).filter(({ kind }) => kind === 'contact')).toHaveLength(1);
  });

  test('that are logged twice at once are logged once', async () => {
    const payerId = await system.payer();
    const application = await submitted(payerId);
    const { id } = await start(payerId, [application]);
    const log = () => system.api.post('/v1/contacts', logOf(payerId, id, [application]));
    const replies = await Promise.all([log(), log()]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await application.timeline()).filter(({ kind }) => kind === 'contact')).toHaveLength(1);
  });

  test('come too late once its time has passed', async () => {
    const payerId = await system.payer();
    const application = await submitted(payerId);
    const { id } = await start(payerId, [application]);
    await passTime(id);
    const late = await system.api.post('/v1/contacts', logOf(payerId, id, [application]));
    expect([late.status, readProblemType(late)]).toEqual([409, 'call_over']);
    expect((await application.get()).stage).toBe('submitted');
  });

  test('are of its maker, its payer and its applications, and otherwise leave it on', async () => {
    const [payerId, another] = [await system.payer(), await system.payer()];
    const [called, more] = [await submitted(payerId), await submitted(payerId)];
    const kim = await addKeyOfUser();
    const { id } = await start(payerId, [called], kim.key);
    const refusal = async (body: object, key = kim.key) =>
      listBrokenRules(await system.api.post('/v1/contacts', body, { key }));
    expect(await refusal(logOf(payerId, id, [called]), (await addKeyOfUser()).key)).toEqual(['callId own_call']);
    expect(await refusal(logOf(another, id, [called]))).toEqual(['payerId same_payer']);
    expect(await refusal(logOf(payerId, id, [called, more]))).toEqual(['applications.1.id in_call']);
    expect(await refusal(logOf(payerId, NOBODY, [called]))).toEqual(['callId unknown_reference']);
    const stranger = await system.api.keyOf('agent', [more.filed.clientId]);
    expect(await refusal(logOf(payerId, id, [more]), stranger)).toEqual(['callId unknown_reference']);
    expect((await read(id)).endedAt).toBeNull();
    const logged = await system.api.post('/v1/contacts', logOf(payerId, id, [called]), { key: kim.key });
    expect(logged.body.items).toMatchObject([{ status: 200 }]);
  });
});
