import type { Instant } from '../../domain/time/instants';
import { MOST_CALL_MINUTES } from '../../domain/applications/calls';
import { toJson, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAuditAtClients } from '../kernel/audit';
import { selectUnmergedId } from '../kernel/one-entry';
import { buildActor, type Actor, type Principal } from '../kernel/principal';

/** A call to a payer about some applications. */
export interface Call {
  id: string;
  /** The payer that stands for the one that was called. */
  payerId: string;
  /** In the caller's order. */
  applicationIds: string[];
  startedBy: Actor;
  startedAt: Instant;
  endsAt: Instant;
  /** Null while it goes on. */
  endedAt: Instant | null;
  /** The command that logged its contacts. */
  contactsId: string | null;
}

/** An application that is called about. */
interface CalledApplication {
  id: string;
  clientId: string;
}

/** Writes the condition that a caller sees a call: all of its clients are theirs. */
export const isCallSeen = (sql: Db, { clientIds }: Principal): Fragment =>
  clientIds === null ? sql`true` : sql`client_ids <@ ${clientIds}::uuid[]`;

export async function findCall(sql: Db, principal: Principal, id: string): Promise<Call | null> {
  const [call] = await sql<Call[]>`
    select id, ${selectUnmergedId(sql, 'payers', sql`calls.payer_id`)} as payer_id, application_ids, started_by,
      started_at, ends_at, coalesce(ended_at, case when ends_at <= now() then ends_at end) as ended_at, contacts_id
    from calls where id = ${id} and ${isCallSeen(sql, principal)}`;
  return call ?? null;
}

/** Starts a call. Repeated under the same id it changes nothing. */
export const startCall = (
  sql: Sql,
  principal: Principal,
  id: string,
  { payerId, applications }: { payerId: string; applications: readonly CalledApplication[] },
): Promise<Call> =>
  sql.begin(async (tx) => {
    const started = await tx`
      insert into calls (id, payer_id, application_ids, client_ids, started_by, ends_at)
      values (${id}, ${payerId}, ${applications.map((one) => one.id)}::uuid[],
        ${[...new Set(applications.map(({ clientId }) => clientId))]}::uuid[], ${toJson(tx, buildActor(principal))},
        now() + make_interval(mins => ${MOST_CALL_MINUTES}))
      on conflict (id) do nothing returning id`;
    if (started.length > 0)
      await recordAuditAtClients(
        tx,
        principal,
        { action: 'call.start', subjectType: 'call', subjectId: id },
        applications,
      );
    return (await findCall(tx, principal, id))!;
  });

/** Ends a call that goes on, by the command that logs its contacts if there is one; answers it as it is then. */
export const endCall = (
  sql: Sql,
  principal: Principal,
  { id, applicationIds }: Call,
  contactsId: string | null = null,
): Promise<Call> =>
  sql.begin(async (tx) => {
    const ended = await tx`
      update calls set ended_at = now(), contacts_id = ${contactsId}
      where id = ${id} and ended_at is null and ends_at > now() returning id`;
    if (ended.length > 0) {
      const applications = await tx<CalledApplication[]>`
        select id, client_id from applications where id = any(${applicationIds}::uuid[]) order by id`;
      await recordAuditAtClients(
        tx,
        principal,
        { action: 'call.end', subjectType: 'call', subjectId: id },
        applications,
      );
    }
    return (await findCall(tx, principal, id))!;
  });
