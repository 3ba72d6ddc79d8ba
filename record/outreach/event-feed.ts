import type { EmittedType } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import { toJson, type Db, type Sql } from '../../runtime/database';
import { isInScope, type Principal } from '../kernel/principal';
import { queueWebhooks } from './webhooks';

/** A published event: ids, codes and dates. */
export interface PublishedEvent {
  /** Grows with every one; they are read in its order. */
  seq: number;
  id: string;
  clientId: string;
  type: EmittedType;
  subjectId: string;
  data: Record<string, unknown>;
  createdAt: Instant;
}

/** Tells others of a change when, and only when, the transaction commits; it waits for no other one. */
export async function emitEvent(
  tx: Db,
  { clientId, type, subjectId, data }: Pick<PublishedEvent, 'clientId' | 'type' | 'subjectId' | 'data'>,
): Promise<void> {
  const [made] = await tx<{ id: string }[]>`
    insert into emitted ${tx({ clientId, type, subjectId, data: toJson(tx, data) })} returning id`;
  await queueWebhooks(tx, { id: made!.id, clientId, type });
}

/**
 * Assigns numbers to committed events that have none. A number is higher than any visible before it, so a reader that
 * continues from one misses none; readers assign them one after the other, so no transaction waits.
 */
async function assignNumbers(sql: Sql): Promise<void> {
  const [waiting] = await sql`select from emitted where seq is null limit 1`;
  if (!waiting) return;
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('emitted', 0))`;
    await tx`
      update emitted e set seq = n.seq
      from (
        select place, (select coalesce(max(seq), 0) from emitted) + row_number() over (order by place) as seq
        from emitted where seq is null) n
      where e.place = n.place`;
  });
}

/** Lists the events after a number, in order. */
export async function listPublishedEvents(
  sql: Sql,
  principal: Principal,
  { after, type, limit }: { after: number; type?: EmittedType | undefined; limit: number },
): Promise<PublishedEvent[]> {
  await assignNumbers(sql);
  return sql<PublishedEvent[]>`
    select seq, id, client_id, type, subject_id, data, created_at from emitted
    where seq > ${after} and ${isInScope(sql, principal)} ${type ? sql`and type = ${type}` : sql``}
    order by seq limit ${limit}`;
}
