import { selectEntryIds } from '../kernel/one-entry';
import { announceFacts } from '../kernel/subscribers';
import type { FactSource, LineOfBusiness } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { FactValues } from '../../domain/kernel/facts';
import { readClock } from '../../runtime/clock';
import { toJson, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';

interface AgreementFact<Value> {
  applicationId: string;
  entryId: string;
  value: Value;
  source: FactSource;
}

export interface AgreementEnding {
  /** The last day. */
  on: PlainDate;
  reason: string;
  source: FactSource;
  reference: string;
}

/** An agreement of a practice with a payer in a state, for a line of business: once, for all its providers. */
export interface Agreement {
  id: string;
  clientId: string;
  practiceId: string;
  payerId: string;
  state: string;
  lineOfBusiness: LineOfBusiness;
  contract: AgreementFact<FactValues['contract']> | null;
  claimsRoute: AgreementFact<FactValues['claimsRoute']> | null;
  endedOn: PlainDate | null;
  ending: (AgreementEnding & { commandId: string; recordedAt: Instant; entryIds?: string[] }) | null;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
}

export interface AgreementFilter {
  practiceId?: string | undefined;
  payerId?: string | undefined;
  state?: string | undefined;
  lineOfBusiness?: LineOfBusiness | undefined;
}

const selectAgreements = (sql: Db, principal: Principal): Fragment => sql`
  select * from agreements where ${isInScope(sql, principal)}`;

export async function findAgreement(sql: Db, principal: Principal, id: string): Promise<Agreement | null> {
  const [agreement] = await sql<Agreement[]>`${selectAgreements(sql, principal)} and id = ${id}`;
  return agreement ?? null;
}

export const listAgreements = (
  sql: Db,
  principal: Principal,
  { practiceId, payerId, state, lineOfBusiness }: AgreementFilter,
  request: PageRequest,
): Promise<Page<Agreement>> =>
  readPage(
    sql,
    sql`${selectAgreements(sql, principal)}
      ${practiceId ? sql`and practice_id in ${selectEntryIds(sql, 'practices', practiceId)}` : sql``}
      ${payerId ? sql`and payer_id in ${selectEntryIds(sql, 'payers', payerId)}` : sql``}
      ${state ? sql`and state = ${state}` : sql``}
      ${lineOfBusiness ? sql`and line_of_business = ${lineOfBusiness}` : sql``}`,
    request,
  );

type Key = Pick<Agreement, 'practiceId' | 'payerId' | 'state' | 'lineOfBusiness'>;

/** Selects the participations of an agreement's practice, payer, state and line as they stand; `s` is the span. */
const selectSharingSpans = (sql: Db, { practiceId, payerId, state, lineOfBusiness }: Key): Fragment => sql`
  s.known_to is null and s.practice_id in ${selectEntryIds(sql, 'practices', practiceId)}
    and s.payer_id in ${selectEntryIds(sql, 'payers', payerId)} and s.state = ${state}
    and s.line_of_business = ${lineOfBusiness}`;

/** Has billing readiness evaluated again for every participation of an agreement's practice, payer, state and line. */
export const notifyInheritingApplications = (tx: Db, key: Key): Promise<void> =>
  announceFacts(
    tx,
    'billing basis changed',
    tx`select application_id from network_spans s where ${selectSharingSpans(tx, key)}`,
  );

/** Finds when the first of the participations under an agreement began; null if none has an effective date. */
export async function findFirstEffective(sql: Db, agreement: Key): Promise<PlainDate | null> {
  const [row] = await sql<{ first: PlainDate | null }[]>`
    select min(s.effective_from) as first from network_spans s where ${selectSharingSpans(sql, agreement)}`;
  return row?.first ?? null;
}

/**
 * Ends an agreement for all that rest on it; null if it has ended already and this end does not name the day that it
 * replaces. Repeated under the same command it changes nothing.
 */
export const endAgreement = (
  sql: Sql,
  principal: Principal,
  id: string,
  commandId: string,
  { replaces, ...ending }: AgreementEnding & { replaces?: PlainDate | undefined },
  requireVersion: (version: number) => void,
): Promise<Agreement | null> =>
  sql.begin(async (tx) => {
    const [agreement] = await tx<Agreement[]>`${selectAgreements(tx, principal)} and id = ${id} for no key update`;
    if (!agreement) throw new Error(`no agreement ${id}`);
    if (agreement.ending?.commandId === commandId) return agreement;
    if (agreement.ending && replaces !== agreement.endedOn) return null;
    requireVersion(agreement.version);
    const entryIds = (
      await tx<{ entryId: string }[]>`
        select fact->>'entryId' as entry_id
        from network_spans s, unnest(array[s.facts->'contract', s.facts->'claimsRoute']) as fact
        where ${selectSharingSpans(tx, agreement)} and fact is not null`
    ).map(({ entryId }) => entryId);
    const recorded = {
      ...ending,
      commandId,
      recordedAt: readClock(),
      entryIds: agreement.ending?.entryIds ?? entryIds,
    };
    await tx`
      update agreements
      set ended_on = ${ending.on}, ending = ${toJson(tx, recorded)}, version = version + 1, updated_at = now()
      where id = ${id}`;
    await notifyInheritingApplications(tx, agreement);
    await recordAudit(tx, principal, {
      action: 'agreement.end',
      subjectType: 'agreement',
      subjectId: id,
      clientId: agreement.clientId,
      detail: { ...ending, ...(replaces && { replaces }) },
    });
    return findAgreement(tx, principal, id);
  });
