import * as fc from 'fast-check';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../../domain/applications/key';
import { FACTS, STAGES, type Stage } from '../../domain/kernel/codes';
import { addDays } from '../../domain/time/dates';
import { readRun } from '../../record/applications/application-run';
import { formatTimer } from '../../workflows/application-run';
import { progressQuery } from '../../workflows/messages';
import { nextFollowUpOnAttribute, stageAttribute, waitingOnAttribute } from '../../workflows/search-attributes';
import { eventually } from '../support/eventually';
import { Lives, VALUES, type Life } from '../support/lives';
import { chooseAction, happening, pickFrom, type Happening } from '../unit/application/model';

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

const happenings = fc.array(happening, { minLength: 3, maxLength: 7, size: 'max' });

/** The words that a model's body lacks: they are on record, and no rule reads them. */
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
      await lives.dispatch.notifyFileChanged(life.id);
      return 'file';
    }
    case 'strike': {
      const { id: entryId, kind } = pickFrom(await life.entries(), h.which);
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
  const workflowId = progress.participating ? buildParticipationWorkflowId(life.id) : buildApplicationWorkflowId(key);
  const handle = lives.env.client.workflow.getHandle(workflowId);
  const { status, typedSearchAttributes: attributes } = await handle.describe();
  const runs = progress.open || progress.participating;
  expect(status.name).toBe(runs ? 'RUNNING' : 'COMPLETED');
  expect(attributes.get(stageAttribute)).toBe(stage);
  if (!runs) return;
  expect(await handle.query(progressQuery)).toEqual(progress);
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain(`**${stage}** (attempt ${attempt}, waiting on ${waitingOn})`);
  expect(currentDetails).toContain(next ? `Next: ${formatTimer(next.timer)}, at ${next.at}.` : 'nothing has a date');
  expect({
    waitingOn: attributes.get(waitingOnAttribute),
    nextFollowUpOn: attributes.get(nextFollowUpOnAttribute)?.toISOString().slice(0, 10) ?? null,
  }).toEqual({ waitingOn, nextFollowUpOn });
}

/** The actions that lead to a stage, from an application that is ready to be submitted. */
const LEADS: Partial<Record<Stage, (life: Life) => Promise<unknown>>> = {
  preparing: async (life) => {
    await lives.sql`update providers set malpractice = null where id = ${life.book.providerId}`;
    await lives.dispatch.notifyFileChanged(life.id);
  },
  confirmed: async (life) => {
    for (const fact of FACTS) await life.confirm(fact);
  },
  denied: (life) => life.contact('denied'),
  information_requested: (life) => life.contact('information_requested', { missingItems: ['W-9'] }),
  withdrawn: (life) => life.act('withdrawal', { reason: 'x' }),
};
/** The stage in which an application is taken over, to be led on from there. */
const ADOPTED: Partial<Record<Stage, Stage>> = {
  submitted: 'submitted',
  in_review: 'in_review',
  information_requested: 'in_review',
  approved: 'approved',
  confirmed: 'approved',
  panel_closed: 'panel_closed',
  denied: 'in_review',
};

async function standing(stage: Stage): Promise<Life> {
  const adopted = ADOPTED[stage];
  const life = await lives.open({
    ...(stage !== 'awaiting_attestation' && { attestedDaysAgo: 10 }),
    ...(adopted && { adopt: { stage: adopted } }),
  });
  await LEADS[stage]?.(life);
  await eventually(async () => (await life.state()).stage === stage);
  return life;
}

test.each(STAGES)(
  'in %s, and whatever happens from there, progress, details and search attributes of the workflow are those on record',
  async (stage) => {
    await fc.assert(
      fc.asyncProperty(happenings, async (all) => {
        const life = await standing(stage);
        const path: string[] = [stage];
        for (const h of [null, ...all]) {
          if (h) path.push(await happen(life, h));
          await eventually(async () => {
            await expectAgreement(life);
            return true;
          }).catch((error: Error) => {
            throw new Error(`after ${path.join('; ')}: ${error.message}`);
          });
        }
      }),
      // a diverging life is reported as it was: to live it shorter takes longer than to read it
      { numRuns: 2, endOnFailure: true },
    );
  },
  120_000,
);
