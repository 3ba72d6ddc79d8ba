import type { EmittedType } from '../domain/codes';
import type { Instant } from '../domain/application/events';
import type { Db } from '../runtime/database';
import { inScope, type Principal } from './principal';
import { queueWebhooks } from './webhooks';

/** Something that others are told: ids, codes and dates. */
export interface Emitted {
  /** Grows with every one; they are read in its order. */
  seq: number;
  id: string;
  clientId: string;
  type: EmittedType;
  subjectId: string;
  data: Record<string, unknown>;
  createdAt: Instant;
}

/** Tells others of a change when, and only when, the transaction commits. */
export async function emit(
  tx: Db,
  { clientId, type, subjectId, data }: Pick<Emitted, 'clientId' | 'type' | 'subjectId' | 'data'>,
): Promise<void> {
  // numbers become visible in their order: whoever reads on from one misses none
  await tx`select pg_advisory_xact_lock(hashtextextended('emitted', 0))`;
  const [made] = await tx<{ id: string }[]>`
    insert into emitted ${tx({ clientId, type, subjectId, data: tx.json(data as never) })} returning id`;
  await queueWebhooks(tx, { id: made!.id, clientId, type });
}

/** What was told after a number, in order. */
export const listEmitted = (
  sql: Db,
  principal: Principal,
  { after, type, limit }: { after: number; type?: EmittedType | undefined; limit: number },
): Promise<Emitted[]> => sql<Emitted[]>`
  select * from emitted
  where seq > ${after} and ${inScope(sql, principal)} ${type ? sql`and type = ${type}` : sql``}
  order by seq limit ${limit}`;
