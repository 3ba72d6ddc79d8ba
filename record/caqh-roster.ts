import type { Instant } from '../domain/application/events';
import { backOff, later } from '../domain/politeness';
import type { Db, Sql } from '../runtime/database';
import { audit } from './audit';
import { enqueue } from './outbox';
import { actorOf, inScope, type Actor, type Principal } from './principal';

/** A wish to have a provider on the operator's roster with CAQH, which works on it in its own time. */
export interface RosterRequest {
  id: string;
  clientId: string;
  caqhId: string;
  status: 'queued' | 'pending' | 'added' | 'refused';
  /** Why CAQH did not. */
  exception: string | null;
  requestedBy: Actor;
  createdAt: Instant;
  settledAt: Instant | null;
}

interface Provider {
  id: string;
  clientId: string;
  personId: string;
  caqhId: string | null;
}

/** Whether CAQH is asked by its API at all. */
export async function caqhIsAsked(sql: Db): Promise<boolean> {
  const [service] = await sql`select from registry_services where service = 'caqh' and mode = 'api'`;
  return service !== undefined;
}

/** Asks for the person to be added; where that is under way already, it is that. */
export const requestRoster = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId, personId }: Provider,
  caqhId: string,
): Promise<RosterRequest> =>
  sql.begin(async (tx) => {
    const row = { id, clientId, personId, caqhId, requestedBy: tx.json({ ...actorOf(principal) }) };
    const made = await tx`insert into caqh_roster_requests ${tx(row as never)} on conflict do nothing returning id`;
    if (made.length > 0) {
      await audit(tx, principal, {
        action: 'caqh_roster.request',
        subjectType: 'provider',
        subjectId: providerId,
        clientId,
      });
      await enqueue(tx, 'caqhStatus', personId);
    }
    const [request] = await tx<RosterRequest[]>`
      select * from caqh_roster_requests
      where id = ${id} or (person_id = ${personId} and settled_at is null) order by id = ${id} desc limit 1`;
    return request!;
  });

export async function rosterRequestsOf(
  sql: Db,
  principal: Principal,
  { personId, clientId }: Provider,
): Promise<RosterRequest[]> {
  return sql<RosterRequest[]>`
    select * from caqh_roster_requests
    where person_id = ${personId} and client_id = ${clientId} and ${inScope(sql, principal)}
    order by created_at desc, id limit 20`;
}

/** Pending batches are looked at after this long, then less and less often. */
const LOOK_AFTER_MS = 10 * 60_000;

export interface OpenRequest {
  id: string;
  personId: string;
  caqhId: string;
  batchId: string | null;
  tries: number;
  at: Instant;
}

export async function openRosterRequest(sql: Db, id: string): Promise<OpenRequest | null> {
  const [request] = await sql<OpenRequest[]>`
    select q.id, q.person_id, q.caqh_id, q.batch_id, q.tries, r.asked_at as at
    from caqh_roster_requests q join registry_records r on r.person_id = q.person_id and r.service = 'caqh'
    where q.id = ${id} and q.settled_at is null`;
  return request ?? null;
}

/** What came of a call about it: a batch, that it is still pending, or its end. Then the person's status is asked. */
export const keepRoster = (
  sql: Sql,
  { id, personId, tries, at }: OpenRequest,
  came: { batchId: string } | 'pending' | { added: true } | { added: false; exception: string } | 'failed',
): Promise<void> =>
  sql.begin(async (tx) => {
    if (typeof came === 'object' && 'added' in came) {
      const exception = came.added ? null : came.exception;
      await tx`
        update caqh_roster_requests
        set status = ${came.added ? 'added' : 'refused'}, exception = ${exception}, settled_at = now() where id = ${id}`;
      await tx`
        update registry_records set next_check_at = null where service = 'caqh' and person_id = ${personId}`;
      return;
    }
    const nextAt =
      came === 'failed' ? later(at, backOff(tries + 1, id)) : later(at, LOOK_AFTER_MS * 2 ** Math.min(tries, 5));
    const batchId = typeof came === 'object' ? came.batchId : null;
    await tx`
      update caqh_roster_requests
      set next_at = ${nextAt}, tries = ${batchId ? 0 : tries + 1}, batch_id = coalesce(${batchId}, batch_id),
        status = case when ${batchId}::text is null then status else 'pending' end
      where id = ${id}`;
  });
