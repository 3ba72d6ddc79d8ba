import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { compareBusinessNames } from '../../domain/kernel/business-names';
import { recordAudit } from '../kernel/audit';
import { Duplicate } from '../kernel/duplicate';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';
import { announceFact } from '../kernel/subscribers';
import { runUnlessViolated } from '../kernel/constraint-violation';

export interface ClientInput {
  name: string;
  timeZone: string;
  contactEmail: string;
  /** Whether it may have the name of another. */
  evenIfExists?: boolean | undefined;
}

export interface Client extends Omit<ClientInput, 'evenIfExists'> {
  id: string;
  clientId: string;
  /** The last day, of one that leaves or has left. */
  endedOn: string | null;
  endingId: string | null;
  secretsPurgedAt: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

const selectClients = (sql: Db, principal: Principal) => sql`
  select id, client_id, name, time_zone, contact_email, ended_on, ending_id, purged->>'secrets' as secrets_purged_at,
    version, created_at, updated_at
  from clients where ${isInScope(sql, principal)}`;

/**
 * Creates a client. Repeated under the same id it changes nothing. Returns null if PostgreSQL does not know the time
 * zone; throws a Duplicate if there is a client of this name.
 */
export const createClient = (sql: Sql, principal: Principal, id: string, input: ClientInput): Promise<Client | null> =>
  runUnlessViolated('time_zone', () =>
    sql.begin(async (tx) => {
      const { evenIfExists, ...row } = input;
      const inserted = await tx`insert into clients ${tx({ id, ...row })} on conflict (id) do nothing returning id`;
      if (inserted.length > 0) {
        if (!evenIfExists) await refuseSharedName(tx, principal, { id, name: row.name });
        await recordAudit(tx, principal, {
          action: 'client.create',
          subjectType: 'client',
          subjectId: id,
          clientId: id,
          detail: input,
        });
      }
      return (await findClient(tx, principal, id))!;
    }),
  );

/** Throws a Duplicate if another client that the principal may see has a name, however it is written. */
async function refuseSharedName(
  tx: Tx,
  principal: Principal,
  { id, name }: Pick<Client, 'id' | 'name'>,
): Promise<void> {
  // one after the other
  await tx`select pg_advisory_xact_lock(hashtextextended('client names', 0))`;
  const others = await tx<Pick<Client, 'id' | 'name'>[]>`
    select id, name from clients where ${isInScope(tx, principal)} and id <> ${id} order by created_at, id`;
  const existing = others.find((other) => compareBusinessNames(other.name, name) === 'same');
  if (existing) throw new Duplicate(existing.id);
}

export async function findClient(sql: Db, principal: Principal, id: string): Promise<Client | null> {
  const [client] = await sql<Client[]>`${selectClients(sql, principal)} and id = ${id}`;
  return client ?? null;
}

export const listClients = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<Client>> =>
  readPage(sql, selectClients(sql, principal), request);

/**
 * Changes a client. Returns null, and changes nothing, if PostgreSQL does not know the time zone; throws a Duplicate if
 * another client has the name that it would get.
 */
export const updateClient = (
  sql: Sql,
  principal: Principal,
  id: string,
  { evenIfExists, ...patch }: Partial<ClientInput>,
  precondition: Precondition,
): Promise<Client | null> =>
  runUnlessViolated('time_zone', () =>
    sql.begin(async (tx) => {
      const [before] = await tx<
        { name: string; timeZone: string }[]
      >`select name, time_zone from clients where id = ${id} for no key update`;
      const { name } = patch;
      if (name !== undefined && name !== before?.name && !evenIfExists)
        await refuseSharedName(tx, principal, { id, name });
      await reviseRow(tx, principal, 'client', id, { columns: patch, asked: patch, precondition });
      const { timeZone = before?.timeZone } = patch;
      if (before && timeZone !== before.timeZone) {
        await moveMornings(tx, id, before.timeZone);
        await announceFact(tx, 'time zone changed', id);
      }
      return (await findClient(tx, principal, id))!;
    }),
  );

/**
 * Moves instants that were kept for nine in the morning of the client's former zone to nine in its new zone: open
 * tasks, the next question.
 */
async function moveMornings(tx: Tx, clientId: string, from: string): Promise<void> {
  const moveInstant = (at: Fragment) =>
    tx`(${at} at time zone ${from}) at time zone (select c.time_zone from clients c where c.id = ${clientId})`;
  const isAtNine = (at: Fragment) => tx`(${at} at time zone ${from})::time = '09:00'`;
  await tx`
    update tasks set due_at = ${moveInstant(tx`due_at`)}
    where client_id = ${clientId} and closed_at is null and ${isAtNine(tx`due_at`)}`;
  await tx`
    update inquiries set next_ask_at = ${moveInstant(tx`next_ask_at`)}
    where client_id = ${clientId} and ${isAtNine(tx`next_ask_at`)}`;
}

/** Selects those of `ids` that the principal may see. */
export async function selectKnownClients(sql: Db, principal: Principal, ids: string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from clients where id = any(${ids}::uuid[]) and ${isInScope(sql, principal)}`;
  return new Set(rows.map((row) => row.id));
}
