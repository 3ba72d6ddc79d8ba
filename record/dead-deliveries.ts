import type { Instant } from '../domain/application/events';
import type { Db } from '../runtime/database';

/** A command or a row of the outbox that failed too often, and rests until a person has it tried again. */
export interface DeadDelivery {
  type: 'command' | 'outbox';
  id: string;
  /** Null: of no one client. */
  clientId: string | null;
  /** The action of a command, the topic of a row. */
  what: string;
  /** The application of a command, the subject of a row. */
  subjectId: string;
  attempts: number;
  /** A code. */
  lastError: string | null;
  createdAt: Instant;
  deadAt: Instant;
}

/** The dead deliveries, the latest first. */
export const deadDeliveries = (sql: Db, limit: number): Promise<DeadDelivery[]> =>
  sql<DeadDelivery[]>`
    select * from (
      select 'command' as type, id::text, client_id, action as what, application_id as subject_id, attempts, last_error,
        received_at as created_at, dead_at
      from commands where settled_at is null and dead_at is not null
      union all
      select 'outbox', id::text, null, topic, subject, attempts, last_error, created_at, dead_at
      from outbox where dead_at is not null) d
    order by dead_at desc, id limit ${limit}`;

/** Has a dead delivery tried again from the start; false where it is none any more. */
export async function reviveDelivery(sql: Db, { type, id }: Pick<DeadDelivery, 'type' | 'id'>): Promise<boolean> {
  const afresh = { attempts: 0, deadAt: null, nextAttemptAt: new Date() };
  const revived =
    type === 'command'
      ? await sql`
          update commands set ${sql(afresh)} where id::text = ${id} and settled_at is null and dead_at is not null returning id`
      : await sql`update outbox set ${sql(afresh)} where id::text = ${id} and dead_at is not null returning id`;
  if (revived.length === 0) return false;
  await (type === 'command' ? sql`notify commands` : sql`notify outbox`);
  return true;
}
