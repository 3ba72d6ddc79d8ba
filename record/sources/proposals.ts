import type { PlainDate } from '../../domain/time/instants';
import { computeProposals, type ProposedChange, type Snapshot } from '../../domain/sources/proposals';
import type { Db } from '../../runtime/database';
import { selectLatestSnapshots } from '../kernel/person-scope';

export interface Proposal extends ProposedChange {
  source: Snapshot['source'];
  takenOn: PlainDate;
}

/** Lists what the latest answers of CAQH and NPPES would change in a provider's file. */
export async function listProposals(
  sql: Db,
  provider: Parameters<typeof computeProposals>[0] & { id: string },
): Promise<Proposal[]> {
  const snapshots = await sql<{ source: Snapshot['source']; takenOn: PlainDate; body: Omit<Snapshot, 'source'> }[]>`
    select s.* from providers p cross join lateral ${selectLatestSnapshots(sql)} s where p.id = ${provider.id} order by s.source`;
  return snapshots.flatMap(({ source, takenOn, body }) =>
    computeProposals(provider, { source, ...body }).map((proposal) => ({ source, takenOn, ...proposal })),
  );
}
