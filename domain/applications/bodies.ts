import type {
  Action,
  ParticipationTrack,
  ChangeField,
  CONTACT_CHANNELS,
  ContractStatus,
  DirectoryStatus,
  Fact,
  FactSource,
  IssueCode,
  LoadingStatus,
  Outcome,
  Prerequisite,
  Stage,
  SubmissionChannel,
} from '../kernel/codes';
import type { FactValues, SeenDetails } from '../kernel/facts';
import type { PlainDate } from '../time/instants';
import type { ApplicationKey } from './events';

/** What each command says, as the record keeps it: ids, codes and dates, and words that never leave the record. */
export interface Bodies {
  submission: SubmissionBody;
  contacts: ContactBody;
  information: InformationBody;
  contract: ContractBody;
  confirmations: ConfirmationBody;
  approval: ApprovalBody;
  appeal: AppealBody;
  resubmission: ReasonBody;
  restoration: RestorationBody;
  waivers: WaiverBody;
  withdrawal: ReasonBody;
  pause: PauseBody;
  resume: ResumeBody;
  'restore-review': ReasonBody;
  loading: LoadingBody;
  directory: DirectoryBody;
  issues: IssueBody;
  'issue-resolution': IssueResolutionBody;
  'committee-date': CommitteeDateBody;
  recredentialing: RecredentialingBody;
  'participation-end': EndingBody;
  notes: NoteBody;
  assignment: AssignmentBody;
  corrections: CorrectionBody;
  'playbook-migration': PlaybookMigrationBody;
  details: DetailsBody;
  'change-notice': ChangeNoticeBody;
}

/** An action with its body. */
export type ActionWithBody<A extends Action = Action> = { [K in A]: { action: K; body: Bodies[K] } }[A];

/** A command as the record keeps it. */
export type Command = ActionWithBody & {
  id: string;
  version?: number;
};

/** It already happened outside, in a stage that does not expect it. */
interface OutOfOrder {
  outOfOrder?: { reason: string };
}

interface SubmissionBody extends OutOfOrder {
  submittedOn: PlainDate;
  channel: SubmissionChannel;
  referenceNumber?: string;
  /** Ids of documents. */
  proof?: string[];
}

type ContactChannel = (typeof CONTACT_CHANNELS)[number];

interface ContactBody extends OutOfOrder {
  channel: ContactChannel;
  outcome: Outcome;
  rep?: string;
  department?: string;
  referenceNumber?: string;
  /** What the payer wants, in its words. */
  missingItems?: string[];
  itemsNotNeeded?: true;
  promisedOn?: PlainDate;
  nextFollowUpOn?: PlainDate;
  completeOn?: PlainDate;
  toldOfChanges?: true;
  about?: ParticipationTrack;
  notes?: string;
  /** Another call, though one like it is logged already. */
  evenIfExists?: boolean | undefined;
}

interface InformationBody extends OutOfOrder {
  providedOn: PlainDate;
  /** In the words in which they were asked for. */
  items: string[];
  proof?: string[];
}

interface ContractBody extends OutOfOrder {
  status: ContractStatus;
  on: PlainDate;
  reference?: string;
  feeScheduleReference?: string;
  termNoticeDays?: number;
  renewsOn?: PlainDate;
}

/** A fact with where it is from, as it is put on file or comes with an adoption. */
export interface GivenFact<F extends Fact = Fact> {
  value: FactValues[F];
  source: FactSource;
  reference: string;
  rep?: string;
  confirmedOn: PlainDate;
  seen?: SeenDetails;
  /** Ids of documents. */
  evidence?: string[];
  /** Why it replaces what is on file, or is the right one of two. */
  reason?: string;
}

interface ConfirmationBody extends GivenFact, OutOfOrder {
  fact: Fact;
}

interface ApprovalBody {
  fact: Fact;
}

interface ReasonBody {
  reason: string;
}

interface AppealBody extends ReasonBody {
  filedOn: PlainDate;
  channel: SubmissionChannel | ContactChannel;
  referenceNumber?: string;
}

interface RestorationBody extends ReasonBody {
  attempt: number;
}

interface WaiverBody extends ReasonBody {
  prerequisite: Prerequisite;
  until: PlainDate;
}

interface PauseBody extends ReasonBody {
  until?: PlainDate | null;
}

interface ResumeBody {
  reason?: string;
}

/** Where what was seen or said can be found again. */
interface SourceBody {
  source: string;
  reference: string;
  rep?: string;
  /** Ids of documents. */
  evidence?: string[];
  notes?: string;
}

interface LoadingBody extends SourceBody {
  status: LoadingStatus;
  seenOn: PlainDate;
}

interface DirectoryBody extends SourceBody {
  status: DirectoryStatus;
  seenOn: PlainDate;
}

interface IssueBody extends Partial<Omit<SourceBody, 'source' | 'rep'>> {
  code: IssueCode;
  since: PlainDate;
  disproves?: Fact[];
}

interface IssueResolutionBody extends SourceBody {
  code: IssueCode;
  resolvedOn: PlainDate;
}

interface CommitteeDateBody extends Partial<SourceBody> {
  on: PlainDate;
  /** The application by which the participation was renewed, where that says the date. */
  recredentialingId?: string;
}

interface RecredentialingBody extends SourceBody {
  startedOn: PlainDate;
  dueOn?: PlainDate;
}

interface EndingBody extends ReasonBody {
  /** The last day. */
  on: PlainDate;
  source: FactSource;
  reference: string;
  /** Where a termination gives it: which, and the entry that its last day is from. */
  givenBy?: { terminationId: string; entryId: string };
}

interface NoteBody {
  text: string;
  visibility: 'internal' | 'client';
}

interface AssignmentBody {
  assignee: string | null;
}

interface CorrectionBody extends ReasonBody {
  entryId: string;
}

interface PlaybookMigrationBody {
  version: number;
}

/** What is left out stays; null empties. */
export interface DetailsBody {
  neededBy?: PlainDate | null;
  monthlyValue?: number | null;
}

interface ChangeNoticeBody {
  changeId: string;
  field: ChangeField;
  changedOn: PlainDate;
  dueOn?: PlainDate;
}

/** What an opening says. */
export interface OpeningBody extends Partial<ApplicationKey> {
  neededBy?: PlainDate;
  monthlyValue?: number;
  adopt?: Adoption;
}

/** What had happened to an application elsewhere. */
export interface Adoption {
  stage: Stage;
  stageSince?: PlainDate;
  submittedOn?: PlainDate;
  referenceNumber?: string;
  lastContactOn?: PlainDate;
  nextFollowUpOn?: PlainDate;
  contractStatus?: ContractStatus;
  confirmations?: { [F in Fact]?: GivenFact<F> };
  notes?: string;
}
