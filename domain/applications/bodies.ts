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

/** Gives each command's content as the record keeps it: ids, codes and dates, and words that never leave the record. */
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
  /** The items that the payer asks for, in its words. */
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
  /** The items in the words in which the payer asked for them. */
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

/** A body that says where the payer's statement or page can be found again. */
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
  /** The application that renewed the participation, if the date comes from it. */
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
  /** Set if a termination gives the day: the termination, and the entry that its last day is from. */
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

/** A correction of details: a field that is left out stays, null empties it. */
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

/** The content of an opening. */
export interface OpeningBody extends Partial<ApplicationKey> {
  neededBy?: PlainDate;
  monthlyValue?: number;
  adopt?: Adoption;
}

/** The history that an application had elsewhere before it was adopted. */
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
