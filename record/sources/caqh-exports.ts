import { selectRegistryStatement } from '../kernel/person-scope';
import { isOutdated, type CaqhStatement } from '../../domain/sources/caqh';
import type { Instant } from '../../domain/time/instants';
import { toJson, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isInScope, type Principal } from '../kernel/principal';
import { keepExportedRow, keepStatement, findNewAttestation } from './lookups';

/** A row of an export as it was read. */
export interface ExportedRow {
  caqhId: string | null;
  npi: string | null;
  said: CaqhStatement;
}

/** The result of a row, or with a dry run what it would be. */
export type RowOutcome =
  'recorded' | 'unchanged' | 'older_than_on_file' | 'unknown_provider' | 'ambiguous' | 'different_providers';

interface MatchedProvider {
  id: string;
  clientId: string;
  personId: string;
  byNpi: boolean;
  byCaqhId: boolean;
  /** Whether that is what is known already: for every client, or for its own. */
  knownOfPerson: boolean | null;
  knownOfClient: boolean | null;
  /** The statement that counts now: for every client, or at its own. */
  saidOfPerson: CaqhStatement | null;
  saidAtClient: CaqhStatement | null;
}

/**
 * Records one row for the providers that the principal may see. With an NPI, uploaded by a user who sees every client,
 * it belongs to the person; otherwise to each client, as does a CAQH id that only clients have stated for the person.
 */
export async function recordExportedRow(
  sql: Sql,
  principal: Principal,
  { caqhId, npi, said }: ExportedRow,
  { at, dryRun }: { at: Instant; dryRun: boolean },
): Promise<RowOutcome> {
  const isUnchanged = (column: string) => sql`${sql(column)} = ${toJson(sql, said)}`;
  const found = await sql<MatchedProvider[]>`
    select p.id, p.client_id, p.person_id, n.npi = ${npi} is true as by_npi, p.caqh_id = ${caqhId} is true as by_caqh_id,
      ${isUnchanged('r.said')} as known_of_person, ${isUnchanged('t.said')} as known_of_client,
      r.said as said_of_person, w.said as said_at_client
    from providers p join persons n on n.id = p.person_id
    left join registry_records r on r.service = 'caqh' and r.person_id = p.person_id
    left join caqh_statements t on t.client_id = p.client_id and t.person_id = p.person_id
    left join lateral ${selectRegistryStatement(sql, sql`'caqh'`)} w on true
    where (p.caqh_id = ${caqhId} or n.npi = ${npi}) and ${isInScope(sql, principal, 'p.client_id')}
    order by p.id`;
  if (found.length === 0) return 'unknown_provider';
  const named = found.filter(({ byNpi }) => byNpi);
  // a client with the same CAQH id on file for another person is wrong if another client has both the NPI and the id
  const meant = named.some(({ byCaqhId }) => byCaqhId) ? named : found;
  const [first] = meant;
  if (new Set(meant.map(({ personId }) => personId)).size > 1)
    return caqhId && npi ? 'different_providers' : 'ambiguous';

  if (principal.clientIds === null && named.length > 0) {
    const { personId, knownOfPerson, saidOfPerson } = first!;
    const fresh = await findNewAttestation(sql, personId, null, at, said);
    if (fresh === null && knownOfPerson) return 'unchanged';
    if (isOutdated(said, saidOfPerson, at)) return 'older_than_on_file';
    if (!dryRun) await keepExportedRow(sql, principal, personId, at, said);
    return 'recorded';
  }
  const outcomes = new Set<RowOutcome>();
  for (const provider of meant) {
    const { personId, clientId, knownOfClient, saidAtClient } = provider;
    const fresh = await findNewAttestation(sql, personId, clientId, at, said);
    const isKnown = fresh === null && knownOfClient;
    const outcome = isKnown ? 'unchanged' : isOutdated(said, saidAtClient, at) ? 'older_than_on_file' : 'recorded';
    if (outcome === 'recorded' && !dryRun) await keepStatement(sql, principal, provider, at, said);
    outcomes.add(outcome);
  }
  return (['recorded', 'unchanged', 'older_than_on_file'] as const).find((one) => outcomes.has(one))!;
}

export const auditExport = (sql: Sql, principal: Principal, id: string, totals: object): Promise<void> =>
  recordAudit(sql, principal, {
    action: 'caqh_export.take',
    subjectType: 'caqh_export',
    subjectId: id,
    detail: totals,
  });
