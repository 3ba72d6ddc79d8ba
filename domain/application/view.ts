import type { Action, Fact, Outcome, WaitingOn } from '../codes';
import { WAITING_ON } from '../codes';
import type { Agenda, Instant, Track } from './events';
import { waitingOnTrack } from './reduce';
import { factsOnFile, isOpen, type ApplicationState, type EndedAttempt } from './state';
import { allowedActions, allowedOutcomes } from './transitions';

export interface TrackView {
  waitingOn: WaitingOn;
  nextFollowUpAt: Instant | null;
  dueAt: Instant | null;
}

/** What a state shows of itself: codes, dates and counts; names and values are joined by the record. */
export interface ApplicationView {
  stage: ApplicationState['stage'];
  stageSince: Instant;
  open: boolean;
  attempt: number;
  endedAttempts: Omit<EndedAttempt, 'step' | 'outstanding'>[];
  submittedOn: string | null;
  waitingOn: WaitingOn;
  /** Whole seconds by whom was waited for; they add up to `ageSeconds`. */
  waitingSeconds: Record<WaitingOn, number>;
  ageSeconds: number;
  tracks: {
    credentialing: TrackView;
    contracting: TrackView & { status: ApplicationState['contract']['status']; on: string | null };
  };
  prerequisites: { code: string; met: boolean; reason?: string; waivedUntil?: string }[];
  attestation: ApplicationState['file']['attestation'];
  blockers: ApplicationState['blockers'];
  nextFollowUpAt: Instant | null;
  dueAt: Instant | null;
  overdue: boolean;
  expectedDecisionAt: Instant | null;
  /** By when the law wants a decision, where its clock has started. */
  statutory: Agenda['statutory'] | null;
  paused: ApplicationState['paused'];
  participationEndedOn: string | null;
  allowedActions: Action[];
  allowedOutcomes: Outcome[];
  missingFacts: Fact[];
}

/** The credentialing follow-up until approval, then the earliest chase. */
export function nextFollowUpAt(state: ApplicationState): Instant | null {
  const { followUps } = state.agenda;
  if (state.stage !== 'approved') return followUps.credentialing?.at ?? null;
  return [followUps.confirmation?.at, followUps.contracting?.at].filter((at) => at !== undefined).sort()[0] ?? null;
}

/** When the earliest open item, or else the next follow-up, is late. */
export function dueAt(state: ApplicationState): Instant | null {
  const open = state.agenda.items.map((item) => item.dueAt).sort()[0];
  if (open) return open;
  const next = nextFollowUpAt(state);
  return Object.values(state.agenda.followUps).find((f) => f.at === next)?.dueAt ?? null;
}

/** How an application looks at an instant. */
export function view(state: ApplicationState, now: Instant): ApplicationView {
  const waiting = waitingUntil(state, now);
  const tracks = waitingOnTrack(state);
  const on = (...names: Track[]) => {
    const armed = names.flatMap((name) => state.agenda.followUps[name] ?? []).sort((a, b) => (a.at < b.at ? -1 : 1))[0];
    return { nextFollowUpAt: armed?.at ?? null, dueAt: armed?.dueAt ?? null };
  };
  const due = dueAt(state);
  return {
    stage: state.stage,
    stageSince: state.stageSince,
    open: isOpen(state),
    attempt: state.attempt,
    endedAttempts: state.ended.map(({ step: _step, outstanding: _outstanding, ...shown }) => shown),
    submittedOn: state.submittedOn,
    waitingOn: state.waiting.on,
    ...waiting,
    tracks: {
      credentialing: { waitingOn: tracks.credentialing, ...on('credentialing', 'confirmation') },
      contracting: { ...state.contract, waitingOn: tracks.contracting, ...on('contracting') },
    },
    prerequisites: state.file.prerequisites.map((p) => {
      const waiver = state.waivers.find((w) => w.prerequisite === p.code);
      return { ...p, ...(waiver && { waivedUntil: waiver.until }) };
    }),
    attestation: state.file.attestation,
    blockers: state.blockers,
    nextFollowUpAt: nextFollowUpAt(state),
    dueAt: due,
    overdue: due !== null && due < now && !state.paused,
    expectedDecisionAt: state.agenda.expectedDecisionAt,
    statutory: state.agenda.statutory ?? null,
    paused: state.paused,
    participationEndedOn: state.participationEndedOn,
    allowedActions: allowedActions(state),
    allowedOutcomes: allowedOutcomes(state),
    missingFacts: factsOnFile(state) ? [] : state.rules.facts.filter((f) => state.facts[f]?.status !== 'confirmed'),
  };
}

/** Whole seconds that add up: what rounding leaves goes to whoever is waited for now. */
function waitingUntil(state: ApplicationState, now: Instant) {
  const until = state.closedAt ?? (now > state.updatedAt ? now : state.updatedAt);
  const ms = { ...state.waiting.ms };
  ms[state.waiting.on] += Math.max(0, Date.parse(until) - Date.parse(state.waiting.since));
  const ageSeconds = Math.floor(Math.max(0, Date.parse(until) - Date.parse(state.openedAt)) / 1000);
  const waitingSeconds = Object.fromEntries(WAITING_ON.map((who) => [who, Math.floor(ms[who] / 1000)])) as Record<
    WaitingOn,
    number
  >;
  const counted = WAITING_ON.reduce((sum, who) => sum + waitingSeconds[who], 0);
  waitingSeconds[state.waiting.on] += ageSeconds - counted;
  return { waitingSeconds, ageSeconds };
}
