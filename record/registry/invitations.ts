import { isOtherEmail, SIGN_IN_LIMITS, type EmailClaim } from '../../domain/registry/sessions';
import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { createSecret, hashSecret } from '../../runtime/secrets';
import { recordAudit } from '../kernel/audit';
import { lockKey, type Principal, type Requester } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { isStillShown } from '../kernel/shown-secrets';
import { endSessions, listSessions, startSession, type Session } from './sessions';
import type { User } from './users';

/** An account at an identity provider; its subject never changes, and is never that of another account. */
export interface Account extends EmailClaim {
  issuer: string;
  subject: string;
}

export interface Invitation {
  id: string;
  userId: string;
  createdAt: Instant;
  expiresAt: Instant;
}

/** The way in which a user signs in. */
export interface SignInStanding {
  /** Null: they have accepted no invitation. */
  account: { issuer: string; linkedAt: Instant } | null;
  /** The invitation that they can still accept. */
  invitation: Invitation | null;
  sessions: Session[];
}

const selectInvitations = (sql: Db): Fragment => sql`select id, user_id, created_at, expires_at from user_invitations`;

/**
 * Creates an invitation, whose secret `findInvitationToken` has for a while; it replaces an earlier one. A retry changes
 * nothing.
 */
export const createInvitation = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  userId: string,
): Promise<Invitation | 'ended_already'> =>
  sql.begin(async (tx) => {
    await lockKey(tx, principal);
    const [user] = await tx`select from users where id = ${userId} and revoked_at is null for no key update`;
    if (!user) return 'ended_already';
    const [known] = await tx`select from user_invitations where id = ${id}`;
    if (!known) {
      const token = createSecret();
      await withdrawInvitations(tx, [userId]);
      await tx`
        insert into user_invitations (id, user_id, token_hash, token_sealed, expires_at)
        values (${id}, ${userId}, ${hashSecret(token)}, ${sealField(keyring, 'invitation.token', id, token)},
          now() + make_interval(days => ${SIGN_IN_LIMITS.invitationDays}))`;
      await recordAudit(tx, principal, {
        action: 'user.invite',
        subjectType: 'user',
        subjectId: userId,
        detail: { invitationId: id },
      });
    }
    const [made] = await tx<Invitation[]>`${selectInvitations(tx)} where id = ${id}`;
    return made!;
  });

/** Finds the secret of an invitation that was just made; null once ten minutes have passed, or it is settled. */
export async function findInvitationToken(sql: Db, keyring: Keyring, id: string): Promise<string | null> {
  const [row] = await sql<{ tokenSealed: string }[]>`
    select token_sealed from user_invitations
    where id = ${id} and token_sealed is not null and settled_at is null and ${isStillShown(sql, sql`created_at`)}`;
  return row ? openField(keyring, 'invitation.token', id, row.tokenSealed) : null;
}

/** Withdraws the open invitations of users. */
export async function withdrawInvitations(tx: Tx, userIds: readonly string[]): Promise<void> {
  await tx`
    update user_invitations set settled_at = now()
    where user_id = any(${[...userIds]}::uuid[]) and settled_at is null`;
}

/** Finds the account and the open invitation of a user, and their sessions. */
export async function findSignIn(sql: Db, userId: string): Promise<SignInStanding> {
  const [account] = await sql<{ issuer: string; linkedAt: Instant }[]>`
    select issuer, linked_at from user_identities where user_id = ${userId}`;
  const [invitation] = await sql<Invitation[]>`
    ${selectInvitations(sql)} where user_id = ${userId} and settled_at is null and expires_at > now()`;
  return { account: account ?? null, invitation: invitation ?? null, sessions: await listSessions(sql, userId) };
}

/** Ends a user's sessions, and an invitation; their account stays linked, so that they may sign in again. */
export const shutSignIn = (sql: Sql, principal: Principal, userId: string): Promise<SignInStanding> =>
  sql.begin(async (tx) => {
    await withdrawInvitations(tx, [userId]);
    const sessions = await endSessions(tx, [userId]);
    await recordAudit(tx, principal, {
      action: 'user.end_sessions',
      subjectType: 'user',
      subjectId: userId,
      detail: { sessions },
    });
    return findSignIn(tx, userId);
  });

/** Whether an admin of every client has an account to sign in by, so that the bootstrap admin is not needed. */
export async function isAdminLinked(sql: Db): Promise<boolean> {
  const [row] = await sql<{ linked: boolean }[]>`
    select exists (
      select from users u join user_identities i on i.user_id = u.id
      where u.role = 'admin' and u.client_ids is null and u.revoked_at is null) as linked`;
  return row!.linked;
}

/** The reason why an account does not come in. */
export type SignInRefusal = 'account_unknown' | 'invitation_over' | 'email_differs' | 'account_taken';

/** A person who comes back from the identity provider. */
export interface Arrival {
  account: Account;
  /** The secret of the invitation that they followed; null: they were here before. */
  invitation: string | null;
  /** The token of the session that their browser had. */
  earlierToken: string | null;
  request: Pick<Requester, 'requestId' | 'callerRequestId'>;
}

/**
 * Signs in the user to whom an account belongs: who is linked to its issuer and subject, or, the first time, the user of an
 * invitation. Returns the token of the new session, or why there is none.
 */
export const signIn = (sql: Sql, arrival: Arrival): Promise<{ token: string } | SignInRefusal> =>
  sql.begin(async (tx) => {
    const { account, invitation, earlierToken, request } = arrival;
    const user = await (invitation === null ? findLinkedUser(tx, account) : acceptInvitation(tx, arrival, invitation));
    if (typeof user === 'string') return user;
    return { token: await startSession(tx, { ...request, ...buildUserActor(user) }, earlierToken) };
  });

type SignedUser = Pick<User, 'id' | 'name'>;

const buildUserActor = ({ id, name }: SignedUser) => ({ type: 'user' as const, id, name, userId: id });

async function findLinkedUser(tx: Tx, { issuer, subject }: Account): Promise<SignedUser | 'account_unknown'> {
  // held until the session is there: what ends the user's access finds it
  const [user] = await tx<SignedUser[]>`
    select u.id, u.name from users u join user_identities i on i.user_id = u.id
    where i.issuer = ${issuer} and i.subject = ${subject} and u.revoked_at is null for share of u`;
  return user ?? 'account_unknown';
}

async function acceptInvitation(
  tx: Tx,
  { account, request }: Arrival,
  invitation: string,
): Promise<SignedUser | SignInRefusal> {
  const { issuer, subject } = account;
  const [invited] = await tx<(SignedUser & { email: string; invitationId: string })[]>`
    select u.id, u.name, u.email, i.id as invitation_id from user_invitations i join users u on u.id = i.user_id
    where i.token_hash = ${hashSecret(invitation)} and i.settled_at is null and i.expires_at > now() and u.revoked_at is null
    for no key update of u, i`;
  if (!invited) return 'invitation_over';
  if (isOtherEmail(account, invited.email)) return 'email_differs';
  await tx`select pg_advisory_xact_lock(hashtextextended('account ' || ${issuer} || ' ' || ${subject}, 0))`;
  const [other] = await tx`
    select from user_identities where issuer = ${issuer} and subject = ${subject} and user_id <> ${invited.id}`;
  if (other) return 'account_taken';
  await tx`update user_invitations set settled_at = now(), token_sealed = null where id = ${invited.invitationId}`;
  // a user who is invited again has another account from now on
  await endSessions(tx, [invited.id]);
  await tx`
    insert into user_identities ${tx({ userId: invited.id, issuer, subject })}
    on conflict (user_id) do update set issuer = excluded.issuer, subject = excluded.subject, linked_at = now()`;
  await recordAudit(
    tx,
    { ...request, ...buildUserActor(invited) },
    {
      action: 'user.link',
      subjectType: 'user',
      subjectId: invited.id,
      detail: { invitationId: invited.invitationId, issuer, subject },
    },
  );
  return invited;
}
