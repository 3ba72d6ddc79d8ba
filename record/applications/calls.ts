import type { Instant } from '../../domain/time/instants';
import { MOST_CALL_MINUTES } from '../../domain/applications/calls';
import type { CallField } from '../../domain/registry/caller-verification';
import { toJson, type Db, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAuditAtClients } from '../kernel/audit';
import { selectUnmergedId } from '../kernel/one-entry';
import { buildActor, isWithinReach, type Actor, type Principal } from '../kernel/principal';
import { findProvider } from '../registry/providers';
import { readNumber, readTin, recordReveal } from '../registry/reveals';

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

export async function findCall(sql: Db, principal: Principal, id: string): Promise<Call | null> {
  const [call] = await sql<Call[]>`
    select id, ${selectUnmergedId(sql, 'payers', sql`calls.payer_id`)} as payer_id, application_ids, started_by,
      started_at, ends_at, coalesce(ended_at, case when ends_at <= now() then ends_at end) as ended_at, contacts_id
    from calls where id = ${id} and ${isWithinReach(sql, principal)}`;
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

/** Ends a call that goes on, by the command that logs its contacts if there is one; returns it as it is then. */
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

/** Reads an identifier of an application: of several DEA registrations that of its state; null where it is not on file. */
async function readCallField(
  sql: Db,
  keyring: Keyring,
  principal: Principal,
  applicationId: string,
  field: CallField,
): Promise<{ subjectType: 'practice' | 'provider'; subjectId: string; clientId: string; value: string } | null> {
  const [application] = await sql<{ clientId: string; practiceId: string; providerId: string | null; state: string }[]>`
    select client_id, practice_id, provider_id, state from applications where id = ${applicationId}`;
  const { clientId, practiceId, providerId, state } = application!;
  if (field === 'tin') {
    const value = await readTin(sql, keyring, practiceId);
    return value === null ? null : { subjectType: 'practice', subjectId: practiceId, clientId, value };
  }
  const provider = providerId && (await findProvider(sql, principal, providerId));
  if (!provider) return null;
  const place = provider.dea.findIndex((one) => one.state === state);
  const value = readNumber(keyring, provider, field === 'dea.number' ? `dea.${place}.number` : field);
  return value === null ? null : { subjectType: 'provider', subjectId: provider.id, clientId, value };
}

/**
 * Reveals an identifier in a call that goes on, up to a number of times; returns why not otherwise. Repeated under the same
 * id it changes nothing.
 */
export const revealInCall = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  { call, applicationId, field, most }: { call: Call; applicationId: string; field: CallField; most: number },
): Promise<'revealed' | 'not_on_file' | 'over' | 'too_many'> =>
  sql.begin(async (tx) => {
    const reveals = await lockReveals(tx, call.id);
    if (reveals.some((one) => one.id === id)) return 'revealed';
    if ((await findCall(tx, principal, call.id))!.endedAt !== null) return 'over';
    if (reveals.length >= most) return 'too_many';
    const found = await readCallField(tx, keyring, principal, applicationId, field);
    if (!found) return 'not_on_file';
    const { value, ...subject } = found;
    const reveal = { ...subject, field, reason: null, callId: call.id, applicationId };
    await recordReveal(tx, keyring, principal, id, reveal, value);
    return 'revealed';
  });

/** Locks a call against other reveals, and lists those that there were. */
async function lockReveals(tx: Tx, callId: string): Promise<{ id: string }[]> {
  await tx`select from calls where id = ${callId} for no key update`;
  return tx<{ id: string }[]>`select id from reveals where call_id = ${callId}`;
}
