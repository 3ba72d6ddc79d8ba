import { shareAgreement } from './same-key';
import type { Bodies } from '../../domain/applications/bodies';
import type { ApplicationState } from '../../domain/applications/state';
import type { Db, Fragment } from '../../runtime/database';
import { factBody } from './commands';

/** Other confirmed applications `o` for the scope of an application `t`. */
export const sameScope = (sql: Db): Fragment => sql`
  ${shareAgreement(sql, 'o', 't')} and o.provider_id = t.provider_id
  and o.location_id is not distinct from t.location_id and o.stage = 'confirmed'`;

/** The participations that a confirmed termination ends, each with the body of the command that ends it. */
export async function listTerminatedParticipations(
  sql: Db,
  terminationId: string,
): Promise<{ id: string; clientId: string; body: Bodies['participation-end'] }[]> {
  const [termination] = await sql<{ snapshot: ApplicationState }[]>`
    select snapshot from applications where id = ${terminationId}`;
  const lastDay = termination?.snapshot.facts.effectiveDate;
  if (!termination || lastDay?.status !== 'confirmed' || !lastDay.effectiveOn) return [];
  const { source, reference } = await factBody(sql, termination.snapshot, 'effectiveDate', lastDay.entryId);
  const body = { on: lastDay.effectiveOn, reason: 'termination', source, reference };
  const rows = await sql<{ id: string; clientId: string }[]>`
    select o.id, o.client_id from applications t
    join applications o on ${sameScope(sql)}
    join network_spans s on s.application_id = o.id and s.known_to is null and s.effective_to is null
    where t.id = ${terminationId}`;
  return rows.map((row) => ({ ...row, body }));
}
