import type { EventKind, Instant, PlainDate } from './application/events';
import type { EndedAttempt, FactState } from './application/state';
import type {
  ApplicationKind,
  ContractStatus,
  Fact,
  FactSource,
  LineOfBusiness,
  Outcome,
  Stage,
  SubmissionChannel,
} from './codes';
import type { FactValue, Seen } from './facts';

/** A document as it can be found again: by the digest of its content. */
export interface EvidenceDocument {
  id: string;
  kind: string;
  name: string;
  sha256: string;
}

/** What every line has: when it was recorded and by whom, and, where it was logged in error, why. */
export interface Logged {
  entryId: string;
  at: Instant;
  by: string;
  struck?: { reason: string };
}

export interface EvidenceConfirmation extends Logged {
  fact: Fact;
  value: FactValue;
  /** `confirmed`, `claimed` and `disputed` count as such today; another took the place of a `superseded` one. */
  status: FactState['status'] | 'superseded' | 'struck_out';
  source: FactSource;
  reference: string;
  rep?: string;
  confirmedOn: PlainDate;
  seen?: Seen;
  reason?: string;
  documents: EvidenceDocument[];
}

export interface EvidenceSubmission extends Logged {
  attempt: number;
  submittedOn: PlainDate;
  /** Null where somebody else had filed it before it came here. */
  channel: SubmissionChannel | null;
  referenceNumber?: string;
  documents: EvidenceDocument[];
}

export interface EvidenceContact extends Logged {
  attempt: number;
  channel: string;
  outcome: Outcome;
  rep?: string;
  department?: string;
  referenceNumber?: string;
  missingItems?: string[];
  promisedOn?: PlainDate;
}

export interface EvidenceContract extends Logged {
  status: ContractStatus;
  on: PlainDate;
  reference?: string;
  feeScheduleReference?: string;
  termNoticeDays?: number;
  renewsOn?: PlainDate;
}

/** Who and what an application is about. Of a tax id only the last four digits are ever here. */
export interface EvidenceSubject {
  client: { name: string; timeZone: string };
  provider: { firstName: string; lastName: string; npi: string } | null;
  practice: { legalName: string; npi: string | null; tin: { type: 'ein' | 'ssn'; last4: string }; address: object };
  location: { name: string | null; address: object } | null;
  payer: { name: string };
}

export interface EvidenceApplication {
  id: string;
  previousId: string | null;
  kind: ApplicationKind;
  state: string;
  lineOfBusiness: LineOfBusiness;
  stage: Stage;
  attempt: number;
  submittedOn: PlainDate | null;
  referenceNumber: string | null;
  openedAt: Instant;
  closedAt: Instant | null;
  /** The last entry that this file has, and when it was made. */
  version: number;
  asOf: Instant;
}

/** A stretch in network, as far as it is known. */
export interface EvidenceParticipation {
  effectiveFrom: PlainDate | null;
  /** The last day. */
  effectiveTo: PlainDate | null;
}

/** What a therapist takes along of one application. Made from the record alone: unchanged, it is the same byte for byte. */
export interface EvidenceFile extends EvidenceSubject {
  v: 1;
  application: EvidenceApplication;
  attempts: {
    number: number;
    stage: Stage;
    submittedOn: PlainDate | null;
    endedAt: Instant | null;
    endedBy: EndedAttempt['endedBy'] | null;
    filingDateLost: boolean;
  }[];
  confirmations: EvidenceConfirmation[];
  submissions: EvidenceSubmission[];
  contacts: EvidenceContact[];
  /** What the system wrote to the payer by itself. */
  messages: { sentAt: Instant; template: string; purpose: string | null }[];
  contract: EvidenceContract[];
  participation: EvidenceParticipation | null;
  documents: EvidenceDocument[];
  /** Everything, in order. */
  timeline: EvidenceEntry[];
}

/** An entry of the timeline as the client may see it. */
export interface EvidenceEntry extends Record<string, unknown> {
  id: string;
  at: Instant;
  kind: EventKind;
  actor: { name: string };
  causeId?: string;
  struck?: { byId: string; reason: string };
}

/** What the record has of an application. */
export interface EvidenceRecord extends EvidenceSubject {
  application: EvidenceApplication;
  attempts: readonly EndedAttempt[];
  facts: Partial<Record<Fact, FactState>>;
  entries: readonly EvidenceEntry[];
  messages: EvidenceFile['messages'];
  participation: EvidenceParticipation | null;
  documents: readonly EvidenceDocument[];
}

/** The ids of the documents that entries refer to. */
export const documentsNamed = (entries: readonly EvidenceEntry[]): string[] => [
  ...new Set(
    entries.flatMap((entry) => [
      ...idsOf(entry.proof),
      ...idsOf(entry.evidence),
      ...Object.values(adoptedOf(entry)?.confirmations ?? {}).flatMap(({ evidence }) => idsOf(evidence)),
    ]),
  ),
];

/** The evidence file of an application, from what is on record of it. */
export function evidenceFile(record: EvidenceRecord): EvidenceFile {
  const { client, provider, practice, location, payer, application, entries, messages, participation } = record;
  const attempts = attemptsOf(entries);
  const documents = record.documents.toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  const found = (ids: unknown) => idsOf(ids).flatMap((id) => documents.find((one) => one.id === id) ?? []);
  return {
    v: 1,
    application,
    client,
    provider,
    practice,
    location,
    payer,
    attempts: [
      ...record.attempts.map(({ number, stage, submittedOn, endedAt, endedBy, filingDateLost }) => ({
        number,
        stage,
        submittedOn,
        endedAt,
        endedBy,
        filingDateLost,
      })),
      {
        number: application.attempt,
        stage: application.stage,
        submittedOn: application.submittedOn,
        endedAt: application.closedAt,
        endedBy: null,
        filingDateLost: false,
      },
    ],
    confirmations: confirmationsOf(record, found),
    submissions: entries.flatMap((entry) => submissionOf(entry, attempts.get(entry.id)!, found)),
    contacts: entries
      .filter(({ kind }) => kind === 'contact')
      .map((entry) => ({
        ...logged(entry),
        attempt: attempts.get(entry.id)!,
        ...(pick(entry, [
          'channel',
          'outcome',
          'rep',
          'department',
          'referenceNumber',
          'missingItems',
          'promisedOn',
        ]) as Pick<EvidenceContact, 'channel' | 'outcome'>),
      })),
    messages,
    contract: entries.flatMap(contractOf),
    participation,
    documents,
    timeline: entries.map(({ answers: _, ...entry }) => entry as EvidenceEntry),
  };
}

interface Adopted {
  stageSince?: PlainDate;
  submittedOn?: PlainDate;
  referenceNumber?: string;
  contractStatus?: ContractStatus;
  confirmations?: Record<string, Record<string, unknown>>;
}

const adoptedOf = ({ adopt }: EvidenceEntry): Adopted | undefined => adopt as Adopted | undefined;
const idsOf = (ids: unknown): string[] => (Array.isArray(ids) ? (ids as string[]) : []);

const logged = ({ id, at, actor, struck }: EvidenceEntry): Logged => ({
  entryId: id,
  at,
  by: actor.name,
  ...(struck && { struck: { reason: struck.reason } }),
});

const pick = (from: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));

/** In which attempt each entry was made. */
function attemptsOf(entries: readonly EvidenceEntry[]): Map<string, number> {
  let attempt = 1;
  return new Map(
    entries.map((entry) => {
      if (entry.kind === 'stage') attempt = entry.attempt as number;
      return [entry.id, attempt];
    }),
  );
}

type Found = (ids: unknown) => EvidenceDocument[];

function submissionOf(entry: EvidenceEntry, attempt: number, found: Found): EvidenceSubmission[] {
  const adopted = entry.kind === 'opened' ? adoptedOf(entry) : undefined;
  if (adopted?.submittedOn) {
    const { submittedOn, referenceNumber } = adopted;
    return [
      {
        ...logged(entry),
        attempt,
        submittedOn,
        channel: null,
        ...(referenceNumber && { referenceNumber }),
        documents: [],
      },
    ];
  }
  if (entry.kind !== 'submission') return [];
  const fields = pick(entry, ['submittedOn', 'channel', 'referenceNumber']) as Pick<
    EvidenceSubmission,
    'submittedOn' | 'channel'
  >;
  return [{ ...logged(entry), attempt, ...fields, documents: found(entry.proof) }];
}

const CONTRACT_FIELDS = ['status', 'on', 'reference', 'feeScheduleReference', 'termNoticeDays', 'renewsOn'];

function contractOf(entry: EvidenceEntry): EvidenceContract[] {
  const adopted = entry.kind === 'opened' ? adoptedOf(entry) : undefined;
  if (adopted?.contractStatus)
    return [{ ...logged(entry), status: adopted.contractStatus, on: adopted.stageSince ?? entry.at.slice(0, 10) }];
  // what followed from an adoption was said there
  if (entry.kind !== 'contract' || entry.causeId) return [];
  return [{ ...logged(entry), ...(pick(entry, CONTRACT_FIELDS) as { status: ContractStatus; on: PlainDate }) }];
}

function confirmationsOf({ entries, facts }: EvidenceRecord, found: Found): EvidenceConfirmation[] {
  return entries
    .filter(({ kind }) => kind === 'confirmation')
    .map((entry) => {
      const fact = entry.fact as Fact;
      const cause = entry.causeId && entries.find(({ id }) => id === entry.causeId);
      const given = cause ? adoptedOf(cause)!.confirmations![fact]! : entry;
      const fields = pick(given, ['value', 'source', 'reference', 'rep', 'confirmedOn', 'seen', 'reason']);
      return {
        ...logged(entry),
        fact,
        status: statusOf(entry, facts[fact]),
        ...(fields as Pick<EvidenceConfirmation, 'value' | 'source' | 'reference' | 'confirmedOn'>),
        documents: found(given.evidence),
      };
    });
}

function statusOf({ id, struck }: EvidenceEntry, on: FactState | undefined): EvidenceConfirmation['status'] {
  if (struck) return 'struck_out';
  if (on?.entryId === id) return on.status;
  return on?.against.some(({ entryId }) => entryId === id) ? 'disputed' : 'superseded';
}
