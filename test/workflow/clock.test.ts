import { buildApplicationWorkflowId } from '../../domain/applications/key';
import { toLocalDate } from '../../domain/time/calendar';
import type { Instant } from '../../domain/time/instants';
import type { RecordStep } from '../../workflows/messages';
import { Lives, type Life } from '../support/lives';

type Step = RecordStep['recordStep'];

const DAY_MS = 86_400_000;

/** How far the clock by which the record is asked is ahead of Temporal's. */
let aheadMs = 0;
const moved = (at: Instant, ms: number): Instant => new Date(Date.parse(at) + ms).toISOString();
const movedNext = <N extends { at: Instant } | null>(next: N, ms: number): N =>
  next && { ...next, at: moved(next.at, ms) };

/** Between a workflow, whose timers run by Temporal's clock, and a record of another: where it changes, a clock has jumped. */
const jumping =
  (step: Step): Step =>
  async ({ known, at, ...request }) => {
    const by = aheadMs;
    const asked = { ...request, at: moved(at, by), known: { ...known, next: movedNext(known.next, by) } };
    const { progress, ...rest } = await step(asked);
    return { ...rest, progress: { ...progress, next: movedNext(progress.next, -by) } };
  };

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin({ through: jumping });
});
afterAll(() => lives.stop());
beforeEach(() => {
  aheadMs = 0;
});

/** Days, so that two tracks that are armed on one day ring at one instant. */
const PLAYBOOK = { followUpEvery: { days: 14 }, contractChase: { days: 14 }, escalateAfter: { days: 7 } };

/** An application in review whose contract has been sent: two follow-ups, due at one instant. */
async function twoTracks(): Promise<{ life: Life; due: Instant }> {
  const life = await lives.open({ playbook: PLAYBOOK, adopt: { stage: 'in_review' } });
  await life.contact('in_review');
  const { agenda } = await life.act('contract', {
    status: 'sent',
    on: toLocalDate(await lives.now(), 'America/Denver'),
  });
  const { credentialing, contracting } = agenda.followUps;
  expect(contracting).toEqual({ ...contracting, at: credentialing!.at });
  return { life, due: credentialing!.at };
}

/** Lists the entries that timers made, in the order in which they were written. */
const fired = async (life: Life): Promise<string[]> =>
  (await life.entries()).flatMap((entry) =>
    entry.kind === 'nudge' || entry.kind === 'escalation' ? [`${entry.kind} ${entry.data.track}`] : [],
  );
const NUDGES = ['nudge contracting', 'nudge credentialing'];
const ESCALATIONS = ['escalation contracting', 'escalation credentialing'];

async function historyLength(life: Life): Promise<number> {
  const { key } = await life.state();
  return (await lives.env.client.workflow.getHandle(buildApplicationWorkflowId(key)).fetchHistory()).events!.length;
}

/** A turn that a timer began, with the timer that follows: it fired, a task, the step, attributes, and armed again. */
const TURN = 8;

const sleepPast = async (due: Instant, days = 0) =>
  lives.env.sleep(Date.parse(due) + days * DAY_MS + 60_000 - Date.parse(await lives.now()));

test('two timers at one instant: each fires once, as written, in one step', async () => {
  const { life, due } = await twoTracks();
  const before = await historyLength(life);
  await sleepPast(due);
  expect(await fired(life)).toEqual(NUDGES);
  expect((await historyLength(life)) - before).toBeLessThanOrEqual(TURN);
  await sleepPast(due, 20);
  expect(await fired(life)).toEqual([...NUDGES, ...ESCALATIONS]);
  expect((await historyLength(life)) - before).toBeLessThanOrEqual(2 * TURN);
  const { agenda } = await life.state();
  expect([agenda.followUps.credentialing!.at, agenda.followUps.contracting!.at]).toEqual([due, due]);
});

test('a clock that jumps ahead and back: what came due meanwhile fires once, and nothing of it again', async () => {
  const { life } = await twoTracks();
  aheadMs = 40 * DAY_MS;
  await life.act('notes', { text: 'x', visibility: 'internal' });
  expect(await fired(life)).toEqual([...NUDGES, ...ESCALATIONS]);
  aheadMs = 0;
  const before = await historyLength(life);
  await lives.env.sleep('60 days');
  expect(await fired(life)).toEqual([...NUDGES, ...ESCALATIONS]);
  expect((await historyLength(life)) - before).toBeLessThanOrEqual(2 * TURN);
});

test('a clock that jumps back under a running timer: it is armed again, and fires once when its time has come', async () => {
  const { life, due } = await twoTracks();
  const before = await historyLength(life);
  aheadMs = -3 * DAY_MS;
  await sleepPast(due);
  expect(await fired(life)).toEqual([]);
  await sleepPast(due, 3);
  expect(await fired(life)).toEqual(NUDGES);
  expect((await historyLength(life)) - before).toBeLessThanOrEqual(2 * TURN);
});

test('a clock that never comes to rest: each follow-up and escalation fires once, and no history grows but by the jumps', async () => {
  const { life } = await twoTracks();
  const before = await historyLength(life);
  const jumps = [5, -2, 9, -9, 13, -1, 30, -20, 3, 0];
  for (const days of jumps) {
    aheadMs = days * DAY_MS;
    await lives.env.sleep('4 days');
  }
  expect([...(await fired(life))].sort()).toEqual([...NUDGES, ...ESCALATIONS].sort());
  expect((await historyLength(life)) - before).toBeLessThanOrEqual(jumps.length * TURN);
});
