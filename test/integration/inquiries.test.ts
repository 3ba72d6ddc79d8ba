import { randomUUID } from 'node:crypto';
import { PROVIDER, listBrokenRules } from '../support/api';
import { eventually } from '../support/eventually';
import { createSend } from '../../activities/outreach';
import { batchDueMail } from '../../record/outreach/mail';
import { daysAgo, daysAhead, System, TODAY } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const ANSWER = { answer: 'no', answeredBy: 'Alma support', answeredOn: TODAY, channel: 'email' };

async function relationship(platform = `Alma ${randomUUID()}`) {
  const filed = await system.file();
  const body = { providerId: filed.providerId, platform, payerIds: [filed.payerId] };
  const { id } = await system.api.make('/v1/platform-relationships', body);
  const path = `/v1/platform-relationships/${id}`;
  const inquiry = async () => (await system.api.get(`${path}/inquiry`)).body;
  return { ...filed, id, path, inquiry };
}

const openOf = ({ openQuestions }: { openQuestions: { question: string }[] }) =>
  openQuestions.map((one) => one.question);

test('opens with the relationship, is asked at once, and takes answers as they come', async () => {
  const { path, inquiry, providerId } = await relationship();
  await eventually(async () => (await inquiry()).asks.length === 1);
  const asked = { status: 'open', recipientType: 'provider', recipientId: providerId, closedAt: null };
  expect(await inquiry()).toMatchObject(asked);
  expect(openOf(await inquiry())).toHaveLength(6);
  for (const question of ['direct_contract', 'bill_outside', 'control_terms'])
    await system.api.put(`${path}/answers/${question}`, ANSWER);
  expect(openOf(await inquiry())).toEqual(['portable_on_exit', 'claims_under_own_setup', 'free_of_restrictions']);
  for (const question of openOf(await inquiry())) await system.api.put(`${path}/answers/${question}`, ANSWER);
  await eventually(async () => (await inquiry()).asks.length === 0);
  expect(await inquiry()).toMatchObject({ status: 'answered' });
  expect((await inquiry()).asksAgainAt.slice(0, 4)).toBe(String(Number(TODAY.slice(0, 4)) + 1));
});

test('is closed with a reason, and opened again for another recipient', async () => {
  const { path, inquiry, clientId } = await relationship();
  expect(listBrokenRules(await system.api.post(`${path}/inquiry/closing`, {}))).toEqual(['reason required']);
  await system.api.post(`${path}/inquiry/closing`, { reason: 'they have left' });
  expect(await inquiry()).toMatchObject({
    closedReason: 'they have left',
    closedBy: { type: 'admin' },
    nextAskAt: null,
  });
  const again = { recipient: { type: 'client', id: clientId }, cadence: { days: 3 } };
  expect((await system.api.post(`${path}/inquiry`, again)).body).toMatchObject({
    recipientId: clientId,
    cadence: { days: 3 },
    closedAt: null,
  });
  const stranger = { recipient: { type: 'client', id: randomUUID() } };
  expect(listBrokenRules(await system.api.post(`${path}/inquiry`, stranger))).toEqual([
    'recipient.id unknown_reference',
  ]);
  expect(listBrokenRules(await system.api.post(`${path}/inquiry`, { cadence: { days: 0 } }))).toEqual([
    'cadence duration',
  ]);
});

describe('the mail of an inquiry', () => {
  /** Sends what is queued for a recipient as the worker does: returns the texts that the local mailbox got. */
  async function sentTo(recipientId: string, email: string): Promise<{ subject: string; text: string }[]> {
    const { sql, keyring } = system.api.deps;
    const { send } = await sql.begin((tx) => batchDueMail(tx, recipientId, '2099-06-10T19:00:00.000Z'));
    if (send) await createSend(sql, { keyring }).send(send);
    const { items } = (await system.api.get('/v1/local-mailbox')).body;
    return items.filter(({ recipient }: { recipient: string }) => recipient === email);
  }

  test('asks the provider what is still open when it leaves, of which payer and in which state', async () => {
    const { path, inquiry, providerId, payerId } = await relationship('Alma & Co');
    const email = `${randomUUID()}@example.org`;
    await system.api.patch(`/v1/providers/${providerId}`, { email });
    await eventually(async () => (await inquiry()).asks.length === 1);
    for (const question of ['direct_contract', 'bill_outside'])
      await system.api.put(`${path}/answers/${question}`, ANSWER);
    const countQuestions = async () =>
      (
        await system.api.deps.sql<{ n: number }[]>`
        select jsonb_array_length(data->'questions') as n from messages where recipient_id = ${providerId}`
      )[0]!.n;
    await eventually(async () => (await countQuestions()) === 4);
    const [mail] = await sentTo(providerId, email);
    expect(mail!.subject).toBe('Questions about your participation through Alma & Co');
    // the worker may be sending it at the same time
    await eventually(async () => (await inquiry()).asked === 1);
    expect(await inquiry()).toMatchObject({ asked: 1, asks: [{ delivery: 'sent', sentAt: expect.any(String) }] });
    const { name } = (await system.api.get(`/v1/payers/${payerId}`)).body;
    expect(mail!.text).toContain(`1. What remains on leaving the platform`);
    expect(mail!.text).toContain(`under your own practice setup? – ${name} (CA)`);
    expect(mail!.text).not.toContain('NPI');
  });

  test('goes to the platform itself where its address is known, and to nobody else', async () => {
    const { path, id, inquiry, providerId } = await relationship();
    await eventually(async () => (await inquiry()).asks.length === 1);
    const platform = { type: 'platform', id };
    expect(listBrokenRules(await system.api.post(`${path}/inquiry`, { recipient: platform }))).toEqual([
      'recipient.email required',
    ]);
    const email = `${randomUUID()}@platform.example`;
    const wrong = { recipient: { type: 'provider', id: providerId, email } };
    expect(listBrokenRules(await system.api.post(`${path}/inquiry`, wrong))).toEqual([
      'recipient.email not_for_this_type',
    ]);
    await system.api.post(`${path}/inquiry`, { recipient: { ...platform, email } });
    await eventually(async () => (await inquiry()).asks.length === 2);
    expect((await system.api.get(path)).body.contactEmail).toBe(email);
    const [mail] = await sentTo(id, email);
    // nothing that was queued for the provider ever left
    expect(mail!.subject).toMatch(/^Questions about Robin Vale’s participation through Alma/);
    // the worker may be sending it at the same time
    await eventually(async () => (await inquiry()).asked === 1);
    expect(await inquiry()).toMatchObject({ asked: 1, asks: [{ delivery: 'sent' }, { delivery: 'dropped' }] });
    const { email: own } = (await system.api.get(`/v1/providers/${providerId}`)).body;
    expect((await sentTo(providerId, own)).filter(({ subject }) => subject.includes('participation'))).toEqual([]);
  });

  test('stays here once the inquiry is closed, or the provider has left the platform', async () => {
    for (const [action, body] of [
      ['inquiry/closing', { reason: 'they have left' }],
      ['end', { on: TODAY, reason: 'they have left' }],
    ] as const) {
      const { path, inquiry, providerId } = await relationship();
      await eventually(async () => (await inquiry()).asks.length === 1);
      expect((await system.api.post(`${path}/${action}`, body)).status).toBe(200);
      const statuses = await system.api.deps.sql`select status from messages where recipient_id = ${providerId}`;
      expect(statuses).toEqual([{ status: 'settled' }]);
      expect(await inquiry()).toMatchObject({ status: 'closed', closedReason: 'they have left' });
    }
  });
});

test('was not asked before its mail has left: what waits, and what failed, is shown as that', async () => {
  const { path, id, inquiry, providerId } = await relationship();
  await eventually(async () => (await inquiry()).asks.length === 1);
  const { sql } = system.api.deps;
  // as on a weekend
  await sql`
    update messages set status = 'queued', batch_id = null, not_before = now() + interval '2 days'
    where recipient_id = ${providerId}`;
  const waits = await inquiry();
  expect(waits).toMatchObject({ asked: 0, askedAt: null, asks: [{ delivery: 'queued', sentAt: null }] });
  const [batch] = await sql<{ id: string }[]>`
    insert into mail_batches (recipient_type, recipient_id, status)
    values ('provider', ${providerId}, 'failed') returning id`;
  await sql`
    update messages set status = 'batched', batch_id = ${batch!.id} where data->>'relationshipId' = ${id}`;
  expect(await inquiry()).toMatchObject({ asked: 0, askedAt: null, asks: [{ delivery: 'failed' }] });
  expect((await system.api.get(`${path}/inquiry`)).body.status).toBe('open');
});

test('a new payer is asked about and a dropped one no longer is', async () => {
  const { path, inquiry, payerId } = await relationship();
  await eventually(async () => (await inquiry()).asks.length === 1);
  for (const question of openOf(await inquiry()))
    await system.api.put(`${path}/answers/${question}`, {
      ...ANSWER,
      payerId,
    });
  // The watch has been notified of the answers, so that questions from here on are about the new payer.
  await eventually(async () => (await inquiry()).asks.length === 0);
  expect(await inquiry()).toMatchObject({ status: 'answered' });
  const added = await system.payer();
  await system.api.patch(path, { payerIds: [payerId, added] });
  await eventually(async () => (await inquiry()).asks.length === 1);
  const { openQuestions } = await inquiry();
  expect(openQuestions).toHaveLength(6);
  expect(openQuestions.every((one: { payerId: string }) => one.payerId === added)).toBe(true);
  const queued = () => system.api.deps.sql`
    select status from messages where data->>'relationshipId' = ${path.split('/').at(-1)!} and status = 'queued'`;
  expect(await queued()).toHaveLength(1);
  await system.api.patch(path, { payerIds: [payerId] });
  await eventually(async () => (await queued()).length === 0);
  expect(await inquiry()).toMatchObject({ status: 'answered', openQuestions: [] });
});

test('new terms reopen what was answered before', async () => {
  const { path, inquiry } = await relationship();
  await system.api.put(`${path}/answers/bill_outside`, { ...ANSWER, answeredOn: daysAgo(10) });
  expect(openOf(await inquiry())).not.toContain('bill_outside');
  const change = { on: daysAgo(2), reason: 'new participation agreement' };
  const { body } = await system.api.post(`${path}/terms-changes`, change);
  expect(body.openQuestions).toContainEqual(
    expect.objectContaining({ question: 'bill_outside', because: 'terms_changed' }),
  );
  expect(listBrokenRules(await system.api.post(`${path}/terms-changes`, { on: daysAhead(3) }))).toEqual([
    'on not_in_future',
    'reason required',
  ]);
});

test('what is known of a platform in general answers with a no, never a yes, until the platform was asked', async () => {
  const platform = `Grow ${randomUUID()}`;
  const known = {
    platform,
    question: 'control_terms',
    answer: 'no',
    source: 'participation agreement, section 4',
    asOf: TODAY,
  };
  expect(
    listBrokenRules(await system.api.put('/v1/platform-knowledge', { items: [{ ...known, answer: 'yes' }] })),
  ).toHaveLength(1);
  const foreign = { items: [{ ...known, payerId: randomUUID() }] };
  expect(listBrokenRules(await system.api.put('/v1/platform-knowledge', foreign))).toEqual([
    'items.0.payerId unknown_reference',
  ]);
  expect((await system.api.put('/v1/platform-knowledge', { items: [known] })).status).toBe(200);

  const { path } = await relationship(platform.toUpperCase());
  const answers = async () => (await system.api.get(`${path}/answers?current=true`)).body.items;
  expect(await answers()).toMatchObject([{ question: 'control_terms', answer: 'no', answeredBy: known.source }]);
  await system.api.put(`${path}/answers/control_terms`, { ...ANSWER, answer: 'yes' });
  expect(await answers()).toMatchObject([{ question: 'control_terms', answer: 'yes', answeredBy: 'Alma support' }]);
});

test('a change of billing readiness is published with the old and the new one, to those who may see the client', async () => {
  const application = await system.at('confirmed');
  const { clientId, providerId } = application.filed;
  const events = async (sent = {}) => {
    const { items } = (await system.api.get('/v1/events?limit=200', sent)).body;
    return items.filter(({ subjectId }: { subjectId: string }) => subjectId === application.id);
  };
  await eventually(async () => (await events()).length === 1);
  expect((await events())[0]).toMatchObject({
    type: 'billing_readiness.changed',
    clientId,
    data: { from: { mayBill: false }, to: { mayBill: true, reasons: [] }, providerId },
  });
  const licences = [{ state: 'CA', number: 'LMFT 1', expiresOn: daysAgo(3) }];
  await system.api.patch(`/v1/providers/${providerId}`, { licences });
  await eventually(async () => (await events()).length === 2);
  const [, second] = await events();
  expect(second.data.to).toEqual({ mayBill: false, reasons: ['licence_not_current'] });
  const after = (await system.api.get(`/v1/events?after=${second.seq}`)).body.items;
  expect(after.every(({ seq }: { seq: number }) => seq > second.seq)).toBe(true);

  const stranger = { key: await system.api.keyOf('client', [(await system.file()).clientId]) };
  expect(await events(stranger)).toEqual([]);
  expect((await system.api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: 'x' })).status).toBe(400);
});

test('a change of billing readiness by the operator’s own policy is published too', async () => {
  const application = await system.at('confirmed');
  const listChanges = async () => {
    const { items } = (await system.api.get('/v1/events?limit=200')).body;
    const own = items.filter(({ subjectId }: { subjectId: string }) => subjectId === application.id);
    return own.map(({ data }: { data: { to: { mayBill: boolean } } }) => data.to.mayBill);
  };
  await eventually(async () => (await listChanges()).join() === 'true');
  await system.api.patch('/v1/settings', { documentRequired: ['contract'] });
  await eventually(async () => (await listChanges()).join() === 'true,false');
  await system.api.patch('/v1/settings', { documentRequired: [] });
  await eventually(async () => (await listChanges()).length === 3);
  expect(await listChanges()).toEqual([true, false, true]);
});
