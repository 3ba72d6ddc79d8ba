import { randomUUID } from 'node:crypto';
import { SIGN_IN_LIMITS } from '../../domain/registry/sessions';
import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { createSecret, hashSecret } from '../../runtime/secrets';
import { recordAudit } from '../kernel/audit';
import type { Principal, Requester } from '../kernel/principal';

/** A session that is open. */
export interface Session {
  id: string;
  startedAt: Instant;
  lastUsedAt: Instant;
  /** Unless it is used before. */
  expiresAt: Instant;
}

/** Selects when a session `s` is over. */
const selectExpiry = (sql: Db): Fragment => sql`
  least(s.started_at + make_interval(hours => ${SIGN_IN_LIMITS.sessionHours}),
    s.last_used_at + make_interval(mins => ${SIGN_IN_LIMITS.idleMinutes}))`;

/** Builds the condition that a session `s` of a user `u` opens something. */
const isOpen = (sql: Db): Fragment => sql`
  s.ended_at is null and u.revoked_at is null and now() < ${selectExpiry(sql)}`;

/** Derives what changes by a session have to bring; no page of another origin can read it. */
const deriveCsrfToken = (token: string): string => hashSecret(`csrf ${token}`).toString('base64url');

/**
 * Finds the user who is signed in by a session's token, with the role and clients that they have now; null if it is
 * unknown, ended or over, or the user's access has ended.
 */
export async function findPrincipalBySession(sql: Sql, token: string): Promise<Principal | null> {
  const [row] = await sql<
    (Pick<Principal, 'name' | 'role' | 'clientIds'> & Session & { userId: string; isStale: boolean })[]
  >`
    select s.id, s.started_at, ${selectExpiry(sql)} as expires_at, s.last_used_at < now() - interval '1 minute' as is_stale,
      u.id as user_id, u.name, u.role, u.client_ids
    from sessions s join users u on u.id = s.user_id
    where s.token_hash = ${hashSecret(token)} and ${isOpen(sql)} and (u.role <> 'client' or u.client_ids is not null)`;
  if (!row) return null;
  const { id, startedAt, expiresAt, isStale, userId, ...user } = row;
  if (isStale) await sql`update sessions set last_used_at = now() where id = ${id} and last_used_at < now()`;
  const session = { id, startedAt, expiresAt, csrfToken: deriveCsrfToken(token) };
  return { type: 'user', id: userId, userId, ...user, session };
}

/** Starts a session; returns its token, which is kept nowhere. The session that the browser had before ends. */
export async function startSession(tx: Tx, requester: Requester, earlierToken: string | null): Promise<string> {
  const token = createSecret();
  const id = randomUUID();
  if (earlierToken !== null)
    await tx`update sessions set ended_at = now() where token_hash = ${hashSecret(earlierToken)} and ended_at is null`;
  await tx`insert into sessions ${tx({ id, userId: requester.id, tokenHash: hashSecret(token) })}`;
  await recordAudit(tx, requester, {
    action: 'session.start',
    subjectType: 'user',
    subjectId: requester.id,
    detail: { sessionId: id },
  });
  return token;
}

/** Ends the session that a request came in. */
export const endSession = (sql: Sql, principal: Principal): Promise<void> =>
  sql.begin(async (tx) => {
    const { session } = principal;
    if (!session) return;
    await tx`update sessions set ended_at = now() where id = ${session.id}`;
    await recordAudit(tx, principal, {
      action: 'session.end',
      subjectType: 'user',
      subjectId: principal.id,
      detail: { sessionId: session.id },
    });
  });

/** Ends the sessions of users, who may sign in again, and returns how many those were. */
export async function endSessions(tx: Tx, userIds: readonly string[]): Promise<number> {
  const ended = await tx`
    update sessions set ended_at = now()
    where user_id = any(${[...userIds]}::uuid[]) and ended_at is null returning id`;
  return ended.length;
}

/** Lists the open sessions of a user, the earliest first. */
export const listSessions = (sql: Db, userId: string): Promise<Session[]> => sql<Session[]>`
  select s.id, s.started_at, s.last_used_at, ${selectExpiry(sql)} as expires_at
  from sessions s join users u on u.id = s.user_id
  where s.user_id = ${userId} and ${isOpen(sql)} order by s.started_at, s.id`;

/** Deletes the sessions that began more than 30 days ago. */
export const deleteOldSessions = (sql: Db): Promise<unknown> =>
  sql`delete from sessions where started_at < now() - interval '30 days'`;
