import type { CaqhSaid } from '../domain/caqh';
import type { Instant } from '../domain/application/events';
import type { Sql } from '../runtime/database';
import { audit } from './audit';
import { inScope, type Principal } from './principal';
import { keepExported, newAttestation } from './registries';

/** A row of an export as it was read. */
export interface ExportedRow {
  caqhId: string | null;
  npi: string | null;
  said: CaqhSaid;
}

/** What a row came, or with a dry run would come, to. */
export type RowOutcome = 'recorded' | 'unchanged' | 'unknown_provider' | 'ambiguous' | 'different_providers';

/** Takes one row for the providers that the principal may see; a person whom several clients have is one. */
export async function takeExported(
  sql: Sql,
  principal: Principal,
  { caqhId, npi, said }: ExportedRow,
  { at, dryRun }: { at: Instant; dryRun: boolean },
): Promise<RowOutcome> {
  const found = await sql<{ id: string; personId: string; unchanged: boolean | null }[]>`
    select p.id, p.person_id, r.said = ${sql.json(said as never)} as unchanged
    from providers p join persons n on n.id = p.person_id
    left join registry_records r on r.service = 'caqh' and r.person_id = p.person_id
    where (p.caqh_id = ${caqhId} or n.npi = ${npi}) and ${inScope(sql, principal, 'p.client_id')}
    order by p.id`;
  const [first] = found;
  if (!first) return 'unknown_provider';
  if (new Set(found.map(({ personId }) => personId)).size > 1)
    return caqhId && npi ? 'different_providers' : 'ambiguous';
  const { personId } = first;
  const fresh = await newAttestation(sql, personId, at, said);
  if (fresh === null && first.unchanged) return 'unchanged';
  if (!dryRun)
    await keepExported(
      sql,
      principal,
      personId,
      found.map(({ id }) => id),
      at,
      said,
    );
  return 'recorded';
}

export const auditExport = (sql: Sql, principal: Principal, id: string, totals: object): Promise<void> =>
  audit(sql, principal, { action: 'caqh_export.take', subjectType: 'caqh_export', subjectId: id, detail: totals });
