import type { WatchType } from '../domain/codes';
import type { Db, Fragment } from '../runtime/database';

/**
 * Who has to hear of a change, and of what, by one id: `file_changed_person` a person (its open applications and its
 * upkeep), `file_changed_practice` a practice, `open_changes` a change of a file, a watch its subject, `ending_item`
 * what an ending comes to, the others an application.
 */
export type OutboxTopic =
  | 'file_changed_person'
  | 'file_changed_practice'
  | 'start_application'
  | 'start_participation'
  | 'end_participations'
  | 'open_changes'
  | 'open_recredentialing'
  | 'renew_participations'
  | 'ending_item'
  | WatchType;

export interface OutboxRow {
  id: number;
  topic: OutboxTopic;
  subject: string;
  attempts: number;
}

/** Tells the relay of a change when, and only when, the transaction commits. */
export async function enqueue(
  tx: Db,
  topic: OutboxTopic,
  subject: string,
  { afterSeconds = 0 }: { afterSeconds?: number } = {},
): Promise<void> {
  await tx`
    insert into outbox (topic, subject, next_attempt_at)
    values (${topic}, ${subject}, now() + make_interval(secs => ${afterSeconds}))`;
  if (afterSeconds === 0) await tx`notify outbox`;
}

/** The same for every subject that a query selects. */
export async function enqueueEach(tx: Db, topic: OutboxTopic, subjects: Fragment): Promise<void> {
  await tx`insert into outbox (topic, subject) select ${topic}, subject from (${subjects}) as of(subject)`;
  await tx`notify outbox`;
}

/** Takes up to `limit` rows that are due, for as long as the lease lasts; nobody else gets them meanwhile. */
export function claim(sql: Db, limit: number, leaseSeconds: number): Promise<OutboxRow[]> {
  return sql<OutboxRow[]>`
    update outbox set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    where id in (
      select id from outbox where next_attempt_at <= now() order by next_attempt_at, id
      limit ${limit} for update skip locked)
    returning id, topic, subject, attempts`;
}

/** The changes were heard. */
export async function heard(sql: Db, ids: number[]): Promise<void> {
  await sql`delete from outbox where id = any(${ids}::bigint[])`;
}

/** Whoever started applications himself spares the relay the way. */
export async function heardOfStarts(sql: Db, applicationIds: string[]): Promise<void> {
  await sql`delete from outbox where topic = 'start_application' and subject = any(${applicationIds}::uuid[])`;
}

/** The change was not heard: again later, at most a minute apart. */
export async function postpone(sql: Db, { id, attempts }: OutboxRow, error: string): Promise<void> {
  const seconds = Math.min(60, 2 ** Math.min(attempts, 6));
  await sql`
    update outbox set next_attempt_at = now() + make_interval(secs => ${seconds}), last_error = ${error}
    where id = ${id}`;
}
