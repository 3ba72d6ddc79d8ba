import { z } from 'zod';
import { findApplication, findApplications } from '../../record/applications/applications';
import { listAssignedApplications } from '../../record/applications/applications-list';
import { findUser } from '../../record/registry/users';
import { reassignTasks } from '../../record/work-queue/tasks';
import { listUnfitErrors } from '../kernel/references';
import { refuseErrors } from '../kernel/validation';
import type { Deps } from '../kernel/deps';
import type { Principal } from '../../record/kernel/principal';
import { refuseFields, Problem, toProblem } from '../kernel/errors';
import { isAllowed } from '../kernel/policy';
import { deriveUuid } from '../../runtime/uuid';
import { runInParallel } from '../kernel/parallel';
import { answerOk, route, type Route } from '../kernel/route';
import { application, bulkResult, acceptedCommand } from './applications-schemas';
import { id } from '../kernel/schemas';
import { allowOldNames } from '../kernel/old-names';
import { ASSIGNMENT, showApplication, takeAction } from './applications-actions';
import { listUnknownFilters } from '../kernel/filters';

const claim = z
  .strictObject({
    assignee: id.optional().meta({ description: 'Required with a key that belongs to a program; otherwise its user' }),
  })
  .meta({ id: 'Claim' });

/**
 * Finds the claimant: a caller claims for themselves; to claim for another user is to assign, and needs that
 * permission.
 */
function findClaimant(principal: Principal, assignee: string | undefined): string {
  const { userId } = principal;
  if (userId === undefined && !isAllowed(principal, 'applications:work')) throw new Problem('forbidden');
  const claimant = assignee ?? userId;
  if (claimant === undefined) throw refuseFields({ path: 'assignee', rule: 'required', message: 'is required' });
  if (userId !== undefined && claimant !== userId)
    throw refuseFields({ path: 'assignee', rule: 'oneself', message: 'must be the user to whom the key belongs' });
  return claimant;
}

const reassignment = allowOldNames(
  'Reassignment',
  z.strictObject({ assignee: id.nullable(), clientId: id.optional(), payerId: id.optional() }),
  { to: 'assignee' },
);

const tag = 'work queue';

const AT_ONCE = 8;

const MOST_AT_ONCE = 1000;

export const assignmentRoutes = (deps: Deps): Route[] => {
  const { sql } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/applications/{id}/claim',
      summary: 'Take an application that is not assigned',
      description:
        'If several users claim it at once, one gets it and the others get 409. A user can claim only for themselves; a program ' +
        'names the `assignee`, and needs the permission to assign.',
      tag,
      access: 'applications:follow_up',
      subject: ({ principal, params }) => findApplication(sql, principal, params.id),
      namesUser: { assignee: 'worker' },
      body: claim,
      responses: {
        200: { description: 'The application as it is now', schema: application },
        202: { description: 'It is on record, and will be done once a worker is there', schema: acceptedCommand },
      },
      handler: async ({ principal, subject, body, commandId }) => {
        const { assignee } = subject.snapshot;
        const claimant = findClaimant(principal, body.assignee);
        if (assignee !== null && assignee !== claimant) throw new Problem('claimed_already');
        const request = { principal, subject, body: { assignee: claimant }, commandId };
        const status = await takeAction(deps, ASSIGNMENT, request, { readVersion: () => subject.version }).catch(
          async (error: unknown) => {
            // a caller who read the application at the same version and was quicker has it
            const now = await findApplication(sql, principal, subject.id);
            const has = now?.snapshot.assignee ?? claimant;
            throw has === claimant ? error : new Problem('claimed_already');
          },
        );
        if (status === 'on_its_way')
          return { status: 202, location: `/v1/applications/${subject.id}`, body: { id: commandId, status } };
        return answerOk(await showApplication(deps, (await findApplication(sql, principal, subject.id))!));
      },
    }),
    route({
      method: 'post',
      path: '/v1/users/{id}/reassignment',
      summary: 'Reassign all work of a user to another, or to no one',
      description:
        `Moves up to ${MOST_AT_ONCE} applications, those with a participation that goes on among them, each on its own. ` +
        'Send it again to move the rest. Without `payerId` it moves open tasks and the inquiries that ask the user too; ' +
        'to no one it moves no inquiry.',
      tag,
      access: 'users:write',
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (user) => user,
      namesUser: { assignee: 'worker', to: 'worker' },
      body: reassignment,
      responses: { 200: { description: 'The result of each application', schema: bulkResult } },
      handler: async ({ principal, subject, body: { assignee, ...filter }, commandId }) => {
        const named = { ...filter, ...(assignee !== null && { assignee }) };
        const successor = assignee === null ? null : await findUser(sql, principal, assignee);
        const unfit = successor ? listUnfitErrors('assignee', successor) : [];
        refuseErrors([...(await listUnknownFilters(sql, principal, named)), ...unfit]);
        if (filter.payerId === undefined)
          await reassignTasks(sql, principal, { from: subject.id, to: assignee, clientId: filter.clientId });
        const ids = await listAssignedApplications(sql, principal, subject.id, filter, MOST_AT_ONCE);
        const found = await findApplications(sql, principal, ids);
        const items = await runInParallel(found, AT_ONCE, async (one) => {
          const request = { principal, subject: one, body: { assignee }, commandId: deriveUuid([commandId, one.id]) };
          try {
            const status = await takeAction(deps, ASSIGNMENT, request);
            return { id: one.id, status: status === 'recorded' ? 200 : 202 };
          } catch (error) {
            const problem = toProblem(error);
            return { id: one.id, status: problem.status, problem };
          }
        });
        return answerOk({ items });
      },
    }),
  ];
};
