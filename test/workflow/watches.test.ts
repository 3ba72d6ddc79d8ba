import { randomUUID } from 'node:crypto';
import { TASK_QUEUE } from '../../dispatch/dispatch';
import { QUESTIONS, type Question } from '../../domain/platforms/platform';
import { closeInquiry, changeTerms } from '../../record/platforms/inquiries';
import { createRelationship, putAnswer, type Relationship } from '../../record/platforms/platforms';
import type { Principal } from '../../record/kernel/principal';
import { putEnrolment, type EnrolmentInput } from '../../record/registry/statements';
import { eventually } from '../support/eventually';
import { createBook } from '../support/file';
import { Lives } from '../support/lives';

const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };
const UNSAID = { words: null, payerId: null, state: null, parts: null, items: null, noticeDays: null, evidence: [] };

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

interface Sent {
  notBefore: string;
  data: { questions: { question: Question }[] };
}

/** A relationship whose inquiry runs, and what it does. */
async function relationship() {
  const { sql, dispatch } = lives;
  const { providerId, clientId, payerId } = await createBook(sql);
  const input = { platform: 'Alma', payerIds: [payerId] };
  const made: Relationship = await createRelationship(
    sql,
    PRINCIPAL,
    randomUUID(),
    { id: providerId, clientId },
    input,
  );
  const tell = () => dispatch.notifyWatch('platformInquiry', made.id);
  const sent = () => sql<Sent[]>`
    select not_before, data from messages where data->>'relationshipId' = ${made.id} order by not_before`;
  return {
    ...made,
    tell,
    sent,
    /** Lets queued mail leave, as the outreach to its recipient would have it. */
    leave: () => sql`
      with batch as (
        insert into mail_batches (client_id, recipient_type, recipient_id, status, sent_at)
        values (${clientId}, 'provider', ${providerId}, 'sent', now()) returning id)
      update messages set status = 'sent', batch_id = (select id from batch)
      where data->>'relationshipId' = ${made.id} and status = 'queued'`,
    /** Waits for as many messages as there should be by now. */
    hasSent: (count: number) => eventually(async () => (await sent()).length === count),
    answer: async (question: Question) => {
      const answer = {
        ...UNSAID,
        answer: 'yes' as const,
        answeredBy: 'Alma',
        answeredOn: await lives.today(),
        channel: 'email',
      };
      await putAnswer(sql, PRINCIPAL, made.id, randomUUID(), question, answer, () => undefined);
      await tell();
    },
    tasks: async () => (await sql`select from tasks where subject_id = ${made.id} and closed_at is null`).length,
  };
}

const asked = ({ data }: Sent): Question[] => data.questions.map(({ question }) => question);

describe('an inquiry', () => {
  test('asks what is open every ten business days, what was answered no more, and gives a task after three in vain', async () => {
    const inquiry = await relationship();
    await inquiry.tell();
    await inquiry.hasSent(1);
    expect(asked((await inquiry.sent())[0]!)).toEqual([...QUESTIONS]);
    for (const question of QUESTIONS.slice(0, 3)) await inquiry.answer(question);
    // while one waits to leave, no other joins it
    await lives.env.sleep('15 days');
    expect(await inquiry.sent()).toHaveLength(1);
    for (const count of [2, 3]) {
      await inquiry.leave();
      await lives.env.sleep('15 days');
      await inquiry.hasSent(count);
    }
    const messages = await inquiry.sent();
    expect(messages.slice(1).map(asked)).toEqual([QUESTIONS.slice(3), QUESTIONS.slice(3)]);
    expect(await inquiry.tasks()).toBe(1);
    // on business days at nine in Denver, by another clock than ours
    const local = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Denver', weekday: 'short', hour: 'numeric' });
    for (const { notBefore } of messages.slice(1))
      expect(local.format(new Date(notBefore))).toMatch(/^(Mon|Tue|Wed|Thu|Fri),? 9 AM$/);

    for (const question of QUESTIONS.slice(3)) await inquiry.answer(question);
    await eventually(async () => (await inquiry.tasks()) === 0);
    await lives.env.sleep('300 days');
    expect(await inquiry.sent()).toHaveLength(3);
    await lives.env.sleep('40 days');
    await eventually(async () => (await inquiry.sent()).length > 3);
    expect(asked((await inquiry.sent())[3]!)).toEqual(QUESTIONS.slice(0, 3));
  });

  test('asks again what was answered before the terms changed, and nothing once it is closed', async () => {
    const inquiry = await relationship();
    for (const question of QUESTIONS) await inquiry.answer(question);
    await lives.env.sleep('20 days');
    const before = (await inquiry.sent()).length;
    const change = { on: await lives.today(), reason: 'a new agreement' };
    await changeTerms(lives.sql, PRINCIPAL, randomUUID(), inquiry, change);
    await inquiry.tell();
    await inquiry.hasSent(before + 1);
    expect(asked((await inquiry.sent()).at(-1)!)).toEqual([...QUESTIONS]);

    await closeInquiry(lives.sql, PRINCIPAL, inquiry, 'the client has left the platform');
    await inquiry.tell();
    await lives.env.sleep('400 days');
    expect(await inquiry.sent()).toHaveLength(before + 1);
    const { status } = await lives.env.client.workflow.getHandle(`platformInquiry/${inquiry.id}`).describe();
    expect(status.name).toBe('COMPLETED');
  });

  test('continues as new again and again while changes are signalled, and takes the last of them', async () => {
    const inquiry = await relationship();
    const handle = await lives.env.client.workflow.start('platformInquiry', {
      workflowId: `platformInquiry/${inquiry.id}`,
      taskQueue: TASK_QUEUE,
      args: [{ subject: inquiry.id, continueAfter: 4 }],
    });
    for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 8 }, () => inquiry.tell()));
    for (const question of QUESTIONS) await inquiry.answer(question);
    await eventually(async () => {
      const [{ asked: left }] = await lives.sql<[{ asked: number }]>`
        select asked from inquiries where relationship_id = ${inquiry.id}`;
      return left === 0;
    });
    expect(await inquiry.sent()).toHaveLength(1);
    const { runId } = await lives.env.client.workflow.getHandle(`platformInquiry/${inquiry.id}`).describe();
    expect(runId).not.toBe(handle.firstExecutionRunId);
  });
});

describe('a change of billing readiness', () => {
  const listChanges = (applicationId: string) => lives.sql<{ data: { from: object; to: object } }[]>`
    select data from emitted
    where subject_id = ${applicationId} and type = 'billing_readiness.changed' order by place`;

  test('is published when a fact makes it, when its day comes, when a licence begins and when it has run out, each once', async () => {
    const life = await lives.open({ adopt: { stage: 'approved' } });
    const tell = () => lives.dispatch.notifyWatch('billingReadiness', life.id);
    const today = await lives.today();
    const day = (days: number) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
    await lives.sql`update licences set starts_on = ${day(30)}, expires_on = ${day(60)} where provider_id = ${life.book.providerId}`;
    await tell();
    for (const fact of ['contract', 'payerProviderId', 'claimsRoute'] as const) await life.confirm(fact);
    await life.confirm('effectiveDate', { value: day(20) });
    await tell();
    await eventually(async () => (await listChanges(life.id)).at(-1)?.data.to);
    const both = ['before_effective_date', 'licence_not_current'];
    expect((await listChanges(life.id)).at(-1)!.data.to).toEqual({ mayBill: false, reasons: both });

    const no = { mayBill: false, reasons: ['licence_not_current'] };
    await lives.env.sleep('21 days');
    await eventually(async () => JSON.stringify((await listChanges(life.id)).at(-1)!.data.to) === JSON.stringify(no));
    await lives.env.sleep('10 days');
    const yes = { mayBill: true, reasons: [] };
    await eventually(async () => JSON.stringify((await listChanges(life.id)).at(-1)!.data.to) === JSON.stringify(yes));
    await tell();
    await lives.env.sleep('60 days');
    await eventually(async () => JSON.stringify((await listChanges(life.id)).at(-1)!.data.to) === JSON.stringify(no));
    const all = (await listChanges(life.id)).map(({ data }) => data);
    expect(all.at(-1)!.from).toEqual(yes);
    expect(all.slice(1).map(({ from }) => from)).toEqual(all.slice(0, -1).map(({ to }) => to));
  });
});

describe('an enrolment', () => {
  /** A practice's enrolment as it is stated, and its tasks. */
  async function enrolment() {
    const { sql, dispatch } = lives;
    const { practiceId, clientId, payerId } = await createBook(sql);
    const today = await lives.today();
    const state = async (more: Pick<EnrolmentInput, 'status' | 'expectedOn'>) => {
      const body = { payerId, kind: '835', on: today, evidence: [], ...more };
      await putEnrolment(sql, PRINCIPAL, randomUUID(), { id: practiceId, clientId }, body);
      await dispatch.notifyWatch('enrolmentChase', practiceId);
    };
    return {
      state,
      day: (days: number) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10),
      tasks: (open: boolean) => sql`
        select from tasks where subject_id = ${practiceId} and (closed_at is null) = ${open}`,
      done: () => sql`update tasks set closed_at = now() where subject_id = ${practiceId}`,
    };
  }

  test('that was submitted is asked after once its day has passed, again when that was done in vain, and no more once it is active', async () => {
    const { state, day, tasks, done } = await enrolment();
    await state({ status: 'submitted', expectedOn: day(12) });
    await lives.env.sleep('12 days');
    expect(await tasks(true)).toHaveLength(0);
    await lives.env.sleep('6 days');
    await eventually(async () => (await tasks(true)).length === 1);
    await done();
    await lives.env.sleep('25 days');
    await eventually(async () => (await tasks(true)).length === 1);
    await state({ status: 'active' });
    await eventually(async () => (await tasks(true)).length === 0);
    await lives.env.sleep('90 days');
    expect(await tasks(false)).toHaveLength(2);
  });

  test('that was turned down is put before a person the day after, and again until something became of it', async () => {
    const { state, tasks, done } = await enrolment();
    await state({ status: 'rejected' });
    expect(await tasks(true)).toHaveLength(0);
    await lives.env.sleep('6 days');
    await eventually(async () => (await tasks(true)).length === 1);
    await done();
    await lives.env.sleep('22 days');
    await eventually(async () => (await tasks(true)).length === 1);
    await state({ status: 'submitted' });
    await eventually(async () => (await tasks(true)).length === 0);
  });

  test('that has not begun is asked after once it should have, and never where no day was named', async () => {
    const [named, nameless] = [await enrolment(), await enrolment()];
    await named.state({ status: 'not_started', expectedOn: named.day(12) });
    await nameless.state({ status: 'not_started' });
    await lives.env.sleep('12 days');
    expect(await named.tasks(true)).toHaveLength(0);
    await lives.env.sleep('6 days');
    await eventually(async () => (await named.tasks(true)).length === 1);
    await lives.env.sleep('90 days');
    expect(await nameless.tasks(true)).toHaveLength(0);
  });
});

describe('on a bridge', () => {
  test('a task to check that the platform still bills is created 14 days after the submission, once', async () => {
    const life = await lives.open({ attestedDaysAgo: 10 });
    const { providerId, clientId, payerId } = life.book;
    const input = { platform: 'Headway', payerIds: [payerId] };
    const provider = { id: providerId, clientId };
    const { id: relationshipId } = await createRelationship(lives.sql, PRINCIPAL, randomUUID(), provider, input);
    await life.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
    await lives.dispatch.notifyWatch('platformCheck', life.id);
    const checks = () => lives.sql`
      select from tasks where kind = 'platform_check' and subject_id = ${relationshipId}`;
    await lives.env.sleep('12 days');
    expect(await checks()).toHaveLength(0);
    await lives.env.sleep('3 days');
    await eventually(async () => (await checks()).length === 1);
    await lives.env.sleep('60 days');
    expect(await checks()).toHaveLength(1);
  });
});
