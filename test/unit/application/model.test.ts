import * as fc from 'fast-check';
import type { ApplicationEvent, TimerName } from '../../../domain/applications/events';
import { foldEvents, applyEvent } from '../../../domain/applications/reduce';
import { computeAgenda } from '../../../domain/applications/schedule';
import { isOpen, isParticipating, type ApplicationState } from '../../../domain/applications/state';
import { PARTICIPATION_TRACKS, STAGES } from '../../../domain/kernel/codes';
import { isSameValue } from '../../../domain/kernel/facts';
import { beginPaper, applyHappening, life, type HappeningResult } from './model';
import { ZONE, toStored, type Paper } from './paper';
import { extent } from '../../support/extent';

const TIMERS: TimerName[] = [
  'followUp:credentialing',
  'followUp:contracting',
  'followUp:confirmation',
  'escalation:credentialing',
  'escalation:contracting',
  'escalation:confirmation',
  'escalation:step',
  'informationDeadline',
  'appealWindow',
  'pauseEnd',
  'file',
  ...PARTICIPATION_TRACKS.flatMap((care) => [`followUp:${care}`, `escalation:${care}`] as const),
  'effective',
  'participationEnd',
  'recredentialing:due',
  'recredentialing:reminder',
  'recredentialing:missed',
];
/** The events that touch neither a follow-up nor the queue. */
const SETTLES_NOTHING = ['time', 'file', 'notes', 'assignment', 'pause', 'resume', 'waivers'];

/** The entries that a step makes beside the command's: the file, and what was due. */
const BY_ITSELF = [
  'file',
  'stage',
  'nudge',
  'escalation',
  'deadline_passed',
  'appeal_window_closed',
  'resume',
  'effective',
  'participationEnd',
  'recredentialing_due',
  'recredentialing_reminder',
  'recredentialing_missed',
];

/** The entries that remain: neither struck nor following from what is. */
function remaining(events: readonly ApplicationEvent[]): ApplicationEvent[] {
  const gone = new Set(events.flatMap((event) => (event.kind === 'correction' ? [event.data.strikes] : [])));
  return events.filter((event) => !gone.has(event.id) && !(event.causeId && gone.has(event.causeId)));
}

/** Everything that must hold after each step, as a list of what doesn't. */
function broken(paper: Paper, before: ApplicationState, done: HappeningResult): string[] {
  const { state, events, view } = paper;
  const wrong: string[] = [];
  const must = (holds: boolean, promise: string) => void (holds || wrong.push(promise));
  const timers = Object.keys(state.agenda.timers) as TimerName[];
  const items = paper.items;

  if ((isOpen(state) && !state.paused) || isParticipating(state))
    must(timers.some((name) => name !== 'file') || items.length > 0, 'an armed timer or an open item');
  if (!isOpen(state)) {
    must(
      isParticipating(state) || (timers.length === 0 && items.length === 0),
      'closed, and no participation goes on: no timer, no item',
    );
    must(state.step === null && state.paused === null && isSameValue(state.followUps, {}), 'closed: nothing awaited');
    must(isParticipating(state) || paper.nextFollowUpAt === null, 'closed: no next follow-up');
  }
  must(
    timers.every((name) => TIMERS.includes(name)),
    'timers have known names',
  );
  must(
    timers.every((name) => state.agenda.timers[name]! > paper.now),
    'what is due was handled: whatever asks is woken later than now',
  );
  must(new Set(items).size === items.length, 'each item stands once in the queue');

  const settlesNothing = SETTLES_NOTHING.includes(done.kind) || done.refusal !== null;
  if (settlesNothing && state.stage === before.stage && isOpen(state)) {
    const was = before.agenda.followUps;
    const { followUps } = state.agenda;
    const isResumed = events.slice(before.version).some(({ kind }) => kind === 'resume');
    must(isResumed || isSameValue(followUps, was), 'only a contact or what settles it moves a follow-up');
    must(
      Object.entries(was).every(([name, { at, dueAt }]) => {
        const now = followUps[name as keyof typeof was];
        return now !== undefined && now.at >= at && now.dueAt >= dueAt;
      }),
      'the end of a pause moves none to an earlier time',
    );
    if (!before.paused && !state.paused)
      must(
        before.agenda.items.every((item) => items.includes(item.purpose)),
        'nothing else leaves the queue',
      );
  }

  const age = Date.parse(state.closedAt ?? state.updatedAt) - Date.parse(state.openedAt);
  must(Object.values(state.waiting.ms).reduce((a, b) => a + b) === age, 'waiting adds up to the age in milliseconds');
  const clocks = [view, view.tracks.credentialing, view.tracks.contracting].map((one) => one.waitingSeconds);
  must(
    clocks.every((clock) => Object.values(clock).reduce((a, b) => a + b) === view.ageSeconds),
    'waiting adds up to the age in seconds, in all and on each track',
  );
  must(
    clocks.every((clock) => Object.values(clock).every((seconds) => seconds >= 0)),
    'no negative waiting',
  );

  must(state.version === events.length, 'the version is the number of entries');
  must(
    events.every((event, i) => event.seq === i + 1),
    'entries are numbered without a gap',
  );

  must(STAGES.includes(state.stage), 'a known stage');
  if (state.stage === 'confirmed' && before.stage !== 'confirmed')
    must(
      state.rules.facts.every((fact) => state.facts[fact]?.status === 'confirmed' && state.facts[fact]!.counts),
      'confirmed: the facts of its kind are there',
    );
  must(state.stage === 'confirmed' || state.stage === 'withdrawn' ? !isOpen(state) : true, 'final stages are closed');
  must(
    !(state.stage === 'approved' && state.rules.facts.every((f) => state.facts[f]?.status === 'confirmed')),
    'approved with all facts is confirmed',
  );
  const inPreparation = ['preparing', 'awaiting_attestation', 'ready_to_submit'].includes(state.stage);
  must(!(inPreparation && state.submitted), 'before submission nothing is submitted');
  must(
    !isOpen(state) || inPreparation || state.submitted || state.stage === 'panel_closed',
    'later stages are submitted',
  );
  must(
    state.outstanding.length === 0 || state.stage === 'information_requested',
    'items are asked for while requested',
  );
  must(state.blockers.length === 0 || (state.submitted && isOpen(state)), 'blockers only after submission');

  const attempts = [...state.ended.map((ended) => ended.number), state.attempt].sort((a, b) => a - b);
  must(
    isSameValue(
      attempts,
      attempts.map((_number, i) => i + 1),
    ),
    'no attempt is lost',
  );
  if (done.kind !== 'corrections')
    must(
      before.ended.every((ended) => state.attempt === ended.number || state.ended.some((e) => isSameValue(e, ended))) ||
        before.attempt !== state.attempt,
      'an ended attempt keeps its dates',
    );

  if (done.refusal) {
    const added = events.slice(before.version);
    must(
      added.every((event) => BY_ITSELF.includes(event.kind)),
      'what is refused changes nothing',
    );
    must(
      done.refusal.type !== 'action_not_allowed' || done.refusal.stage === before.stage || added.length > 0,
      'refusal names the stage',
    );
  }
  return wrong;
}

/** Lists the invariants of a whole history that don't hold. */
function brokenHistory({ state, events, playbook }: Paper): string[] {
  const wrong: string[] = [];
  const must = (holds: boolean, promise: string) => void (holds || wrong.push(promise));
  must(isSameValue(foldEvents(events), state), 'the fold of all entries is the state');
  const left = remaining(events);
  const refolded = toStored(left).reduce<ApplicationState | null>(applyEvent, null)!;
  must(
    isSameValue({ ...refolded, agenda: null }, { ...state, agenda: null }),
    'a correction leaves the fold of what remains',
  );
  must(
    isSameValue(computeAgenda(toStored(state), playbook, ZONE), state.agenda),
    'the agenda follows from the state alone',
  );
  must(isSameValue(JSON.parse(JSON.stringify(state)), state), 'the state is plain JSON');
  return wrong;
}

test('whatever happens in whatever order, every promise holds after every step', () => {
  fc.assert(
    fc.property(life, (one) => {
      const { happenings } = one;
      const paper = beginPaper(one);
      for (const h of happenings) {
        const before = structuredClone(paper.state);
        const done = applyHappening(paper, h);
        const whole = done.kind === 'corrections' || h === happenings.at(-1);
        const wrong = [...broken(paper, before, done), ...(whole ? brokenHistory(paper) : [])];
        if (wrong.length > 0) throw new Error(`${done.kind} in ${before.stage} → ${paper.stage}: ${wrong.join('; ')}`);
      }
    }),
    { numRuns: extent(2_000) },
  );
}, 300_000);
