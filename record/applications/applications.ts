import type { ApplicationKind, Fact, LineOfBusiness, Stage, WaitingOn } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { Bodies, GivenFact } from '../../domain/applications/bodies';
import type { FactLack } from '../../domain/kernel/facts';
import { findLackOf, isMendable, type ApplicationState, type FactState } from '../../domain/applications/state';
import type { LapseWarning } from '../../domain/upkeep/upkeep';
import { buildApplicationView, type ApplicationView, type ParticipationView } from '../../domain/applications/view';
import type { Db, Fragment } from '../../runtime/database';
import { findBridge, type Bridge } from './bridges';
import { readStoredDocuments } from '../registry/document-files';
import { readFactBody, readOutstandingItems } from './commands';
import { toLocalDate } from '../../domain/time/calendar';
import { isParticipationCurrent } from '../billing/readiness-watch';
import { listOpeningQuestions, type OpeningQuestion } from './opening-questions';
import { isInScope, type Principal } from '../kernel/principal';
import { findRenewal } from './renewals';
import { listLapseWarnings } from '../upkeep/upkeep-list';

/** The fields of an application that a list shows: its key, the parties, and its state. */
export interface ApplicationSummary {
  id: string;
  clientId: string;
  providerId: string | null;
  providerName: string | null;
  practiceId: string;
  practiceName: string;
  payerId: string;
  payerName: string;
  state: string;
  lineOfBusiness: LineOfBusiness;
  kind: ApplicationKind;
  locationId: string | null;
  previousId: string | null;
  neededBy: PlainDate | null;
  monthlyValue: number | null;
  open: boolean;
  stage: Stage;
  attempt: number;
  waitingOn: WaitingOn;
  assignee: string | null;
  submittedOn: PlainDate | null;
  referenceNumber: string | null;
  nextFollowUpAt: Instant | null;
  dueAt: Instant | null;
  overdue: boolean;
  playbookVersion: number;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
}

/** An application as the record keeps it: the summary, and the fold of its events. */
export interface KeptApplication extends ApplicationSummary {
  /** The platform on which the provider stays meanwhile. */
  bridge: Bridge | null;
  snapshot: ApplicationState;
  /** The client's. */
  timeZone: string;
}

const CONFIRMATION_FIELDS = [
  'value',
  'source',
  'reference',
  'rep',
  'confirmedOn',
  'seen',
  'evidence',
  'reason',
] as const;
const CONTRACT_FIELDS = ['reference', 'feeScheduleReference', 'termNoticeDays', 'renewsOn'] as const;

type ContractTerms = Pick<Bodies['contract'], (typeof CONTRACT_FIELDS)[number]>;
/** With those of its documents whose file is stored. */
type GivenConfirmation = { entryId: string; stored?: string[] } & Pick<GivenFact, (typeof CONFIRMATION_FIELDS)[number]>;
type Confirmation = GivenConfirmation & {
  status: FactState['status'];
  lacks?: FactLack;
  against?: GivenConfirmation[];
} & Pick<FactState, 'awaitsApproval'>;

type Cycle = NonNullable<ParticipationView['recredentialing']>;
/** With the application by which the running cycle is renewed. */
type Participation = Omit<ParticipationView, 'recredentialing'> & {
  recredentialing: (Cycle & { openedId: string | null }) | null;
};

/** An application as GET answers it. */
export type Application = Omit<KeptApplication, 'snapshot' | 'timeZone'> &
  Omit<ApplicationView, 'tracks' | 'participation'> & {
    participation: Participation | null;
    tracks: {
      credentialing: ApplicationView['tracks']['credentialing'];
      contracting: ApplicationView['tracks']['contracting'] & ContractTerms;
    };
    confirmations: Partial<Record<Fact, Confirmation>>;
    /** The items that the payer asked for and has not got, in the words in which it asked. */
    outstandingItems: string[];
    /** The items that will have lapsed when the payer is expected to decide. */
    warnings: LapseWarning[];
    /** Why it may be a mistake that it was opened. */
    questions: OpeningQuestion[];
  };

/** Writes the condition that an application is late; a paused one is not. */
export const isOverdue = (sql: Db): Fragment => sql`(a.due_at < now() and a.snapshot->>'paused' is null)`;

/**
 * Selects the summaries of applications with names; `a`, `p`, `n`, `pr` and `y` are application, provider, person,
 * practice, payer.
 */
export const selectSummaries = (sql: Db, principal: Principal, more: Fragment = sql``): Fragment => sql`
  select a.id, a.client_id, a.provider_id, p.full_name as provider_name,
    a.practice_id, pr.legal_name as practice_name, a.payer_id, y.name as payer_name,
    a.state, a.line_of_business, a.kind, a.location_id, a.previous_id, a.needed_by, a.monthly_value,
    a.open, a.stage, (a.snapshot->>'attempt')::int as attempt, a.waiting_on, a.assignee, a.submitted_on,
    a.reference_number, a.next_follow_up_at, a.due_at, coalesce(${isOverdue(sql)}, false) as overdue,
    a.playbook_version, a.version, a.created_at, a.updated_at ${more}
  from applications a
  join practices pr on pr.id = a.practice_id
  join payers y on y.id = a.payer_id
  left join providers p on p.id = a.provider_id
  left join persons n on n.id = p.person_id
  where ${isInScope(sql, principal, 'a.client_id')}`;

/** Finds those of `ids` that the principal may see. */
export async function findApplications(sql: Db, principal: Principal, ids: string[]): Promise<KeptApplication[]> {
  return sql<KeptApplication[]>`
    ${selectSummaries(
      sql,
      principal,
      sql`, a.snapshot,
      (select c.time_zone from clients c where c.id = a.client_id) as time_zone, ${findBridge(sql)} as bridge`,
    )} and a.id = any(${ids}::uuid[])`;
}

export async function findApplication(sql: Db, principal: Principal, id: string): Promise<KeptApplication | null> {
  const [application] = await findApplications(sql, principal, [id]);
  return application ?? null;
}

/** Describes the whole resource: what the fold shows of itself now, with the words and values that commands brought. */
export async function describeApplication(sql: Db, kept: KeptApplication, now: Instant): Promise<Application> {
  const { snapshot, timeZone, ...summary } = kept;
  const { tracks, participation, ...shown } = buildApplicationView(snapshot, now, timeZone);
  const [confirmations, contract, outstandingItems, warnings, questions, openedId, current] = await Promise.all([
    readConfirmations(sql, snapshot),
    readContractTerms(sql, snapshot),
    readOutstanding(sql, snapshot),
    listLapseWarnings(sql, snapshot, now),
    listOpeningQuestions(sql, snapshot, now),
    participation && findRenewal(sql, snapshot),
    participation?.current === true && isParticipationCurrent(sql, snapshot, toLocalDate(now, timeZone)),
  ]);
  return {
    ...summary,
    ...shown,
    tracks: { ...tracks, contracting: { ...tracks.contracting, ...contract } },
    confirmations,
    outstandingItems,
    warnings,
    questions,
    participation: participation && {
      ...participation,
      current,
      recredentialing: participation.recredentialing && { ...participation.recredentialing, openedId },
    },
  };
}

async function readConfirmations(sql: Db, state: ApplicationState): Promise<Partial<Record<Fact, Confirmation>>> {
  const readConfirmationInputs = async (fact: Fact, entryId: string): Promise<GivenConfirmation> => {
    const given = pickFields(await readFactBody(sql, state, fact, entryId), CONFIRMATION_FIELDS);
    if (!given.evidence) return { entryId, ...given };
    const wasStored = await readStoredDocuments(sql, given.evidence);
    return { entryId, ...given, stored: given.evidence.filter((id) => wasStored(id)) };
  };
  const entries = Object.entries(state.facts).map(async ([name, on]) => {
    const fact = name as Fact;
    const [first, ...against] = await Promise.all(
      [on, ...on.against].map((one) => readConfirmationInputs(fact, one.entryId)),
    );
    const lacks = isMendable(state, fact) && findLackOf(state, fact);
    return [
      fact,
      {
        status: on.status,
        ...(lacks && { lacks }),
        ...(on.awaitsApproval && { awaitsApproval: on.awaitsApproval }),
        ...first,
        ...(against.length > 0 && { against }),
      },
    ] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Partial<Record<Fact, Confirmation>>;
}

/** Reads what the latest confirmation of the contract stated beside its status. */
async function readContractTerms(sql: Db, { id, contract }: ApplicationState): Promise<ContractTerms> {
  if (contract.status === 'none') return {};
  const [row] = await sql<{ body: Bodies['contract'] }[]>`
    select c.body from events e join commands c on c.id = e.id
    where e.application_id = ${id} and e.kind = 'contract' and e.struck_by is null order by e.seq desc limit 1`;
  return row ? pickFields(row.body, CONTRACT_FIELDS) : {};
}

async function readOutstanding(sql: Db, state: ApplicationState): Promise<string[]> {
  return (await readOutstandingItems(sql, state)).map(({ item }) => item);
}

const pickFields = <T, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<T, K>;
