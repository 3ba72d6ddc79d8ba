import { readProof, type Proof, type SeenDetails } from '../../domain/kernel/facts';
import type { Db } from '../../runtime/database';

/** Reads the proofs of entries that confirmed a fact, by their ids. */
export async function readProofs(sql: Db, entryIds: readonly string[]): Promise<Map<string, Proof>> {
  const rows = await sql<{ id: string; given: { seen?: SeenDetails; evidence?: string[] } }[]>`
    select e.id, case when c.action = 'open' then c.body->'adopt'->'confirmations'->(e.event->'data'->>'fact')
      else c.body end as given
    from events e join commands c on c.id = e.command_id
    where e.id = any(${[...entryIds]}::uuid[]) and e.kind = 'confirmation'`;
  return new Map(rows.map(({ id, given }) => [id, readProof(given)]));
}
