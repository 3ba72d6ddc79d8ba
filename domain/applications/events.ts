import type { Instant, PlainDate } from '../time/instants';
import type { Rules, AttestationState, StatutoryDate } from '../registry/application-rules';
import type {
  Purpose,
  ApplicationKind,
  ParticipationTrack,
  ChangeField,
  ContractStatus,
  DirectoryStatus,
  Fact,
  FactDemands,
  IssueCode,
  LineOfBusiness,
  LoadingStatus,
  Outcome,
  Prerequisite,
  Stage,
  UnmetReason,
} from '../kernel/codes';

/** The subject of an application, in opaque ids and codes; at most one is open for it. */
export interface ApplicationKey {
  providerId: string | null;
  practiceId: string;
  payerId: string;
  state: string;
  lineOfBusiness: LineOfBusiness;
  kind: ApplicationKind;
  locationId: string | null;
}

/** The file as read on a day: what is there, and when that may change by itself. */
export interface FileReading {
  prerequisites: { code: Prerequisite; met: boolean; reason?: UnmetReason }[];
  attestation: {
    state: AttestationState;
    attestedOn: PlainDate | null;
    dueOn: PlainDate | null;
    /** The last day on which it is fresh enough for a payer that wants it fresher than CAQH does. */
    freshThrough?: PlainDate;
  } | null;
  changesOn: PlainDate | null;
  /** The latest change of each that a payer has on file; left out if nothing has changed. */
  changes?: FileChange[];
  /** The backing that facts need; left out if they need none. */
  demands?: FactDemands;
}

/** Something that payers have on file has become another. */
export interface FileChange {
  code: ChangeCode;
  at: Instant;
}
export type ChangeCode = `practice_${ChangeField}_changed` | `provider_${ChangeField}_changed`;

export type Track = 'credentialing' | 'contracting' | 'confirmation';
export const TRACKS: readonly Track[] = ['credentialing', 'contracting', 'confirmation'];

export type TimerName =
  | `followUp:${Track | ParticipationTrack}`
  | `escalation:${Track | ParticipationTrack}`
  | 'effective'
  | 'participationEnd'
  | 'recredentialing:due'
  | 'recredentialing:reminder'
  | 'recredentialing:missed'
  | 'escalation:step'
  | 'informationDeadline'
  | 'appealWindow'
  | 'pauseEnd'
  | 'file';

/** The instants that the recording step computed from a state, so that the workflow needs no calendar. */
export interface Agenda {
  timers: Partial<Record<TimerName, Instant>>;
  followUps: Partial<Record<Track | ParticipationTrack, { at: Instant; dueAt: Instant }>>;
  items: { purpose: Purpose; since: Instant; dueAt: Instant }[];
  expectedDecisionAt: Instant | null;
  /** Only while the receipt of a complete application is evidenced, and a clock is known. */
  statutory?: StatutoryDate;
  /** Only for a participation. */
  recredentialing?: RecredentialingDates;
}

/** The cycle of a participation, by the playbook. */
export interface RecredentialingDates {
  /** The day from which the cycle is counted, and how it is known. */
  from: PlainDate;
  basis: CycleBasis;
  /** The last day on which the payer may decide in time. */
  dueOn: PlainDate;
  /** The day on which the linked application is opened. */
  opensOn: PlainDate;
  /** The next reminder. */
  remindOn?: { daysBefore: number };
  /** The last day on which a late decision still renews; afterwards it is an initial application again. */
  lateUntil: PlainDate;
}

/** `effective_date` is an assumption, until the payer has stated the committee's date. */
export type CycleBasis = 'stated' | 'committee_contact' | 'approval' | 'effective_date';

/** The data of an entry whose kind says all: any field that it is given is refused. */
type NoFields = { [field: string]: undefined };

interface Payloads {
  opened: { applicationId: string; clientId: string; key: ApplicationKey; rules: Rules; file: FileReading };
  adopted: {
    stage: Stage;
    stageSince?: PlainDate;
    submittedOn?: PlainDate;
    lastContactOn?: PlainDate;
    nextFollowUpOn?: PlainDate;
  };
  file: { reading: FileReading; today: PlainDate };
  submission: { submittedOn: PlainDate; outOfOrder?: true };
  contact: {
    outcome: Outcome;
    channel: string;
    /** The number of items that were listed; their words stay with the command. */
    missingItems?: number;
    itemsNotNeeded?: true;
    promisedOn?: PlainDate;
    nextFollowUpOn?: PlainDate;
    /** The day since when the payer has had all that it needs. */
    completeOn?: PlainDate;
    /** The person who answered, and a reference of the contact, are on record. */
    vouched?: true;
    /** A digest of what identifies the call (`describeCall`): a contact with the same digest is the same call, logged again. */
    call?: string;
    /** Only for a participation: the track that it was about; left out, everything that was due. */
    about?: ParticipationTrack;
    /** The payer was notified of the changes in the file since the submission. */
    toldOfChanges?: true;
    outOfOrder?: true;
  };
  information: { providedOn: PlainDate; settled: string[]; outOfOrder?: true };
  contract: { status: ContractStatus; on: PlainDate; outOfOrder?: true };
  confirmation: {
    fact: Fact;
    digest: string;
    counts: boolean;
    reasoned: boolean;
    /** Only for effectiveDate. */
    effectiveOn?: PlainDate;
    /** A name and a tax id were read off the evidence. */
    partyRead?: true;
    /** There is a document. */
    documented?: true;
    /** It counts once a second person has approved it. */
    awaitsApproval?: true;
    outOfOrder?: true;
  };
  /** A second person's, of the entry that recorded the fact. */
  approval: { fact: Fact; entryId: string };
  waiver: { prerequisite: Prerequisite; until: PlainDate };
  withdrawal: NoFields;
  pause: { until?: PlainDate };
  /** `renews`: what fell due in the pause is due from here; entries from before that was so lack it. */
  resume: { renews?: true };
  appeal: { filedOn: PlainDate };
  resubmission: NoFields;
  restoration: { attempt: number };
  note: { visibility: 'internal' | 'client' };
  assignment: { assignee: string | null };
  playbook: { version: number; rules?: Rules };
  /** A correction of what was stated at the opening; its values stay with the command. */
  details: NoFields;
  correction: { strikes: string };
  /** `ahead`: its last day had not passed, so it goes on until `participation_over`. */
  participation_end: { on: PlainDate; ahead?: true };
  participation_over: { on: PlainDate };
  /** `outdated` is what was seen before the sighting on file: it is kept, and changes nothing. */
  loading: { status: LoadingStatus; seenOn: PlainDate; outdated?: true };
  directory: { status: DirectoryStatus; seenOn: PlainDate; outdated?: true };
  /** `disproves` are facts that no longer stand with it, until a person chooses. */
  issue: { code: IssueCode; since: PlainDate; disproves: Fact[] };
  issue_resolved: { code: IssueCode; resolvedOn: PlainDate };
  /** The committee's latest decision, from which the cycle is counted. */
  committee_date: { on: PlainDate };
  /** The payer has begun it by itself, and wants it by a day if it named one. */
  recredentialing: { startedOn: PlainDate; dueOn?: PlainDate };
  /** Something that the payer has on file has changed, and the payer must be notified, by a day if a rule says so. */
  change: { field: ChangeField; changedOn: PlainDate; dueOn?: PlainDate };
  /** The day from which it may be billed has come. */
  effective: { on: PlainDate };
  /** The linked application is to be opened now; `from` names the cycle. */
  recredentialing_due: { from: PlainDate; dueOn: PlainDate };
  recredentialing_reminder: { from: PlainDate; dueOn: PlainDate; daysBefore: number };
  recredentialing_missed: { from: PlainDate; dueOn: PlainDate };
  nudge: { track: Track | ParticipationTrack; purpose: Purpose; armedBy: string; at: Instant };
  escalation: { track: Track | ParticipationTrack | 'step'; armedBy: string };
  deadline_passed: { armedBy: string };
  appeal_window_closed: NoFields;
  stage: { from: Stage; to: Stage; attempt: number };
  /** Folded again by rules of another version. */
  rules: { version: number };
  /** The record was restored to an earlier moment: what the workflow knew beyond it. */
  found_behind: KnownProgress;
  /** A person says that nothing is left to enter of what the restore lost. */
  restore_review: NoFields;
  /** The workflow was gone, and was started again from the record. */
  workflow_restarted: { because: RestartCause };
  /**
   * Something that the agenda rests on beside the entries has changed, such as the client's zone: the new agenda comes
   * with this entry.
   */
  replanned: NoFields;
  /** The snapshot or its columns differed from the timeline, and were derived from it again. */
  repaired: { differs: string[] };
}

/** The part of an application's state that its workflow knows. */
export interface KnownProgress {
  version: number;
  stage: Stage;
  attempt: number;
  next: { at: Instant; timer: TimerName | 'set_aside' } | null;
}

/** How a workflow that should run came to be gone. */
export type RestartCause =
  'terminated' | 'cancelled' | 'failed' | 'timed_out' | 'completed' | 'missing' | 'task_failed';

export type EventKind = keyof Payloads;
export type EventData<K extends EventKind> = Payloads[K];

interface Envelope<K extends EventKind> {
  v: 1;
  seq: number;
  id: string;
  at: Instant;
  /** The payer's date at that instant; left out if it is UTC's, and of entries from before it was noted. */
  payerDay?: PlainDate;
  kind: K;
  /** The entry that this one follows from, if it is not a command's own. */
  causeId?: string;
  data: Payloads[K];
  /** Present on the last event of a step if the agenda changed. */
  agenda?: Agenda;
}
export type ApplicationEvent = { [K in EventKind]: Envelope<K> }[EventKind];
/** An event before the recording step numbers and dates it. */
export type Draft = { [K in EventKind]: { kind: K; data: Payloads[K]; derived?: true } }[EventKind];
