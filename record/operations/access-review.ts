import type { AccessDecision, PortalStatus, Role } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { isInScope, type Actor, type Principal } from '../kernel/principal';
import { selectLastToday } from '../time/days';

/** A way into a portal that a user holds, or has the second factor of. */
interface HeldPortal {
  clientId: string;
  practiceId: string;
  portal: string;
  status: PortalStatus;
  as: 'holder' | 'second_factor';
}

interface SignOff {
  at: Instant;
  by: Actor;
  decision: AccessDecision;
  reason: string | null;
}

/** A holder of access: a user with their keys, or a program by its key. */
export interface Access {
  type: 'user' | 'program';
  /** The user's, or the key's. */
  id: string;
  name: string;
  role: Role;
  clientIds: string[] | null;
  since: Instant;
  /** The keys that are valid. */
  keys: { id: string; name: string; role: Role; clientIds: string[] | null; expiresOn: PlainDate | null }[];
  lastUsedAt: Instant | null;
  portals: HeldPortal[];
  lastSignOff: SignOff | null;
}

// A reviewer sees all clients that the reviewed user or program reaches.
const isWithin = (sql: Db, { clientIds }: Principal): Fragment =>
  clientIds === null ? sql`true` : sql`(a.client_ids <@ ${clientIds}::uuid[] and a.client_ids <> '{}')`;

/** Selects those who have access now, with what they reach and when they last came. */
const selectAccess = (sql: Db, principal: Principal): Fragment => sql`
  select a.type, a.id, a.name, a.role, a.client_ids, a.created_at as since, a.created_at, k.keys, k.last_used_at,
    p.portals, s.last_sign_off
  from (
    select 'user' as type, id, name, role, client_ids, created_at from users where revoked_at is null
    union all
    select 'program', id, service_name, role, client_ids, created_at from api_keys
    where user_id is null and revoked_at is null and (expires_on is null or expires_on >= ${selectLastToday(sql)})) a
  cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'role', k.role, 'clientIds', k.client_ids,
        'expiresOn', k.expires_on) order by k.created_at, k.id) filter (
        where k.revoked_at is null and (k.expires_on is null or k.expires_on >= ${selectLastToday(sql)})), '[]') as keys,
      greatest(max((select max(c.last_at) from access_counts c where c.caller = k.id::text and c.kind = 'used')),
        (select max(c.last_at) from access_counts c where c.caller = a.id::text and c.kind = 'used')) as last_used_at
    from api_keys k where k.user_id = a.id or k.id = a.id) k
  cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('clientId', p.client_id, 'practiceId', p.practice_id, 'portal', p.portal,
        'status', p.status, 'as', case when p.holder_user_id = a.id then 'holder' else 'second_factor' end)
      order by p.created_at, p.id), '[]') as portals
    from portal_access p
    where p.superseded_by is null and (p.holder_user_id = a.id or a.id = any(p.second_factor_user_ids))
      and ${isInScope(sql, principal, 'p.client_id')}) p
  left join lateral (
    select jsonb_build_object('at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'by', e.actor,
      'decision', e.detail->'decision', 'reason', e.detail->'reason') as last_sign_off
    from audit_log e where e.subject_type = ${SUBJECT} and e.subject_id = a.id::text order by e.id desc limit 1) s on true
  where ${isWithin(sql, principal)}`;

/** The subject of a sign-off in the audit log. */
const SUBJECT = 'access';

export const listAccess = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<Access>> =>
  readPage(sql, selectAccess(sql, principal), request);

/** Finds the access of a user, or of a program by its key; null if there is none, or it is not seen. */
async function findAccess(sql: Db, principal: Principal, id: string): Promise<Access | null> {
  const [row] = await sql<(Access & { createdAt: Instant })[]>`
    select * from (${selectAccess(sql, principal)}) as listed where id = ${id}`;
  if (!row) return null;
  const { createdAt: _, ...access } = row;
  return access;
}

/**
 * Signs off the access of a user or program as an entry of the audit log, with all that they had then; once under a
 * command's id. Returns it with the new sign-off.
 */
export const signOffAccess = (
  sql: Sql,
  principal: Principal,
  commandId: string,
  id: string,
  said: { decision: AccessDecision; reason?: string | undefined },
): Promise<Access | null> =>
  sql.begin(async (tx: Tx) => {
    const access = await findAccess(tx, principal, id);
    if (!access) return null;
    const [kept] = await tx`
      select from audit_log
      where subject_type = ${SUBJECT} and subject_id = ${id} and detail->>'commandId' = ${commandId}`;
    const { lastSignOff: _, ...had } = access;
    const detail = { commandId, ...said, had };
    if (!kept)
      await recordAudit(tx, principal, { action: 'access.sign_off', subjectType: SUBJECT, subjectId: id, detail });
    return findAccess(tx, principal, id);
  });
