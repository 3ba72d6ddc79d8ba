import { listAccess, signOffAccess, type Access } from '../../record/operations/access-review';
import type { Principal } from '../../record/kernel/principal';
import { findKey } from '../../record/registry/api-keys';
import { findUser } from '../../record/registry/users';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerCreated, route, type Answer, type Route } from '../kernel/route';
import { describePage, pageQuery } from '../kernel/schemas';
import { accessShown, signOffInput } from './access-review-schemas';

const tag = 'audit';
const SIGNED_OFF = { 201: { description: 'The access with its sign-off', schema: accessShown } };

const showAccess = ({ type, id, name, role, clientIds, since, keys, lastUsedAt, portals, lastSignOff }: Access) => ({
  type,
  id,
  name,
  role,
  clientIds,
  since,
  keys,
  lastUsedAt,
  portals,
  lastSignOff,
});

export const accessReviewRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/access-review',
    summary: 'List everybody who has access: role, clients, keys, last use, portals, last sign-off',
    description:
      'Users, and programs with keys of their own. A key of some clients lists those who reach none but these clients.',
    tag,
    access: 'audit:read',
    query: pageQuery,
    responses: { 200: { description: 'Users and keys in order of creation', schema: describePage(accessShown) } },
    handler: async ({ principal, query }) => answerPage(await listAccess(sql, principal, query), showAccess),
  }),
  route({
    method: 'post',
    path: '/v1/users/{id}/access-sign-offs',
    summary: 'Sign off what a user has access to',
    description:
      'The sign-off is an entry of the audit log, with all that the user had access to. Nobody signs off their own access ' +
      '(409 `own_access`).',
    tag,
    access: 'users:write',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    actsFor: (one) => one,
    body: signOffInput,
    responses: SIGNED_OFF,
    handler: ({ principal, subject, body, commandId }) => signOff(sql, principal, commandId, subject.id, body),
  }),
  route({
    method: 'post',
    path: '/v1/api-keys/{id}/access-sign-offs',
    summary: 'Sign off what a program has access to by its key',
    description: 'The key of a user is signed off with its user (409 `no_access`).',
    tag,
    access: 'keys:write',
    subject: ({ principal, params }) => findKey(sql, principal, params.id),
    body: signOffInput,
    responses: SIGNED_OFF,
    handler: ({ principal, subject, body, commandId }) => signOff(sql, principal, commandId, subject.id, body),
  }),
];

async function signOff(
  sql: Sql,
  principal: Principal,
  commandId: string,
  id: string,
  said: Parameters<typeof signOffAccess>[4],
): Promise<Answer> {
  if (id === principal.userId || id === principal.id) throw new Problem('own_access');
  const signed = await signOffAccess(sql, principal, commandId, id, said);
  if (!signed) throw new Problem('no_access');
  return answerCreated('/v1/access-review', showAccess(signed));
}
