import type { PersonName } from '../kernel/names';
import type { TinType } from '../kernel/identifiers';
import { toLocalDate } from '../time/calendar';
import type { EventKind, RecredentialingDates } from './events';
import type { Instant, PlainDate } from '../time/instants';
import { FACTS_DISPROVED_BY_ISSUE } from './participation';
import type { EndedAttempt, FactState, Issue } from './state';
import type {
  ApplicationKind,
  ContractStatus,
  DirectoryStatus,
  Fact,
  FactSource,
  IssueCode,
  LineOfBusiness,
  LoadingStatus,
  Outcome,
  Stage,
  SubmissionChannel,
} from '../kernel/codes';
import type { FactValue, SeenDetails } from '../kernel/facts';

/** A document as it can be found again: by the digest of its content. */
export interface EvidenceDocument {
  id: string;
  kind: string;
  name: string;
  sha256: string;
  /** The time at which its file was stored; null without a file, left out in what was frozen before there was a store. */
  storedAt?: Instant | null;
}

/** The part that every line has: when and by whom it was recorded and, if it was logged in error, why. */
export interface LoggedEntry {
  entryId: string;
  at: Instant;
  by: string;
  struck?: { reason: string };
}

export interface EvidenceConfirmation extends LoggedEntry {
  fact: Fact;
  value: FactValue;
  /** `confirmed`, `claimed` and `disputed` count as such today; another took the place of a `superseded` one. */
  status: FactState['status'] | 'superseded' | 'struck_out';
  source: FactSource;
  reference: string;
  rep?: string;
  confirmedOn: PlainDate;
  seen?: SeenDetails;
  reason?: string;
  documents: EvidenceDocument[];
}

interface EvidenceSubmission extends LoggedEntry {
  attempt: number;
  submittedOn: PlainDate;
  /** Null if it was filed elsewhere before the application was adopted. */
  channel: SubmissionChannel | null;
  referenceNumber?: string;
  documents: EvidenceDocument[];
}

interface EvidenceContact extends LoggedEntry {
  attempt: number;
  channel: string;
  outcome: Outcome;
  rep?: string;
  department?: string;
  referenceNumber?: string;
  missingItems?: string[];
  promisedOn?: PlainDate;
}

interface EvidenceContract extends LoggedEntry {
  status: ContractStatus;
  on: PlainDate;
  reference?: string;
  feeScheduleReference?: string;
  termNoticeDays?: number;
  renewsOn?: PlainDate;
}

/** A user's observation of a participation in the payer's systems or its directory. */
export interface EvidenceSighting extends LoggedEntry {
  status: LoadingStatus | DirectoryStatus;
  seenOn: PlainDate;
  source: string;
  reference: string;
  rep?: string;
  documents: EvidenceDocument[];
}

interface EvidenceIssue extends LoggedEntry {
  code: IssueCode;
  since: PlainDate;
  /** The facts that did not stand with it. */
  disproves: Fact[];
  reference?: string;
  documents: EvidenceDocument[];
  /** Null while it is not, and if it was raised in error. */
  resolvedOn: PlainDate | null;
  /** A user's record of the resolution; null if the payer's systems or directory showed it. */
  resolution: (LoggedEntry & { source: string; reference: string; rep?: string; documents: EvidenceDocument[] }) | null;
}

/** A step of a cycle of recredentialing: the committee's decision, the payer's or our own beginning, a date that was missed. */
export interface EvidenceCycleStep extends LoggedEntry {
  what: 'committee_date' | 'recredentialing' | 'recredentialing_due' | 'recredentialing_missed';
  /** The day on which the payer acted; for all other steps, the day from which the cycle is counted. */
  on: PlainDate;
  dueOn?: PlainDate;
  source?: string;
  reference?: string;
  rep?: string;
  documents: EvidenceDocument[];
}

/** When the running cycle is due, and how its beginning is known. */
export type EvidenceCycle = Pick<RecredentialingDates, 'from' | 'basis' | 'dueOn' | 'lateUntil'>;

/** The people and things that an application is about. A tax id appears with its last four digits only. */
export interface EvidenceSubject {
  client: { name: string; timeZone: string };
  provider: (PersonName & { npi: string }) | null;
  practice: { legalName: string; npi: string | null; tin: { type: TinType; last4: string }; address: object };
  location: { name: string | null; address: object } | null;
  payer: { name: string };
}

interface EvidenceApplication {
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

/**
 * The file that a therapist takes along for one application. It is made from the record alone: unchanged, it is the
 * same byte for byte.
 */
export interface EvidenceFile extends EvidenceSubject {
  /** Files that were frozen as version 1 have nothing of loading, directory, issues and recredentialing. */
  v: 2;
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
  /** The messages that the system sent to the payer by itself. */
  messages: { sentAt: Instant; template: string; purpose: string | null }[];
  contract: EvidenceContract[];
  participation: EvidenceParticipation | null;
  loading: EvidenceSighting[];
  directory: EvidenceSighting[];
  issues: EvidenceIssue[];
  recredentialing: { cycle: EvidenceCycle | null; steps: EvidenceCycleStep[] };
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

/** The data that the record holds about an application. */
export interface EvidenceRecord extends EvidenceSubject {
  application: EvidenceApplication;
  attempts: readonly EndedAttempt[];
  facts: Partial<Record<Fact, FactState>>;
  entries: readonly EvidenceEntry[];
  messages: EvidenceFile['messages'];
  participation: EvidenceParticipation | null;
  issues: readonly Issue[];
  cycle: RecredentialingDates | null;
  documents: readonly EvidenceDocument[];
}

/** Lists the ids of the documents that entries refer to. */
export const listNamedDocuments = (entries: readonly EvidenceEntry[]): string[] => [
  ...new Set(
    entries.flatMap((entry) => [
      ...readIds(entry.proof),
      ...readIds(entry.evidence),
      ...Object.values(readAdoption(entry)?.confirmations ?? {}).flatMap(({ evidence }) => readIds(evidence)),
    ]),
  ),
];

/** Builds the evidence file of an application, from what is on record of it. */
export function buildEvidenceFile(record: EvidenceRecord): EvidenceFile {
  const { client, provider, practice, location, payer, application, entries, messages, participation } = record;
  const attempts = listAttempts(entries);
  const documents = record.documents.toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  const findDocuments = (ids: unknown) => readIds(ids).flatMap((id) => documents.find((one) => one.id === id) ?? []);
  return {
    v: 2,
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
    confirmations: listConfirmations(record, findDocuments),
    submissions: entries.flatMap((entry) => listSubmissions(entry, attempts.get(entry.id)!, findDocuments)),
    contacts: entries
      .filter(({ kind }) => kind === 'contact')
      .map((entry) => ({
        ...describeLogging(entry),
        attempt: attempts.get(entry.id)!,
        ...(pickFields(entry, [
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
    contract: entries.flatMap((entry) => listContracts(entry, client.timeZone)),
    participation,
    loading: listSightings('loading', entries, findDocuments),
    directory: listSightings('directory', entries, findDocuments),
    issues: listIssues(record, findDocuments),
    recredentialing: {
      cycle: record.cycle && describeCycle(record.cycle),
      steps: entries.flatMap((entry) => listCycleSteps(entry, findDocuments)),
    },
    documents,
    timeline: entries.map(({ answers: _, ...entry }) => entry as EvidenceEntry),
  };
}

interface AdoptionBody {
  stageSince?: PlainDate;
  submittedOn?: PlainDate;
  referenceNumber?: string;
  contractStatus?: ContractStatus;
  confirmations?: Record<string, Record<string, unknown>>;
}

const readAdoption = ({ adopt }: EvidenceEntry): AdoptionBody | undefined => adopt as AdoptionBody | undefined;
const readIds = (ids: unknown): string[] => (Array.isArray(ids) ? (ids as string[]) : []);

const describeLogging = ({ id, at, actor, struck }: EvidenceEntry): LoggedEntry => ({
  entryId: id,
  at,
  by: actor.name,
  ...(struck && { struck: { reason: struck.reason } }),
});

const pickFields = (from: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));

/** Finds the attempt in which each entry was made. */
function listAttempts(entries: readonly EvidenceEntry[]): Map<string, number> {
  let attempt = 1;
  return new Map(
    entries.map((entry) => {
      if (entry.kind === 'stage') attempt = entry.attempt as number;
      return [entry.id, attempt];
    }),
  );
}

type FindDocuments = (ids: unknown) => EvidenceDocument[];

function listSubmissions(entry: EvidenceEntry, attempt: number, found: FindDocuments): EvidenceSubmission[] {
  const adopted = entry.kind === 'opened' ? readAdoption(entry) : undefined;
  if (adopted?.submittedOn) {
    const { submittedOn, referenceNumber } = adopted;
    return [
      {
        ...describeLogging(entry),
        attempt,
        submittedOn,
        channel: null,
        ...(referenceNumber && { referenceNumber }),
        documents: [],
      },
    ];
  }
  if (entry.kind !== 'submission') return [];
  const fields = pickFields(entry, ['submittedOn', 'channel', 'referenceNumber']) as Pick<
    EvidenceSubmission,
    'submittedOn' | 'channel'
  >;
  return [{ ...describeLogging(entry), attempt, ...fields, documents: found(entry.proof) }];
}

const CONTRACT_FIELDS = ['status', 'on', 'reference', 'feeScheduleReference', 'termNoticeDays', 'renewsOn'];

function listContracts(entry: EvidenceEntry, timeZone: string): EvidenceContract[] {
  const adopted = entry.kind === 'opened' ? readAdoption(entry) : undefined;
  if (adopted?.contractStatus)
    return [
      {
        ...describeLogging(entry),
        status: adopted.contractStatus,
        on: adopted.stageSince ?? toLocalDate(entry.at, timeZone),
      },
    ];
  // the adoption itself lists what followed from it
  if (entry.kind !== 'contract' || entry.causeId) return [];
  return [
    { ...describeLogging(entry), ...(pickFields(entry, CONTRACT_FIELDS) as { status: ContractStatus; on: PlainDate }) },
  ];
}

const listSightings = (
  kind: 'loading' | 'directory',
  entries: readonly EvidenceEntry[],
  found: FindDocuments,
): EvidenceSighting[] =>
  entries
    .filter((entry) => entry.kind === kind)
    .map((entry) => ({
      ...describeLogging(entry),
      ...(pickFields(entry, ['status', 'seenOn', ...PROOF]) as Omit<EvidenceSighting, keyof LoggedEntry | 'documents'>),
      documents: found(entry.evidence),
    }));

const PROOF = ['source', 'reference', 'rep'] as const;

function listIssues({ entries, issues }: EvidenceRecord, found: FindDocuments): EvidenceIssue[] {
  return entries.flatMap((entry, place): EvidenceIssue[] => {
    if (entry.kind !== 'issue') return [];
    const code = entry.code as IssueCode;
    const later = entries.slice(place + 1).filter((one) => one.code === code && !one.struck);
    const next = later.find(({ kind }) => kind === 'issue');
    const resolved = later.slice(0, next && later.indexOf(next)).findLast(({ kind }) => kind === 'issue_resolved');
    return [
      {
        ...describeLogging(entry),
        code,
        since: entry.since as PlainDate,
        disproves: (entry.disproves as Fact[] | undefined) ?? [...FACTS_DISPROVED_BY_ISSUE[code]],
        ...pickFields(entry, ['reference']),
        documents: found(entry.evidence),
        resolvedOn: issues.find(({ entryId }) => entryId === entry.id)?.resolvedOn ?? null,
        resolution: resolved
          ? {
              ...describeLogging(resolved),
              ...(pickFields(resolved, PROOF) as { source: string; reference: string }),
              documents: found(resolved.evidence),
            }
          : null,
      },
    ];
  });
}

const describeCycle = ({ from, basis, dueOn, lateUntil }: RecredentialingDates): EvidenceCycle => ({
  from,
  basis,
  dueOn,
  lateUntil,
});

/** The day that a step of a cycle is about, by its kind. */
const STEP_ON: Record<EvidenceCycleStep['what'], string> = {
  committee_date: 'on',
  recredentialing: 'startedOn',
  recredentialing_due: 'from',
  recredentialing_missed: 'from',
};

function listCycleSteps(entry: EvidenceEntry, found: FindDocuments): EvidenceCycleStep[] {
  if (!(entry.kind in STEP_ON)) return [];
  const what = entry.kind as EvidenceCycleStep['what'];
  const on = entry[STEP_ON[what]] as PlainDate;
  return [
    {
      ...describeLogging(entry),
      what,
      on,
      ...pickFields(entry, ['dueOn', ...PROOF]),
      documents: found(entry.evidence),
    },
  ];
}

function listConfirmations({ entries, facts }: EvidenceRecord, found: FindDocuments): EvidenceConfirmation[] {
  return entries
    .filter(({ kind }) => kind === 'confirmation')
    .map((entry) => {
      const fact = entry.fact as Fact;
      const cause = entry.causeId && entries.find(({ id }) => id === entry.causeId);
      const given = cause ? readAdoption(cause)!.confirmations![fact]! : entry;
      const fields = pickFields(given, ['value', 'source', 'reference', 'rep', 'confirmedOn', 'seen', 'reason']);
      return {
        ...describeLogging(entry),
        fact,
        status: findStatus(entry, facts[fact]),
        ...(fields as Pick<EvidenceConfirmation, 'value' | 'source' | 'reference' | 'confirmedOn'>),
        documents: found(given.evidence),
      };
    });
}

function findStatus({ id, struck }: EvidenceEntry, on: FactState | undefined): EvidenceConfirmation['status'] {
  if (struck) return 'struck_out';
  if (on?.entryId === id) return on.status;
  return on?.against.some(({ entryId }) => entryId === id) ? 'disputed' : 'superseded';
}
