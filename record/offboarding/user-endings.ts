import type { Fragment, Sql, Tx } from '../../runtime/database';
import { deriveUuid } from '../../runtime/uuid';
import { keepFollowUps } from '../applications/commands';
import { recordAudit } from '../kernel/audit';
import { buildActor, isInScope, type Principal } from '../kernel/principal';
import { withdrawInvitations } from '../registry/invitations';
import { endSessions } from '../registry/sessions';
import { endLinksOfUsers } from '../registry/document-links';
import { findUser, selectAssignedWork, type User } from '../registry/users';
import { handOverTasks } from '../work-queue/tasks';

/** The terms on which a user leaves. */
export interface UserEnding {
  /** The user who gets their work; null: it stays unassigned until a user is given it. */
  workTo: string | null;
  reason: string;
}

interface AssignedWork {
  type: 'application' | 'task' | 'inquiry';
  id: string;
  clientId: string;
}

/** Lists work of a user, of clients that the principal sees. */
export const listAssignedWork = (sql: Sql | Tx, principal: Principal, userId: string): Promise<AssignedWork[]> => sql<
  AssignedWork[]
>`
  select type, id, client_id from ${selectAssignedWork(sql, userId)} held where ${isInScope(sql, principal)} order by id`;

/**
 * Ends the access of users, and of everything that acts for them: sessions, invitations, keys, calendar feeds, covers of
 * theirs and by them.
 */
export async function shutOutUsers(
  tx: Tx,
  ids: readonly string[],
  { endingId = null, workTo = null }: { endingId?: string | null; workTo?: string | null },
): Promise<void> {
  const those = tx`any(${[...ids]}::uuid[])`;
  await tx`delete from calendar_feeds where user_id = ${those}`;
  await endLinksOfUsers(tx, ids);
  // their substitute's work goes to the one who follows them, or is unassigned
  await tx`delete from covers where user_id = ${those} ${workTo === null ? tx`or covered_by = ${those}` : tx``}`;
  await tx`update api_keys set revoked_at = now() where user_id = ${those} and revoked_at is null`;
  await endSessions(tx, ids);
  await withdrawInvitations(tx, ids);
  // their own inherited work goes on to the next user
  await tx`update users set work_to = ${workTo} where work_to = ${those}`;
  await tx`
    update users set revoked_at = now(), ending_id = ${endingId}, work_to = ${workTo}
    where id = ${those} and revoked_at is null`;
}

/**
 * Ends a user's access. Their open tasks and inquiries go to another user at once; the queue, mail and inbox show their
 * applications as that user's, and each is reassigned by an entry of its own. Null if access has ended already.
 */
export const endUser = (
  sql: Sql,
  principal: Principal,
  commandId: string,
  { id }: User,
  { workTo, reason }: UserEnding,
): Promise<User | null> =>
  sql.begin(async (tx) => {
    const [open] = await tx`select from users where id = ${id} and revoked_at is null for no key update`;
    if (!open) return null;
    const openWork = await listAssignedWork(tx, principal, id);
    await shutOutUsers(tx, [id], { workTo });
    const tasks = await handOverTasks(tx, principal, { from: id, to: workTo });
    const assignments = openWork.flatMap(({ type, id: applicationId, clientId }) =>
      type === 'application'
        ? [{ id: deriveUuid([commandId, applicationId]), clientId, applicationId, body: { assignee: workTo } }]
        : [],
    );
    await keepFollowUps(tx, 'assignment', assignments, buildActor(principal));
    await recordAudit(tx, principal, {
      action: 'user.end',
      subjectType: 'user',
      subjectId: id,
      detail: { workTo, reason, applications: assignments.length, tasks },
    });
    return findUser(tx, principal, id);
  });

/** Lets a user in again, by the account that they had; their keys stay revoked. Null if they have access. */
export const reinstateUser = (sql: Sql, principal: Principal, { id }: User, reason: string): Promise<User | null> =>
  sql.begin(async (tx) => {
    const back = await tx`
      update users set revoked_at = null, ending_id = null, work_to = null
      where id = ${id} and revoked_at is not null returning id`;
    if (back.length === 0) return null;
    await recordAudit(tx, principal, {
      action: 'user.reinstate',
      subjectType: 'user',
      subjectId: id,
      detail: { reason },
    });
    return findUser(tx, principal, id);
  });

/** Something that names a user, or has their address, and that a colleague needs once they have left. */
export interface Holding {
  what: 'portal' | 'second_factor' | 'contact_address';
  clientId: string;
  subjectType: 'practice' | 'client' | 'provider' | 'platform_relationship';
  subjectId: string;
  /** The portal, or the owner of the address. */
  name: string;
}

/** Lists what is a user's, by their id, or by their name or address if only that is on file. */
export const listHoldings = (sql: Sql, principal: Principal, { id, name, email }: User): Promise<Holding[]> => {
  const isTheirs = (column: string): Fragment => sql`lower(${sql(column)}) in (lower(${name}), lower(${email}))`;
  return sql<Holding[]>`
    select * from (
      select 'portal' as what, client_id, 'practice' as subject_type, practice_id as subject_id, portal as name
      from portal_access where superseded_by is null and (holder_user_id = ${id} or ${isTheirs('holder')})
      union all
      select 'second_factor', client_id, 'practice', practice_id, portal
      from portal_access
      where superseded_by is null and (${id} = any(second_factor_user_ids) or ${isTheirs('second_factor_owner')})
      union all
      select 'contact_address', id, 'client', id, name from clients where lower(contact_email) = lower(${email})
      union all
      select 'contact_address', client_id, 'provider', id, full_name
      from providers where lower(email) = lower(${email})
      union all
      select 'contact_address', client_id, 'platform_relationship', id, platform
      from platform_relationships where lower(contact_email) = lower(${email})) held
    where ${isInScope(sql, principal)} order by what desc, name, subject_id`;
};
