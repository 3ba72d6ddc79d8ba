import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSend } from '../../activities/outreach';
import { smtpMailer } from '../../outreach/mail';
import { isPrivate } from '../../outreach/webhook';
import { emit } from '../../record/emitted';
import { dueMail } from '../../record/mail';
import { queueMessages, type QueuedMessage } from '../../record/outreach';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi } from '../support/api';
import { freshNpi } from '../support/file';
import { TestSmtp } from '../support/smtp';

// a Wednesday at noon in Los Angeles
const NOON = '2026-06-10T19:00:00.000Z';
const BEFORE = '2026-06-10T18:30:00.000Z';

let api: TestApi;
let smtp: TestSmtp;
beforeAll(async () => {
  [api, smtp] = await Promise.all([TestApi.start(), TestSmtp.start()]);
});
afterAll(async () => {
  await smtp.stop();
  await api.stop();
});
beforeEach(() => {
  smtp.manner = 'takes';
  smtp.received.length = 0;
});

const due = (recipientId: string, now = NOON) => api.deps.sql.begin((tx) => dueMail(tx, recipientId, now));
const mailer = () => smtpMailer(smtp.url, 'Countersign <desk@operator.example>');
const send = (id: string) =>
  createSend(api.deps.sql, { keyring: api.deps.keyring, mailer: mailer() }).send({ kind: 'mail', id });

async function person() {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const body = { ...PROVIDER, npi: freshNpi(), firstName: 'Robin', lastName: 'Vale <i>' };
  const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, body);
  const queue = (more: Partial<QueuedMessage> = {}) =>
    queueMessages(api.deps.sql, [
      {
        key: randomUUID(),
        clientId,
        recipientType: 'provider',
        recipientId: providerId,
        template: 'attestation_due',
        data: {},
        notBefore: BEFORE,
        ...more,
      },
    ]);
  const mail = async () => (await api.get(`/v1/mail?recipientId=${providerId}`)).body.items;
  const tasks = async () =>
    (await api.get(`/v1/tasks?clientId=${clientId}&open=true`)).body.items.map(({ kind }: { kind: string }) => kind);
  return { clientId, providerId, queue, mail, tasks };
}

/** Queued and put into a batch. */
async function batch(more: Partial<QueuedMessage> = {}) {
  const who = await person();
  await who.queue(more);
  const step = await due(who.providerId);
  return { ...who, id: step.send!.id };
}

describe('mail', () => {
  test('goes out as text and HTML, and is sent once', async () => {
    const { id, mail } = await batch();
    await send(id);
    await send(id);
    expect(smtp.received).toHaveLength(1);
    expect(smtp.received[0]).toMatch(/^From: Countersign <desk@operator.example>/m);
    expect(smtp.received[0]).toContain('multipart/alternative');
    expect(smtp.received[0]).toContain('Subject: Please attest in CAQH');
    expect(await mail()).toMatchObject([{ status: 'sent', attempts: 1, templates: ['attestation_due'] }]);
  });

  test('several within the window are one digest, and the same is never queued twice', async () => {
    const { providerId, queue } = await person();
    const key = randomUUID();
    await queue({ key, notBefore: '2026-06-10T18:55:00.000Z' });
    await queue({ key });
    await queue({ template: 'information_missing', notBefore: '2026-06-10T18:58:00.000Z' });
    const waits = await due(providerId);
    expect(waits).toEqual({ next: '2026-06-10T19:10:00.000Z' });
    const { send: ready } = await due(providerId, waits.next!);
    await send(ready!.id);
    expect(smtp.received).toHaveLength(1);
    expect(smtp.received[0]).toContain('Subject: 2 things about your applications');
    expect(await due(providerId)).toEqual({ next: null });
  });

  test('waits for the hours in which people are written to', async () => {
    const { providerId, queue } = await person();
    await queue({ notBefore: '2026-06-13T02:00:00.000Z' });
    const { next } = await due(providerId, '2026-06-13T02:20:00.000Z');
    // from Friday evening to Monday morning, within half an hour of nine
    expect(next! >= '2026-06-15T16:00:00.000Z' && next! <= '2026-06-15T16:30:00.000Z').toBe(true);
  });

  test('that the server could not take yet is tried again, and arrives once', async () => {
    const { id, mail } = await batch();
    smtp.manner = 'is_busy';
    for (let attempt = 0; attempt < 3; attempt++) await expect(send(id)).rejects.toMatchObject({ type: 'MailLater' });
    smtp.manner = 'takes';
    await send(id);
    expect(smtp.received).toHaveLength(1);
    expect(await mail()).toMatchObject([{ status: 'sent', attempts: 4 }]);
  });

  test('that is refused for good is put before a person', async () => {
    const { id, mail, tasks } = await batch();
    smtp.manner = 'refuses';
    await send(id);
    expect(await mail()).toMatchObject([{ status: 'failed', lastError: expect.stringMatching(/^550/) }]);
    expect(await tasks()).toContain('message_failed');
  });

  test('of which nobody knows whether it arrived is never repeated by itself; a person may', async () => {
    const { id, mail, tasks, providerId } = await batch();
    smtp.manner = 'dies_after_data';
    await send(id);
    expect(await mail()).toMatchObject([{ status: 'uncertain' }]);
    expect(await tasks()).toContain('message_uncertain');
    smtp.manner = 'takes';
    await send(id);
    expect(await due(providerId)).toEqual({ next: null });
    expect(smtp.received).toHaveLength(0);

    expect((await api.post(`/v1/mail/${id}/resend`, undefined)).body.status).toBe('queued');
    expect(await tasks()).not.toContain('message_uncertain');
    const { send: again } = await due(providerId);
    await send(again!.id);
    expect(smtp.received).toHaveLength(1);
  });

  test('whose sender was killed after the data went may have arrived; before, it is sent', async () => {
    const before = await batch();
    await api.deps.sql`update mail_batches set status = 'claimed' where id = ${before.id}`;
    await send(before.id);
    const after = await batch();
    await api.deps.sql`update mail_batches set status = 'transmitting' where id = ${after.id}`;
    await send(after.id);
    expect(smtp.received).toHaveLength(1);
    expect(await after.mail()).toMatchObject([{ status: 'uncertain' }]);
    await api.post(`/v1/mail/${after.id}/dismiss`, undefined);
    expect(await after.mail()).toMatchObject([{ status: 'dismissed' }]);
  });

  /** A question to a payer about an application in review, queued. */
  async function question() {
    const { clientId, providerId } = await person();
    const contacts = [{ purpose: 'status', email: 'status@payer.example' }];
    const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID(), playbook: { contacts } });
    const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: freshNpi() });
    const scope = { providerId, practiceId: practice.id, payerId: payer.id, state: 'CA' };
    const adopt = { stage: 'in_review', referenceNumber: 'REF-9' };
    const application = await api.post('/v1/applications', { ...scope, adopt });
    await queueMessages(api.deps.sql, [
      {
        key: randomUUID(),
        clientId,
        recipientType: 'payer',
        recipientId: payer.id,
        template: 'payer_follow_up',
        data: {},
        applicationId: application.body.id,
        notBefore: BEFORE,
      },
    ]);
    const authorise = (more: object = {}) =>
      api.make(`/v1/providers/${providerId}/authorisations`, {
        scopes: ['contact_payers', 'submit_applications'],
        signedOn: '2026-01-02',
        ...more,
      });
    const revoke = async () => {
      const { id } = await authorise();
      await api.post(`/v1/authorisations/${id}/revocation`, { on: '2026-06-10', reason: 'changed agency' });
    };
    return { payerId: payer.id as string, providerId, authorise, revoke };
  }

  test('to a payer has NPI, practice and reference; never a TIN, nor the name of the provider', async () => {
    const { payerId, providerId, authorise } = await question();
    await authorise();
    const { send: ready } = await due(payerId);
    await send(ready!.id);
    const [text] = smtp.received;
    const { npi } = (await api.get(`/v1/providers/${providerId}`)).body;
    for (const said of [npi, PRACTICE.legalName, 'REF-9']) expect(text).toContain(said);
    for (const unsaid of ['12-3456789', '6789', 'Vale', 'Robin']) expect(text).not.toContain(unsaid);
    expect(text).toMatch(/^To: status@payer.example/m);
  });

  test('to a payer is not sent once what the provider signed has ended, however far it had come', async () => {
    const [queued, over, batched, elsewhere] = await Promise.all([question(), question(), question(), question()]);
    await queued.revoke();
    await over.authorise({ until: '2026-06-09' });
    await elsewhere.authorise({ payerIds: [queued.payerId] });
    for (const { payerId } of [queued, over, elsewhere]) expect(await due(payerId)).toEqual({ next: null });

    const { send: ready } = await due(batched.payerId);
    await batched.revoke();
    await send(ready!.id);
    expect(smtp.received).toEqual([]);
    expect((await api.get(`/v1/mail?recipientId=${batched.payerId}`)).body.items).toMatchObject([
      { id: ready!.id, status: 'dismissed' },
    ]);
    await batched.authorise();
    expect(await due(batched.payerId)).toEqual({ next: null });
    const statuses = await api.deps.sql`select distinct status from messages where template = 'payer_follow_up' and
      recipient_id = any(${[queued, over, batched, elsewhere].map(({ payerId }) => payerId)}::uuid[])`;
    expect(statuses).toEqual([{ status: 'withheld' }]);
  });

  test('of what was settled meanwhile is not sent', async () => {
    const { clientId, providerId, queue } = await person();
    const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID() });
    const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: freshNpi() });
    const scope = {
      providerId,
      practiceId: practice.id,
      payerId: payer.id,
      state: 'CA',
      adopt: { stage: 'withdrawn' },
    };
    const { id: applicationId } = (await api.post('/v1/applications', scope)).body;
    await queue({ applicationId, armedBy: randomUUID() });
    expect(await due(providerId)).toEqual({ next: null });
  });

  test('where no server is set is kept in the local mailbox', async () => {
    const { id } = await batch();
    await createSend(api.deps.sql, { keyring: api.deps.keyring }).send({ kind: 'mail', id });
    const [latest] = (await api.get('/v1/local-mailbox')).body.items;
    expect(latest).toMatchObject({ recipient: PROVIDER.email, subject: 'Please attest in CAQH' });
  });
});

describe('the inbox', () => {
  test('has what a user is told, until it was read', async () => {
    const { clientId, queue } = await person();
    const user = (await api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'lead' })).id;
    await queue({ recipientType: 'user', recipientId: user, template: 'escalation', data: { purpose: 'submit' } });
    const inbox = async (unread: boolean) => (await api.get(`/v1/inbox?userId=${user}&unread=${unread}`)).body.items;
    const [item] = await inbox(true);
    expect(item).toMatchObject({ clientId, template: 'escalation', readAt: null });
    await api.post(`/v1/inbox/${item.id}/read`, undefined);
    expect(await inbox(true)).toEqual([]);
    expect(await inbox(false)).toHaveLength(1);
  });
});

describe('a webhook', () => {
  let receiver: Server;
  let url: string;
  let answer: (request: IncomingMessage, body: string) => number | null;
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        const status = answer(request, body);
        if (status === null) request.socket.destroy();
        else response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  });
  afterAll(() => new Promise((resolve) => receiver.close(resolve)));

  const outside = () => ({ keyring: api.deps.keyring, privateWebhooks: true });
  const deliver = (id: string) => createSend(api.deps.sql, outside()).send({ kind: 'webhook', id });
  const verified = (request: IncomingMessage, body: string, secret: string): boolean => {
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = request.headers;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const expected = createHmac('sha256', key)
      .update(`${String(id)}.${String(at)}.${body}`)
      .digest('base64');
    return String(signatures).split(' ').includes(`v1,${expected}`);
  };

  async function endpoint() {
    const { clientId } = await person();
    const made = await api.make('/v1/webhook-endpoints', {
      url,
      types: ['billing_readiness.changed'],
      clientIds: [clientId],
    });
    const subjectId = randomUUID();
    await api.deps.sql.begin((tx) =>
      emit(tx, { clientId, type: 'billing_readiness.changed', subjectId, data: { to: { mayBill: true } } }),
    );
    const deliveries = async () => (await api.get(`/v1/webhook-deliveries?endpointId=${made.id}`)).body.items;
    const [{ id }] = await deliveries();
    return { ...made, clientId, subjectId, deliveries, deliveryId: id as string };
  }

  test('is signed by the specification, fails, is lost on the way, and arrives under one id', async () => {
    const { secret, deliveryId, deliveries, subjectId } = await endpoint();
    const seen: { id: unknown; body: string; good: boolean }[] = [];
    const answers = [500, null, 302, 204];
    answer = (request, body) => {
      seen.push({ id: request.headers['webhook-id'], body, good: verified(request, body, secret) });
      return answers.shift()!;
    };
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(deliver(deliveryId)).rejects.toMatchObject({ type: 'WebhookLater' });
    await deliver(deliveryId);
    await deliver(deliveryId);
    expect(seen).toHaveLength(4);
    expect(seen.every(({ good }) => good)).toBe(true);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
    expect(JSON.parse(seen[0]!.body)).toMatchObject({ type: 'billing_readiness.changed', data: { subjectId } });
    expect(await deliveries()).toMatchObject([{ status: 'delivered', attempts: 4 }]);
  });

  test('that never arrives is dead after days, and can be replayed', async () => {
    const { deliveryId, deliveries } = await endpoint();
    answer = () => 503;
    await api.deps.sql`update webhook_deliveries set attempts = 77 where id = ${deliveryId}`;
    await deliver(deliveryId);
    expect(await deliveries()).toMatchObject([{ status: 'dead', lastError: 'answered 503' }]);
    expect((await api.post(`/v1/webhook-deliveries/${deliveryId}/replay`, undefined)).body).toMatchObject({
      status: 'queued',
    });
    answer = () => 200;
    await deliver(deliveryId);
    expect(await deliveries()).toMatchObject([{ status: 'delivered' }]);
  });

  test('is signed with the new and the earlier secret after a rotation', async () => {
    const { id, secret, deliveryId } = await endpoint();
    const { secret: next } = (await api.post(`/v1/webhook-endpoints/${id}/rotation`, undefined)).body;
    const good: boolean[] = [];
    answer = (request, body) => {
      good.push(verified(request, body, secret), verified(request, body, next));
      return 200;
    };
    await deliver(deliveryId);
    expect(good).toEqual([true, true]);
  });

  test('reaches nothing of ours: neither private addresses nor plain HTTP', async () => {
    const { deliveryId, deliveries } = await endpoint();
    answer = () => 200;
    await expect(
      createSend(api.deps.sql, { keyring: api.deps.keyring }).send({ kind: 'webhook', id: deliveryId }),
    ).rejects.toThrow();
    expect(await deliveries()).toMatchObject([{ status: 'queued', lastError: 'only https is called' }]);
    expect(
      ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', 'fd00::1', '192.168.1.1', '::ffff:10.0.0.1'].map(isPrivate),
    ).toEqual(Array(7).fill(true));
    expect(isPrivate('93.184.216.34')).toBe(false);
  });

  test('is for those who may manage keys, and says what is wrong', async () => {
    const lead = { key: await api.keyOf('lead') };
    expect((await api.post('/v1/webhook-endpoints', { url, types: [] }, lead)).status).toBe(403);
    const bad = await api.post('/v1/webhook-endpoints', { url: 'nowhere', types: ['x'], clientIds: [randomUUID()] });
    expect(bad.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['types.0', 'url']);
  });
});
