import { addMilliseconds } from '../../domain/time/dates';
import { announceFact } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import type { Instant } from '../../domain/time/instants';
import { computeBackOff } from '../../domain/outreach/pacing';
import { toJson, toRows, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isWithClient } from '../kernel/person-scope';
import { buildActor, createSystemActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { createTasks } from '../kernel/tasks';

/** A wish to have a provider on the operator's roster with CAQH, or off it; CAQH works on it in its own time. */
export interface RosterRequest {
  id: string;
  /** Null: the operator's own request, about a person whom no client has any more. */
  clientId: string | null;
  kind: 'add' | 'remove';
  caqhId: string;
  /** `withdrawn`: before it was sent the person left, or came back. */
  status: 'queued' | 'pending' | 'added' | 'removed' | 'refused' | 'withdrawn';
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
export async function isCaqhApiOn(sql: Db): Promise<boolean> {
  const [service] = await sql`select from registry_services where service = 'caqh' and mode = 'api'`;
  return service !== undefined;
}

/** Asks for the person to be added; if this client has that under way already, answers that request. */
export const requestRoster = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId, personId }: Provider,
  caqhId: string,
): Promise<RosterRequest> =>
  sql.begin(async (tx) => {
    const row = { id, clientId, personId, caqhId, requestedBy: toJson(tx, buildActor(principal)) };
    const made = await tx`insert into caqh_roster_requests ${toRows(tx, row)} on conflict do nothing returning id`;
    if (made.length > 0) {
      await recordAudit(tx, principal, {
        action: 'caqh_roster.request',
        subjectType: 'provider',
        subjectId: providerId,
        clientId,
      });
      await announceFact(tx, 'CAQH lookup wanted', personId);
    }
    const [request] = await tx<RosterRequest[]>`
      select * from caqh_roster_requests
      where id = ${id}
        or (person_id = ${personId} and client_id = ${clientId} and kind = 'add' and settled_at is null)
      order by id = ${id} desc limit 1`;
    return request!;
  });

export async function listRosterRequests(
  sql: Db,
  principal: Principal,
  { personId, clientId }: Provider,
): Promise<RosterRequest[]> {
  return sql<RosterRequest[]>`
    select * from caqh_roster_requests
    where person_id = ${personId}
      and (client_id = ${clientId} and ${isInScope(sql, principal)} or client_id is null and ${principal.clientIds === null})
    order by created_at desc, id limit 20`;
}

const SYSTEM = createSystemActor('caqh_roster');

/**
 * Updates the roster after a client gains or loses a person: unsent requests that no client wants any more are withdrawn,
 * and a person whom no client has is to be taken off. CAQH charges for every person on the roster.
 */
export async function updateRoster(tx: Tx, personId: string, isSomeones: boolean): Promise<void> {
  await tx`
    update caqh_roster_requests set status = 'withdrawn', settled_at = now()
    where person_id = ${personId} and kind <> ${isSomeones ? 'add' : 'remove'} and batch_id is null and settled_at is null`;
  if (isSomeones) return;
  // CAQH's own statement counts first; otherwise an id that a client has on file for a person it still has is that
  // person's
  const [on] = await tx<{ caqhId: string }[]>`
    select i.caqh_id from (
      select r.said->>'caqhId' as caqh_id, null as updated_at from registry_records r
      where r.service = 'caqh' and r.person_id = ${personId}
      union all select p.caqh_id, p.updated_at from providers p where p.person_id = ${personId}) i
    where i.caqh_id is not null and ${isOnRoster(tx, personId)}
      and not exists (select from caqh_roster_requests where person_id = ${personId} and settled_at is null)
      and not exists (
        select from providers p left join registry_records r on r.person_id = p.person_id and r.service = 'caqh'
        where p.person_id <> ${personId} and i.caqh_id in (p.caqh_id, r.said->>'caqhId') and ${isWithClient(tx)})
    order by i.updated_at desc nulls first limit 1`;
  if (on)
    await tx`
      insert into caqh_roster_requests
        ${toRows(tx, { id: randomUUID(), kind: 'remove', personId, caqhId: on.caqhId, requestedBy: toJson(tx, SYSTEM) })}`;
}

/**
 * Selects whether the person is on the roster by CAQH's latest answer: to a batch of ours, or else the person's status.
 * A refused removal becomes a task for a person.
 */
const isOnRoster = (sql: Db, personId: string): Fragment => sql`
  coalesce(
    (select q.status = 'added' from caqh_roster_requests q
      where q.person_id = ${personId} and (q.status in ('added', 'removed') or q.kind = 'remove' and q.status = 'refused')
        and q.settled_at >= coalesce(
        (select r.said_at from registry_records r where r.service = 'caqh' and r.person_id = q.person_id), '-infinity')
      order by q.settled_at desc limit 1),
    (select r.status not in ('not_on_roster', 'not_found') from registry_records r
      where r.service = 'caqh' and r.person_id = ${personId}),
    false)`;

/** Pending batches are looked at after this long, then less and less often. */
const LOOK_AFTER_MS = 10 * 60_000;

export interface OpenRequest {
  id: string;
  kind: RosterRequest['kind'];
  personId: string;
  caqhId: string;
  batchId: string | null;
  tries: number;
  at: Instant;
}

export async function findOpenRosterRequest(sql: Db, id: string): Promise<OpenRequest | null> {
  const [request] = await sql<OpenRequest[]>`
    select q.id, q.kind, q.person_id, q.caqh_id, q.batch_id, q.tries, r.asked_at as at
    from caqh_roster_requests q join registry_records r on r.person_id = q.person_id and r.service = 'caqh'
    where q.id = ${id} and q.settled_at is null`;
  return request ?? null;
}

const DONE = { add: 'added', remove: 'removed' } as const;

/**
 * Keeps the result of a call about it: a batch, that it is still pending, or its end. Then the person's status is
 * asked.
 */
export const keepRoster = (
  sql: Sql,
  { id, kind, personId, tries, at }: OpenRequest,
  came: { batchId: string } | 'pending' | { done: true } | { done: false; exception: string } | 'failed',
): Promise<void> =>
  sql.begin(async (tx) => {
    if (typeof came === 'object' && 'done' in came) {
      const exception = came.done ? null : came.exception;
      const status = came.done ? DONE[kind] : 'refused';
      await tx`
        update caqh_roster_requests
        set status = ${status}, exception = ${exception}, settled_at = now() where id = ${id}`;
      if (kind === 'remove' && !came.done)
        await createTasks(tx, [
          {
            key: `roster_removal/${id}`,
            clientId: null,
            kind: 'roster_removal',
            subjectType: 'person',
            subjectId: personId,
            data: { requestId: id },
            dueAt: at,
          },
        ]);
      await tx`
        update registry_records set next_check_at = null where service = 'caqh' and person_id = ${personId}`;
      return;
    }
    const nextAt =
      came === 'failed'
        ? addMilliseconds(at, computeBackOff(tries + 1, id))
        : addMilliseconds(at, LOOK_AFTER_MS * 2 ** Math.min(tries, 5));
    const batchId = typeof came === 'object' ? came.batchId : null;
    await tx`
      update caqh_roster_requests
      set next_at = ${nextAt}, tries = ${batchId ? 0 : tries + 1}, batch_id = coalesce(${batchId}, batch_id),
        status = case when ${batchId}::text is null then status else 'pending' end
      where id = ${id}`;
  });
