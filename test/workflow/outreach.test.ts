import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MailError, type Mail, type Mailer } from '../../outreach/mail';
import { emitEvent } from '../../record/outreach/event-feed';
import { queueMessages } from '../../record/outreach/messages';
import { createEndpoint, replayEndpoint } from '../../record/outreach/webhooks';
import { ADMIN } from '../support/principals';
import { eventually } from '../support/eventually';
import { createBook } from '../support/file';
import { testKeyring } from '../support/keys';
import { Lives } from '../support/lives';

/** A mail server that can be away. */
const desk = { away: false, sent: [] as Mail[] };
const mailer: Mailer = {
  async send(mail) {
    if (desk.away) throw new MailError('later', 'ECONNREFUSED');
    desk.sent.push(mail);
  },
};

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin({ mailer, privateWebhooks: true });
});
afterAll(() => lives.stop());
beforeEach(() => Object.assign(desk, { away: false, sent: [] }));

const to = (address: string) => desk.sent.filter((mail) => mail.to === address);

test('a mail server that is down for two days delays, then delivers in order, once', async () => {
  const { clientId, providerId } = await createBook(lives.sql);
  const tell = async (template: string) => {
    const message = { clientId, recipientType: 'provider', recipientId: providerId, template, data: {} } as const;
    await queueMessages(lives.sql, [{ ...message, key: randomUUID(), notBefore: await lives.now() }]);
    await lives.dispatch.notifyWatch('outreach', providerId);
  };
  desk.away = true;
  await tell('attestation_due');
  // over any weekend
  await lives.env.sleep('3 days');
  await tell('information_missing');
  await lives.env.sleep('1 day');
  expect(desk.sent).toEqual([]);
  desk.away = false;
  await lives.env.sleep('5 days');
  await eventually(() => desk.sent.length === 2);
  expect(desk.sent.map(({ subject }) => subject)).toEqual([
    'Please attest in CAQH',
    'The payer asks for something more',
  ]);
  await lives.env.sleep('30 days');
  expect(desk.sent).toHaveLength(2);
});

test('webhooks to an endpoint that is down for days are dead in the end, and arrive in order once replayed', async () => {
  const { clientId } = await createBook(lives.sql);
  const seen: string[] = [];
  let well = false;
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      seen.push(JSON.parse(body).data.subjectId);
      response.writeHead(well ? 200 : 503).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const type = 'follow_up.due';
  const { id } = await createEndpoint(lives.sql, testKeyring, ADMIN, randomUUID(), { url, types: [type] });
  const subjects = [randomUUID(), randomUUID(), randomUUID()];
  for (const subjectId of subjects)
    await lives.sql.begin((tx) => emitEvent(tx, { clientId, type, subjectId, data: {} }));
  // this server's clock is ahead of the record's
  await lives.sql`update webhook_deliveries set queued_at = ${await lives.now()} where endpoint_id = ${id}`;
  await lives.dispatch.notifyWatch('webhook', id);
  const statuses = async () =>
    (await lives.sql`select distinct status from webhook_deliveries where endpoint_id = ${id}`).map(
      (row) => row.status,
    );
  await lives.env.sleep('2 days');
  expect(await statuses()).toEqual(['queued']);
  await lives.env.sleep('3 days');
  await eventually(async () => (await statuses()).join() === 'dead');
  // one at a time, and less and less often
  expect(new Set(seen)).toEqual(new Set([subjects[0]]));
  expect(seen.length).toBeLessThan(50);

  well = true;
  seen.length = 0;
  await replayEndpoint(lives.sql, ADMIN, id);
  await lives.dispatch.notifyWatch('webhook', id);
  await lives.env.sleep('1 hour');
  await eventually(() => seen.length === 3);
  expect(seen).toEqual(subjects);
  await new Promise((resolve) => receiver.close(resolve));
});

describe('the ladder', () => {
  async function staffed() {
    const [assignee, lead] = [randomUUID(), randomUUID()];
    const mailOf = (id: string) => `${id}@operator.example`;
    const life = await lives.open({ adopt: { stage: 'in_review' } });
    const user = (id: string, role: string) => ({
      id,
      name: role,
      email: mailOf(id),
      role,
      clientIds: [life.book.clientId],
      timeZone: 'UTC',
    });
    await lives.sql`insert into users ${lives.sql([user(assignee, 'specialist'), user(lead, 'lead')])}`;
    await lives.sql`update clients set contact_email = ${mailOf(life.book.clientId)} where id = ${life.book.clientId}`;
    await life.act('assignment', { assignee });
    const tell = async () => {
      for (const id of [assignee, lead, life.book.clientId]) await lives.dispatch.notifyWatch('outreach', id);
    };
    await life.until((s) => s.followUps.credentialing?.escalatedAt !== undefined, '80 days');
    await tell();
    return { life, addresses: [assignee, lead, life.book.clientId].map(mailOf) as [string, string, string] };
  }

  test('tells assignee, lead and client, each once and one after the other', async () => {
    const { addresses } = await staffed();
    const [assignee, lead, client] = addresses;
    await lives.env.sleep('1 days');
    await eventually(() => to(assignee).length === 1);
    expect([to(lead).length, to(client).length]).toEqual([0, 0]);
    await lives.env.sleep('6 days');
    await eventually(() => to(lead).length === 1);
    await lives.env.sleep('6 days');
    await eventually(() => to(client).length === 1);
    await lives.env.sleep('40 days');
    expect(addresses.map((address) => to(address).length)).toEqual([1, 1, 1]);
  });

  test('stops where a user has acted', async () => {
    const { life, addresses } = await staffed();
    const [assignee] = addresses;
    await lives.env.sleep('1 days');
    await eventually(() => to(assignee).length === 1);
    await life.contact('in_review');
    await lives.env.sleep('12 days');
    expect(addresses.map((address) => to(address).length)).toEqual([1, 0, 0]);
  });
});
