import { randomUUID } from 'node:crypto';
import { TASK_QUEUE } from '../../dispatch/dispatch';
import { settleEndingItem } from '../../dispatch/endings';
import { addDays } from '../../domain/time/dates';
import { QUESTIONS } from '../../domain/platforms/platform';
import { requestRoster } from '../../record/sources/caqh-roster';
import { importList, OPERATOR_ID } from '../../record/screening/exclusions';
import { recordEnding } from '../../record/offboarding/endings';
import { closeInquiry } from '../../record/platforms/inquiries';
import { queueMessages } from '../../record/outreach/messages';
import { createRelationship, putAnswer } from '../../record/platforms/platforms';
import type { Principal } from '../../record/kernel/principal';
import { setServices } from '../../record/sources/lookups';
import type { WatchInput } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { adoptAsConfirmed, attestPerson, createBook, type Book } from '../support/file';
import type { Lives } from '../support/lives';
import type { StandIns } from '../support/registries';

const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };
const SAID = { words: null, payerId: null, state: null, parts: null, items: null, noticeDays: null, evidence: [] };

/** A relationship with a platform, of which nothing is known yet. */
async function createRelationshipLife(lives: Lives) {
  const { sql, dispatch } = lives;
  const { providerId: id, clientId, payerId } = await createBook(sql);
  const input = { platform: 'Alma', payerIds: [payerId] };
  const made = await createRelationship(sql, PRINCIPAL, randomUUID(), { id, clientId }, input);
  const notifyWatch = () => dispatch.notifyWatch('platformInquiry', made.id);
  return {
    workflowId: `platformInquiry/${made.id}`,
    subject: made.id,
    tell: notifyWatch,
    async answerAll() {
      const answer = {
        ...SAID,
        answer: 'yes' as const,
        answeredBy: 'Alma',
        answeredOn: await lives.today(),
        channel: 'email',
      };
      for (const question of QUESTIONS)
        await putAnswer(sql, PRINCIPAL, made.id, randomUUID(), question, answer, () => undefined);
      await notifyWatch();
    },
    async close() {
      await closeInquiry(sql, PRINCIPAL, made, 'the client has left the platform');
      await notifyWatch();
    },
  };
}

/** A person of whom a registry is asked, until they have left every client. */
async function createAskedPerson(lives: Lives, watch: 'caqhStatus' | 'nppesRecord') {
  const { sql, dispatch } = lives;
  const on = await createBook(sql);
  const service = { mode: 'api', name: 'a registry' } as const;
  await setServices(sql, { caqh: service, nppes: service });
  const notifyWatch = () => dispatch.notifyWatch(watch, on.personId);
  return {
    ...on,
    workflowId: `${watch}/${on.personId}`,
    tell: notifyWatch,
    async leave() {
      await sql`update providers set ended_on = '2000-01-01' where id = ${on.providerId}`;
      await notifyWatch();
    },
  };
}

/** A member of a group who leaves on a day; what that comes to is done as the relay would. */
async function createLeaver(lives: Lives, on: string) {
  const { sql, dispatch } = lives;
  const { book: of } = await lives.open({
    adopt: adoptAsConfirmed(await lives.today()),
    key: { kind: 'add_to_group' },
  });
  const terms = { on, applications: 'withdraw', terminate: false, reason: 'left_practice' } as const;
  const said = { ...terms, source: 'email', reference: 'their mail' } as const;
  const recorded = await recordEnding(sql, PRINCIPAL, randomUUID(), of, said);
  if ('existingId' in recorded) throw new Error('left before');
  const { id } = recorded.ending;
  const notifyWatch = () => dispatch.notifyWatch('ending', id);
  return {
    subject: id,
    workflowId: `ending/${id}`,
    tell: notifyWatch,
    async doItems() {
      const items = await eventually(async () => {
        const rows = await sql<{ id: string }[]>`
          select id from ending_items where ending_id = ${id} and status = 'queued'`;
        return rows.length > 0 ? rows : null;
      });
      for (const item of items) await settleEndingItem(sql, dispatch, item.id);
      await notifyWatch();
    },
  };
}

/** A client that left a while ago, of which nothing is open; the skipping server ends whatever runs for ten years. */
async function createFormerClient(lives: Lives): Promise<Book> {
  const { sql } = lives;
  const of = await createBook(sql);
  await sql`update clients set ended_on = ${addDays(await lives.today(), -60)} where id = ${of.clientId}`;
  return of;
}

const isEnded = ({ env }: Lives, workflowId: string) =>
  eventually(async () => (await env.client.workflow.getHandle(workflowId).describe()).status.name === 'COMPLETED');

/** Watches as they were kept when their histories were recorded, by name; each returns its workflow's id. */
export const WATCHES: Record<string, (lives: Lives, outside: StandIns) => Promise<string>> = {
  /** Waits, is notified, waits for longer, ends. */
  async 'inquiry-answered-and-closed'(lives) {
    const inquiry = await createRelationshipLife(lives);
    await inquiry.tell();
    await lives.env.sleep('30 days');
    await inquiry.answerAll();
    await lives.env.sleep('400 days');
    await inquiry.close();
    await isEnded(lives, inquiry.workflowId);
    return inquiry.workflowId;
  },

  async 'inquiry-continued-as-new'(lives) {
    const inquiry = await createRelationshipLife(lives);
    const { workflowId, subject } = inquiry;
    const input: WatchInput = { subject, continueAfter: 4 };
    await lives.env.client.workflow.start('platformInquiry', { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    await lives.env.sleep('20 days');
    await inquiry.answerAll();
    await lives.env.sleep('1 day');
    await inquiry.close();
    await isEnded(lives, workflowId);
    return workflowId;
  },

  /** A person's upkeep over a lapse and its end. */
  async 'upkeep-lapsed-and-attested'(lives) {
    const on = await createBook(lives.sql, { attestedOn: addDays(await lives.today(), -80) });
    const notifyWatch = () => lives.dispatch.notifyWatch('providerUpkeep', on.personId);
    await notifyWatch();
    await lives.env.sleep('60 days');
    await attestPerson(lives.sql, on, await lives.today());
    await notifyWatch();
    await lives.env.sleep('100 days');
    await lives.sql`delete from licences where provider_id = ${on.providerId}`;
    await lives.sql`delete from providers where id = ${on.providerId}`;
    await notifyWatch();
    await isEnded(lives, `providerUpkeep/${on.personId}`);
    return `providerUpkeep/${on.personId}`;
  },

  async 'upkeep-continued-as-new'(lives) {
    const on = await createBook(lives.sql, { attestedOn: await lives.today() });
    const [workflowId, input] = [`providerUpkeep/${on.personId}`, { subject: on.personId, continueAfter: 10 }];
    await lives.env.client.workflow.start('providerUpkeep', { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    await lives.env.sleep('200 days');
    return workflowId;
  },

  /** Two messages go out, within the hours in which people are written to; then nothing is left. */
  async 'mail-that-goes-out'(lives) {
    const { clientId, providerId } = await createBook(lives.sql);
    for (const template of ['attestation_due', 'information_missing']) {
      const message = { clientId, recipientType: 'provider', recipientId: providerId, template, data: {} } as const;
      await queueMessages(lives.sql, [{ ...message, key: randomUUID(), notBefore: await lives.now() }]);
      await lives.dispatch.notifyWatch('outreach', providerId);
      await lives.env.sleep('4 days');
    }
    await eventually(async () => {
      const [row] = await lives.sql<[{ sent: number }]>`select count(*)::int as sent from local_mailbox`;
      return row.sent >= 2;
    });
    return `outreach/${providerId}`;
  },

  /** CAQH is away for two days, answers, adds to the roster, and is not asked of who has left. */
  async 'caqh-away-then-asked-until-they-leave'(lives, { caqh }) {
    const person = await createAskedPerson(lives, 'caqhStatus');
    caqh.behaviour = 'down';
    await person.tell();
    await lives.env.sleep('2 days');
    caqh.behaviour = 'answers';
    await lives.env.sleep('10 days');
    const { providerId: id, clientId, personId } = person;
    const provider = { id, clientId, personId, caqhId: '12345678' };
    await requestRoster(lives.sql, PRINCIPAL, randomUUID(), provider, provider.caqhId);
    await person.tell();
    await lives.env.sleep('10 days');
    await person.leave();
    await isEnded(lives, person.workflowId);
    return person.workflowId;
  },

  async 'nppes-asked-until-they-leave'(lives) {
    const person = await createAskedPerson(lives, 'nppesRecord');
    await person.tell();
    await lives.env.sleep('40 days');
    await person.leave();
    await isEnded(lives, person.workflowId);
    return person.workflowId;
  },

  async 'nppes-continued-as-new'(lives) {
    const { personId: subject, workflowId } = await createAskedPerson(lives, 'nppesRecord');
    const input: WatchInput = { subject, continueAfter: 10 };
    await lives.env.client.workflow.start('nppesRecord', { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    await lives.env.sleep('30 days');
    return workflowId;
  },

  /** The month's list is asked for, taken, and asked for again. */
  async 'exclusion-list-asked-for'(lives) {
    const notifyWatch = () => lives.dispatch.notifyWatch('exclusionList', OPERATOR_ID);
    await notifyWatch();
    await lives.env.sleep('40 days');
    const list = { month: `${(await lives.today()).slice(0, 7)}-01`, sha256: 'a' };
    const entry = { listing: 'one', firstName: 'A', lastName: 'B', npi: null, state: null, excludedOn: '2026-01-01' };
    await importList(lives.sql, PRINCIPAL, randomUUID(), list, async function* () {
      yield { ...entry, reinstatedOn: null };
    });
    await notifyWatch();
    await lives.env.sleep('40 days');
    return `exclusionList/${OPERATOR_ID}`;
  },

  /** A participation ends at once, the rest once the last day has passed. */
  async 'ending-that-waits-for-its-day'(lives) {
    const leaving = await createLeaver(lives, addDays(await lives.today(), 20));
    await leaving.tell();
    await leaving.doItems();
    await lives.env.sleep('25 days');
    await isEnded(lives, leaving.workflowId);
    return leaving.workflowId;
  },

  async 'ending-continued-as-new'(lives) {
    const { workflowId, subject, ...leaving } = await createLeaver(lives, addDays(await lives.today(), 20));
    const input: WatchInput = { subject, continueAfter: 4 };
    await lives.env.client.workflow.start('ending', { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    await leaving.doItems();
    await lives.env.sleep('25 days');
    await isEnded(lives, workflowId);
    return workflowId;
  },

  /** Secrets go after months, the rest after years; then nothing is left. */
  async 'retention-to-its-end'(lives) {
    const { clientId } = await createFormerClient(lives);
    const workflowId = `retention/${clientId}`;
    await lives.dispatch.notifyWatch('retention', clientId);
    await lives.env.sleep('100 days');
    await lives.env.sleep('3700 days');
    await isEnded(lives, workflowId);
    return workflowId;
  },

  async 'retention-continued-as-new'(lives) {
    const { clientId: subject } = await createFormerClient(lives);
    const [workflowId, input] = [`retention/${subject}`, { subject, continueAfter: 4 }];
    await lives.env.client.workflow.start('retention', { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    await lives.env.sleep('100 days');
    await lives.dispatch.notifyWatch('retention', subject);
    await lives.env.sleep('3700 days');
    await isEnded(lives, workflowId);
    return workflowId;
  },
};
