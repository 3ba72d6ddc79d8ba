import { startRotation } from '../../record/kernel/data-keys';
import { findRotation } from '../../record/operations/key-rotation';
import { findStuck, listStuck, retryStuck } from '../../record/operations/stuck';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerNoContent, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery } from '../kernel/schemas';
import { keyRotation, stuckItem } from './operations-schemas';

const tag = 'operations';

export const operationsRoutes = ({ sql, keyWrapper }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/operations/stuck',
    summary: 'List what is stuck and needs a person',
    description:
      'Steps that were set aside, commands and changes that were not delivered, workflows that are gone or keep failing, ' +
      'applications that are held after a restore. Everything else goes on meanwhile. Items of no one client are listed ' +
      'for keys that see every client.',
    tag,
    access: 'operations:read',
    query: pageQuery,
    responses: { 200: { description: 'Stuck items, the oldest first', schema: describePage(stuckItem) } },
    handler: async ({ principal, query }) => answerPage(await listStuck(sql, principal, query), (item) => item),
  }),
  route({
    method: 'post',
    path: '/v1/operations/stuck/{id}/retry',
    summary: 'Retry a stuck item',
    description:
      'The item leaves the list, and comes back if it fails again. A step is tried within seconds, a run is looked at within a ' +
      'minute. A hold ends by `restore-review` alone: 409.',
    tag,
    access: 'operations:retry',
    subject: ({ principal, params }) => findStuck(sql, principal, params.id),
    responses: { 204: { description: 'The item is tried again' } },
    problems: [409],
    handler: async ({ principal, subject }) => {
      if (!(await retryStuck(sql, principal, subject))) throw new Problem('restore_review_needed');
      return answerNoContent();
    },
  }),
  route({
    method: 'get',
    path: '/v1/operations/key-rotation',
    summary: 'Read how far a key rotation has come',
    description: 'The newest data key, what is left to be sealed by it, and the keys before it.',
    tag,
    access: 'keys:rotate',
    subject: () => findRotation(sql),
    responses: { 200: { description: 'The rotation', schema: keyRotation } },
    problems: [404],
    handler: async ({ subject }) => answerOk(subject),
  }),
  route({
    method: 'post',
    path: '/v1/operations/key-rotation',
    summary: 'Rotate the data key',
    description:
      'Makes a data key. A minute later everything new is sealed by it, and the workers seal anew what is there, beside all ' +
      'other work. Where a rotation goes on already, it is answered and none begins.',
    tag,
    access: 'keys:rotate',
    responses: { 200: { description: 'The rotation', schema: keyRotation } },
    handler: async ({ principal }) => {
      await startRotation(sql, keyWrapper, principal);
      return answerOk(await findRotation(sql));
    },
  }),
];
