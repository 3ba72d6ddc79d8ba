import { ROLES } from '../../domain/kernel/codes';
import { createUser, findUser, listUsers, updateUser, type UserPatch } from '../../record/registry/users';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem } from '../kernel/errors';
import { checkGrant } from '../kernel/grants';
import { mayGrant } from '../kernel/policy';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { CLIENT_IS_SCOPED, showUser, user, userInput, userPatch } from './access-schemas';
import { describePage, pageQuery, ZONE_UNKNOWN } from '../kernel/schemas';

const tag = 'users';

export const userRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/users',
    summary: 'Add a user',
    description:
      'Two users have one email address only where they have no client in common: 409 `duplicate_user` names the other.',
    tag,
    access: 'users:write',
    forSetUp: true,
    body: userInput,
    responses: { 201: { description: 'The user', schema: user } },
    handler: async ({ principal, body, commandId }) => {
      await checkGrant(sql, principal, body);
      const result = await createUser(sql, principal, commandId, body);
      if (!result) throw refuseFields(ZONE_UNKNOWN);
      if ('existingId' in result) throw new Problem('duplicate_user', result);
      return answerCreated(`/v1/users/${result.user.id}`, result.user);
    },
  }),
  route({
    method: 'get',
    path: '/v1/users',
    summary: 'List the users',
    tag,
    access: 'users:read',
    forSetUp: true,
    query: pageQuery,
    responses: { 200: { description: 'Users in order of creation', schema: describePage(user) } },
    handler: async ({ principal, query }) => answerPage(await listUsers(sql, principal, query), showUser(principal)),
  }),
  route({
    method: 'get',
    path: '/v1/users/{id}',
    summary: 'Read a user',
    tag,
    access: 'users:read',
    forSetUp: true,
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    responses: { 200: { description: 'The user', schema: user } },
    handler: async ({ principal, subject }) => answerOk(showUser(principal)(subject)),
  }),
  route({
    method: 'patch',
    path: '/v1/users/{id}',
    summary: 'Change a user',
    description:
      'The caller needs every permission that the user has and is to have, at all of their clients. Where the user could ' +
      'no longer do work that they have, nothing is changed (409 `has_work`): give it to another user first. Keys of the ' +
      'user that could do more than the user now may are revoked; feeds, covers and the other keys reach what the user ' +
      'may see.',
    tag,
    access: 'users:write',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    actsFor: (one) => one,
    body: userPatch,
    responses: { 200: { description: 'The user as it is now', schema: user } },
    handler: async ({ principal, subject, body }) => {
      const { role, clientIds } = { ...subject, ...(body as UserPatch) };
      if (role === 'client' && clientIds === null) throw refuseFields(CLIENT_IS_SCOPED);
      if (body.role ?? body.clientIds !== undefined)
        await checkGrant(sql, principal, { role, clientIds: clientIds ?? undefined });
      const beyond = ROLES.filter((one) => !mayGrant({ role, clientIds: null }, one, null));
      const changed = await updateUser(sql, principal, subject, body as UserPatch, beyond);
      if (changed === 'zone_unknown') throw refuseFields(ZONE_UNKNOWN);
      if (changed === 'has_work') throw new Problem(changed);
      if ('existingId' in changed) throw new Problem('duplicate_user', changed);
      return answerOk(changed);
    },
  }),
];
