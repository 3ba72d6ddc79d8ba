import { createUser, findUser, listUsers, updateUser, type UserPatch } from '../../record/registry/users';
import type { Deps } from '../kernel/deps';
import { invalid, Problem } from '../kernel/errors';
import { checkGrant } from '../kernel/grant';
import { listed } from '../kernel/listing';
import { created, ok, route, type Route } from '../kernel/route';
import { user, userInput, userPatch } from './access-schemas';
import { pageOf, pageQuery, ZONE_UNKNOWN } from '../kernel/schemas';

const tag = 'users';

export const userRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/users',
    summary: 'Add a user',
    tag,
    access: 'users:write',
    body: userInput,
    responses: { 201: { description: 'The user', schema: user } },
    handler: async ({ principal, body, commandId }) => {
      await checkGrant(sql, principal, body);
      const result = await createUser(sql, principal, commandId, body);
      if (!result) throw invalid(ZONE_UNKNOWN);
      if ('existingId' in result) throw new Problem('duplicate_user', result);
      return created(`/v1/users/${result.user.id}`, result.user);
    },
  }),
  route({
    method: 'get',
    path: '/v1/users',
    summary: 'List the users',
    tag,
    access: 'users:read',
    query: pageQuery,
    responses: { 200: { description: 'Users in order of creation', schema: pageOf(user) } },
    handler: async ({ principal, query }) => listed(await listUsers(sql, principal, query), (item) => item),
  }),
  route({
    method: 'get',
    path: '/v1/users/{id}',
    summary: 'Read a user',
    tag,
    access: 'users:read',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    responses: { 200: { description: 'The user', schema: user } },
    handler: async ({ subject }) => ok(subject),
  }),
  route({
    method: 'patch',
    path: '/v1/users/{id}',
    summary: 'Change a user',
    description: 'The caller needs every permission that the user has, at all of the user’s clients.',
    tag,
    access: 'users:write',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    actsFor: (one) => one,
    body: userPatch,
    responses: { 200: { description: 'The user as it is now', schema: user } },
    handler: async ({ principal, subject, body }) => {
      const changed = await updateUser(sql, principal, subject, body as UserPatch);
      if (!changed) throw invalid(ZONE_UNKNOWN);
      return ok(changed);
    },
  }),
];
