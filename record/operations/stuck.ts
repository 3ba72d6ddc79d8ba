import { announceFact } from '../kernel/subscribers';
import type { WatchType } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { enqueueEach } from '../kernel/outbox';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';

/** A stuck item: nothing happens until a person retries it. */
export interface StuckItem {
  id: string;
  /**
   * A step that was set aside, a command that was not delivered, a row of the outbox, the run of a workflow that is gone, late
   * or failing, an application that is held after a restore, a purged file that its store does not remove.
   */
  kind: 'step' | 'command' | 'outbox' | 'run' | 'hold' | 'file';
  /** An action, `due`, `file` or the type of a watch; the topic of a row; how an application's run was found, or a watch's type. */
  what: string;
  /** Null: of no one client. */
  clientId: string | null;
  applicationId: string | null;
  /** The name or code of the failure. */
  cause: string | null;
  since: Instant;
  /** When it is tried again by itself; null: when a person says so. */
  againAt: Instant | null;
}

/**
 * Writes the condition that a run is stuck: one that fails counts from its second check; one that was
 * restarted, woken or is late once that has not helped for minutes.
 */
const isStuckRun = (sql: Db): Fragment => sql`
  r.attempts > 1 and (r.found in ('failing', 'error') or r.since < now() - interval '10 minutes')`;

const watchRunId = (sql: Db): Fragment => sql`md5('run ' || w.watch || '/' || w.subject)::uuid`;

/**
 * Selects the id of a dead row, derived from its subject: its own number would say how many rows there were for all
 * clients.
 */
const selectDeadRowId = (sql: Db): Fragment =>
  sql`md5('outbox ' || o.topic || '/' || o.subject || '/' || extract(epoch from o.dead_at))::uuid`;

/**
 * Selects the stuck items of each kind, under ids of their own: the application of a hold, and what rows of the outbox
 * and the checks of runs derive.
 */
const selectUnattended = (sql: Db): Fragment => sql`
  select s.id, 'step' as kind, coalesce(c.action, s.watch, s.what) as what, s.client_id, s.application_id, s.cause, s.since,
    s.again_at
  from set_aside s left join commands c on c.id = s.command_id
  union all
  select c.id, 'command', c.action, c.client_id, c.application_id, c.last_error, c.dead_at, null
  from commands c where c.settled_at is null and c.dead_at is not null
  union all
  select ${selectDeadRowId(sql)}, 'outbox', o.topic, a.client_id, a.id, o.last_error, o.dead_at, null
  from outbox o left join applications a on a.id = o.subject where o.dead_at is not null
  union all
  select md5('run ' || r.application_id)::uuid, 'run', r.found, a.client_id, r.application_id, r.last_error, r.since,
    r.next_check_at
  from run_checks r join applications a on a.id = r.application_id where ${isStuckRun(sql)}
  union all
  select ${watchRunId(sql)}, 'run', w.watch, null::uuid, null::uuid, null, w.wakes_at, w.next_check_at
  from watches w where w.checks > 1 and w.wakes_at < now() - interval '10 minutes' and not w.sending
  union all
  select l.application_id, 'run', 'not_on_record', null::uuid, l.application_id, null, l.since, null
  from lost_applications l
  union all
  select a.id, 'hold', 'restore-review', a.client_id, a.id, 'found_behind', (a.snapshot->'held'->>'since')::timestamptz, null
  from applications a where a.snapshot->'held' is not null and a.snapshot->'held'->>'endedAt' is null
  union all
  select f.id, 'file', 'removal', f.client_id, null::uuid, 'store_unavailable', f.removal_failed_at, null
  from document_files f where f.removal_failed_at is not null`;

const selectStuck = (sql: Db, principal: Principal): Fragment => sql`
  select u.*, u.since as created_at from (${selectUnattended(sql)}) u where ${isInScope(sql, principal, 'u.client_id')}`;

/** Lists stuck items, the oldest first; items that belong to no single client are for callers who see every client. */
export const listStuck = async (sql: Db, principal: Principal, request: PageRequest): Promise<Page<StuckItem>> => {
  const { items, next } = await readPage<StuckItem & { createdAt: Instant }>(sql, selectStuck(sql, principal), request);
  return { items: items.map(({ createdAt: _, ...item }) => item), next };
};

export async function findStuck(sql: Db, principal: Principal, id: string): Promise<StuckItem | null> {
  const [item] = await sql<(StuckItem & { createdAt: Instant })[]>`
    select * from (${selectStuck(sql, principal)}) d where id = ${id}`;
  if (!item) return null;
  const { createdAt: _, ...rest } = item;
  return rest;
}

/** Counts the items that are stuck. */
export async function countStuck(sql: Db): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*) from (${selectUnattended(sql)}) u`;
  return row!.count;
}

/** Tries each kind again, within the transaction that says who had it done; null: by another action. */
const RETRIES: Record<StuckItem['kind'], ((tx: Tx, item: StuckItem) => Promise<unknown>) | null> = {
  step: retryStep,
  command: (tx, { id }) => retryCommand(tx, id),
  outbox: retryRow,
  run: checkRun,
  hold: null,
  // every few minutes by itself, as soon as the store is back
  file: null,
};

/** Has a stuck item tried again from the start; false if it does not go on that way. */
export async function retryStuck(sql: Sql, principal: Principal, item: StuckItem): Promise<boolean> {
  const retry = RETRIES[item.kind];
  if (!retry) return false;
  await sql.begin(async (tx) => {
    await retry(tx, item);
    const { id: subjectId, kind: subjectType, what, clientId } = item;
    await recordAudit(tx, principal, { action: 'stuck.retry', subjectType, subjectId, clientId, detail: { what } });
  });
  return true;
}

async function retryStep(tx: Tx, { id, applicationId }: StuckItem): Promise<void> {
  const [row] = await tx<{ commandId: string | null; watch: WatchType | null; subject: string | null }[]>`
    update set_aside set again_at = now() where id = ${id} returning command_id, watch, subject`;
  if (!row) return;
  if (row.commandId !== null) {
    await tx`delete from set_aside where id = ${id}`;
    await tx`update commands set status = 'pending', refusal = null, settled_at = null, step_tries = 1, retried = retried + 1 where id = ${row.commandId}`;
    await retryCommand(tx, row.commandId);
  } else if (row.watch !== null) await enqueueEach(tx, row.watch, tx`select ${row.subject}::uuid`);
  else await announceFact(tx, 'application file changed', applicationId!);
}

async function retryCommand(tx: Tx, id: string): Promise<void> {
  await tx`update commands set attempts = 0, dead_at = null, next_attempt_at = now() where id = ${id} and settled_at is null`;
  await tx`notify commands`;
}

async function retryRow(tx: Tx, { id }: StuckItem): Promise<void> {
  await tx`
    update outbox o set attempts = 0, dead_at = null, next_attempt_at = now()
    where dead_at is not null and ${selectDeadRowId(tx)} = ${id}`;
  await tx`notify outbox`;
}

/** Has a run looked at again; one that is not on record is let go. */
async function checkRun(tx: Tx, { id, applicationId }: StuckItem): Promise<void> {
  if (applicationId === null) {
    await tx`update watches w set next_check_at = now() where ${watchRunId(tx)} = ${id}`;
    return;
  }
  await tx`update run_checks set next_check_at = now() where application_id = ${applicationId}`;
  await tx`delete from lost_applications where application_id = ${applicationId}`;
}
