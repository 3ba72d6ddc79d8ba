import { selectEntryId, selectEntryIds, isUnmerged } from '../kernel/one-entry';
import type { PlainDate } from '../../domain/time/instants';
import type { LineOfBusiness, ReadinessReason, Stage } from '../../domain/kernel/codes';
import { evaluateBillingReadiness, type ReadinessAnswer } from '../../domain/billing/readiness';
import { processInPieces } from '../../runtime/batches';
import type { Db } from '../../runtime/database';
import { isCarried } from './platform-spans';
import { isInScope, type Principal } from '../kernel/principal';
import { OPENING_KINDS, readReadinessEvidence } from './readiness';

/** A provider and payer in a state; if there is an application, with its practice, line and location. */
interface Scope {
  providerId: string;
  providerName: string;
  payerId: string;
  payerName: string;
  /** Null if no licence and no application says in which state. */
  state: string | null;
  practiceId: string | null;
  practiceName: string | null;
  lineOfBusiness: LineOfBusiness | null;
  locationId: string | null;
  /** The platforms through which the payer can be billed, whether or not the provider wants to. */
  platforms: { relationshipId: string; platform: string }[];
  /** The applications for it: an open one first, then the latest. */
  applications: KeyApplication[];
}

interface KeyApplication {
  id: string;
  stage: Stage;
  open: boolean;
}

/** A cell of a client's coverage: the answer of billing readiness for today. */
export interface Coverage extends Omit<Scope, 'applications'> {
  /**
   * The application that the answer is about; if billing readiness knows of none, the open one, otherwise the latest.
   */
  applicationId: string | null;
  stage: Stage | null;
  /** Another that is open for the same. */
  underWay: { applicationId: string; stage: Stage } | null;
  through: 'platform' | 'direct' | 'none';
  mayRepresentInNetwork: boolean;
  /** Why it is not direct. */
  reasons: ReadinessReason[];
  /** The day from which it may be billed directly, also one ahead, as things stand now; null if none is known. */
  billableFrom: PlainDate | null;
}

export interface CoverageFilter {
  providerId?: string | undefined;
  payerId?: string | undefined;
}

/**
 * Reads the coverage of every provider of a client by every payer that it applies to or reaches through a platform, in
 * the states in which it applies, is licensed or a platform speaks for it. It takes as many queries for one cell as for
 * fifty.
 */
export async function readCoverage(
  sql: Db,
  principal: Principal,
  clientId: string,
  today: PlainDate,
  filter: CoverageFilter = {},
): Promise<Coverage[]> {
  const scopes = await selectScopes(sql, principal, clientId, today, filter);
  const now = await evaluateScopes(sql, principal, scopes, () => today);
  // a participation that begins later is asked again for its first day
  const ahead = scopes.filter((_, i) => isAhead(now[i]!, today));
  const later = (
    await evaluateScopes(sql, principal, ahead, (i) => now[scopes.indexOf(ahead[i]!)]!.billableFrom!)
  ).values();
  return scopes.map(({ applications, ...scope }, i) => {
    const { mayBill, billThrough, reasons, billableFrom, applicationId } = now[i]!;
    const shown = applications.find(({ id }) => id === applicationId) ?? applications[0];
    const open = applications.find((one) => one.open && one !== shown);
    const begins = mayBill || (isAhead(now[i]!, today) && later.next().value!.mayBill);
    return {
      ...scope,
      applicationId: shown?.id ?? null,
      stage: shown?.stage ?? null,
      underWay: open ? { applicationId: open.id, stage: open.stage } : null,
      through: mayBill ? 'direct' : billThrough === 'platform' ? 'platform' : 'none',
      mayRepresentInNetwork: mayBill,
      reasons,
      billableFrom: begins ? billableFrom : null,
    };
  });
}

const isAhead = ({ billableFrom }: ReadinessAnswer, today: PlainDate): boolean =>
  billableFrom !== null && billableFrom > today;

/** So many are evaluated at once: thousands would let nothing else happen until the last. */
const PIECE = 50;

const evaluateScopes = (
  sql: Db,
  principal: Principal,
  scopes: readonly Scope[],
  findDay: (i: number) => PlainDate,
): Promise<ReadinessAnswer[]> =>
  processInPieces(scopes, PIECE, (piece, from) => evaluatePiece(sql, principal, piece, (i) => findDay(from + i)));

async function evaluatePiece(
  sql: Db,
  principal: Principal,
  scopes: readonly Scope[],
  findDay: (i: number) => PlainDate,
): Promise<ReadinessAnswer[]> {
  const questions = scopes.map(({ providerId, practiceId, payerId, state, lineOfBusiness, locationId }, i) => ({
    providerId,
    practiceId,
    payerId,
    state,
    ...(lineOfBusiness && { lineOfBusiness }),
    ...(locationId && { locationId }),
    dateOfService: findDay(i),
  }));
  const onFile = await readReadinessEvidence(sql, principal, questions);
  return onFile.map((file, i) => {
    if ('unknown' in file) throw new Error(`unknown ${file.unknown.join()}`);
    return evaluateBillingReadiness(questions[i]!, file.evidence);
  });
}

const selectScopes = (
  sql: Db,
  principal: Principal,
  clientId: string,
  today: PlainDate,
  { providerId, payerId }: CoverageFilter,
): Promise<Scope[]> => sql<Scope[]>`
  with applied as (
    -- merged practices are one
    select provider_id, m.practice_id, m.payer_id, state, line_of_business, location_id,
      jsonb_agg(jsonb_build_object('id', a.id, 'stage', stage, 'open', open) order by open desc, a.created_at desc) as applications
    from applications a
    cross join lateral (
      select ${selectEntryId(sql, 'y')} as payer_id, ${selectEntryId(sql, 'pr')} as practice_id
      from payers y, practices pr where y.id = a.payer_id and pr.id = a.practice_id) m
    where client_id = ${clientId} and ${isInScope(sql, principal)} and kind = any(${OPENING_KINDS})
    group by provider_id, m.practice_id, m.payer_id, state, line_of_business, location_id
  ), reached as (
    select r.provider_id, y.id as payer_id, s.state,
      jsonb_agg(jsonb_build_object('relationshipId', r.id, 'platform', r.platform) order by r.created_at) as platforms
    from platform_relationships r
    left join lateral (
      select unnest(r.states) as state union select l.state from licences l where l.provider_id = r.provider_id
    ) s on true
    join payers y on ${isUnmerged(sql, 'y')} and ${isCarried(sql, sql`y.id`, sql`s.state`, sql`${today}::date`)}
    where r.client_id = ${clientId} and ${isInScope(sql, principal, 'r.client_id')}
    group by r.provider_id, y.id, s.state
  )
  select provider_id, p.full_name as provider_name, payer_id, y.name as payer_name, state,
    w.practice_id, pr.legal_name as practice_name, w.line_of_business, w.location_id,
    coalesce(r.platforms, '[]') as platforms, coalesce(w.applications, '[]') as applications
  from applied w full join reached r using (provider_id, payer_id, state)
  join providers p on p.id = provider_id
  join payers y on y.id = payer_id
  left join practices pr on pr.id = w.practice_id
  where true ${providerId ? sql`and provider_id = ${providerId}` : sql``}
    ${payerId ? sql`and payer_id in ${selectEntryIds(sql, 'payers', payerId)}` : sql``}
  order by p.last_name, p.first_name, provider_id, y.name, payer_id, state, pr.legal_name, w.practice_id,
    w.line_of_business, w.location_id`;
