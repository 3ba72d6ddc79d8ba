import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../../domain/applications/key';
import { addDays } from '../../domain/time/dates';
import { root } from '../../local/paths';
import { eventually } from '../support/eventually';
import { Lives } from '../support/lives';

/**
 * A straight life in turns of its workflow: its waking, events of history, billed actions, whether lists of workflows
 * are updated (one event and one action more), and what those buy. Each turn has one workflow task (three events). A
 * person who changes a number here says why, and changes docs/bench.md.
 */
const STRAIGHT_LIFE = [
  ['start', 5, 2, false, 'the workflow; a timer that escalates an attestation nobody obtains'],
  ['signal fileChanged', 5, 2, true, 'the changed file; the recorded step. The timer stays: the next action moves it'],
  ['update submission', 8, 3, true, 'an answer to the person; the recorded step; the timer to confirm receipt'],
  ['update contacts', 8, 3, true, 'an answer; the step; the timer of the first follow-up'],
  ['timer', 6, 2, false, 'the recorded nudge; the timer that escalates it'],
  ['update contacts', 8, 3, true, 'an answer; the step; the timer of the second follow-up'],
  ['timer', 6, 2, false, 'the recorded nudge; the timer that escalates it'],
  ['update contacts', 8, 3, true, 'an answer; the step; the timer of the next follow-up'],
  ['update contacts', 8, 3, true, 'approved. An answer; the step; the timer that chases the facts'],
  ['update confirmations', 6, 2, false, 'an answer; the step'],
  ['update confirmations', 6, 2, false, 'an answer; the step'],
  ['update confirmations', 8, 3, true, 'an answer; the step; the timer that chases the contract alone'],
  ['update confirmations', 7, 2, true, 'an answer; the step; the end'],
] as const;
const WITHOUT_LISTS = { events: 89, actions: 32 };
const WITH_LISTS = { events: 97, actions: 40 };
const MOST_UPSERTS = 12;
/** Bytes, as they are stored and sent: what a workflow is started with, and the straight life's whole history (docs/bench.md). */
const MOST_START_BYTES = 700;
const MOST_HISTORY_BYTES = 40_000;

/** Its participation over 400 days in which nobody does anything, in the same turns. */
const NEGLECTED_PARTICIPATION = [
  ['start', 5, 2, 'the workflow; the timer of the effective date'],
  ['timer', 6, 2, 'the day from which it is billable; the timer that asks whether it is loaded and listed'],
  ['timer', 6, 2, 'the directory is to be verified, the loading to be checked at the same instant: one step'],
  ['timer', 6, 2, 'both are escalated; the timer that opens the recredentialing'],
] as const;

type Event = temporal.api.history.v1.IHistoryEvent;
const { EventType } = temporal.api.enums.v1;
const { History } = temporal.api.history.v1;
const { Payloads } = temporal.api.common.v1;

const startBytes = ([start]: Event[]): number =>
  Payloads.encode(start!.workflowExecutionStartedEventAttributes!.input!).finish().length;
const historyBytes = (events: Event[]): number => History.encode({ events }).finish().length;

const name = (event: Event) => EventType[event.eventType!].replace('EVENT_TYPE_', '');

const UPSERT = 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES';

/** The events that Temporal Cloud bills; for local activities, one for each workflow task, and any other marker. */
const BILLED = [
  'WORKFLOW_EXECUTION_STARTED',
  'WORKFLOW_EXECUTION_SIGNALED',
  'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  'TIMER_STARTED',
  'ACTIVITY_TASK_SCHEDULED',
  UPSERT,
  'START_CHILD_WORKFLOW_EXECUTION_INITIATED',
  'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
];

function actions(turn: Event[]): number {
  const markers = turn.flatMap((event) => event.markerRecordedEventAttributes?.markerName ?? []);
  const others = markers.filter((marker) => marker !== 'core_local_activity').length;
  return turn.filter((event) => BILLED.includes(name(event))).length + others + (others < markers.length ? 1 : 0);
}

const WAKES = ['WORKFLOW_EXECUTION_SIGNALED', 'TIMER_FIRED', 'WORKFLOW_TASK_SCHEDULED'];

/** A history in turns: what woke the workflow, its workflow task, and what that task came to. */
function turnsOf(events: Event[]): Event[][] {
  const turns: Event[][] = [[]];
  for (const event of events) {
    const over = turns.at(-1)!.some((e) => name(e) === 'WORKFLOW_TASK_COMPLETED');
    if (over && WAKES.includes(name(event))) turns.push([]);
    turns.at(-1)!.push(event);
  }
  return turns;
}

function cause(turn: Event[]): string {
  for (const event of turn) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) return `signal ${signal.signalName}`;
    const update = event.workflowExecutionUpdateAcceptedEventAttributes;
    if (update) return `update ${update.acceptedRequest!.input!.name}`;
    if (name(event) === 'TIMER_FIRED') return 'timer';
  }
  return 'start';
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b);

/** Days, so that no weekend and no holiday changes the count. */
const PLAYBOOK = {
  confirmReceiptAfter: { days: 7 },
  followUpEvery: { days: 14 },
  contactOverdueAfter: { days: 2 },
  escalateAfter: { days: 14 },
  contractChase: { days: 14 },
  confirmationChase: { days: 7 },
};

describe('what it costs on Temporal', () => {
  test.each([
    ['without', WITHOUT_LISTS],
    ['with', WITH_LISTS],
  ])('is stated in docs/bench.md, %s updates of lists', (how, { events, actions }) => {
    const row = new RegExp(`^\\| ${how} updates of lists of workflows +\\| ${events} +\\| ${actions} +\\|$`, 'm');
    expect(readFileSync(join(root, 'docs/bench.md'), 'utf8')).toMatch(row);
  });

  let lives: Lives;
  beforeAll(async () => {
    lives = await Lives.begin();
  });
  afterAll(() => lives.stop());

  const historyOf = async (workflowId: string) =>
    (await lives.env.client.workflow.getHandle(workflowId).fetchHistory()).events!;

  /** The history once it has come to this event. */
  const until = (workflowId: string, last: string) =>
    eventually(async () => {
      const events = await historyOf(workflowId);
      return name(events.at(-1)!) === last ? events : null;
    });

  test('a straight life stays within its budget of events, actions and bytes, and so does its participation', async () => {
    const life = await lives.open({ playbook: PLAYBOOK });
    await lives.env.sleep('3 days');
    await life.attest();
    await life.until((s) => s.stage === 'ready_to_submit', '1 days');
    await lives.env.sleep('1 day');
    await life.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
    await lives.env.sleep('4 days');
    await life.contact('received');
    for (const outcome of ['in_review', 'committee']) {
      await life.until((s) => s.agenda.items.length > 0, '20 days');
      await lives.env.sleep('1 day');
      await life.contact(outcome);
    }
    await lives.env.sleep('5 days');
    await life.contact('approved');
    await lives.env.sleep('2 days');
    for (const fact of ['effectiveDate', 'payerProviderId', 'claimsRoute', 'contract'] as const)
      await life.confirm(fact, fact === 'effectiveDate' ? { value: addDays(await lives.today(), 30) } : {});

    const { key } = await life.state();
    const events = await until(buildApplicationWorkflowId(key), 'WORKFLOW_EXECUTION_COMPLETED');
    expect(startBytes(events)).toBeLessThanOrEqual(MOST_START_BYTES);
    expect(historyBytes(events)).toBeLessThanOrEqual(MOST_HISTORY_BYTES);
    const turns = turnsOf(events);
    const upserts = (turn: Event[]) => turn.filter((event) => name(event) === UPSERT).length;
    const counted = turns.map((turn) => {
      const shown = upserts(turn);
      return [cause(turn), turn.length - shown, actions(turn) - shown, shown > 0];
    });
    expect(counted).toEqual(STRAIGHT_LIFE.map(([woken, events, billed, shown]) => [woken, events, billed, shown]));
    const shown = sum(turns.map(upserts));
    expect(shown).toBeLessThanOrEqual(MOST_UPSERTS);
    const all = { events: sum(turns.map((turn) => turn.length)), actions: sum(turns.map(actions)) };
    expect(all).toEqual(WITH_LISTS);
    expect({ events: all.events - shown, actions: all.actions - shown }).toEqual(WITHOUT_LISTS);

    const participation = buildParticipationWorkflowId(life.id);
    await until(participation, 'TIMER_STARTED');
    await lives.env.sleep('400 days');
    const neglected = turnsOf(await historyOf(participation)).map((turn) => [cause(turn), turn.length, actions(turn)]);
    expect(neglected).toEqual(NEGLECTED_PARTICIPATION.map(([woken, events, billed]) => [woken, events, billed]));
  });
});
