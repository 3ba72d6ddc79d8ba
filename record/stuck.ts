import type { Instant } from '../domain/application/events';
import type { Db, Fragment, Sql } from '../runtime/database';
import { audit } from './audit';
import { reviveDelivery } from './dead-deliveries';
import { enqueue } from './outbox';
import { inScope, type Principal } from './principal';
import { page, type Page, type PageRequest } from './registry/page';

/** Something that nobody attends to until a person has it tried again. */
export interface StuckItem {
  id: string;
  /** A recording step that was set aside, a command that was not delivered, or a row of the outbox. */
  kind: 'step' | 'command' | 'outbox';
  /** An action, `due` or `file`, or the topic of a row. */
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

/** Ids of the outbox are numbers: as text they have the form of all others. */
const outboxId = (sql: Db): Fragment => sql`lpad(to_hex(o.id), 32, '0')::uuid`;

const selectStuck = (sql: Db, principal: Principal): Fragment => sql`
  select id, kind, what, client_id, application_id, cause, since, again_at, since as created_at from (
    select s.id, 'step' as kind, coalesce(c.action, s.what) as what, s.client_id, s.application_id, s.cause, s.since, s.again_at
    from set_aside s left join commands c on c.id = s.command_id
    union all
    select c.id, 'command', c.action, c.client_id, c.application_id, c.last_error, c.dead_at, null
    from commands c where c.settled_at is null and c.dead_at is not null
    union all
    select ${outboxId(sql)}, 'outbox', o.topic, null::uuid, null::uuid, o.last_error, o.dead_at, null
    from outbox o where o.dead_at is not null) d
  where ${inScope(sql, principal, 'd.client_id')}`;

/** What nobody attends to, the oldest first; what is of no one client only for who sees every client. */
export const listStuck = async (sql: Db, principal: Principal, request: PageRequest): Promise<Page<StuckItem>> => {
  const { items, next } = await page<StuckItem & { createdAt: Instant }>(sql, selectStuck(sql, principal), request);
  return { items: items.map(({ createdAt: _, ...item }) => item), next };
};

export async function findStuck(sql: Db, principal: Principal, id: string): Promise<StuckItem | null> {
  const [item] = await sql<(StuckItem & { createdAt: Instant })[]>`
    select * from (${selectStuck(sql, principal)}) d where id = ${id}`;
  if (!item) return null;
  const { createdAt: _, ...rest } = item;
  return rest;
}

/** How much nobody attends to. */
export async function countStuck(sql: Db): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select (select count(*) from set_aside)
      + (select count(*) from commands where settled_at is null and dead_at is not null)
      + (select count(*) from outbox where dead_at is not null) as count`;
  return row!.count;
}

/** Has a stuck item tried again from the start. */
export async function retryStuck(sql: Sql, principal: Principal, item: StuckItem): Promise<void> {
  await sql.begin(async (tx) => {
    if (item.kind === 'step') await retryStep(tx, item);
    else {
      const id = item.kind === 'outbox' ? String(Number.parseInt(item.id.replaceAll('-', ''), 16)) : item.id;
      await reviveDelivery(tx, { type: item.kind, id });
    }
    const { id: subjectId, what, clientId } = item;
    await audit(tx, principal, {
      action: 'stuck.retry',
      subjectType: item.kind,
      subjectId,
      clientId,
      detail: { what },
    });
  });
}

async function retryStep(tx: Db, { id, applicationId }: StuckItem): Promise<void> {
  const [command] = await tx<{ id: string }[]>`
    delete from set_aside where id = ${id} and command_id is not null returning command_id as id`;
  if (command) {
    await tx`
      update commands set status = 'pending', refusal = null, settled_at = null, step_tries = 1, attempts = 0,
        next_attempt_at = now()
      where id = ${command.id}`;
    await tx`notify commands`;
    return;
  }
  await tx`update set_aside set again_at = now() where id = ${id}`;
  await enqueue(tx, 'file_changed', applicationId!);
}
