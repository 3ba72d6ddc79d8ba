import type { EmittedType } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import { runForAll } from '../../runtime/callers';
import { toJson, type Db, type Sql } from '../../runtime/database';
import { isInScope, type Principal } from '../kernel/principal';
import { queueWebhooks } from './webhooks';

/** A published event: ids, codes and dates. */
export interface PublishedEvent {
  /** Grows with every one, by time; they are read in its order. */
  seq: number;
  id: string;
  clientId: string;
  type: EmittedType;
  subjectId: string;
  data: Record<string, unknown>;
  createdAt: Instant;
}

/** Publishes an event when, and only when, the transaction commits; it waits for no other transaction. */
export async function emitEvent(
  tx: Db,
  { clientId, type, subjectId, data }: Pick<PublishedEvent, 'clientId' | 'type' | 'subjectId' | 'data'>,
): Promise<void> {
  const [made] = await tx<{ id: string }[]>`
    insert into emitted ${tx({ clientId, type, subjectId, data: toJson(tx, data) })} returning id`;
  await queueWebhooks(tx, { id: made!.id, clientId, type });
}

/** The number of clients' events that share a step of the numbers. */
const PLACES = 1024;

/**
 * Assigns numbers to committed events that have none. A number is higher than any visible before it, so a reader that
 * continues from one misses none; readers assign them one after the other, so no transaction waits. Numbers go by the
 * clock, in microseconds, and each client's events take a step each, at a place in it by chance: the distance between
 * two of one client says nothing about what others did.
 */
async function assignNumbers(sql: Sql): Promise<void> {
  const [waiting] = await sql`select from emitted where seq is null limit 1`;
  if (!waiting) return;
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('emitted', 0))`;
    await tx`
      with own as (
        select place, row_number() over (partition by client_id order by place) as nth from emitted where seq is null),
      turns as (select place, nth, row_number() over (partition by nth order by random()) - 1 as turn from own),
      steps as (
        select nth, floor(random() * ${PLACES})::int as shift, sum(ceil(count(*)::numeric / ${PLACES})) over (order by nth) as after
        from turns group by nth)
      update emitted e set seq = n.seq
      from (
        select place, start.seq + (steps.after - 1 - turn / ${PLACES}) * ${PLACES} + (turn + shift) % ${PLACES} as seq
        from turns join steps using (nth) cross join (
          select greatest(max(seq) + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint) as seq from emitted) start) n
      where e.place = n.place`;
  });
}

/** Lists the events after a number, in order. */
export async function listPublishedEvents(
  sql: Sql,
  principal: Principal,
  { after, type, limit }: { after: number; type?: EmittedType | undefined; limit: number },
): Promise<PublishedEvent[]> {
  // the first reader numbers the events of every client
  await runForAll(() => assignNumbers(sql));
  return sql<PublishedEvent[]>`
    select seq, id, client_id, type, subject_id, data, created_at from emitted
    where seq > ${after} and ${isInScope(sql, principal)} ${type ? sql`and type = ${type}` : sql``}
    order by seq limit ${limit}`;
}
