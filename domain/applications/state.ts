import type {
  Agenda,
  ApplicationKey,
  ChangeCode,
  CycleBasis,
  EventData,
  FileReading,
  KnownProgress,
  Track,
} from './events';
import type { AttestationState, Rules } from '../registry/application-rules';
import { findFactLack, type FactLack } from '../kernel/facts';
import type { Instant, PlainDate } from '../time/instants';
import {
  FACTS,
  type ContractStatus,
  type DirectoryStatus,
  type Fact,
  type IssueCode,
  type LoadingStatus,
  type Prerequisite,
  type Stage,
  type WaitingOn,
  type ParticipationTrack,
  type Purpose,
} from '../kernel/codes';

/** The playbook's durations that a follow-up can be counted by. */
type FollowUpRule =
  | 'confirmReceiptAfter'
  | 'followUpEvery'
  | 'contactOverdueAfter'
  | 'panelRecheck'
  | 'contractChase'
  | 'confirmationChase'
  | 'loadingCheck'
  | 'directoryEvery';

/** When to follow up: counted from an event by a rule of the playbook, or on a date that a user named. */
export interface FollowUp {
  purpose: Purpose;
  rule: FollowUpRule;
  at: Instant;
  /** Day 0 if it is not the local date of `at`. */
  from?: PlainDate;
  /** A named date wins over the rule. */
  on?: PlainDate;
  /** The last day on which it is in time, if a rule outside names one. */
  dueOn?: PlainDate;
  /** There is something to do from the entry on, whatever the rule. */
  atOnce?: true;
  /** The entry that armed it. */
  armedBy: string;
  firedAt?: Instant;
  escalatedAt?: Instant;
  /**
   * When calls had stayed unanswered too often: from then on the follow-up comes sooner, and so does its escalation.
   */
  hurriedAt?: Instant;
}

/** Nothing is left alone longer: the most that a follow-up can be put off, and that a promise is waited for. */
export const LONGEST_SILENCE_DAYS = 366;

/** The operator's own next step, in the queue from the moment it arises. */
interface Step {
  purpose: Purpose;
  since: Instant;
  armedBy: string;
  escalatedAt?: Instant;
  deadlinePassedAt?: Instant;
}

export type LossCause = 'no_record' | 'returned' | 'resubmission' | 'invited' | 'restoration' | 'submission';

/**
 * The fields that belong to the running attempt alone, and end with it: clocks, and what the payer promised and
 * decided.
 */
export const ATTEMPT_FIELDS = ['completeAt', 'completeOn', 'decisionPromisedOn', 'committeeOn', 'approvedOn'] as const;

/** An attempt that is over; it keeps its proof and dates and can be restored. */
export interface EndedAttempt extends Pick<ApplicationState, (typeof ATTEMPT_FIELDS)[number]> {
  number: number;
  stage: Stage;
  submitted: boolean;
  submittedOn: PlainDate | null;
  /** When the submission was recorded: elapsed durations count from here, dates from `submittedOn`. */
  submittedAt: Instant | null;
  endedAt: Instant;
  endedBy: LossCause;
  filingDateLost: boolean;
  /** The step at which the attempt ended: its deadline and what was asked for, for a restoration. */
  step: Step | null;
  outstanding: string[];
}

export interface FactState {
  status: 'confirmed' | 'claimed' | 'disputed';
  /** The entry whose value counts; while disputed, the first of those that disagree. */
  entryId: string;
  digest: string;
  /** Whether the fact's source counts; the fact is `claimed` all the same while it lacks something. */
  counts: boolean;
  effectiveOn?: PlainDate;
  partyRead?: true;
  documented?: true;
  awaitsApproval?: true;
  /** While disputed: the entries that say otherwise. */
  against: { entryId: string; digest: string }[];
  /** While disputed by an issue of the participation: its entry. */
  disprovedBy?: string;
}

/** Something that has gone wrong with a participation. */
export interface Issue {
  code: IssueCode;
  /** The entry that raised it. */
  entryId: string;
  since: PlainDate;
  raisedAt: Instant;
  resolvedOn: PlainDate | null;
}

/**
 * The participation that follows a confirmed application: sightings at the payer, issues, and the cycle of its renewal.
 */
export interface Participation {
  /** Null while no effective date counts; `knownAt` is when it was recorded. */
  effective: { on: PlainDate; knownAt: Instant; begunAt: Instant | null } | null;
  /** The status as it was last seen. */
  loading: { status: LoadingStatus; seenOn: PlainDate } | null;
  directory: { status: DirectoryStatus; seenOn: PlainDate } | null;
  /** Resolved ones too; of each code at most one is unresolved. */
  issues: Issue[];
  cycle: RecredentialingCycle | null;
  /** Changes in the file of which the payer must be notified; left out if there are none. */
  untold?: EventData<'change'>[];
  followUps: Partial<Record<ParticipationTrack, FollowUp>>;
}

/** One cycle of recredentialing, from one decision of the committee to the next. */
export interface RecredentialingCycle {
  from: PlainDate;
  basis: CycleBasis;
  /** When the cycle became known: elapsed durations count from here, dates from `from`. */
  knownAt: Instant;
  /** The day that the payer named, if it began by itself. */
  dueOn: PlainDate | null;
  startedByPayerOn: PlainDate | null;
  openedAt: Instant | null;
  /** The last reminder, as the number of days before the due date. */
  remindedAt: number | null;
  missedAt: Instant | null;
}

/** A time in which nudges and escalations waited. */
export interface Silence {
  from: Instant;
  to: Instant;
}

/** One application as its events make it. Plain JSON: it crosses payloads and continue-as-new. */
export interface ApplicationState {
  v: 1;
  id: string;
  clientId: string;
  key: ApplicationKey;
  rules: Rules;
  /** Number of the last event. */
  version: number;
  openedAt: Instant;
  updatedAt: Instant;
  closedAt: Instant | null;
  stage: Stage;
  stageSince: Instant;
  attempt: number;
  submitted: boolean;
  submittedOn: PlainDate | null;
  submittedAt: Instant | null;
  /** When the payer confirmed that the attempt is complete. */
  completeAt?: Instant;
  /** The day since when it is complete, if the payer named one. */
  completeOn?: PlainDate;
  /** The day by which the committee will have decided, as the payer last stated. */
  decisionPromisedOn?: PlainDate;
  /** When the payer was last notified of changes in the file. */
  toldOfChangesAt?: Instant;
  ended: EndedAttempt[];
  file: FileReading;
  waivers: { prerequisite: Prerequisite; until: PlainDate }[];
  blockers: { code: BlockerCode; since: Instant }[];
  contract: { status: ContractStatus; on: PlainDate | null };
  facts: Partial<Record<Fact, FactState>>;
  /** Outstanding items of an information request, as references to the entry that listed them. */
  outstanding: string[];
  noRecordLooks: number;
  /** Digests of the calls that were counted, so that a call logged twice counts once. */
  countedCalls?: string[];
  /** Unanswered calls in a row since the last contact. */
  unanswered?: number;
  paused: { since: Instant; until: PlainDate | null } | null;
  /** Pauses that are over, as far back as anything that is awaited was armed. */
  pauses?: Silence[];
  /** The record was restored to before what the workflow knew; `endedAt` is null until that is entered, or nothing is missing. */
  held?: { since: Instant; known: KnownProgress; endedAt: Instant | null };
  participationEndedOn: PlainDate | null;
  /** The last day of a participation that goes on until then; left out if none is known. */
  participationEndsOn?: PlainDate;
  /** The days on which the committee reviewed it and the payer approved it, as far as contacts state them. */
  committeeOn?: PlainDate;
  approvedOn?: PlainDate;
  /** Present from its confirmation on; older states get it with their next entry. */
  participation?: Participation;
  assignee: string | null;
  step: Step | null;
  /** The work by which the operator mends facts that are on record; left out if there is none. */
  mending?: { purpose: Purpose; since: Instant }[];
  followUps: Partial<Record<Track, FollowUp>>;
  agenda: Agenda;
  /** How long each party was waited for, in milliseconds up to `since`: in all, and on each track for itself. */
  waiting: Clock & { since: Instant; tracks?: Record<ClockedTrack, Clock> };
}

/** The party that is waited for, and how long each has been. */
export interface Clock {
  on: WaitingOn;
  ms: Record<WaitingOn, number>;
}
export type ClockedTrack = 'credentialing' | 'contracting';

export type BlockerCode = Prerequisite | ChangeCode | `attestation_${Exclude<AttestationState, 'current'>}`;

export const isOpen = (state: ApplicationState): boolean => state.closedAt === null;

/** Whether a participation goes on after the application has closed. */
export const isParticipating = (state: ApplicationState): boolean =>
  state.stage === 'confirmed' && state.rules.opensSpan && state.participationEndedOn === null;

/** Finds the last day of a participation, whether it has passed or is ahead. */
export const findLastDay = (state: ApplicationState): PlainDate | null =>
  state.participationEndedOn ?? state.participationEndsOn ?? null;

/**
 * Finds the last day that a termination gives participations, with the entry that it is from; null if it gives none.
 */
export function findGivenLastDay({ rules, stage, facts }: ApplicationState): { on: PlainDate; entryId: string } | null {
  const { status, effectiveOn, entryId } = facts.effectiveDate ?? {};
  return rules.endsSpan && stage === 'confirmed' && status === 'confirmed' && effectiveOn && entryId
    ? { on: effectiveOn, entryId }
    : null;
}

/** Whether nudges and mail wait for a person to enter what a restore lost. */
export const isHeld = (state: ApplicationState): boolean => state.held?.endedAt === null;

/** Lists the times in which nudges and escalations waited, the earliest first; one that still goes on is none yet. */
export const listSilences = ({ pauses = [], held }: ApplicationState): Silence[] =>
  [...pauses, ...(held?.endedAt ? [{ from: held.since, to: held.endedAt }] : [])].sort((a, b) =>
    a.from < b.from ? -1 : 1,
  );

/** Finds the follow-up of a track, or of a track of the participation. */
export const findFollowUp = (state: ApplicationState, of: Track | ParticipationTrack): FollowUp | undefined =>
  isParticipating(state) ? state.participation?.followUps[of as ParticipationTrack] : state.followUps[of as Track];

/** Lists the entries that ask for something now or later. */
export const listArmedEntries = (state: ApplicationState): string[] => {
  const followUps = isParticipating(state) ? (state.participation?.followUps ?? {}) : state.followUps;
  return [...(state.step ? [state.step] : []), ...Object.values(followUps)].map((one) => one.armedBy);
};

export const BEFORE_SUBMISSION: readonly Stage[] = ['preparing', 'awaiting_attestation', 'ready_to_submit'];

/** Finds what a fact lacks to count; null if it lacks nothing or its source does not count anyway. */
export const findLackOf = (state: ApplicationState, fact: Fact): FactLack | null => {
  const on = state.facts[fact];
  return on?.counts ? findFactLack(fact, on, state.file.demands ?? {}) : null;
};

/** Lists the facts that this kind of application needs and that are not on file, as the payer has yet to give them. */
export const listAwaitedFacts = (state: ApplicationState): Fact[] =>
  state.rules.facts.filter((fact) => state.facts[fact]?.status !== 'confirmed' && !isMendable(state, fact));

/** Whether a fact is on record and would count if the operator mended it. */
export const isMendable = (state: ApplicationState, fact: Fact): boolean =>
  state.facts[fact]?.status === 'claimed' && findLackOf(state, fact) !== null;

/** Lists the facts that a second person may approve. */
export const listFactsToApprove = ({ facts }: ApplicationState): Fact[] =>
  FACTS.filter((fact) => facts[fact]?.status === 'claimed' && facts[fact].awaitsApproval);

/** Whether all facts that this kind of application needs are on file and undisputed. */
export const areFactsOnFile = (state: ApplicationState): boolean =>
  state.rules.facts.every((fact) => state.facts[fact]?.status === 'confirmed');
