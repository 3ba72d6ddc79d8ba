import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { reviseRow, type Precondition } from '../kernel/revise';
import { announceFact } from '../kernel/subscribers';
import { runUnlessViolated } from '../kernel/violation';

export interface ClientInput {
  name: string;
  timeZone: string;
  contactEmail: string;
}

export interface Client extends ClientInput {
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

/** Repeated under the same id it changes nothing. Answers null where PostgreSQL does not know the time zone. */
export const createClient = (sql: Sql, principal: Principal, id: string, input: ClientInput): Promise<Client | null> =>
  runUnlessViolated('time_zone', () =>
    sql.begin(async (tx) => {
      const inserted = await tx`insert into clients ${tx({ id, ...input })} on conflict (id) do nothing returning id`;
      if (inserted.length > 0)
        await recordAudit(tx, principal, {
          action: 'client.create',
          subjectType: 'client',
          subjectId: id,
          clientId: id,
          detail: input,
        });
      return (await findClient(tx, principal, id))!;
    }),
  );

export async function findClient(sql: Db, principal: Principal, id: string): Promise<Client | null> {
  const [client] = await sql<Client[]>`${selectClients(sql, principal)} and id = ${id}`;
  return client ?? null;
}

export const listClients = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<Client>> =>
  readPage(sql, selectClients(sql, principal), request);

/** Answers null, and changes nothing, where PostgreSQL does not know the time zone. */
export const updateClient = (
  sql: Sql,
  principal: Principal,
  id: string,
  patch: Partial<ClientInput>,
  precondition: Precondition,
): Promise<Client | null> =>
  runUnlessViolated('time_zone', () =>
    sql.begin(async (tx) => {
      const [before] = await tx<
        { timeZone: string }[]
      >`select time_zone from clients where id = ${id} for no key update`;
      await reviseRow(tx, principal, 'client', id, { columns: patch, asked: patch, precondition });
      const { timeZone = before?.timeZone } = patch;
      if (before && timeZone !== before.timeZone) {
        await moveMornings(tx, id, before.timeZone);
        await announceFact(tx, 'time zone changed', id);
      }
      return (await findClient(tx, principal, id))!;
    }),
  );

/** What was kept for nine in the morning where the client was is kept for nine where it is: open tasks, the next question. */
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

/** Those of `ids` that the principal may see. */
export async function selectKnownClients(sql: Db, principal: Principal, ids: string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from clients where id = any(${ids}::uuid[]) and ${isInScope(sql, principal)}`;
  return new Set(rows.map((row) => row.id));
}
