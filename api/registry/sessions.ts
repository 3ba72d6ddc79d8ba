import { z } from 'zod';
import { ROLES } from '../../domain/kernel/codes';
import { SIGN_IN_LIMITS } from '../../domain/registry/sessions';
import { writeInvitation } from '../../outreach/invitation';
import { MailError } from '../../outreach/mail';
import { findSettings, listSettingsVersions } from '../../record/kernel/settings';
import { createInvitation, findInvitationToken, findSignIn, shutSignIn } from '../../record/registry/invitations';
import { endSession } from '../../record/registry/sessions';
import { findUser, type User } from '../../record/registry/users';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerCreated, answerNoContent, answerOk, route, type Route } from '../kernel/route';
import { id, instant, onceShownSecret } from '../kernel/schemas';
import { SESSION_COOKIE, writeCookie } from '../kernel/session-cookies';

const caller = z
  .strictObject({
    type: z.enum(['user', 'key', 'admin']).meta({
      description: '`user`: a person who is signed in; `admin`: the bootstrap admin by `ADMIN_API_KEY`',
    }),
    id: z.string().meta({ description: 'The id of the user or key' }),
    name: z.string(),
    userId: id
      .nullable()
      .meta({ description: 'The user who is signed in, or whose key it is; null: the key is a program’s' }),
    role: z.enum(ROLES),
    clientIds: z.array(id).nullable().meta({ description: 'null: every client' }),
    session: z
      .strictObject({
        startedAt: instant,
        expiresAt: instant.meta({
          description: 'When it is over unless it is used; never later than eight hours after it began',
        }),
        csrfToken: z
          .string()
          .meta({ description: 'The token that POST, PUT, PATCH and DELETE by this session send as X-CSRF-Token' }),
      })
      .nullable()
      .meta({ description: 'null: the caller uses a key' }),
  })
  .meta({ id: 'Caller' });

const invitationFields = { id, userId: id, createdAt: instant, expiresAt: instant };
const invitation = z.strictObject(invitationFields).meta({ id: 'Invitation' });
const newInvitation = z
  .strictObject({
    ...invitationFields,
    mailed: z
      .boolean()
      .meta({ description: 'Whether the link left by mail to the user, as it does where mail is set up' }),
    url: onceShownSecret.meta({
      description:
        'The person who first opens it and signs in at the identity provider is the user from then on. Shown once, like a key',
    }),
  })
  .meta({ id: 'NewInvitation' });

const signInStanding = z
  .strictObject({
    account: z
      .strictObject({ issuer: z.string(), linkedAt: instant })
      .nullable()
      .meta({ description: 'The account that signs the user in; null: they have accepted no invitation' }),
    invitation: invitation.nullable().meta({ description: 'The invitation that they can still accept' }),
    sessions: z.array(z.strictObject({ id, startedAt: instant, lastUsedAt: instant, expiresAt: instant })),
  })
  .meta({ id: 'SignIn' });

const tag = 'users';

const writeLink = (publicUrl: string, token: string): string => `${publicUrl}/sign-in?invitation=${token}`;

/** Sends a user the link of their invitation; returns whether it left. It is shown to who made it all the same. */
async function sendInvitation({ sql, mailer, logger }: Deps, user: User, id: string, url: string): Promise<boolean> {
  if (!mailer) return false;
  const { operatorName } = findSettings(await listSettingsVersions(sql));
  const mail = writeInvitation({ recipientName: user.name, operatorName, url, days: SIGN_IN_LIMITS.invitationDays });
  try {
    await mailer.send({ to: user.email, ...mail, messageId: `<invitation-${id}@countersign>` }, async () => undefined);
    return true;
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    logger.warn({ outcome: error.outcome }, 'an invitation did not leave by mail');
    return false;
  }
}

export const sessionRoutes = (deps: Deps): Route[] => {
  const { sql, keyring, config } = deps;
  return [
    route({
      method: 'get',
      path: '/v1/session',
      summary: 'Read who the caller is',
      tag,
      access: 'session:own',
      forSetUp: true,
      responses: { 200: { description: 'The caller', schema: caller } },
      handler: async ({ principal: { type, id, name, userId = null, role, clientIds, session } }) => {
        const { startedAt, expiresAt, csrfToken } = session ?? {};
        return answerOk({
          type,
          id,
          name,
          userId,
          role,
          clientIds,
          session: session ? { startedAt, expiresAt, csrfToken } : null,
        });
      },
    }),
    route({
      method: 'post',
      path: '/v1/session/end',
      summary: 'Sign out',
      description:
        'The session opens nothing any more; that with the identity provider goes on. A key is not ended by it.',
      tag,
      access: 'session:own',
      responses: { 204: { description: 'The caller is signed out' } },
      handler: async ({ principal }) => {
        await endSession(sql, principal);
        if (!principal.session || !config.signIn) return answerNoContent();
        const headers = { 'Set-Cookie': writeCookie(SESSION_COOKIE, null, config.signIn.publicUrl) };
        return { ...answerNoContent(), headers };
      },
    }),
    route({
      method: 'post',
      path: '/v1/users/{id}/invitations',
      summary: 'Invite a user to sign in',
      description:
        'The link is good once, for seven days, replaces an earlier one, and is mailed where mail is set up. Who opens it and signs in at the identity ' +
        'provider is linked to the user by the provider’s id of their account, never by an email address; only where the ' +
        'provider has verified another address than the user’s, the link is refused. A user who is invited again, as with a ' +
        'new account, loses the one before when they accept. The caller needs every permission that the user has.',
      tag,
      access: 'users:write',
      forSetUp: true,
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (one) => one,
      secret: {
        name: 'url',
        read: async (commandId) => {
          const token = await findInvitationToken(sql, keyring, commandId);
          return token && config.signIn ? writeLink(config.signIn.publicUrl, token) : null;
        },
      },
      responses: { 201: { description: 'The invitation', schema: newInvitation } },
      problems: [409],
      handler: async ({ principal, subject, commandId }) => {
        if (!config.signIn) throw new Problem('sign_in_not_set_up');
        const made = await createInvitation(sql, keyring, principal, commandId, subject.id);
        if (made === 'ended_already') throw new Problem(made);
        const token = await findInvitationToken(sql, keyring, made.id);
        const mailed =
          token !== null && (await sendInvitation(deps, subject, made.id, writeLink(config.signIn.publicUrl, token)));
        return answerCreated(`/v1/users/${subject.id}/sign-in`, { ...made, mailed });
      },
    }),
    route({
      method: 'get',
      path: '/v1/users/{id}/sign-in',
      summary: 'Read how a user signs in, and where they are signed in',
      description: 'The caller needs every permission that the user has.',
      tag,
      access: 'users:read',
      forSetUp: true,
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (one) => one,
      responses: { 200: { description: 'Account, invitation and sessions', schema: signInStanding } },
      handler: async ({ subject }) => answerOk(await findSignIn(sql, subject.id)),
    }),
    route({
      method: 'post',
      path: '/v1/users/{id}/sign-in/end',
      summary: 'Sign a user out everywhere',
      description:
        'Their sessions end, and an invitation that they have not accepted. Their account stays linked: they may sign in ' +
        'again, unless their access is ended (`POST /v1/users/{id}/end`). The caller needs every permission that the user has.',
      tag,
      access: 'users:write',
      forSetUp: true,
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (one) => one,
      responses: { 200: { description: 'The ways to sign in that the user still has', schema: signInStanding } },
      handler: async ({ principal, subject }) => answerOk(await shutSignIn(sql, principal, subject.id)),
    }),
  ];
};
