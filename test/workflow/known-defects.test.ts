import { randomUUID } from 'node:crypto';
import type { Mail, Mailer } from '../../outreach/mail';
import { eventually } from '../support/eventually';
import { Lives, type Life } from '../support/lives';
import type { RecordStep } from '../../workflows/messages';

type Step = RecordStep['recordStep'];

/** Every answer of a step is lost once, so that everything is recorded twice over, or asked to be. */
const twice =
  (step: Step): Step =>
  async (request) => {
    await step(request);
    return step(request);
  };

const sent: Mail[] = [];
const mailer: Mailer = { send: async (mail) => void sent.push(mail) };

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin({ through: twice, mailer });
});
afterAll(() => lives.stop());

const mailOf = (id: string) => `${id}@operator.example`;
const to = (id: string) => sent.filter((mail) => mail.to === mailOf(id));

/**
 * An application in review, with an assignee, a lead and a client who can be notified; its workflow often begins anew.
 */
async function staffed() {
  const life = await lives.open({ adopt: { stage: 'in_review' }, continueAfter: 12 });
  const { clientId } = life.book;
  const [assignee, lead] = [randomUUID(), randomUUID()];
  const user = (id: string, role: string) => ({
    id,
    name: role,
    email: mailOf(id),
    role,
    clientIds: [clientId],
    timeZone: 'UTC',
  });
  await lives.sql`insert into users ${lives.sql([user(assignee, 'specialist'), user(lead, 'lead')])}`;
  await lives.sql`update clients set contact_email = ${mailOf(clientId)} where id = ${clientId}`;
  await life.act('assignment', { assignee });
  return { life, assignee, lead, clientId };
}

const escalated = (life: Life) => life.until((s) => s.followUps.credentialing?.escalatedAt !== undefined, '80 days');

/** Lists whom the escalation has notified, or will, of what armed it. */
const listEscalations = async (life: Life) =>
  (
    await lives.sql<{ armedBy: string; recipientId: string }[]>`
      select armed_by, recipient_id from messages
      where application_id = ${life.id} and template = 'escalation' order by created_at`
  ).map(({ armedBy, recipientId }) => ({ armedBy, recipientId }));

test('nagged twice: each day of the schedule is announced once for a due date, whatever is retried, restarted or struck out', async () => {
  const { life, assignee, lead, clientId } = await staffed();
  const { followUps } = await escalated(life);
  const { armedBy } = followUps.credentialing!;
  const once = [assignee, lead, clientId].map((recipientId) => ({ armedBy, recipientId }));
  const sorted = (list: { recipientId: string }[]) =>
    list.toSorted((a, b) => a.recipientId.localeCompare(b.recipientId));
  expect(sorted(await listEscalations(life))).toEqual(sorted(once));

  // a user logs a call of another application, and it is struck out: the same date is late again, and was announced
  await life.contact('in_review');
  const entryId = (await life.entries()).findLast(({ kind }) => kind === 'contact')!.id;
  const state = await life.act('corrections', { entryId, reason: 'it was another application' });
  expect(state.followUps.credentialing).toEqual(followUps.credentialing);
  for (let note = 0; note < 12; note += 1) await life.act('notes', { text: 'still at it', visibility: 'internal' });
  await lives.env.sleep('60 days');
  expect(sorted(await listEscalations(life))).toEqual(sorted(once));

  // the next due date has a ladder of its own
  await life.contact('in_review');
  await escalated(life);
  expect(await listEscalations(life)).toHaveLength(6);
});

test('escalation after close: the next recipient is not notified, and the queue forgets it', async () => {
  const { life, assignee, lead, clientId } = await staffed();
  await escalated(life);
  for (const id of [assignee, lead, clientId]) await lives.dispatch.notifyWatch('outreach', id);
  await lives.env.sleep('1 days');
  await eventually(() => to(assignee).length === 1);
  await life.act('withdrawal', { reason: 'the client has left' });
  expect(await life.items()).toEqual([]);
  await lives.env.sleep('40 days');
  expect([to(assignee).length, to(lead).length, to(clientId).length]).toEqual([1, 0, 0]);
  const [row] = await lives.sql`
    select count(*)::int as waiting from messages where application_id = ${life.id} and status = 'queued'`;
  expect(row).toEqual({ waiting: 0 });
});

test('the clock wrong after reopening: what fell due while it was closed fires when it is open again, and keeps its date', async () => {
  const { life } = await staffed();
  const before = await life.state();
  await life.act('withdrawal', { reason: 'another client' });
  await lives.env.sleep('30 days');
  const entryId = (await life.entries()).findLast(({ kind }) => kind === 'withdrawal')!.id;
  await life.act('corrections', { entryId, reason: 'it was another client' });
  await lives.dispatch.startApplication(life.id);
  const state = await life.until((s) => s.agenda.items.length > 0, '2 days');
  expect(state.agenda.followUps).toEqual(before.agenda.followUps);
  expect(await life.items()).toEqual(['check_status']);
});
