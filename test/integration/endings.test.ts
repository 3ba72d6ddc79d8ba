import { randomUUID } from 'node:crypto';
import { createDispatch } from '../../dispatch/dispatch';
import { settleEndingItem } from '../../dispatch/endings';
import { queueMessages } from '../../record/outreach/messages';
import { purgeDueData } from '../../record/offboarding/retention';
import { eventually } from '../support/eventually';
import { CLIENT, PRACTICE, PROVIDER } from '../support/api';
import { inventNpi } from '../support/file';
import { createAllFacts, daysAgo, daysAhead, System, TODAY, type Filed } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const YESTERDAY = daysAgo(2);
const TERMS = {
  on: YESTERDAY,
  reason: 'left_practice',
  applications: 'withdraw',
  source: 'email',
  reference: 'their mail',
};
const end = (what: string, id: string, more: object = {}, sent = {}) =>
  system.api.post(`/v1/${what}s/${id}/end`, { ...TERMS, ...more }, sent);
const endingOf = async (id: string) => (await system.api.get(`/v1/endings/${id}`)).body;
/** Ends, which has to work, and waits until all of it is done. */
async function ended(what: string, id: string, more: object = {}) {
  const made = await end(what, id, more);
  expect(made.status).toBe(201);
  await eventually(async () => (await endingOf(made.body.id)).status === 'done');
  return endingOf(made.body.id);
}
const sorted = (items: { action: string; subjectId: string }[]) =>
  items.map(({ action, subjectId }) => `${action} ${subjectId}`).sort();

/** An application on another payer for the same provider. */
const with_ = async (filed: Filed, stage: 'in_review' | 'confirmed' | 'submitted', more: object = {}) =>
  system.open(
    { ...filed, payerId: await system.payer() },
    { adopt: { stage, ...(stage === 'confirmed' && { confirmations: createAllFacts() }) }, ...more },
  );

/** A provider of a group: two open applications, one participation of the group's, one of the provider's own. */
async function groupMember() {
  const filed = await system.file();
  const reviewed = await with_(filed, 'in_review');
  const submitted = await with_(filed, 'submitted');
  const own = await with_(filed, 'confirmed');
  const group = await with_(filed, 'confirmed', { kind: 'add_to_group' });
  return { filed, reviewed, submitted, own, group };
}

test('domain scenario 7: a provider who leaves the practice: open applications withdrawn, the group’s participation ended, their own goes on', async () => {
  const { filed, reviewed, submitted, own, group } = await groupMember();
  const relationship = await system.api.make('/v1/platform-relationships', {
    providerId: filed.providerId,
    platform: 'Alma',
    payerIds: [filed.payerId],
  });
  const { items, access } = await ended('provider', filed.providerId, { words: 'moves to Oregon' });
  expect(sorted(items)).toEqual(
    [
      `withdraw ${reviewed.id}`,
      `withdraw ${submitted.id}`,
      `keep ${own.id}`,
      `end_participation ${group.id}`,
      `stop_asking ${relationship.id}`,
    ].sort(),
  );
  expect(items.every(({ status }: { status: string }) => status === 'done')).toBe(true);
  expect(access).toMatchObject({ apiKeys: 0, users: 0, webhooks: 0 });
  expect(await reviewed.get()).toMatchObject({ stage: 'withdrawn', open: false });
  expect((await group.get()).participationEndedOn).toBe(YESTERDAY);
  expect((await own.get()).participationEndedOn).toBeNull();
  // billing readiness: the group's no longer, their own still
  expect(await group.readiness()).toMatchObject({ mayBill: false, reasons: ['participation_ended'] });
  expect(await group.readiness({ dateOfService: YESTERDAY })).toMatchObject({ mayBill: true });
  expect(await own.readiness()).toMatchObject({ mayBill: true });
  // stays to be read, takes nothing new, and can be corrected
  const provider = await system.api.get(`/v1/providers/${filed.providerId}`);
  expect(provider.body).toMatchObject({ endedOn: YESTERDAY, secretsPurgedAt: null });
  const { providerId, practiceId, payerId } = filed;
  const anew = await system.api.post('/v1/applications', { providerId, practiceId, payerId, state: 'CA' });
  expect([anew.status, anew.body.type]).toEqual([409, 'urn:countersign:problem:ended']);
  const ending = (await group.timeline()).find(({ kind }) => kind === 'participation_end');
  await group.act('corrections', { entryId: ending.id, reason: 'the group keeps them until March' });
  expect((await group.get()).participationEndedOn).toBeNull();
});

test.each(['client', 'provider'])(
  'a %s who leaves keeps the relationships with platforms: only the chases about them end',
  async (what) => {
    const filed = await system.file();
    const { clientId, providerId, practiceId, payerId } = filed;
    const { id } = await system.api.make('/v1/platform-relationships', {
      providerId,
      platform: 'Alma',
      payerIds: [payerId],
      states: ['CA'],
      since: '2024-01-01',
    });
    const path = `/v1/platform-relationships/${id}`;
    await system.api.put(`${path}/answers/direct_contract`, {
      answer: 'no',
      answeredBy: 'Alma support',
      answeredOn: daysAgo(5),
      channel: 'email',
    });
    await eventually(async () => (await system.api.get(`${path}/inquiry`)).body.asks.length === 1);
    const { items } = await ended(what, what === 'client' ? clientId : providerId);
    expect(sorted(items)).toEqual([`stop_asking ${id}`]);
    expect((await system.api.get(path)).body).toMatchObject({ endedOn: null, payerIds: [payerId] });
    expect((await system.api.get(`${path}/assessment`)).body.verdict).toBe('platform_model');
    expect((await system.api.get(`${path}/inquiry`)).body).toMatchObject({ status: 'closed', nextAskAt: null });
    const gate = `/v1/billing-readiness?${new URLSearchParams({ providerId, practiceId, payerId, state: 'CA', dateOfService: TODAY }).toString()}`;
    expect((await system.api.get(gate)).body).toMatchObject({ reasons: ['platform_only'], billThrough: 'platform' });
  },
);

test('handed over means withdrawn as such, with the evidence frozen as it was then', async () => {
  const { filed, reviewed, own } = await groupMember();
  const { items } = await ended('provider', filed.providerId, {
    applications: 'hand_over',
    reason: 'changed_operator',
  });
  const handed = items.filter(({ action }: { action: string }) => action === 'hand_over');
  expect(handed).toHaveLength(3);
  const { result } = items.find(({ subjectId }: { subjectId: string }) => subjectId === reviewed.id);
  const frozen = await system.api.get(`${reviewed.path}/evidence?sha256=${result.evidenceSha256}`);
  expect(frozen.body.application).toMatchObject({ id: reviewed.id, stage: 'withdrawn' });
  expect(frozen.body.timeline.at(-2)).toMatchObject({ kind: 'withdrawal', reason: 'handed_over' });
  await reviewed.act('notes', { text: 'they called again', visibility: 'client' });
  expect((await system.api.get(`${reviewed.path}/evidence?sha256=${result.evidenceSha256}`)).body).toEqual(frozen.body);
  expect((await system.api.get(`${reviewed.path}/evidence?format=pdf&sha256=${result.evidenceSha256}`)).status).toBe(
    200,
  );
  expect((await own.timeline()).find(({ kind }) => kind === 'participation_end').reason).toBe('handed_over');
});

test('terminations are opened with each payer where a participation goes on, with the contract’s notice, each once', async () => {
  const filed = await system.file();
  const own = await system.at('approved', { filed: { ...filed, payerId: await system.payer() } });
  await own.act('contract', { status: 'executed', on: daysAgo(30), termNoticeDays: 60 });
  for (const fact of ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'] as const) await own.confirm(fact);
  const group = await with_(filed, 'confirmed', { kind: 'add_to_group' });
  const underWay = await with_(filed, 'confirmed');
  const before = await system.open(underWay.filed, { kind: 'termination' });
  const preview = await end('provider', filed.providerId, { terminate: true, on: daysAhead(10) }, {});
  expect(preview.status).toBe(201);
  await eventually(async () => {
    const doing: { status: string }[] = (await endingOf(preview.body.id)).items;
    return doing.length === 5 && doing.every(({ status }) => status === 'done');
  });
  const { items, status } = await endingOf(preview.body.id);
  expect(status).toBe('waiting');
  expect(sorted(items)).toEqual(
    [
      `terminate ${own.id}`,
      `end_participation ${group.id}`,
      `terminate ${group.id}`,
      `keep ${underWay.id}`,
      `keep ${before.id}`,
    ].sort(),
  );
  const item = (id: string) =>
    items.find((i: { action: string; subjectId: string }) => i.action === 'terminate' && i.subjectId === id);
  expect(item(own.id)).toMatchObject({ noticeDays: 60, noticeBy: TODAY, lastDay: daysAhead(60) });
  expect(item(group.id)).toMatchObject({ noticeBy: daysAhead(10), lastDay: daysAhead(10) });
  expect(item(group.id)).not.toHaveProperty('noticeDays');
  const termination = await system.api.get(`/v1/applications/${item(own.id).result.applicationId}`);
  expect(termination.body).toMatchObject({
    kind: 'termination',
    payerId: own.filed.payerId,
    neededBy: TODAY,
    open: true,
  });
  // a user has the work, and it ends the participation as any other does
  await eventually(
    async () => (await system.api.get(`/v1/work-queue?applicationId=${termination.body.id}`)).body.items.length,
  );
  expect((await own.get()).participationEndedOn).toBeNull();
});

test('a termination of a provider who has let everything lapse is ready to be sent, also one that was open before', async () => {
  const filed = await system.file({ attested: false });
  await with_(filed, 'confirmed');
  const before = await system.open((await with_(filed, 'confirmed')).filed, { kind: 'termination' });
  expect((await before.get()).stage).toBe('ready_to_submit');
  const { items } = await ended('provider', filed.providerId, { terminate: true });
  const { result } = items.find(({ action }: { action: string }) => action === 'terminate');
  for (const id of [result.applicationId, before.id])
    await eventually(async () => (await system.api.get(`/v1/applications/${id}`)).body.stage === 'ready_to_submit');
});

test('a leader sees at once who leaves, whom and what it is about by name, and how far it is', async () => {
  const filed = await system.file();
  const own = await with_(filed, 'confirmed');
  const [reviewed, key] = [await with_(filed, 'in_review'), await system.api.keyOf('lead', [filed.clientId])];
  const made = await end('provider', filed.providerId, { on: daysAhead(30), terminate: true });
  expect(made.body).toMatchObject({
    clientName: CLIENT.name,
    providerName: 'Robin Vale',
    counts: { waiting: 2 },
    items: [
      { subjectId: own.id, providerName: 'Robin Vale', practiceName: PRACTICE.legalName, status: 'waiting' },
      { subjectId: reviewed.id, payerName: expect.stringContaining('Payer'), platform: null },
    ],
  });
  await eventually(async () => (await endingOf(made.body.id)).counts.done === 1);
  const [terminate] = (await endingOf(made.body.id)).items;
  expect(terminate.result).toMatchObject({ applicationId: expect.any(String), stage: 'ready_to_submit' });
  const opened = (await system.api.get(`/v1/applications/${terminate.result.applicationId}`)).body;
  expect(opened.previousId).toBe(own.id);
  const list = async (query: string) => (await system.api.get(`/v1/endings?${query}`, { key })).body;
  const { items } = await list('open=true');
  expect(items).toMatchObject([{ id: made.body.id, status: 'waiting', counts: { done: 1, waiting: 1 } }]);
  expect(items[0]).not.toHaveProperty('items');
  expect((await list(`providerId=${filed.providerId}&open=false`)).items).toEqual([]);
  const other = await system.file();
  expect((await list(`clientId=${other.clientId}`)).errors).toMatchObject([{ path: 'clientId' }]);
  const client = await system.api.keyOf('client', [filed.clientId]);
  expect((await system.api.get('/v1/endings', { key: client })).status).toBe(403);
});

test('a preview says all of it and does nothing', async () => {
  const { filed, reviewed, group } = await groupMember();
  const preview = await system.api.post(`/v1/providers/${filed.providerId}/end?dryRun=true`, TERMS);
  expect(preview.status).toBe(200);
  expect(preview.body.items).toHaveLength(4);
  expect(preview.body.items[0]).toMatchObject({
    action: 'withdraw',
    subjectId: reviewed.id,
    because: 'open',
    when: 'after',
    payerId: reviewed.filed.payerId,
    state: 'CA',
  });
  expect((await system.api.get(`/v1/providers/${filed.providerId}`)).body.endedOn).toBeNull();
  expect((await reviewed.get()).open).toBe(true);
  expect((await group.get()).participationEndedOn).toBeNull();
});

describe('a client with forty providers', () => {
  test('ends in one action: everybody’s applications, the agreements, keys, users, webhooks; the other client notices nothing', async () => {
    const { api } = system;
    const clientId = (await api.make('/v1/clients', CLIENT)).id;
    const practice = await api.make(`/v1/clients/${clientId}/practices`, PRACTICE);
    const payers = await Promise.all(Array.from({ length: 3 }, () => system.payer()));
    const person = inventNpi();
    const applications = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const npi = i === 0 ? person : inventNpi();
        const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi });
        await api.make(`/v1/providers/${providerId}/attestations`, { attestedOn: TODAY, source: 'caqh' });
        const filed = {
          clientId,
          practiceId: practice.id,
          providerId,
          payerId: payers[i % 3]!,
          practiceNpi: '',
          providerNpi: npi,
        };
        return system.open(
          filed,
          i % 4 === 0 ? { kind: 'add_to_group', adopt: { stage: 'confirmed', confirmations: createAllFacts() } } : {},
        );
      }),
    );
    // the same person, at another client of the operator
    const other = await system.file();
    const twin = await api.make(`/v1/clients/${other.clientId}/providers`, { ...PROVIDER, npi: person });
    const elsewhere = await system.open({ ...other, providerId: twin.id });
    const untouched = await system.open(
      { ...other, providerId: twin.id, payerId: await system.payer() },
      { adopt: { stage: 'confirmed', confirmations: createAllFacts() } },
    );
    const before = [
      await elsewhere.get(),
      await untouched.get(),
      await untouched.readiness(),
      (await api.get(`/v1/providers/${twin.id}`)).body,
    ];
    const key = await api.keyOf('client', [clientId]);
    const both = await api.keyOf('client', [clientId, other.clientId]);
    const user = await api.make('/v1/users', {
      name: 'Kim',
      email: `${randomUUID()}@x.example`,
      role: 'client',
      clientIds: [clientId],
    });
    const webhook = { url: 'https://hooks.example.org/x', types: ['follow_up.due'], clientIds: [clientId] };
    const hook = await api.make('/v1/webhook-endpoints', webhook);

    const preview = await api.post(`/v1/clients/${clientId}/end?dryRun=true`, { ...TERMS, reason: 'closed' });
    expect(preview.status).toBe(200);
    expect(preview.body.access).toMatchObject({ apiKeys: 1, users: 1, webhooks: 1 });
    expect((await applications[1]!.get()).open).toBe(true);

    const { items, access } = await ended('client', clientId, { reason: 'closed' });
    expect(sorted(items)).toEqual(sorted(preview.body.items));
    const count = (action: string) => items.filter((item: { action: string }) => item.action === action).length;
    expect([count('withdraw'), count('end_participation'), count('end_agreement')]).toEqual([30, 10, 3]);
    expect(items.every(({ status }: { status: string }) => status === 'done')).toBe(true);
    expect(access).toMatchObject({ apiKeys: 1, users: 1, webhooks: 1 });
    const { body } = await api.get(`/v1/applications?clientId=${clientId}&limit=200`);
    expect(body.items.some(({ open }: { open: boolean }) => open)).toBe(false);
    const agreements = (await api.get(`/v1/agreements?practiceId=${practice.id}`)).body.items;
    expect(agreements.every(({ endedOn }: { endedOn: string }) => endedOn === YESTERDAY)).toBe(true);
    expect((await api.get('/v1/clients', { key })).status).toBe(401);
    expect((await api.get(`/v1/clients/${other.clientId}`, { key: both })).status).toBe(200);
    const listed = async (path: string, id: string) =>
      (await api.get(path)).body.items.find((item: { id: string }) => item.id === id);
    expect((await listed('/v1/users', user.id)).revokedAt).toEqual(expect.any(String));
    // a user without access is given no work, and written to no more
    const given = await applications[1]!.try('assignment', { assignee: user.id });
    expect([given.status, given.body.errors[0].rule]).toEqual([400, 'has_access']);
    const { sql } = api.deps;
    const message = { recipientType: 'user', recipientId: user.id, template: 'follow_up_due', data: {} } as const;
    const messageKey = randomUUID();
    await queueMessages(sql, [{ ...message, key: messageKey, clientId, notBefore: new Date().toISOString() }]);
    await eventually(async () => {
      const [row] = await sql<{ status: string }[]>`select status from messages where key = ${messageKey}`;
      return row!.status === 'withheld';
    });
    expect(await listed('/v1/webhook-endpoints', hook.id)).toBeUndefined();
    expect(
      await sql`select distinct status from webhook_deliveries where endpoint_id = ${hook.id} and status = 'queued'`,
    ).toEqual([]);
    const practiceAnew = await api.post(`/v1/clients/${clientId}/practices`, PRACTICE);
    expect([practiceAnew.status, practiceAnew.body.type]).toEqual([409, 'urn:countersign:problem:ended']);

    const after = [
      await elsewhere.get(),
      await untouched.get(),
      await untouched.readiness(),
      (await api.get(`/v1/providers/${twin.id}`)).body,
    ];
    // all but the seconds that have passed
    const still = (one: object): unknown =>
      JSON.parse(JSON.stringify(one, (name, value: unknown) => (/^(waiting|age)Seconds$/.test(name) ? 0 : value)));
    expect(after.map(still)).toEqual(before.map(still));
  });
});

describe('whatever happens meanwhile', () => {
  test('each thing is done once: repeated, begun by a relay that is gone, refused a few times by the way', async () => {
    const { filed, reviewed, submitted, group } = await groupMember();
    const { deps } = system.api;
    await system.stopWorker();
    const made = await end('provider', filed.providerId);
    const { id } = made.body;
    await system.startWorker();
    // beside the relay: the same items, again and again, through a door that fails the first times
    let failures = 3;
    const dispatch = createDispatch({ sql: deps.sql, client: deps.temporal.client });
    const shaky = {
      deliverCommand: async (...args: Parameters<typeof dispatch.deliverCommand>) => {
        const delivery = await deps.dispatch.deliverCommand(...args);
        if (failures-- > 0) throw new Error('lost on the way back');
        return delivery;
      },
    };
    await eventually(async () => (await endingOf(id)).items.length > 0);
    const itemIds = (await deps.sql<{ id: string }[]>`select id from ending_items where ending_id = ${id}`).map(
      (row) => row.id,
    );
    for (const itemId of [...itemIds, ...itemIds])
      await settleEndingItem(deps.sql, shaky, itemId).catch(() => undefined);
    await eventually(async () => (await endingOf(id)).status === 'done');
    for (const application of [reviewed, submitted]) {
      const entries = (await application.timeline()).filter(({ kind }: { kind: string }) => kind === 'withdrawal');
      expect(entries).toHaveLength(1);
    }
    expect((await group.timeline()).filter(({ kind }: { kind: string }) => kind === 'participation_end')).toHaveLength(
      1,
    );
    await deps.dispatch.notifyWatch('ending', id);
    expect((await endingOf(id)).items).toHaveLength(itemIds.length);
  });

  test('what is confirmed before the last day ends as a participation', async () => {
    const filed = await system.file();
    const application = await with_(filed, 'in_review', { kind: 'add_to_group' });
    const { body } = await end('provider', filed.providerId, { on: daysAhead(30) });
    await eventually(async () => (await endingOf(body.id)).items.length === 1);
    expect(await endingOf(body.id)).toMatchObject({
      status: 'waiting',
      items: [{ action: 'withdraw', status: 'waiting' }],
    });
    await application.contact('approved', { channel: 'mail' });
    for (const fact of ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'] as const)
      await application.confirm(fact);
    await system.api.deps.dispatch.notifyWatch('ending', body.id);
    await eventually(async () =>
      (await endingOf(body.id)).items.some(
        (i: { action: string; status: string }) => i.action === 'end_participation' && i.status === 'done',
      ),
    );
    expect((await application.get()).participationEndedOn).toBe(daysAhead(30));
  });

  test('an Idempotency-Key sent again is answered as before; another ending finds the first', async () => {
    const { filed } = await groupMember();
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await end('provider', filed.providerId, {}, { headers });
    const again = await end('provider', filed.providerId, {}, { headers });
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    const other = await end('provider', filed.providerId);
    expect(other.body).toMatchObject({
      status: 409,
      type: 'urn:countersign:problem:ended_already',
      existingId: first.body.id,
    });
    const dry = await system.api.post(`/v1/providers/${filed.providerId}/end?dryRun=true`, TERMS);
    expect(dry.body.type).toBe('urn:countersign:problem:ended_already');
  });
});

describe('coming back', () => {
  const BACK = { on: TODAY, source: 'email', reference: 'their mail' };
  const back = (what: string, id: string, more: object = {}, sent = {}) =>
    system.api.post(`/v1/${what}s/${id}/return`, { ...BACK, ...more }, sent);
  const typeOf = ({ status, body }: { status: number; body: { type: string } }) =>
    `${status} ${body.type.replace('urn:countersign:problem:', '')}`;
  const purge = (id: string) =>
    system.api.deps.sql.begin((tx) => purgeDueData(tx, id, `${daysAhead(120)}T12:00:00.000Z`));
  const fieldsOf = ({ body }: { body: { errors: { path: string; rule: string }[] } }) =>
    body.errors.map(({ path, rule }) => `${path} ${rule}`);

  test('a provider who returns goes on as the same one: new applications, upkeep again; what has ended stays so', async () => {
    const { filed, reviewed, group } = await groupMember();
    const { providerId, practiceId, clientId } = filed;
    const { sql, temporal } = system.api.deps;
    const first = await ended('provider', providerId);
    expect(typeOf(await back('provider', (await system.file()).providerId))).toBe('409 not_ended');
    const again = await system.api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: filed.providerNpi });
    expect([typeOf(again), again.body.existingId]).toEqual(['409 left_before', providerId]);

    const headers = { 'Idempotency-Key': randomUUID() };
    const made = await back('provider', providerId, { words: 'moved back' }, { headers });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ providerId, endingId: first.id, providerIds: [providerId], leftOutIds: [], ...BACK }),
    ]);
    expect((await back('provider', providerId, { words: 'moved back' }, { headers })).body).toEqual(made.body);
    expect((await system.api.get(`/v1/returns/${made.body.id}`)).body).toEqual(made.body);
    expect(await endingOf(first.id)).toMatchObject({ status: 'done', returnedOn: TODAY });
    expect((await system.api.get(`/v1/providers/${providerId}`)).body.endedOn).toBeNull();
    expect(await reviewed.get()).toMatchObject({ stage: 'withdrawn', open: false });
    expect((await group.get()).participationEndedOn).toBe(YESTERDAY);
    const payerId = await system.payer();
    expect((await system.open({ ...filed, practiceId, payerId })).id).toEqual(expect.any(String));
    const [person] = await sql<{ personId: string }[]>`select person_id from providers where id = ${providerId}`;
    const upkeep = temporal.client.workflow.getHandle(`providerUpkeep/${person!.personId}`);
    await eventually(async () => (await upkeep.describe()).status.name === 'RUNNING');
    const [audited] = await sql`
      select detail from audit_log where subject_id = ${providerId} and action = 'provider.return'`;
    expect(audited!.detail).toMatchObject({ on: TODAY, endingId: first.id });
    // and may leave a second time
    const second = await ended('provider', providerId);
    expect(second.items.some(({ subjectId }: { subjectId: string }) => subjectId === group.id)).toBe(false);
    expect(second.items.filter(({ action }: { action: string }) => action === 'withdraw')).toHaveLength(1);
  });

  test('who stays after all keeps what is not done yet', async () => {
    const { filed, reviewed, group } = await groupMember();
    const { body } = await end('provider', filed.providerId, { on: daysAhead(20), terminate: true });
    await eventually(async () => (await endingOf(body.id)).counts.done === 3);
    const stayed = await back('provider', filed.providerId);
    expect(stayed.status).toBe(201);
    const opened = (await endingOf(body.id)).items.flatMap((i: Done) => i.result?.applicationId ?? []);
    expect([...stayed.body.terminationIds].sort()).toEqual([...opened].sort());
    const [one, other] = stayed.body.terminationIds;
    await system.api.post(`/v1/applications/${one}/withdrawal`, { reason: 'she stays' });
    expect((await system.api.get(`/v1/returns/${stayed.body.id}`)).body.terminationIds).toEqual([other]);
    const { status, items } = await endingOf(body.id);
    expect(status).toBe('called_off');
    expect(items.filter((i: Done) => i.status === 'called_off').map((i: Done) => i.action)).toEqual([
      'withdraw',
      'withdraw',
    ]);
    expect((await reviewed.get()).open).toBe(true);
    // finished items can be corrected by a user who knows better
    expect((await group.get()).participationEndedOn).toBe(daysAhead(20));
  });
  interface Done {
    action: string;
    status: string;
    result: { applicationId?: string } | null;
  }

  test('secrets that were purged have to be given again, each named; then they are kept as any other, under the same legal hold', async () => {
    const { api } = system;
    const { providerId } = await system.file();
    const hold = { hold: true, reason: 'a claim' };
    await ended('provider', providerId);
    await purge(providerId);
    const path = `/v1/providers/${providerId}`;
    const malpractice = { ...PROVIDER.malpractice, policyNumber: 'P-2' };
    const dea = [{ state: 'CA', number: 'AB1234563', expiresOn: '2099-01-31' }];
    const shown = { malpractice: { ...malpractice, policyNumber: '****' }, dea: [{ ...dea[0], number: '****4563' }] };
    expect(typeOf(await api.patch(path, { malpractice }))).toBe('409 ended');
    await api.put(`${path}/legal-hold`, hold);
    const refused = await back('provider', providerId);
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ['malpractice purged', 'dea purged']]);
    expect(fieldsOf(await back('provider', providerId, { malpractice: null }))).toEqual(['dea purged']);
    expect((await api.get(path)).body.endedOn).toBe(YESTERDAY);
    expect((await back('provider', providerId, { malpractice, dea })).status).toBe(201);
    expect((await api.get(path)).body).toMatchObject({ endedOn: null, secretsPurgedAt: null, ...shown });
    expect((await api.get(`${path}/legal-hold`)).body).toMatchObject(hold);
    // in use again, it is not purged; after the next ending it is, but for the hold
    await purge(providerId);
    await ended('provider', providerId);
    await purge(providerId);
    expect((await api.get(path)).body).toMatchObject(shown);
    await api.put(`${path}/legal-hold`, { ...hold, hold: false });
    await purge(providerId);
    expect((await api.get(path)).body).toMatchObject({ secretsPurgedAt: expect.any(String), dea: [] });
  });

  test('a client comes back with its users and those who left with it, not with who had left before', async () => {
    const { api } = system;
    const { clientId, practiceId, providerId } = await system.file();
    const { providerId: gone } = await system.file({ clientId });
    await ended('provider', gone);
    const email = `${randomUUID()}@x.example`;
    const user = await api.make('/v1/users', { name: 'Kim', email, role: 'client', clientIds: [clientId] });
    const revoked = await api.make('/v1/users', {
      name: 'Lou',
      email: `${randomUUID()}@x.example`,
      role: 'client',
      clientIds: [clientId],
    });
    await api.deps.sql`update users set revoked_at = now() where id = ${revoked.id}`;
    const { id: endingId } = await ended('client', clientId);
    expect(typeOf(await back('provider', providerId, { malpractice: null, dea: [] }))).toBe('409 ended');
    const unknown = [{ id: (await system.file()).practiceId, tin: null }];
    expect(fieldsOf(await back('client', clientId, { practices: unknown }))).toEqual([
      'practices.0.id unknown_reference',
    ]);
    expect((await back('client', clientId)).body).toMatchObject({
      endingId,
      providerIds: [providerId],
      leftOutIds: [],
    });
    expect((await api.get(`/v1/clients/${clientId}`)).body.endedOn).toBeNull();
    expect((await api.get(`/v1/providers/${gone}`)).body.endedOn).toBe(YESTERDAY);
    expect((await api.get(`/v1/users/${user.id}`)).body.revokedAt).toBeNull();
    expect((await api.get(`/v1/users/${revoked.id}`)).body.revokedAt).toEqual(expect.any(String));

    // once its secrets are purged they are given again, and each provider comes back with their own
    await ended('client', clientId);
    for (const id of [clientId, providerId]) await purge(id);
    expect((await api.get(`/v1/practices/${practiceId}`)).body.tin).toMatchObject({ last4: '6789', purged: true });
    const refused = await back('client', clientId);
    // two practices: each file has one of its own
    expect(fieldsOf(refused)).toEqual(['practices purged', 'practices purged']);
    const all = (await api.get(`/v1/clients/${clientId}/practices`)).body.items;
    const practices = all.map(({ id }: { id: string }) => ({ id, tin: id === practiceId ? PRACTICE.tin : null }));
    const returned = await back('client', clientId, { practices });
    expect(returned.body).toMatchObject({ providerIds: [], leftOutIds: [providerId] });
    expect((await api.get(`/v1/practices/${practiceId}`)).body.tin).toEqual({
      type: 'ein',
      last4: '6789',
      value: '12-3456789',
    });
    expect((await back('provider', providerId, { malpractice: null, dea: [] })).status).toBe(201);
    // a practice without its tax id files nothing until it has one again
    const other = practices.find(({ id }: { id: string }) => id !== practiceId).id;
    const payerId = await system.payer();
    const opened = await api.make('/v1/applications', { providerId, practiceId: other, payerId, state: 'CA' });
    const tinOf = ({ prerequisites }: { prerequisites: { code: string; met: boolean }[] }) =>
      prerequisites.find(({ code }) => code === 'practice_tin');
    expect(tinOf(opened)).toMatchObject({ met: false, reason: 'missing' });
    expect((await api.patch(`/v1/practices/${other}`, { tin: PRACTICE.tin })).status).toBe(200);
    await eventually(async () => tinOf((await api.get(`/v1/applications/${opened.id}`)).body)?.met);
  });

  test('a departed provider’s client sees nothing that was recorded since; once they return, what registries state, not since when', async () => {
    const { api } = system;
    const here = await system.file({ attested: false });
    await ended('provider', here.providerId);
    const { clientId } = await system.file();
    const twin = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: here.providerNpi });
    await api.make(`/v1/providers/${twin.id}/attestations`, { attestedOn: TODAY, source: 'caqh' });
    const { sql } = api.deps;
    await sql`
      insert into registry_records (service, person_id, status, said, checked_at, said_at)
      select 'nppes', person_id, 'found', '{}', now(), now() from providers where id = ${twin.id}`;
    const seen = async () => (await api.get(`/v1/providers/${here.providerId}`)).body;
    const nothing = { attestation: null, registries: { nppes: { status: null, checkedAt: null } } };
    expect(await seen()).toMatchObject(nothing);
    expect((await back('provider', here.providerId)).status).toBe(201);
    expect(await seen()).toMatchObject({
      attestation: null,
      registries: { nppes: { status: 'found', checkedAt: null } },
    });
  });

  test('only who may end may bring back, and what is wrong is named at once', async () => {
    const { providerId, clientId } = await system.file();
    await ended('client', clientId);
    const keyOf = async (role: string, id: string) => ({ key: await system.api.keyOf(role, [id]) });
    for (const role of ['client', 'specialist', 'agent', 'auditor', 'service'])
      expect((await back('client', clientId, {}, await keyOf(role, clientId))).status).toBe(403);
    const stranger = await keyOf('lead', (await system.file()).clientId);
    expect((await back('client', clientId, {}, stranger)).status).toBe(404);
    expect((await back('provider', providerId, {}, stranger)).status).toBe(404);
    const bad = await back('client', clientId, { on: daysAhead(800), source: 'gossip', reference: '', dea: [] });
    expect(fieldsOf(bad).sort()).toEqual([
      'dea unknown_field',
      'on within_a_year',
      'reference min_length',
      'source one_of',
    ]);
    const made = await back('client', clientId, {}, await keyOf('lead', clientId));
    expect(made.status).toBe(201);
    expect((await system.api.get(`/v1/returns/${made.body.id}`, stranger)).status).toBe(404);
    expect((await system.api.get(`/v1/returns/${made.body.id}`, await keyOf('auditor', clientId))).status).toBe(200);
  });
});

describe('who may, and what is refused', () => {
  test('admin and lead end; a client never does, an auditor reads, strangers find nothing', async () => {
    const { filed } = await groupMember();
    const keyOf = async (role: string, clientId = filed.clientId) => ({
      key: await system.api.keyOf(role, [clientId]),
    });
    for (const role of ['client', 'specialist', 'agent', 'auditor', 'service'])
      expect((await end('provider', filed.providerId, {}, await keyOf(role))).status).toBe(403);
    const stranger = await keyOf('lead', (await system.file()).clientId);
    expect((await end('provider', filed.providerId, {}, stranger)).status).toBe(404);
    expect((await end('client', filed.clientId, {}, stranger)).status).toBe(404);
    const made = await end('provider', filed.providerId, {}, await keyOf('lead'));
    expect(made.status).toBe(201);
    const path = `/v1/endings/${made.body.id}`;
    expect((await system.api.get(path, await keyOf('auditor'))).status).toBe(200);
    expect((await system.api.get(path, await keyOf('client'))).status).toBe(403);
    expect((await system.api.get(path, stranger)).status).toBe(404);
  });

  test('every bad field is named at once', async () => {
    const { providerId } = await system.file();
    const bad = await end('provider', providerId, {
      on: daysAhead(800),
      reason: 'fired',
      applications: 'burn',
      source: 'gossip',
      reference: '',
      terminate: false,
      more: 1,
    });
    expect(bad.status).toBe(400);
    const paths = new Set(bad.body.errors.map(({ path }: { path: string }) => path));
    expect(paths).toEqual(new Set(['on', 'reason', 'applications', 'source', 'reference', 'terminate', 'more']));
    expect((await end('provider', providerId, { on: daysAgo(800) })).body.errors).toMatchObject([
      { path: 'on', rule: 'within_a_year' },
    ]);
    expect((await end('provider', providerId, { on: '2026-02-30' })).body.errors[0].path).toBe('on');
    expect((await system.api.post(`/v1/providers/${providerId}/end?dryRun=perhaps`, TERMS)).status).toBe(400);
    expect((await system.api.get(`/v1/providers/${providerId}`)).body.endedOn).toBeNull();
  });
});
