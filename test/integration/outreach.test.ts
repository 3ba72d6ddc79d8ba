import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { createApp } from '../../api/app';
import { createSend } from '../../activities/outreach';
import { createSmtpMailer } from '../../outreach/mail';
import { postWebhook } from '../../outreach/webhook';
import { emitEvent } from '../../record/outreach/event-feed';
import { claimMail, batchDueMail, settleMail, markTransmitting, type ClaimedMail } from '../../record/outreach/mail';
import { queueMessages, type QueuedMessage } from '../../record/outreach/messages';
import { checkDueWebhooks, sealUrls } from '../../record/outreach/webhooks';
import { recordStep } from '../../record/applications/recording-step';
import type { Db } from '../../runtime/database';
import { computeChase } from '../../domain/time/calendar';
import { ADMIN_KEY, CLIENT, PAYER, PRACTICE, PROVIDER, TestApi } from '../support/api';
import { inventNpi } from '../support/file';
import { TestSmtp } from '../support/smtp';

// a Wednesday at noon in Los Angeles
const NOON = '2026-06-10T19:00:00.000Z';
const BEFORE = '2026-06-10T18:30:00.000Z';

let api: TestApi;
let smtp: TestSmtp;
beforeAll(async () => {
  [api, smtp] = await Promise.all([TestApi.start({ webhooksToPrivate: true }), TestSmtp.start()]);
});
afterAll(async () => {
  await smtp.stop();
  await api.stop();
});
beforeEach(() => {
  smtp.behaviour = 'takes';
  smtp.received.length = 0;
});

const due = (recipientId: string, now = NOON) => api.deps.sql.begin((tx) => batchDueMail(tx, recipientId, now));
const mailer = () => createSmtpMailer(smtp.url, 'Countersign <desk@operator.example>', { tls: false });
const send = (id: string) =>
  createSend(api.deps.sql, { keyring: api.deps.keyring, mailer: mailer() }).send({ kind: 'mail', id });

async function person() {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const body = { ...PROVIDER, npi: inventNpi(), firstName: 'Robin', lastName: 'Vale <i>' };
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
    smtp.behaviour = 'is_busy';
    for (let attempt = 0; attempt < 3; attempt++) await expect(send(id)).rejects.toMatchObject({ type: 'MailLater' });
    smtp.behaviour = 'takes';
    await send(id);
    expect(smtp.received).toHaveLength(1);
    expect(await mail()).toMatchObject([{ status: 'sent', attempts: 4 }]);
  });

  test('that is refused for good is put before a person', async () => {
    const { id, mail, tasks } = await batch();
    smtp.behaviour = 'refuses';
    await send(id);
    expect(await mail()).toMatchObject([{ status: 'failed', lastError: expect.stringMatching(/^550/) }]);
    expect(await tasks()).toContain('message_failed');
  });

  test('goes nowhere while the server takes nothing of ours, and nobody is asked', async () => {
    const { id, mail, tasks } = await batch();
    const locked = createSmtpMailer(smtp.url.replace('//', '//desk:wrong@'), 'desk@operator.example', { tls: false });
    const refused = createSend(api.deps.sql, { keyring: api.deps.keyring, mailer: locked });
    await expect(refused.send({ kind: 'mail', id })).rejects.toMatchObject({ type: 'MailLater' });
    smtp.behaviour = 'dies_at_recipient';
    await expect(send(id)).rejects.toMatchObject({ type: 'MailLater' });
    expect(await mail()).toMatchObject([{ status: 'claimed' }]);
    expect(await tasks()).toEqual([]);
    smtp.behaviour = 'takes';
    await send(id);
    expect(smtp.received).toHaveLength(1);
  });

  test('waits while the server is away, and goes out in order, once, when it is back', async () => {
    const away = await TestSmtp.start();
    const { port } = new URL(away.url);
    const through = createSend(api.deps.sql, {
      keyring: api.deps.keyring,
      mailer: createSmtpMailer(away.url, 'desk@x.example', { tls: false }),
    });
    await away.stop();
    const { id, queue, providerId, mail } = await batch();
    await queue({ template: 'information_missing' });
    const attempt = async () => through.send({ kind: 'mail', id: (await due(providerId)).send!.id });
    for (let times = 0; times < 3; times++) await expect(attempt()).rejects.toMatchObject({ type: 'MailLater' });
    expect(await mail()).toMatchObject([{ id, status: 'claimed', attempts: 3 }]);

    const back = await TestSmtp.start(Number(port));
    await attempt();
    await attempt();
    expect(await due(providerId)).toEqual({ next: null });
    expect(back.received.map((one) => /^Subject: (.*)\r$/m.exec(one)![1])).toEqual([
      'Please attest in CAQH',
      'The payer asks for something more',
    ]);
    await back.stop();
  });

  test('to nobody that the server knows is put before a person, and so is what it defers for days', async () => {
    const unknown = await batch();
    smtp.behaviour = 'knows_nobody';
    await send(unknown.id);
    expect(await unknown.mail()).toMatchObject([{ status: 'failed' }]);
    const full = await batch();
    smtp.behaviour = 'is_busy';
    await expect(send(full.id)).rejects.toMatchObject({ type: 'MailLater' });
    await api.deps.sql`update mail_batches set deferred_at = now() - interval '6 days' where id = ${full.id}`;
    await send(full.id);
    expect(await full.mail()).toMatchObject([{ status: 'failed', attempts: 2 }]);
    expect(await full.tasks()).toEqual(['message_failed']);
  });

  test('of a slow sender is not sent by two: the last to claim it may send it, and what was sent is known', async () => {
    const { id, mail, tasks } = await batch();
    const claim = () => claimMail(api.deps.sql, id, { paced: false });
    const [slow, quick] = [await claim(), await claim()] as [ClaimedMail, ClaimedMail];
    await expect(markTransmitting(api.deps.sql, slow)).rejects.toThrow();
    await markTransmitting(api.deps.sql, quick);
    expect(await settleMail(api.deps.sql, slow, 'later', 'lost')).toBe('settled');
    expect(await claim()).toBeNull();
    expect(await tasks()).toEqual(['message_uncertain']);
    await settleMail(api.deps.sql, quick, 'sent', null);
    expect(await mail()).toMatchObject([{ status: 'sent' }]);
    expect(await tasks()).toEqual([]);
  });

  test('takes its turn among what goes to the same place, and keeps its place', async () => {
    const { id, mail } = await batch();
    const [, domain] = PROVIDER.email.split('@');
    await api.deps.sql`
      insert into destinations (name, next_at) values (${`@${domain}`}, now() + interval '50 s')
      on conflict (name) do update set next_at = excluded.next_at`;
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = await send(id).catch((error: unknown) => error as { type: string; nextRetryDelay: number });
      expect(refused).toMatchObject({ type: 'NotItsTurn', nextRetryDelay: expect.any(Number) });
      expect((refused as { nextRetryDelay: number }).nextRetryDelay).toBeLessThanOrEqual(50_000);
    }
    expect(await mail()).toMatchObject([{ status: 'queued', attempts: 0 }]);
    await api.deps.sql`update mail_batches set send_at = now() - interval '1 s' where id = ${id}`;
    await api.deps.sql`delete from destinations`;
    await send(id);
    expect(smtp.received).toHaveLength(1);
  });

  test('to a colleague is one, whatever clients it is about, and goes to the covering user', async () => {
    const mailOf = () => `${randomUUID()}@operator.example`;
    const user = (name: string) => api.make('/v1/users', { name, email: mailOf(), role: 'specialist' });
    const [dana, kim] = [await user('Dana'), await user('Kim')];
    const [one, two] = [await person(), await person()];
    const escalation = { recipientType: 'user', recipientId: dana.id, template: 'escalation' } as const;
    for (const { queue } of [one, two]) await queue({ ...escalation, data: { purpose: 'check_status' } });
    await api.make(`/v1/users/${dana.id}/covers`, { coveredBy: kim.id, fromOn: '2020-01-01', untilOn: '2099-01-01' });
    const { send: ready } = await due(dana.id);
    await send(ready!.id);
    expect(smtp.received).toHaveLength(1);
    expect(smtp.received[0]).toContain(`To: ${kim.email}`);
    expect((await api.get(`/v1/mail?recipientId=${dana.id}`)).body.items).toMatchObject([{ clientId: null }]);
    const scoped = { key: await api.keyOf('lead', [one.clientId]) };
    expect((await api.get(`/v1/mail?recipientId=${dana.id}`, scoped)).body.items).toEqual([]);
  });

  test('of which nobody knows whether it arrived is never repeated by itself; a person may', async () => {
    const { id, mail, tasks, providerId } = await batch();
    smtp.behaviour = 'dies_after_data';
    await send(id);
    expect(await mail()).toMatchObject([{ status: 'uncertain' }]);
    expect(await tasks()).toContain('message_uncertain');
    smtp.behaviour = 'takes';
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
  async function question(playbook: object = {}, practiceMore: object = {}) {
    const { clientId, providerId } = await person();
    const contacts = [
      { purpose: 'status', email: 'texas@payer.example', state: 'TX' },
      { purpose: 'status', email: 'status@payer.example' },
    ];
    const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID(), playbook: { contacts, ...playbook } });
    const practice = await api.make(`/v1/clients/${clientId}/practices`, {
      ...PRACTICE,
      npi: inventNpi(),
      ...practiceMore,
    });
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

  test('to a payer has the provider’s name, NPI, practice and reference; never a TIN', async () => {
    const { payerId, providerId, authorise } = await question();
    await authorise();
    const { send: ready } = await due(payerId);
    await send(ready!.id);
    const [text] = smtp.received;
    const { npi } = (await api.get(`/v1/providers/${providerId}`)).body;
    for (const said of ['Robin Vale', npi, PRACTICE.legalName, 'REF-9']) expect(text).toContain(said);
    for (const unsaid of ['12-3456789', '6789']) expect(text).not.toContain(unsaid);
    expect(text).toMatch(/^To: status@payer.example/m);
  });

  test('to a payer names the EIN where its playbook says so, and an SSN never', async () => {
    const said = async (...how: Parameters<typeof question>) => {
      const { payerId, authorise } = await question(...how);
      await authorise();
      await send((await due(payerId)).send!.id);
      return smtp.received.at(-1)!;
    };
    expect(await said({ tinByMail: true })).toContain('TIN: 12-3456789');
    const person = { tin: { type: 'ssn', value: '536-22-8726' } };
    expect(await said({ tinByMail: true }, person)).not.toMatch(/TIN|536-?22|8726/);
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

  test('to a payer is sent where what the provider signed names one that was merged into it', async () => {
    const [asked, elsewhere] = [await question(), await question()];
    for (const { authorise } of [asked, elsewhere]) {
      const twin = await api.make('/v1/payers', { ...PAYER, name: randomUUID() });
      await authorise({ payerIds: [twin.id] });
      if (authorise === asked.authorise)
        await api.post(`/v1/payers/${twin.id}/merge`, { into: asked.payerId, reason: 'entered twice' });
    }
    expect((await due(asked.payerId)).send).toMatchObject({ kind: 'mail' });
    expect(await due(elsewhere.payerId)).toEqual({ next: null });
  });

  test('to a payer waits for something signed where the operator wants that, or the playbook', async () => {
    const [unsigned, signed] = [await question(), await question()];
    const strict = await question({ requires: ['authorisation'] });
    await signed.authorise();
    expect(await due(strict.payerId)).toEqual({ next: null });
    await api.patch('/v1/settings', { authorisationRequired: true });
    try {
      expect(await due(unsigned.payerId)).toEqual({ next: null });
      expect((await due(signed.payerId)).send).toMatchObject({ kind: 'mail' });
    } finally {
      await api.patch('/v1/settings', { authorisationRequired: false });
    }
    expect((await due((await question()).payerId)).send).toMatchObject({ kind: 'mail' });
  });

  test('of what was settled meanwhile is not sent', async () => {
    const { clientId, providerId, queue } = await person();
    const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID() });
    const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
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

  test('of a paused application’s chase waits, and goes up the ladder as long after the pause as it would have', async () => {
    const { clientId, providerId } = await person();
    const payer = await api.make('/v1/payers', { ...PAYER, name: randomUUID() });
    const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
    const scope = { providerId, practiceId: practice.id, payerId: payer.id, state: 'CA' };
    const { id } = (await api.post('/v1/applications', { ...scope, adopt: { stage: 'in_review' } })).body;
    /** Here no worker takes what a workflow would ask to have recorded. */
    const act = async (action: string): Promise<string> => {
      const { body } = await api.post(`/v1/applications/${id}/${action}`, { reason: 'on leave' });
      const at = new Date().toISOString();
      const intent = { type: 'command', commandId: body.id } as const;
      await recordStep(api.deps.sql, { applicationId: id, known: null, at, intent });
      return at;
    };
    await act('pause');
    const soon = new Date().toISOString();
    const about = { clientId, applicationId: id, template: 'escalation', data: {}, notBefore: soon };
    await queueMessages(api.deps.sql, [
      { ...about, key: randomUUID(), recipientType: 'client', recipientId: clientId },
      { ...about, key: randomUUID(), recipientType: 'provider', recipientId: providerId, template: 'attestation_due' },
    ]);
    expect(await due(clientId, '2099-01-05T17:00:00.000Z')).toEqual({ next: null });
    expect(await due(providerId, '2099-01-05T17:00:00.000Z')).toMatchObject({ send: { kind: 'mail' } });
    const resumedAt = await act('resume');
    const [put] = await api.deps.sql`select not_before from messages where recipient_id = ${clientId}`;
    expect(put!.notBefore).toBe(computeChase({ at: resumedAt }, { businessDays: 5 }, CLIENT));
    expect(await due(clientId, resumedAt)).toMatchObject({ next: expect.any(String) });
  });

  test('where no server is set is kept in the local mailbox', async () => {
    const { id } = await batch();
    await createSend(api.deps.sql, { keyring: api.deps.keyring }).send({ kind: 'mail', id });
    const [latest] = (await api.get('/v1/local-mailbox')).body.items;
    expect(latest).toMatchObject({ recipient: PROVIDER.email, subject: 'Please attest in CAQH' });
  });
});

describe('the local mailbox', () => {
  test('shows a key of some clients their mail, and of mail about several clients nothing', async () => {
    const [one, other] = [await batch(), await batch()];
    const dana = await api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'lead' });
    const notice = { recipientType: 'user', recipientId: dana.id, template: 'escalation', data: {} } as const;
    for (const { queue } of [one, other]) await queue(notice);
    const digest = await due(dana.id);
    await api.deps.sql`delete from local_mailbox`;
    for (const id of [one.id, other.id, digest.send!.id])
      await createSend(api.deps.sql, { keyring: api.deps.keyring }).send({ kind: 'mail', id });
    const shown = async (clientIds?: string[]) => {
      const key = await api.keyOf('auditor', clientIds);
      return (await api.get('/v1/local-mailbox', { key })).body.items.length;
    };
    expect(await shown()).toBe(3);
    expect(await shown([one.clientId])).toBe(1);
    expect(await shown([one.clientId, other.clientId])).toBe(2);
    expect(await shown([(await person()).clientId])).toBe(0);
  });
});

describe('the page of the local mailbox', () => {
  test('is open to all and holds nothing; what it shows needs a key that may read it', async () => {
    for (const [path, type] of [
      ['/mailbox', 'text/html'],
      ['/mailbox/page.js', 'text/javascript'],
      ['/mailbox/page.css', 'text/css'],
    ] as const) {
      const page = await api.get(path, { key: '' });
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining(type)]);
    }
    expect((await api.get('/v1/local-mailbox', { key: '' })).status).toBe(401);
    expect((await api.get('/v1/local-mailbox', { key: await api.keyOf('specialist') })).status).toBe(403);
  });

  test('is not there where mail goes out', async () => {
    const { config } = api.deps;
    const app = createApp({ ...api.deps, config: { ...config, smtpUrl: smtp.url } });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { Authorization: `Bearer ${ADMIN_KEY}` };
    for (const path of ['/mailbox', '/v1/local-mailbox'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status).toBe(404);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('what is emitted', () => {
  test('waits for no other transaction, and a reader that continues misses none', async () => {
    const { clientId } = await person();
    const key = await api.keyOf('auditor', [clientId]);
    const tell = (tx: Db, subjectId: string) => emitEvent(tx, { clientId, type: 'follow_up.due', subjectId, data: {} });
    const read = async (after: number) => (await api.get(`/v1/events?after=${after}`, { key })).body.items;
    const [slow, quick] = [randomUUID(), randomUUID()];
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    let resolveEmitted = () => {};
    const emitted = new Promise<void>((resolve) => (resolveEmitted = resolve));
    const slowOne = api.deps.sql.begin(async (tx) => {
      await tell(tx, slow);
      resolveEmitted();
      await gate;
    });
    await emitted;
    await api.deps.sql.begin((tx) => tell(tx, quick));
    const [first, ...none] = await read(0);
    expect([first.subjectId, none]).toEqual([quick, []]);
    go();
    await slowOne;
    const rest = await Promise.all([read(first.seq), read(first.seq), read(first.seq)]);
    expect(rest.map((items) => items.map(({ subjectId }: { subjectId: string }) => subjectId))).toEqual(
      Array(3).fill([slow]),
    );
    expect((await read(0)).map(({ seq }: { seq: number }) => seq)).toEqual([first.seq, rest[0]![0].seq]);
  });
});

describe('the inbox', () => {
  test('has a user’s notifications until they were read', async () => {
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
  let answer: (request: IncomingMessage, body: string) => number | null | undefined;
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        const status = answer(request, body);
        if (status === null) request.socket.destroy();
        else if (status !== undefined) response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  });
  afterAll(() => new Promise((resolve) => receiver.close(resolve)));

  const outside = () => ({ keyring: api.deps.keyring, privateWebhooks: true });
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const deliver = (id: string, at = inDays(0)) => createSend(api.deps.sql, outside()).send({ kind: 'webhook', id, at });
  const step = (id: string, at = inDays(0)) => api.deps.sql.begin((tx) => checkDueWebhooks(tx, id, at));
  const verified = ({ headers }: IncomingMessage, body: string, secret: string): boolean => {
    try {
      return Boolean(new Webhook(secret).verify(body, headers as Record<string, string>));
    } catch {
      return false;
    }
  };

  async function endpoint({ events = 1 } = {}) {
    const { clientId } = await person();
    const type = 'billing_readiness.changed';
    const made = await api.make('/v1/webhook-endpoints', { url, types: [type], clientIds: [clientId] });
    const subjects = Array.from({ length: events }, () => randomUUID());
    for (const subjectId of subjects)
      await api.deps.sql.begin((tx) => emitEvent(tx, { clientId, type, subjectId, data: { to: { mayBill: true } } }));
    const deliveries = async () => (await api.get(`/v1/webhook-deliveries?endpointId=${made.id}`)).body.items;
    const state = async () =>
      (await api.get('/v1/webhook-endpoints?limit=200')).body.items.find((one: { id: string }) => one.id === made.id);
    return { id: made.id as string, secret: made.secret as string, subjects, deliveries, state };
  }

  test('is signed by the specification, fails, is lost on the way, and arrives under one id', async () => {
    const { id, secret, deliveries, subjects } = await endpoint();
    const seen: { id: unknown; body: string; good: boolean }[] = [];
    const answers = [500, null, 302, 204];
    answer = (request, body) => {
      seen.push({ id: request.headers['webhook-id'], body, good: verified(request, body, secret) });
      return answers.shift()!;
    };
    for (let attempt = 0; attempt < 3; attempt++) {
      await deliver(id);
      expect(await deliveries()).toMatchObject([{ status: 'queued', attempts: attempt + 1 }]);
    }
    await deliver(id);
    await deliver(id);
    expect(seen).toHaveLength(4);
    expect(seen.every(({ good }) => good)).toBe(true);
    expect(new Set(seen.map((one) => one.id)).size).toBe(1);
    expect(JSON.parse(seen[0]!.body)).toMatchObject({
      type: 'billing_readiness.changed',
      data: { subjectId: subjects[0] },
    });
    expect(await deliveries()).toMatchObject([{ status: 'delivered', attempts: 4 }]);
  });

  test('of many for an endpoint that fails calls it once at a time, and brings all of them in order', async () => {
    const { id, subjects, deliveries, state } = await endpoint({ events: 12 });
    const seen: string[] = [];
    let well = false;
    answer = (_request, body) => {
      seen.push(JSON.parse(body).data.subjectId);
      return well ? 200 : 503;
    };
    expect((await step(id)).send).toMatchObject({ kind: 'webhook', id });
    await deliver(id);
    await deliver(id);
    expect(seen).toEqual([subjects[0], subjects[0]]);
    const { resumeAt, ...rest } = await state();
    expect(rest).toMatchObject({ failures: 2, lastError: 'answered 503' });
    expect(await step(id)).toEqual({ next: resumeAt });
    well = true;
    await deliver(id, resumeAt);
    expect(seen.slice(2)).toEqual(subjects);
    expect(await state()).toMatchObject({ failures: 0, resumeAt: null, lastError: null });
    expect(new Set((await deliveries()).map(({ status }: { status: string }) => status))).toEqual(
      new Set(['delivered']),
    );
    expect(await step(id)).toEqual({ next: null });
  });

  test('that alone is not taken keeps no other one waiting', async () => {
    const { id, subjects, deliveries, state } = await endpoint({ events: 3 });
    answer = (_request, body) => (JSON.parse(body).data.subjectId === subjects[1] ? 422 : 200);
    await deliver(id);
    const statuses = (await deliveries()).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(['delivered', 'queued', 'delivered']);
    expect(await state()).toMatchObject({ failures: 0 });
    const { next } = await step(id);
    answer = () => 200;
    await deliver(id, next!);
    expect(await step(id)).toEqual({ next: null });
  });

  test('that never arrives is dead after days, and can be replayed, alone or with all others', async () => {
    const { id, deliveries, state } = await endpoint({ events: 3 });
    answer = () => 503;
    await deliver(id, inDays(4));
    const dead = await deliveries();
    expect(dead).toMatchObject(Array(3).fill({ status: 'dead', lastError: 'answered 503' }));
    expect((await api.post(`/v1/webhook-deliveries/${dead[0].id}/replay`, undefined)).body).toMatchObject({
      status: 'queued',
      attempts: 0,
    });
    expect((await api.post(`/v1/webhook-endpoints/${id}/replay`, undefined)).body).toEqual({ replayed: 2 });
    expect(await state()).toMatchObject({ resumeAt: null });
    answer = () => 200;
    await deliver(id);
    expect(await deliveries()).toMatchObject(Array(3).fill({ status: 'delivered' }));
  });

  test('that is not answered in time has failed', async () => {
    answer = () => undefined;
    const webhook = { url, id: randomUUID(), body: '{}', secrets: ['whsec_c2VjcmV0'] };
    await expect(postWebhook(webhook, { privateAllowed: true, timeoutMs: 100 })).rejects.toMatchObject({
      of: 'endpoint',
      message: 'no answer in time',
    });
  });

  test('is signed with the new and the earlier secret after a rotation', async () => {
    const { id, secret } = await endpoint();
    const { secret: next } = (await api.post(`/v1/webhook-endpoints/${id}/rotation`, undefined)).body;
    const good: boolean[] = [];
    answer = (request, body) => {
      good.push(verified(request, body, secret), verified(request, body, next), verified(request, `${body} `, next));
      return 200;
    };
    await deliver(id);
    expect(good).toEqual([true, true, false]);
  });

  test('goes no more to an endpoint that was ended', async () => {
    const { id, deliveries } = await endpoint();
    answer = () => 200;
    expect((await api.call('DELETE', `/v1/webhook-endpoints/${id}`)).status).toBe(204);
    expect(await deliveries()).toMatchObject([{ status: 'dead' }]);
    expect(await step(id)).toEqual({ next: null });
    const [{ id: dead }] = await deliveries();
    expect((await api.post(`/v1/webhook-deliveries/${dead}/replay`, undefined)).body.status).toBe('dead');
  });

  test('reaches nothing of ours: neither private addresses, by whatever name, nor plain HTTP', async () => {
    const { id, deliveries } = await endpoint();
    let reached = 0;
    answer = () => {
      reached += 1;
      return 200;
    };
    await createSend(api.deps.sql, { keyring: api.deps.keyring }).send({ kind: 'webhook', id });
    expect(await deliveries()).toMatchObject([{ status: 'queued', lastError: 'only https is called' }]);
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', 'localhost']) {
      const webhook = { url: `https://${host}:${port}/`, id, body: '{}', secrets: ['whsec_c2VjcmV0'] };
      await expect(postWebhook(webhook)).rejects.toMatchObject({ message: 'a private address is not called' });
    }
    expect(reached).toBe(0);
  });

  test('is refused at creation where it would not be sent: without TLS, or to a private address', async () => {
    const config = { ...api.deps.config, webhooksToPrivate: false };
    const server = createApp({ ...api.deps, config }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const create = async (to: string, types = ['follow_up.due']) => {
      const { port } = server.address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}/v1/webhook-endpoints`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ url: to, types }),
      });
      const { errors } = (await response.json()) as { errors?: unknown };
      return [response.status, errors];
    };
    try {
      const refused = (rule: string, message: string) => [400, [{ path: 'url', rule, message }]];
      expect(await create('http://hooks.example.org/in')).toEqual(refused('https', 'only https is called'));
      for (const host of ['localhost', '10.0.0.1', '[::127.0.0.1]'])
        expect(await create(`https://${host}/in`)).toEqual(
          refused('public_address', 'a private address is not called'),
        );
      const [, errors] = await create('https://10.0.0.1/in', []);
      expect(errors).toMatchObject([{ path: 'url', rule: 'public_address' }, { path: 'types' }]);
      expect(await create('https://kim:secret@hooks.example.org/in')).toMatchObject([400, [{ rule: 'no_password' }]]);
      expect(await create('https://hooks.example.org/in')).toEqual([201, undefined]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('is sent to the whole of its URL, which is shown, audited and kept in clear up to the host only', async () => {
    const { clientId } = await person();
    const called: unknown[] = [];
    answer = (request) => {
      called.push(request.url);
      return 204;
    };
    const input = { types: ['follow_up.due'], clientIds: [clientId], url: `${new URL(url).origin}/hook/T0K3N?sig=S1G` };
    const made = await api.make('/v1/webhook-endpoints', input);
    await api.deps.sql.begin((tx) =>
      emitEvent(tx, { clientId, type: 'follow_up.due', subjectId: randomUUID(), data: {} }),
    );
    await deliver(made.id);
    expect(called).toEqual(['/hook/T0K3N?sig=S1G']);
    expect(made.url).toBe(`${new URL(url).origin}/****`);
    const { sql } = api.deps;
    const rows = [
      ...(await sql`select to_jsonb(e) as row from webhook_endpoints e where id = ${made.id}`),
      ...(await sql`select to_jsonb(a) as row from audit_log a where subject_id = ${made.id}`),
      (await api.get('/v1/webhook-endpoints?limit=200')).body,
    ];
    expect(rows).toHaveLength(3);
    expect(JSON.stringify(rows)).not.toMatch(/T0K3N|S1G/);
    // as an earlier version kept it
    await sql`update webhook_endpoints set url = ${input.url}, url_sealed = null where id = ${made.id}`;
    await sealUrls(sql, api.deps.keyring);
    const [kept] = await sql`select url from webhook_endpoints where id = ${made.id}`;
    expect(kept).toEqual({ url: made.url });
    await api.deps.sql.begin((tx) =>
      emitEvent(tx, { clientId, type: 'follow_up.due', subjectId: randomUUID(), data: {} }),
    );
    await deliver(made.id);
    expect(called[1]).toBe('/hook/T0K3N?sig=S1G');
  });

  test('is for those who may manage keys, and says what is wrong', async () => {
    const lead = { key: await api.keyOf('lead') };
    expect((await api.post('/v1/webhook-endpoints', { url, types: [] }, lead)).status).toBe(403);
    const bad = await api.post('/v1/webhook-endpoints', { url: 'nowhere', types: ['x'], clientIds: [randomUUID()] });
    expect(bad.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['clientIds.0', 'types.0', 'url']);
  });
});
