import type { PlainDate } from '../domain/application/events';
import { proposals, type Proposed, type Snapshot } from '../domain/proposals';
import type { Db } from '../runtime/database';

export interface Proposal extends Proposed {
  source: Snapshot['source'];
  takenOn: PlainDate;
}

/** What the latest words of CAQH and NPPES would change in a provider's file. */
export async function proposalsFor(
  sql: Db,
  provider: Parameters<typeof proposals>[0] & { id: string },
): Promise<Proposal[]> {
  const snapshots = await sql<{ source: Snapshot['source']; takenOn: PlainDate; body: Omit<Snapshot, 'source'> }[]>`
    select distinct on (source) source, taken_on, body from registry_snapshots
    where provider_id = ${provider.id} order by source, taken_on desc, created_at desc`;
  return snapshots.flatMap(({ source, takenOn, body }) =>
    proposals(provider, { source, ...body }).map((proposal) => ({ source, takenOn, ...proposal })),
  );
}
