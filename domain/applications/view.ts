import {
  type Action,
  type Fact,
  type Outcome,
  type RecredentialingStatus,
  type WaitingOn,
  type ParticipationTrack,
  WAITING_ON,
} from '../kernel/codes';
import { describeBlocker } from './blockers';
import type { Agenda, RecredentialingDates, Track } from './events';
import { toLocalDate } from '../time/calendar';
import type { Instant, PlainDate } from '../time/instants';
import { findWaitingOnByTrack } from './reduce';
import {
  areFactsOnFile,
  findLastDay,
  isHeld,
  isOpen,
  isParticipating,
  type ApplicationState,
  type Clock,
  type EndedAttempt,
  type Participation,
} from './state';
import { listAllowedActions, listAllowedOutcomes } from './transitions';

interface TrackView {
  waitingOn: WaitingOn;
  /** The seconds of this track alone; they add up to `ageSeconds` too. */
  waitingSeconds: Record<WaitingOn, number>;
  nextFollowUpAt: Instant | null;
  dueAt: Instant | null;
}

/** The participation after the confirmation, as it stands. */
export interface ParticipationView {
  effectiveOn: string | null;
  /** Whether the participation is still active. */
  current: boolean;
  loaded: Participation['loading'];
  directory: Participation['directory'];
  issues: Participation['issues'];
  /** Changes of the file of which the payer must be notified and has not been yet. */
  untoldChanges: NonNullable<Participation['untold']>;
  /** The instant of each track's next follow-up, and when it is late. */
  followUps: Partial<Record<ParticipationTrack, { nextFollowUpAt: Instant; dueAt: Instant }>>;
  recredentialing:
    | (Omit<RecredentialingDates, 'remindOn'> &
        Pick<NonNullable<Participation['cycle']>, 'startedByPayerOn' | 'openedAt' | 'missedAt'> & {
          status: RecredentialingStatus;
        })
    | null;
}

/** The fields of an ended attempt that a view shows: codes, dates and counts; the record joins names and values. */
const SHOWN_OF_ENDED = [
  'number',
  'stage',
  'submitted',
  'submittedOn',
  'submittedAt',
  'endedAt',
  'endedBy',
  'filingDateLost',
] as const;

const pickFields = <T, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;

export interface ApplicationView {
  stage: ApplicationState['stage'];
  stageSince: Instant;
  open: boolean;
  attempt: number;
  endedAttempts: Pick<EndedAttempt, (typeof SHOWN_OF_ENDED)[number]>[];
  submittedOn: string | null;
  waitingOn: WaitingOn;
  /** Whole seconds by the party that was waited for; they add up to `ageSeconds`. */
  waitingSeconds: Record<WaitingOn, number>;
  ageSeconds: number;
  tracks: {
    credentialing: TrackView;
    contracting: TrackView & { status: ApplicationState['contract']['status']; on: string | null };
  };
  prerequisites: { code: string; met: boolean; reason?: string; waivedUntil?: string }[];
  attestation: ApplicationState['file']['attestation'];
  blockers: (ApplicationState['blockers'][number] & { text: string })[];
  nextFollowUpAt: Instant | null;
  dueAt: Instant | null;
  overdue: boolean;
  /** Unanswered calls in a row. */
  unanswered: number;
  expectedDecisionAt: Instant | null;
  /** The day by which the law wants a decision, if its clock has started. */
  statutory: Agenda['statutory'] | null;
  paused: ApplicationState['paused'];
  /** Its nudges and mail wait for a person to enter what a restore lost; `known` is how far it had come. */
  held: Omit<NonNullable<ApplicationState['held']>, 'endedAt'> | null;
  participationEndedOn: string | null;
  participation: ParticipationView | null;
  allowedActions: Action[];
  allowedOutcomes: Outcome[];
  missingFacts: Fact[];
}

/**
 * Computes the credentialing follow-up until approval, then the earliest chase; for a participation the earliest of
 * any.
 */
export function computeNextFollowUpAt(state: ApplicationState): Instant | null {
  const { followUps } = state.agenda;
  if (isParticipating(state))
    return (
      Object.values(followUps)
        .map(({ at }) => at)
        .sort()[0] ?? null
    );
  if (state.stage !== 'approved') return followUps.credentialing?.at ?? null;
  return [followUps.confirmation?.at, followUps.contracting?.at].filter((at) => at !== undefined).sort()[0] ?? null;
}

/** Computes when the earliest open item, or else the next follow-up, is late. */
export function computeDueAt(state: ApplicationState): Instant | null {
  const open = state.agenda.items.map((item) => item.dueAt).sort()[0];
  if (open) return open;
  const next = computeNextFollowUpAt(state);
  return Object.values(state.agenda.followUps).find((f) => f.at === next)?.dueAt ?? null;
}

/** Builds the view of an application at an instant; `timeZone` is the client's. */
export function buildApplicationView(state: ApplicationState, now: Instant, timeZone: string): ApplicationView {
  const { waiting } = state;
  const countSeconds = computeWaitingSeconds(state, now);
  const tracks = findWaitingOnByTrack(state);
  const findNextOn = (...names: Track[]) => {
    const armed = names.flatMap((name) => state.agenda.followUps[name] ?? []).sort((a, b) => (a.at < b.at ? -1 : 1))[0];
    return { nextFollowUpAt: armed?.at ?? null, dueAt: armed?.dueAt ?? null };
  };
  const due = computeDueAt(state);
  return {
    stage: state.stage,
    stageSince: state.stageSince,
    open: isOpen(state),
    attempt: state.attempt,
    endedAttempts: state.ended.map((ended) => pickFields(ended, SHOWN_OF_ENDED)),
    submittedOn: state.submittedOn,
    waitingOn: waiting.on,
    ...countSeconds(waiting),
    tracks: {
      credentialing: {
        waitingOn: tracks.credentialing,
        waitingSeconds: countSeconds(waiting.tracks?.credentialing ?? waiting).waitingSeconds,
        ...findNextOn('credentialing', 'confirmation'),
      },
      contracting: {
        ...state.contract,
        waitingOn: tracks.contracting,
        waitingSeconds: countSeconds(waiting.tracks?.contracting ?? waiting).waitingSeconds,
        ...findNextOn('contracting'),
      },
    },
    prerequisites: state.file.prerequisites.map((p) => {
      const waiver = state.waivers.find((w) => w.prerequisite === p.code);
      return { ...p, ...(waiver && { waivedUntil: waiver.until }) };
    }),
    attestation: state.file.attestation,
    blockers: state.blockers.map(({ code, since }) => ({ code, since, text: describeBlocker(code, state.rules) })),
    nextFollowUpAt: computeNextFollowUpAt(state),
    dueAt: due,
    overdue: due !== null && due < now && !state.paused,
    unanswered: state.unanswered ?? 0,
    expectedDecisionAt: state.agenda.expectedDecisionAt,
    statutory: state.agenda.statutory ?? null,
    paused: state.paused,
    held: state.held && isHeld(state) ? { since: state.held.since, known: state.held.known } : null,
    participationEndedOn: findLastDay(state),
    participation: viewParticipation(state, toLocalDate(now, timeZone)),
    allowedActions: listAllowedActions(state),
    allowedOutcomes: listAllowedOutcomes(state),
    missingFacts: areFactsOnFile(state) ? [] : state.rules.facts.filter((f) => state.facts[f]?.status !== 'confirmed'),
  };
}

function viewParticipation(state: ApplicationState, today: PlainDate): ParticipationView | null {
  const { participation: p, agenda } = state;
  if (!p) return null;
  const { effective, loading, directory, issues, cycle, untold: unreportedChanges = [] } = p;
  const current = isParticipating(state);
  const followUps = current
    ? (Object.entries(agenda.followUps) as [ParticipationTrack, { at: Instant; dueAt: Instant }][])
    : [];
  return {
    effectiveOn: effective?.on ?? null,
    current,
    loaded: loading,
    directory,
    issues,
    untoldChanges: unreportedChanges,
    followUps: Object.fromEntries(followUps.map(([track, { at, dueAt }]) => [track, { nextFollowUpAt: at, dueAt }])),
    recredentialing: cycle && agenda.recredentialing ? viewCycle(cycle, agenda.recredentialing, today) : null,
  };
}

function viewCycle(
  { startedByPayerOn, openedAt, missedAt }: NonNullable<Participation['cycle']>,
  { remindOn: _, ...dates }: RecredentialingDates,
  today: PlainDate,
): ParticipationView['recredentialing'] {
  const over = today > dates.lateUntil;
  const status = missedAt ? (over ? 'initial_again' : 'late') : openedAt ? 'under_way' : 'ahead';
  return { ...dates, startedByPayerOn, openedAt, missedAt, status };
}

/**
 * Computes the time that a clock has counted until an instant, in whole seconds that add up: the remainder goes to the
 * current party.
 */
function computeWaitingSeconds(state: ApplicationState, now: Instant) {
  const until = state.closedAt ?? (now > state.updatedAt ? now : state.updatedAt);
  const countMsSince = (from: Instant) => Math.max(0, Date.parse(until) - Date.parse(from));
  const ageSeconds = Math.floor(countMsSince(state.openedAt) / 1000);
  return (clock: Clock): { waitingSeconds: Record<WaitingOn, number>; ageSeconds: number } => {
    const ms = { ...clock.ms, [clock.on]: clock.ms[clock.on] + countMsSince(state.waiting.since) };
    const waitingSeconds = Object.fromEntries(WAITING_ON.map((who) => [who, Math.floor(ms[who] / 1000)])) as Record<
      WaitingOn,
      number
    >;
    waitingSeconds[clock.on] += ageSeconds - WAITING_ON.reduce((sum, who) => sum + waitingSeconds[who], 0);
    return { waitingSeconds, ageSeconds };
  };
}
