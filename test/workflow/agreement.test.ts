import * as fc from 'fast-check';
import { applicationWorkflowId, participationWorkflowId } from '../../domain/applications/key';
import { addDays } from '../../domain/time/dates';
import { readRun } from '../../record/applications/application-run';
import { labelOf } from '../../workflows/application-run';
import { progressQuery } from '../../workflows/messages';
import { nextFollowUpOnAttribute, stageAttribute, waitingOnAttribute } from '../../workflows/search-attributes';
import { eventually } from '../support/eventually';
import { Lives, VALUES, type Life } from '../support/lives';
import { chooseAction, happening, pick, type Happening } from '../unit/application/model';

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

const happenings = fc.array(happening, { minLength: 4, maxLength: 10, size: 'max' });
const adoptions = fc.constantFrom(undefined, undefined, 'submitted', 'in_review', 'approved', 'panel_closed');

/** What a model's body lacks of what people say: it is on record, and no rule reads it. */
const SAID = { reason: 'x', source: 'letter', reference: 'L1' };

async function happen(life: Life, h: Happening): Promise<string> {
  const today = await lives.today();
  switch (h.what) {
    case 'time':
      await lives.env.sleep(`${Math.abs(h.days) / 2} days`);
      return `${Math.abs(h.days) / 2} days`;
    case 'file': {
      const malpractice = h.late ? null : lives.sql.json({ expiresOn: addDays(today, h.days) });
      await lives.sql`update providers set malpractice = ${malpractice} where id = ${life.book.providerId}`;
      await lives.dispatch.fileChanged(life.id);
      return 'file';
    }
    case 'strike': {
      const { id: entryId, kind } = pick(await life.entries(), h.which);
      const { status } = await life.give('corrections', { entryId, reason: 'x' });
      // a correction that reopens leaves word in the outbox, which nobody reads here
      await lives.dispatch.startApplication(life.id);
      await lives.dispatch.startParticipation(life.id);
      return `${kind} struck: ${status}`;
    }
    default: {
      const { action, body } = chooseAction({ state: await life.state(), today }, h);
      const more = {
        ...(action === 'confirmations' && { value: VALUES[body.fact as keyof typeof VALUES], confirmedOn: today }),
        ...(action === 'assignment' && { assignee: null }),
      };
      const { status } = await life.give(action, { ...SAID, ...body, ...more });
      return `${action} ${JSON.stringify(body)}: ${status}`;
    }
  }
}

/** Expects that what an application's workflow knows, says and is found by is what is on record. */
async function expectAgreement(life: Life): Promise<void> {
  const { progress, key } = await readRun(lives.sql, life.id);
  const { stage, attempt, waitingOn, nextFollowUpOn, next } = progress;
  const workflowId = progress.participating ? participationWorkflowId(life.id) : applicationWorkflowId(key);
  const handle = lives.env.client.workflow.getHandle(workflowId);
  const { status, typedSearchAttributes: attributes } = await handle.describe();
  const runs = progress.open || progress.participating;
  expect(status.name).toBe(runs ? 'RUNNING' : 'COMPLETED');
  if (!runs) return;
  expect(await handle.query(progressQuery)).toEqual(progress);
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain(`**${stage}** (attempt ${attempt}, waiting on ${waitingOn})`);
  expect(currentDetails).toContain(next ? `Next: ${labelOf(next.timer)}, at ${next.at}.` : 'nothing has a date');
  expect({
    stage: attributes.get(stageAttribute),
    waitingOn: attributes.get(waitingOnAttribute),
    nextFollowUpOn: attributes.get(nextFollowUpOnAttribute)?.toISOString().slice(0, 10) ?? null,
  }).toEqual({ stage, waitingOn, nextFollowUpOn });
}

test('whatever happens, progress, details and search attributes of the workflow are those on record', async () => {
  await fc.assert(
    fc.asyncProperty(adoptions, happenings, async (stage, all) => {
      const life = await lives.open({ attestedDaysAgo: 10, ...(stage && { adopt: { stage } }) });
      const path: string[] = [];
      for (const h of all) {
        path.push(await happen(life, h));
        await eventually(async () => {
          await expectAgreement(life);
          return true;
        }).catch((error: Error) => {
          throw new Error(`after ${path.join('; ')}: ${error.message}`);
        });
      }
    }),
    // a life that parts is told as it was: to live it shorter takes longer than to read it
    { numRuns: 12, interruptAfterTimeLimit: 30_000, endOnFailure: true },
  );
}, 120_000);
