import { randomUUID } from 'node:crypto';
import { TASK_QUEUE } from '../../dispatch/dispatch';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../../domain/applications/key';
import type { TimerName } from '../../domain/applications/events';
import { FACTS, type Stage } from '../../domain/kernel/codes';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { keepCommand } from '../../record/applications/commands';
import { readRun } from '../../record/applications/application-run';
import { createCodec } from '../../runtime/codec';
import { BAD_MESSAGE, REFUSED, type ApplicationInput, type RecordStep } from '../../workflows/messages';
import { extent } from '../support/extent';
import { testKeyring } from '../support/keys';
import { Lives, VALUES, type Life } from '../support/lives';
import { expectInStep } from '../support/in-step';

type Step = RecordStep['recordStep'];

/** How often a step fails before it is taken, and how often its answer is lost after it was. */
const weather = { failing: 0, losing: 0 };
const stormy =
  (step: Step): Step =>
  async (request) => {
    if (weather.failing-- > 0) throw new Error('the database is away');
    const result = await step(request);
    if (weather.losing-- > 0) throw new Error('the answer was lost');
    return result;
  };

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin({ through: stormy });
});
afterAll(() => lives.stop());
beforeEach(() => Object.assign(weather, { failing: 0, losing: 0 }));

const note = (text: string) => ({ text, visibility: 'internal' });
/** The notes that are on record, by their commands. */
const notes = async (life: Life): Promise<string[]> =>
  (await life.entries()).filter(({ kind }) => kind === 'note').map(({ id }) => id);
const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID());
/** How many runs a workflow has had, from the last one back. */
async function runs(life: Life, of = ''): Promise<number> {
  const workflowId = of || buildApplicationWorkflowId((await life.state()).key);
  let count = 0;
  for (let runId: string | undefined; count === 0 || runId; count += 1) {
    const { events } = await lives.env.client.workflow.getHandle(workflowId, runId).fetchHistory();
    runId = events![0]!.workflowExecutionStartedEventAttributes!.continuedExecutionRunId || undefined;
  }
  return count;
}

test('the same command, however often and wherever from, is recorded once', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const [commandId] = ids(1);
  const once = await Promise.all(Array.from({ length: 6 }, () => life.give('notes', note('once'), { commandId })));
  expect(new Set(once.map(({ status }) => status))).toEqual(new Set(['recorded']));
  expect(await life.give('notes', note('once'), { commandId })).toEqual({ status: 'recorded' });
  expect(await notes(life)).toEqual([commandId]);
});

test('twenty actions at the same moment are recorded one after the other, each once', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const given = ids(20);
  await Promise.all(given.map((commandId, n) => life.give('notes', note(`${n}`), { commandId })));
  expect((await notes(life)).sort()).toEqual([...given].sort());
});

test('while it continues as new again and again, no message to it is lost or doubled', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' }, continueAfter: 12 });
  const given = ids(60);
  for (let at = 0; at < given.length; at += 4) {
    const batch = given.slice(at, at + 4);
    // each batch with the batch before, which a run before this one may have taken, and word of a changed file
    await Promise.all([
      ...given.slice(Math.max(0, at - 4), at + 4).map((commandId) => life.give('notes', note('x'), { commandId })),
      ...batch.map(() => lives.dispatch.notifyFileChanged(life.id)),
    ]);
  }
  expect((await notes(life)).sort()).toEqual([...given].sort());
  expect(await runs(life)).toBeGreaterThan(5);
  await expectInStep(life);
});

test.each(['failing', 'losing'] as const)(
  'a step that keeps %s is taken once, and the workflow knows of it',
  async (how) => {
    const life = await lives.open({ adopt: { stage: 'in_review' } });
    weather[how] = 4;
    const state = await life.act('contacts', { channel: 'portal', outcome: 'approved' });
    expect(state.stage).toBe('approved');
    expect((await life.entries()).filter(({ kind }) => kind === 'contact')).toHaveLength(1);
    // it goes on from there: the workflow caught up with the lost answers
    expect((await life.act('notes', note('after the storm'))).version).toBe(state.version + 1);
    await expectInStep(life);
  },
);

test('a participation continues as new again and again, in full hundreds of times, with actions on their way, and each is recorded once', async () => {
  const given = Object.fromEntries(
    FACTS.map((fact) => [fact, { value: VALUES[fact], source: 'letter', reference: 'L1', confirmedOn: '2026-01-01' }]),
  );
  const life = await lives.open({ adopt: { stage: 'confirmed', confirmations: given } });
  const workflowId = buildParticipationWorkflowId(life.id);
  await lives.env.client.workflow.start('networkParticipation', {
    workflowId,
    taskQueue: TASK_QUEUE,
    args: [
      {
        applicationId: life.id,
        progress: (await readRun(lives.sql, life.id)).progress,
        continueAfter: 4,
      } satisfies ApplicationInput,
    ],
    memo: { applicationId: life.id },
  });
  const said = ids(extent(440));
  const callers = Array.from({ length: 2 }, (_caller, n) => said.filter((_id, i) => i % 2 === n));
  await Promise.all(
    callers.map(async (mine) => {
      for (const [n, commandId] of mine.entries()) {
        const delivery =
          n % 3 === 0
            ? await life.give(
                'loading',
                { status: n % 2 ? 'loaded' : 'not_loaded', seenOn: '2026-11-01' },
                { commandId },
              )
            : await life.give('notes', note(`${n}`), { commandId });
        expect(delivery).toEqual({ status: 'recorded' });
      }
    }),
  );
  const kept = (await life.entries()).filter(({ kind }) => kind === 'note' || kind === 'loading').map(({ id }) => id);
  expect(kept).toHaveLength(said.length);
  expect(new Set(kept)).toEqual(new Set(said));
  expect(await runs(life, workflowId)).toBeGreaterThan(extent(200));
  // it still waits for the same
  await expectInStep(life);
}, 300_000);

test('a timer whose nudge was recorded and whose answer was lost nudges once', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  weather.losing = 3;
  await life.until((s) => s.agenda.items.length > 0, '40 days');
  expect((await life.entries()).filter(({ kind }) => kind === 'nudge')).toHaveLength(1);
});

test('no history holds a word, name or number of a person or a payer', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const words = ['Wanda Wordsworth', 'REF-77-XYZ', 'a most private remark', 'W-9 of the practice', 'PIN-SECRET-1'];
  const [rep, referenceNumber, notesText, item, pin] = words;
  await life.contact('information_requested', { rep, referenceNumber, notes: notesText, missingItems: [item] });
  await life.act('information', { providedOn: await lives.today(), items: [item] });
  await life.act('notes', { text: notesText, visibility: 'client' });
  await life.contact('approved', { rep });
  await life.confirm('payerProviderId', { value: pin, reference: referenceNumber });
  await life.act('withdrawal', { reason: notesText });

  const { key } = await life.state();
  const history = await lives.env.client.workflow.getHandle(buildApplicationWorkflowId(key)).fetchHistory();
  const inTheClear = await decoded(history);
  expect(inTheClear.length).toBeGreaterThan(10);
  const [client] = await lives.sql<
    { name: string; firstName: string; email: string; legalName: string; npi: string }[]
  >`
    select c.name, p.first_name, p.email, pr.legal_name, n.npi
    from clients c join providers p on p.client_id = c.id join persons n on n.id = p.person_id
    join practices pr on pr.client_id = c.id where p.id = ${life.book.providerId}`;
  for (const secret of [...words, ...Object.values(client!)]) expect(inTheClear.join('\n')).not.toContain(secret);
});

/** Every payload of a history, opened. */
async function decoded(value: unknown): Promise<string[]> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const payload = value as Payload;
  if (payload.metadata?.encoding) {
    // the SDK writes plain payloads of its own beside ours, into the markers of local activities
    const [opened] = await createCodec(testKeyring, 'allowed').decode([payload]);
    return [JSON.stringify(defaultPayloadConverter.fromPayload(opened!))];
  }
  return (await Promise.all(Object.values(value).map(decoded))).flat();
}

/** The updates that a workflow has taken. */
async function takenUpdates(life: Life): Promise<string[]> {
  const workflowId = buildApplicationWorkflowId((await life.state()).key);
  const { events } = await lives.env.client.workflow.getHandle(workflowId).fetchHistory();
  return events!.flatMap((e) => e.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name ?? []);
}

test('what the record refuses never reaches the workflow, and what it takes does', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const appeal = { filedOn: await lives.today(), channel: 'mail', reason: 'x' };
  expect(await life.give('appeal', appeal)).toMatchObject({
    status: 'refused',
    refusal: { type: 'action_not_allowed', stage: 'in_review' },
  });
  expect(await life.give('notes', note('x'))).toEqual({ status: 'recorded' });
  expect(await takenUpdates(life)).toEqual(['notes']);
});

test('a message without a command’s id is turned away by its form', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const handle = lives.env.client.workflow.getHandle(buildApplicationWorkflowId((await life.state()).key));
  const before = (await life.entries()).length;
  for (const [action, message] of [
    ['notes', {}],
    ['notes', { commandId: '' }],
    ['notes', { commandId: 'not-a-uuid' }],
    ['an-action-of-tomorrow', { commandId: 'not-a-uuid' }],
    ['an-action-of-tomorrow', { commandId: 1 }],
  ] as const)
    await expect(handle.executeUpdate(action, { args: [message] })).rejects.toMatchObject({
      cause: { type: BAD_MESSAGE },
    });
  expect(await takenUpdates(life)).not.toContain('notes');
  expect(await life.entries()).toHaveLength(before);
  await expectInStep(life);
});

test('an action whose command is not on record is refused for good, and the workflow goes on without growing', async () => {
  const [life, other] = [
    await lives.open({ adopt: { stage: 'in_review' } }),
    await lives.open({ adopt: { stage: 'in_review' } }),
  ];
  const handle = lives.env.client.workflow.getHandle(buildApplicationWorkflowId((await life.state()).key));
  const { clientId } = await other.state();
  const [missing, ofAnother] = ids(2);
  const command = { id: ofAnother!, clientId, applicationId: other.id, action: 'notes' as const };
  const body = { text: 'x', visibility: 'internal' as const };
  await keepCommand(lives.sql, { ...command, body }, { type: 'system', id: 'test', name: 'Test' });
  const before = await life.entries();
  for (const commandId of [missing!, ofAnother!])
    await expect(handle.executeUpdate('notes', { updateId: commandId, args: [{ commandId }] })).rejects.toMatchObject({
      cause: { type: REFUSED, details: [{ type: 'unknown_command' }] },
    });
  expect(await life.entries()).toEqual(before);
  const { historyLength } = await handle.describe();
  await lives.env.sleep('1 hour');
  expect((await handle.describe()).historyLength).toBe(historyLength);
  expect(await life.give('notes', note('x'))).toEqual({ status: 'recorded' });
  await expectInStep(life);
});

test('an action whose name this build does not know is taken to the record, which knows the command', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const [commandId] = ids(1);
  const { clientId, key } = await life.state();
  const body = { text: 'from a newer build', visibility: 'internal' as const };
  const command = { id: commandId!, clientId, applicationId: life.id, action: 'notes' as const, body };
  await keepCommand(lives.sql, command, { type: 'system', id: 'test', name: 'Test' });
  const handle = lives.env.client.workflow.getHandle(buildApplicationWorkflowId(key));
  await handle.executeUpdate('an-action-of-tomorrow', { updateId: commandId!, args: [{ commandId }] });
  expect(await notes(life)).toEqual([commandId]);
  await expectInStep(life);
});

test('a stage and a timer that this build does not know are waited in and for like any other, until the record says where it stands', async () => {
  const at = new Date(Date.parse(await lives.now()) + 3_600_000).toISOString();
  const ofTomorrow = { stage: 'of_tomorrow' as Stage, next: { at, timer: 'ofTomorrow:track' as TimerName } };
  const life = await lives.open({ adopt: { stage: 'in_review' }, believes: ofTomorrow });
  expect((await life.inStep()).knows?.progress).toMatchObject(ofTomorrow);
  await lives.env.sleep('2 hours');
  await expectInStep(life);
  expect(await life.give('notes', note('x'))).toEqual({ status: 'recorded' });
  expect((await life.contact('approved')).stage).toBe('approved');
  await expectInStep(life);
});
