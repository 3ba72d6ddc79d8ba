import { randomUUID } from 'node:crypto';
import { addDays } from '../../domain/time/dates';
import { processUpkeep } from '../../record/upkeep/upkeep';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { attestPerson, inventNpi } from '../support/file';
import { daysAgo, daysAhead, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ patienceMs: 200 });
});
afterAll(() => api.stop());

type Body = Reply['body'];

/** A provider of a client of its own; of the same person where an NPI is given. */
async function provider(more: object = {}): Promise<Body> {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const made = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi(), ...more });
  return { ...made, key: await api.keyOf('specialist', [clientId]) };
}
const attested = ({ id }: Body, daysBefore: number) =>
  api.make(`/v1/providers/${id}/attestations`, { attestedOn: daysAgo(daysBefore), source: 'provider' });
const upkeep = async ({ id, key }: Body) => (await api.get(`/v1/providers/${id}/upkeep`, { key })).body;
const attestationOf = async (one: Body) => (await upkeep(one)).items.find((i: Body) => i.kind === 'attestation');

/** Has the person's upkeep take its step, as the workflow would. */
async function keep({ id }: Body, now = new Date().toISOString()): Promise<string | null> {
  const [row] = await api.deps.sql<{ personId: string }[]>`select person_id from providers where id = ${id}`;
  return (await api.deps.sql.begin((tx) => processUpkeep(tx, row!.personId, now))).next;
}
const messagesOf = (...providers: Body[]) => api.deps.sql<
  { clientId: string | null; recipientId: string; data: Body }[]
>`
  select client_id, recipient_id, data from messages
  where recipient_id = any(${providers.map(({ id }) => id)}::uuid[]) and template = 'upkeep_due'`;

describe('a provider’s upkeep', () => {
  test('shows what ends, when the next reminder is due, and which were given', async () => {
    const one = await provider({
      licences: [{ state: 'CA', number: 'L-1', expiresOn: daysAhead(45) }],
      malpractice: { ...PROVIDER.malpractice, expiresOn: daysAgo(3) },
    });
    expect(await attestationOf(one)).toMatchObject({ dueOn: null, standing: 'missing', nextReminderOn: null });
    const { recordedAt } = await attested(one, 100);
    expect(recordedAt).toBeDefined();
    await keep(one);
    const { items, predictedLapses } = await upkeep(one);
    expect(items).toEqual([
      expect.objectContaining({
        kind: 'attestation',
        standing: 'due',
        dueOn: daysAhead(20),
        nextReminderOn: daysAhead(5),
        reminders: [{ daysAfterDue: -30, rung: -30, on: expect.any(String), delivery: 'queued', sentOn: null }],
      }),
      expect.objectContaining({ kind: 'licence', state: 'CA', name: 'L-1', standing: 'due', dueOn: daysAhead(45) }),
      expect.objectContaining({ kind: 'malpractice', standing: 'lapsed', nextReminderOn: null }),
    ]);
    expect(items[2].reminders).toHaveLength(1);
    expect(predictedLapses).toEqual([]);
  });

  test('lists a reminder as queued until it has left, and as failed where it never did', async () => {
    const one = await provider();
    await attested(one, 100);
    await keep(one);
    const reminder = async () => (await attestationOf(one)).reminders[0];
    expect(await reminder()).toMatchObject({ delivery: 'queued', sentOn: null });
    const [batch] = await api.deps.sql<{ id: string }[]>`
      insert into mail_batches (recipient_type, recipient_id, client_id, status)
      values ('provider', ${one.id}, ${one.clientId}, 'failed') returning id`;
    await api.deps.sql`
      update messages set status = 'batched', batch_id = ${batch!.id} where recipient_id = ${one.id}`;
    expect(await reminder()).toMatchObject({ delivery: 'failed', sentOn: null });
    await api.deps.sql`update mail_batches set status = 'sent', sent_at = now() where id = ${batch!.id}`;
    await api.deps.sql`update messages set status = 'sent' where recipient_id = ${one.id}`;
    expect(await reminder()).toMatchObject({ delivery: 'sent', sentOn: expect.any(String) });
  });

  test('is nobody else’s, and not there for a stranger', async () => {
    const [mine, theirs] = [await provider(), await provider()];
    expect((await api.get(`/v1/providers/${theirs.id}/upkeep`, { key: mine.key })).status).toBe(404);
    expect((await api.get(`/v1/providers/${theirs.id}/upkeep`, { key: '' })).status).toBe(401);
    expect((await api.get(`/v1/providers/${randomUUID()}/upkeep`)).status).toBe(404);
    const client = await api.keyOf('client', [mine.clientId]);
    expect((await api.get(`/v1/providers/${mine.id}/upkeep`, { key: client })).status).toBe(200);
  });

  test('reminds once on each day of the schedule, however often it is looked at, and withdraws what was renewed before it was sent', async () => {
    const one = await provider({ licences: [{ state: 'CA', number: 'L-1', expiresOn: daysAhead(20) }] });
    for (let look = 0; look < 3; look++) await keep(one);
    expect((await messagesOf(one)).map(({ data }) => data)).toEqual([
      { item: 'licence', state: 'CA', dueOn: daysAhead(20), rung: -30 },
    ]);
    await api.patch(`/v1/providers/${one.id}`, {
      licences: [{ state: 'CA', number: 'L-1', expiresOn: daysAhead(800) }],
    });
    await keep(one);
    expect(await messagesOf(one)).toEqual([]);
  });

  test('of what has lapsed a person has a task until it is renewed', async () => {
    const one = await provider({ dea: [{ state: 'CA', number: 'AB1234563', expiresOn: daysAgo(5) }] });
    const tasks = async (open: boolean) =>
      (await api.get(`/v1/tasks?subjectId=${one.id}&kind=upkeep&open=${open}`, { key: one.key })).body.items;
    await keep(one);
    await keep(one);
    expect(await tasks(true)).toMatchObject([{ data: { item: 'dea', state: 'CA', dueOn: daysAgo(5) } }]);
    await api.patch(`/v1/providers/${one.id}`, {
      dea: [{ state: 'CA', number: 'AB1234563', expiresOn: daysAhead(900) }],
    });
    await keep(one);
    expect([await tasks(true), await tasks(false)]).toMatchObject([[], [{ closedBy: null }]]);
  });

  test('covers a document that ends, and none that another has replaced', async () => {
    const one = await provider();
    const put = (expiresOn: string) =>
      api.make(`/v1/clients/${one.clientId}/documents`, {
        kind: 'collaborative agreement',
        name: 'a.pdf',
        sha256: 'a'.repeat(64),
        providerId: one.id,
        expiresOn,
      });
    await put(daysAhead(10));
    await keep(one);
    expect((await messagesOf(one)).map(({ data: { item, rung } }) => [item, rung])).toEqual([['document', -14]]);
    await put(daysAhead(400));
    await keep(one);
    expect(await messagesOf(one)).toEqual([]);
  });

  test('ends where no client has the person, and looks once a year where nothing ends', async () => {
    const nobody = await api.deps.sql.begin((tx) => processUpkeep(tx, randomUUID(), '2026-06-10T19:00:00.000Z'));
    expect(nobody).toEqual({ next: null });
    const one = await provider();
    expect(await keep(one, '2026-06-10T19:00:00.000Z')).toBe('2027-06-10T16:00:00.000Z');
  });
});

describe('one person at two clients', () => {
  test('is reminded by each client of what counts there, once, and neither client can tell', async () => {
    const npi = inventNpi();
    const shared = { npi, licences: [{ state: 'CA', number: 'LMFT 1', expiresOn: daysAhead(80) }] };
    const alone = await provider({ licences: shared.licences, email: 'alone@example.org' });
    const mine = await provider({ ...shared, email: 'mine@example.org' });
    const theirs = await provider({
      npi,
      email: 'theirs@example.org',
      licences: [
        { state: 'CA', number: 'LMFT-1', expiresOn: daysAhead(80) },
        { state: 'WI', number: 'W-9', expiresOn: daysAhead(5) },
      ],
    });
    await attested(alone, 110);
    await attested(theirs, 110);
    // by this client's own word the attestation is current for long
    await attested(mine, 1);
    for (let look = 0; look < 2; look++) for (const one of [alone, mine]) await keep(one);

    const said = (await messagesOf(mine, theirs)).map(({ clientId, recipientId, data }) =>
      [clientId, recipientId, data.item, data.state].join(),
    );
    expect(said.toSorted()).toEqual(
      [
        [mine.clientId, mine.id, 'licence', 'CA'].join(),
        [theirs.clientId, theirs.id, 'attestation', null].join(),
        [theirs.clientId, theirs.id, 'licence', 'CA'].join(),
        [theirs.clientId, theirs.id, 'licence', 'WI'].join(),
      ].toSorted(),
    );
    expect((await attestationOf(mine)).reminders).toEqual([]);
    // each client sees what a client would see that has the person for itself
    const [atMine, atTheirs, atAlone] = [await upkeep(mine), await upkeep(theirs), await upkeep(alone)];
    expect(atMine.items.slice(1)).toEqual(atAlone.items.slice(1));
    expect(atTheirs.items[0]).toEqual(atAlone.items[0]);
    for (const { key, id } of [mine, theirs, alone])
      expect((await api.get(`/v1/tasks?subjectId=${id}`, { key })).body.items).toEqual([]);
    expect(JSON.stringify(atMine)).not.toMatch(/WI|W-9|theirs/);
  });

  test('a registry’s attestation moves both clients’ reminders, and one client’s statement moves its own only', async () => {
    const npi = inventNpi();
    const [mine, theirs] = [await provider({ npi }), await provider({ npi })];
    const { sql } = api.deps;
    const [row] = await sql<{ personId: string }[]>`select person_id from providers where id = ${mine.id}`;
    await attestPerson(sql, { personId: row!.personId }, daysAgo(110));
    for (const one of [mine, theirs]) expect(await attestationOf(one)).toMatchObject({ dueOn: daysAhead(10) });
    await attested(mine, 1);
    expect(await attestationOf(mine)).toMatchObject({ dueOn: daysAhead(119), standing: 'current' });
    expect(await attestationOf(theirs)).toMatchObject({ dueOn: daysAhead(10), standing: 'due' });
    // today's reminders are due from nine on, where the clients are
    await keep(mine, `${TODAY}T20:00:00.000Z`);
    expect(await messagesOf(mine, theirs)).toMatchObject([{ recipientId: theirs.id, data: { rung: -10 } }]);
  });

  test('queued reminders of a client that the person has left are withdrawn, and the other client’s stay', async () => {
    const npi = inventNpi();
    const licences = [{ state: 'CA', number: 'L-1', expiresOn: daysAhead(20) }];
    const [mine, theirs] = [await provider({ npi, licences }), await provider({ npi, licences })];
    await keep(mine);
    expect(await messagesOf(mine, theirs)).toHaveLength(2);
    const { sql } = api.deps;
    await sql`update providers set ended_on = ${daysAgo(2)} where id = ${mine.id}`;
    for (let look = 0; look < 2; look++) await keep(theirs);
    expect(await messagesOf(mine, theirs)).toMatchObject([{ recipientId: theirs.id, data: { rung: -30 } }]);
    // nor does a client learn of an attestation that another client recorded since
    await attested(theirs, 0);
    expect((await upkeep(mine)).items).toMatchObject([
      { kind: 'attestation', standing: 'missing' },
      { nextReminderOn: null },
      { nextReminderOn: null },
    ]);
  });

  test('tasks of a departed provider are closed, and open again on a return to what has lapsed', async () => {
    const one = await provider({ dea: [{ state: 'CA', number: 'AB1234563', expiresOn: daysAgo(5) }] });
    const open = async () =>
      (await api.get(`/v1/tasks?subjectId=${one.id}&kind=upkeep&open=true`, { key: one.key })).body.items.length;
    const looks = [];
    for (const endedOn of [null, daysAgo(2), null]) {
      await api.deps.sql`update providers set ended_on = ${endedOn} where id = ${one.id}`;
      await keep(one);
      looks.push(await open());
    }
    expect(looks).toEqual([1, 0, 1]);
  });

  test('a mail that failed is its client’s to see, and no other’s', async () => {
    const licences = [{ state: 'CA', number: 'L-1', expiresOn: daysAhead(20) }];
    const mine = await provider({ licences });
    const theirs = await provider({ npi: mine.npi, licences });
    await keep(mine);
    const { sql } = api.deps;
    const [{ id: batchId }] = await sql<[{ id: string }]>`
      insert into mail_batches (client_id, recipient_type, recipient_id, status)
      values (${mine.clientId}, 'provider', ${mine.id}, 'failed') returning id`;
    await sql`update messages set status = 'batched', batch_id = ${batchId} where recipient_id = ${mine.id}`;
    const list = async (key: string) =>
      (await api.get(`/v1/mail?recipientId=${mine.id}`, { key })).body.items.map(({ id }: Body) => id);
    expect([await list(mine.key), await list(theirs.key)]).toEqual([[batchId], []]);
    expect((await api.post(`/v1/mail/${batchId}/dismiss`, {}, { key: theirs.key })).status).toBe(404);
    expect((await api.post(`/v1/mail/${batchId}/dismiss`, {}, { key: mine.key })).status).toBe(200);
  });
});

describe('an application under way', () => {
  async function application(attestedDaysAgo: number) {
    const one = await provider();
    await attested(one, attestedDaysAgo);
    const practice = await api.make(`/v1/clients/${one.clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
    const payer = await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
    const { id } = (
      await api.post('/v1/applications', {
        providerId: one.id,
        practiceId: practice.id,
        payerId: payer.id,
        state: 'CA',
        adopt: { stage: 'in_review', submittedOn: TODAY },
      })
    ).body;
    const lead = await api.make('/v1/users', {
      name: 'Lee',
      email: `${randomUUID()}@operator.example`,
      role: 'lead',
      clientIds: [one.clientId],
    });
    const inbox = async () => (await api.get(`/v1/inbox?userId=${lead.id}`, { key: one.key })).body.items;
    return { one, id, lead, inbox };
  }

  test('warns once of a lapse that comes before the decision, until the provider has attested again', async () => {
    const { one, id, inbox } = await application(60);
    const warning = {
      code: 'lapse_predicted',
      item: 'attestation',
      state: null,
      dueOn: daysAhead(60),
      expectedDecisionOn: expect.any(String),
    };
    expect((await api.get(`/v1/applications/${id}`, { key: one.key })).body.warnings).toEqual([warning]);
    expect((await upkeep(one)).predictedLapses).toEqual([{ applicationId: id, ...warning }]);
    await keep(one);
    await keep(one, `${addDays(TODAY, 20)}T18:00:00.000Z`);
    expect(
      await api.deps.sql`select from messages where application_id = ${id} and template = 'lapse_predicted'`,
    ).toHaveLength(1);
    expect((await inbox()).map(({ template }: Body) => template)).toEqual(['lapse_predicted']);
    await attested(one, 0);
    expect((await api.get(`/v1/applications/${id}`, { key: one.key })).body.warnings).toEqual([]);
    await keep(one);
    expect(await inbox()).toEqual([]);
  });

  test('notifies its user, once on each day of the schedule, when what it rests on has lapsed', async () => {
    const { one, id, inbox } = await application(125);
    await keep(one);
    await keep(one);
    expect(await inbox()).toMatchObject([
      { template: 'upkeep_lapsed', data: { item: 'attestation', rung: 1, providerId: one.id, applicationIds: [id] } },
    ]);
    expect(JSON.stringify(await inbox())).not.toMatch(/person/i);
  });
});
