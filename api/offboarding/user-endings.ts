import { listMadeByUser } from '../../record/offboarding/key-revocation';
import { z } from 'zod';
import { endUser, listAssignedWork, listHoldings, reinstateUser } from '../../record/offboarding/user-endings';
import type { Principal } from '../../record/kernel/principal';
import { findUser, maySeeClient, type User } from '../../record/registry/users';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { Problem, type FieldError } from '../kernel/errors';
import { listUnfitErrors } from '../kernel/references';
import { answerOk, route, type Route } from '../kernel/route';
import { id, line, UNKNOWN_REFERENCE } from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';
import { madeByKey, user } from '../registry/access-schemas';

const tag = 'users';

const userEnding = z
  .strictObject({
    workTo: id.nullable().meta({ description: 'The user who gets the work; null: it is not assigned' }),
    reason: line,
  })
  .meta({ id: 'UserEnding' });

const reinstatement = z.strictObject({ reason: line }).meta({ id: 'Reinstatement' });

/**
 * Lists the errors of the user who is to get the work: one who may not have it, or none although open work needs one.
 */
async function listWorkToErrors(
  sql: Sql,
  principal: Principal,
  leaving: User,
  workTo: string | null,
): Promise<FieldError[]> {
  const path = 'workTo';
  const openWork = await listAssignedWork(sql, principal, leaving.id);
  if (workTo === null)
    return openWork.some(({ type }) => type === 'inquiry')
      ? [{ path, rule: 'asked', message: 'must be a user: open inquiries ask the one who leaves' }]
      : [];
  const successor = await findUser(sql, principal, workTo);
  if (!successor) return [{ path, ...UNKNOWN_REFERENCE }];
  const errors = listUnfitErrors(path, successor);
  if (successor.id === leaving.id) errors.push({ path, rule: 'somebody_else', message: 'must be a different user' });
  if (!openWork.every(({ clientId }) => maySeeClient(successor, clientId)))
    errors.push({ path, rule: 'sees_the_clients', message: 'must be a user who sees the clients of all the work' });
  return errors;
}

const holdings = z
  .strictObject({
    items: z.array(
      z.strictObject({
        what: z.enum(['portal', 'second_factor', 'contact_address']),
        clientId: id,
        subjectType: z.enum(['practice', 'client', 'provider', 'platform_relationship']),
        subjectId: id,
        name: line.meta({ description: 'The portal or platform, or whose address it is' }),
      }),
    ),
    work: z
      .strictObject({ applications: z.int(), tasks: z.int(), inquiries: z.int() })
      .meta({ description: 'The work that `POST /v1/users/{id}/end` would hand over' }),
  })
  .meta({ id: 'Holdings' });

export const userEndingRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/users/{id}/holdings',
    summary: 'List the portals, second factors and addresses that are this user’s',
    description:
      'Portals that they hold, second factors that they have, and contact addresses that are theirs, by the user’s id, or ' +
      'by name and email address where only those are on file; and the number of things that they work on.',
    tag,
    access: 'users:read',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    responses: { 200: { description: 'All that the user holds', schema: holdings } },
    handler: async ({ principal, subject }) => {
      const openWork = await listAssignedWork(sql, principal, subject.id);
      const countWork = (of: string): number => openWork.filter(({ type }) => type === of).length;
      const work = {
        applications: countWork('application'),
        tasks: countWork('task'),
        inquiries: countWork('inquiry'),
      };
      return answerOk({ items: await listHoldings(sql, principal, subject), work });
    },
  }),
  route({
    method: 'get',
    path: '/v1/users/{id}/made',
    summary: 'List what a user made, signed in or by keys, that works on by itself',
    description:
      'As `GET /v1/api-keys/{id}/made` does of one key. The end of a user revokes their keys, and leaves what those made ' +
      'for programs and for other users: what the user could still use is ended by revoking it, or the key that made it.',
    tag,
    access: 'keys:read',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    responses: { 200: { description: 'All that they made', schema: madeByKey } },
    handler: async ({ principal, subject }) => answerOk({ items: await listMadeByUser(sql, principal, subject.id) }),
  }),
  route({
    method: 'post',
    path: '/v1/users/{id}/end',
    summary: 'End a user’s access, and hand their work over',
    description:
      'At once the user’s sessions, invitations, keys, calendar feed and covers end, and queue, inbox and mail show the work as `workTo`’s. ' +
      'Applications, those with a participation that goes on among them, are then assigned one by one, each with an ' +
      'entry in its timeline. Whatever names the user later goes to `workTo` too. The user stays on record. The caller ' +
      'needs every permission that the user has.',
    tag,
    access: 'users:write',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    actsFor: (one) => one,
    namesUser: { workTo: 'worker' },
    body: userEnding,
    responses: { 200: { description: 'The user as it is now', schema: user } },
    handler: async ({ principal, subject, body, commandId }) => {
      if (subject.revokedAt) throw new Problem('ended_already');
      refuseErrors(await listWorkToErrors(sql, principal, subject, body.workTo));
      const ended = await endUser(sql, principal, commandId, subject, body);
      if (!ended) throw new Problem('ended_already');
      return answerOk(ended);
    },
  }),
  route({
    method: 'post',
    path: '/v1/users/{id}/reinstatement',
    summary: 'Let a user in again whose access has ended',
    description: 'Their keys, feed, covers and work do not come back by themselves.',
    tag,
    access: 'users:write',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    actsFor: (one) => one,
    body: reinstatement,
    responses: { 200: { description: 'The user as it is now', schema: user } },
    handler: async ({ principal, subject, body }) => {
      const back = await reinstateUser(sql, principal, subject, body.reason);
      if (!back) throw new Problem('not_ended');
      return answerOk(back);
    },
  }),
];
