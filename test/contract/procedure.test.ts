import { ACTION_TABLE } from '../../domain/applications/transitions';
import { PARTICIPATION_TRACKS, FACTS, ISSUE_CODES, STAGES, type Action, type Stage } from '../../domain/kernel/codes';
import type { TimerName } from '../../domain/applications/events';
import { addDays } from '../../domain/time/dates';
import type { Playbook } from '../../domain/registry/playbook';
import { COMPLETE, Paper, TODAY0, FACT_VALUES } from '../unit/application/paper';
import type { ApplicationRun, Part } from '../../workflows/application-run';
import { lookAfterParticipation } from '../../workflows/network-participation';
import * as procedure from '../../workflows/payer-application';

const { PARTS } = procedure;

const OPEN = STAGES.filter((stage) => stage !== 'confirmed' && stage !== 'withdrawn');

/** Reads how a part of the procedure describes itself. */
async function partOf(part: (application: ApplicationRun) => Promise<void>): Promise<Part> {
  const said: Part[] = [];
  const listening: Pick<ApplicationRun, 'remainInPart'> = { remainInPart: async (one) => void said.push(one) };
  await part(listening as ApplicationRun);
  expect(said).toHaveLength(1);
  return said[0]!;
}

const sorted = <T extends string>(all: Iterable<T>): T[] => [...new Set(all)].sort();
const actionsIn = (stage: Stage) =>
  sorted((Object.keys(ACTION_TABLE) as Action[]).filter((action) => ACTION_TABLE[action].in.includes(stage)));

const IN_HOURS: Playbook = {
  confirmReceiptAfter: { hours: 50 },
  followUpEvery: { hours: 50 },
  panelRecheck: { hours: 50 },
  contractChase: { hours: 50 },
  confirmationChase: { hours: 50 },
  loadingCheck: { hours: 50 },
  directoryEvery: { hours: 500 },
};
const CONFIRMATIONS = Object.fromEntries(
  FACTS.map((fact) => [fact, { value: FACT_VALUES[fact], source: 'letter', reference: 'L1' }]),
);

/** An application that has just come to a stage. */
function standing(stage: Stage): Paper {
  switch (stage) {
    case 'preparing':
      return new Paper({
        playbook: IN_HOURS,
        file: { ...COMPLETE, practice: { ...COMPLETE.practice, address: null } },
      });
    case 'awaiting_attestation':
      return new Paper({ playbook: IN_HOURS, file: { ...COMPLETE, attestation: null } });
    case 'ready_to_submit':
      return new Paper({ playbook: IN_HOURS });
    default: {
      const adopt = { stage, submittedOn: TODAY0, ...(stage === 'confirmed' && { confirmations: CONFIRMATIONS }) };
      return stage === 'denied' || stage === 'information_requested'
        ? new Paper({ playbook: IN_HOURS, adopt: { ...adopt, stage: 'in_review' } }).contact(stage)
        : new Paper({ playbook: IN_HOURS, adopt });
    }
  }
}

/** The events that may happen there, each of which arms timers of its own. */
const TURNS: ((paper: Paper) => unknown)[] = [
  () => undefined,
  (paper) => paper.give('contract', { status: 'sent', on: TODAY0, outOfOrder: true }),
  (paper) => paper.give('contacts', { channel: 'mail', outcome: 'other', nextFollowUpOn: addDays(TODAY0, 2) }),
  (paper) => paper.give('pause', { until: addDays(TODAY0, 2) }),
  (paper) => paper.give('waivers', { prerequisite: 'malpractice', until: addDays(TODAY0, 2) }),
  (paper) => paper.give('committee-date', { on: TODAY0 }),
  (paper) => paper.give('recredentialing', { startedOn: TODAY0, dueOn: addDays(TODAY0, 200) }),
  (paper) => paper.give('participation-end', { on: addDays(TODAY0, 40) }),
  (paper) => paper.give('change-notice', { field: 'address', changedOn: TODAY0 }),
  (paper) =>
    paper.give('confirmations', {
      fact: 'effectiveDate',
      value: TODAY0,
      source: 'letter',
      reference: 'L2',
      reason: 'x',
    }),
  (paper) => paper.give('confirmations', { fact: 'claimsRoute', value: 'other', source: 'letter', reference: 'L2' }),
  ...ISSUE_CODES.map((code) => (paper: Paper) => paper.give('issues', { code, since: TODAY0 })),
];

const pick = (i: number) => PARTICIPATION_TRACKS[((i - 1) / 2) % PARTICIPATION_TRACKS.length]!;

/** The timers that are armed in a stage, whatever happens there and however long it lasts. */
function armedTimers(stage: Stage): TimerName[] {
  const armed = TURNS.flatMap((turn) => {
    const paper = standing(stage);
    expect(paper.stage).toBe(stage);
    turn(paper);
    return Array.from({ length: 60 }, (_ring, i) => {
      // an item that is asked for at once is asked again after a contact about it
      if (stage === 'confirmed' && i % 2 === 1)
        paper.give('contacts', { channel: 'portal', outcome: 'other', about: pick(i) });
      const timers = paper.stage === stage ? (Object.keys(paper.state.agenda.timers) as TimerName[]) : [];
      if (paper.stage === stage && timers.length > 0) paper.ring();
      return timers;
    }).flat();
  });
  return sorted(armed);
}

describe('what the procedure says of each stage is what the rules do', () => {
  test('every open stage has its part, and only open stages have one', () => {
    expect(sorted(Object.keys(PARTS))).toEqual(sorted(OPEN));
    // each by its name, as a newcomer looks for it
    const exported = Object.values<unknown>(procedure);
    for (const part of Object.values(PARTS)) expect(exported).toContain(part);
  });

  test.each(OPEN)('%s takes the actions of the table', async (stage) => {
    const { actions } = await partOf(PARTS[stage]!);
    expect(sorted(actions)).toEqual(actionsIn(stage));
  });

  test.each(OPEN)('%s arms the timers of the schedule, each of them in some life', async (stage) => {
    const { timers } = await partOf(PARTS[stage]!);
    expect(sorted(timers)).toEqual(armedTimers(stage));
  });

  test('a participation takes the actions of the table, and arms the timers of the schedule', async () => {
    const { actions, timers } = await partOf(lookAfterParticipation);
    const closed = (Object.keys(ACTION_TABLE) as Action[]).filter((action) =>
      ACTION_TABLE[action].closed?.includes('confirmed'),
    );
    expect(sorted(actions)).toEqual(sorted(closed));
    expect(sorted(timers)).toEqual(armedTimers('confirmed'));
  });

  test('each part says in other words what is done', async () => {
    const words = await Promise.all(OPEN.map(async (stage) => (await partOf(PARTS[stage]!)).does));
    expect(new Set(words).size).toBe(OPEN.length);
  });
});
