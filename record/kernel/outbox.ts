import type { WatchType } from '../../domain/kernel/codes';
import type { NextTry } from '../../domain/kernel/relay-tries';
import type { Db, Fragment } from '../../runtime/database';

/**
 * The topic of a row says what its subject, one id, is: `file_changed` names an application, `file_changed_person` a
 * person (the open applications of every client, and the upkeep), `file_changed_provider` a provider (those of one
 * client), `file_changed_practice` a practice, `time_zone_changed` a client (all that waits for an instant of its day),
 * `open_changes` and `open_applications` a change of a file, a watch its subject, `ending_item` an item of an ending,
 * the others an application.
 */
export type OutboxTopic =
  | 'file_changed'
  | 'file_changed_person'
  | 'file_changed_provider'
  | 'file_changed_practice'
  | 'time_zone_changed'
  | 'start_application'
  | 'start_participation'
  | 'end_participations'
  | 'open_changes'
  | 'open_applications'
  | 'open_recredentialing'
  | 'withdraw_renewals'
  | 'renew_participations'
  | 'ending_item'
  | WatchType;

export interface OutboxRow {
  id: number;
  topic: OutboxTopic;
  subject: string;
  attempts: number;
}

/**
 * The number of rows or follow-up commands of one cause that fall due in a second, so that other work passes between
 * them.
 */
const WAVE = 40;

/** Selects when the nth of many is due. */
export const selectWaveTime = (sql: Db, n: Fragment): Fragment =>
  sql`now() + make_interval(secs => (${n} - 1) / ${WAVE}::bigint)`;

/**
 * Adds a row for every subject that a query selects. If the change is `committed` already, a waiting row about the same
 * subject is reused.
 */
export async function enqueueEach(
  tx: Db,
  topic: OutboxTopic,
  subjects: Fragment,
  { committed = false, afterSeconds = 0 }: { committed?: boolean; afterSeconds?: number } = {},
): Promise<void> {
  const waits = tx`
    exists (select from outbox o where o.subject = s.subject and o.topic = ${topic} and o.attempts = 0)`;
  await tx`
    insert into outbox (topic, subject, next_attempt_at)
    select ${topic}, s.subject, ${selectWaveTime(tx, tx`row_number() over ()`)} + make_interval(secs => ${afterSeconds})
    from (${subjects}) as s(subject)
    ${committed ? tx`where not ${waits}` : tx``}`;
  if (afterSeconds === 0) await tx`notify outbox`;
}

/** The error that stands on a row while a relay works on it: it stays if that ended the relay's process. */
const PROCESS_ENDED = 'process_ended';
/** The number of tries that ended their process after which the delivery ends. */
const MOST_ENDED_PROCESSES = 5;

/**
 * Takes up to `limit` rows that are due, for as long as the lease lasts; no other relay gets them meanwhile. A row whose last try
 * ended its process is taken alone of its kind, so that the others which were in hand then are not counted with it. One that is
 * still `inHand` here is none of these, however late its lease was renewed.
 */
export async function claimRows(
  sql: Db,
  limit: number,
  leaseSeconds: number,
  inHand: readonly number[] = [],
): Promise<OutboxRow[]> {
  const due = sql`dead_at is null and next_attempt_at <= now() and id <> all(${[...inHand]}::bigint[])`;
  await sql`
    update outbox set dead_at = now()
    where ${due} and last_error = ${PROCESS_ENDED} and attempts >= ${MOST_ENDED_PROCESSES}`;
  return sql<OutboxRow[]>`
    with others as (
      select id from outbox where ${due} and last_error is distinct from ${PROCESS_ENDED}
      order by next_attempt_at, id limit ${limit} for no key update skip locked),
    suspect as (
      select id from outbox where ${due} and last_error = ${PROCESS_ENDED}
      order by next_attempt_at, id limit 1 for no key update skip locked)
    update outbox set
      attempts = attempts + 1, last_error = ${PROCESS_ENDED}, next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    where id in (select id from others union all select id from suspect limit ${limit})
    returning id, topic, subject, attempts`;
}

/** Keeps rows that are still being worked on from other relays; one whose try has failed meanwhile is left as it is. */
export async function renewLease(sql: Db, ids: number[], leaseSeconds: number): Promise<void> {
  await sql`
    update outbox set next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    where id = any(${ids}::bigint[]) and dead_at is null and last_error = ${PROCESS_ENDED}`;
}

/** Deletes delivered rows, and the dead rows of the same topic and subject that this delivery makes up for. */
export async function deleteDeliveredRows(sql: Db, { topic, subject }: OutboxRow, ids: number[]): Promise<void> {
  await sql`
    delete from outbox
    where id = any(${ids}::bigint[]) or (subject = ${subject} and topic = ${topic} and dead_at is not null)`;
}

/** Deletes the rows that start applications which are started already. */
export async function deleteStarts(sql: Db, applicationIds: string[]): Promise<void> {
  await sql`delete from outbox where topic = 'start_application' and subject = any(${applicationIds}::uuid[])`;
}

/** Postpones a row after a failed try. */
export async function postponeRow(sql: Db, id: number, next: NextTry, error: string): Promise<void> {
  await sql`
    update outbox set
      attempts = ${next.tries}, next_attempt_at = now() + make_interval(secs => ${next.inSeconds}),
      last_error = ${error}, dead_at = ${next.dead ? sql`now()` : null}
    where id = ${id}`;
}
