import { findClient } from '../../record/registry/clients';
import { STAFF_ROLES } from '../../domain/kernel/codes';
import type { Principal } from '../../record/kernel/principal';
import {
  createPractice,
  findPractice,
  listPractices,
  openTin,
  updatePractice,
  type Practice,
} from '../../record/registry/practices';
import type { Keyring } from '../../runtime/keyring';
import { listFileChanges } from '../../record/applications/changes';
import type { Deps } from '../kernel/deps';
import { addOnce } from '../kernel/duplicates';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { listUnknown } from '../kernel/references';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { fileChanges } from './changes-schemas';
import { describePage, pageQuery } from '../kernel/schemas';
import { practice, practiceInput, practicePatch } from './practices-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'practices';

/** A practice as a principal is shown it: of a tax id the last four digits, and to staff an EIN in full. */
export const showPractice =
  (keyring: Keyring, { role }: Principal) =>
  ({ einSealed, ...practice }: Practice) => {
    if (einSealed === null || !STAFF_ROLES.includes(role)) return practice;
    return { ...practice, tin: { ...practice.tin, value: openTin(keyring, practice.id, einSealed) } };
  };

export const practiceRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/clients/{id}/practices',
    summary: 'Add a practice to a client',
    description:
      'A tax id is one practice of a client: a second one with it, however it is written, is refused with the id of the ' +
      'first, unless `evenIfExists` says that another is meant.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    body: practiceInput,
    responses: { 201: { description: 'The practice', schema: practice } },
    handler: async ({ principal, subject, body, commandId }) => {
      if (subject.endedOn !== null) throw new Problem('ended');
      const made = await addOnce('duplicate_practice', () =>
        createPractice(sql, keyring, principal, commandId, subject.id, body),
      );
      return answerCreated(`/v1/practices/${made.id}`, showPractice(keyring, principal)(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/practices',
    summary: "List a client's practices",
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Practices in order of creation', schema: describePage(practice) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listPractices(sql, principal, subject.id, query), showPractice(keyring, principal)),
  }),
  route({
    method: 'get',
    path: '/v1/practices/{id}',
    summary: 'Read a practice',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    responses: { 200: { description: 'The practice', schema: practice } },
    handler: async ({ principal, subject }) => answerOk(showPractice(keyring, principal)(subject)),
  }),
  route({
    method: 'get',
    path: '/v1/practices/{id}/changes',
    summary: 'List the changes of a practice and the applications that they affect',
    description: 'The latest change comes first, with the applications that it affects and what each of them needs.',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    responses: { 200: { description: 'The changes', schema: fileChanges } },
    handler: async ({ principal, subject }) => answerOk({ items: await listFileChanges(sql, principal, subject.id) }),
  }),
  route({
    method: 'patch',
    path: '/v1/practices/{id}',
    summary: 'Change a practice',
    description:
      'Fields that are left out stay as they are; null empties `npi` and `billing`. Where payers must be notified of a change, their ' +
      'applications are opened: see its changes. A tax id that another practice of the client has is refused as in a new one. One that was merged is changed at ' +
      'the one that stays, whose id the refusal names.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: practicePatch,
    responses: { 200: { description: 'The practice as it is now', schema: practice } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      if (subject.mergedInto) throw new Problem('merged_already', { existingId: subject.mergedInto });
      const known = new Set([undefined, ...subject.locations.map((location) => location.id)]);
      refuseErrors(
        listUnknown(
          'locations',
          body.locations?.map((location) => location.id),
          known,
          '.id',
        ),
      );
      // nothing would purge it a second time
      if (body.tin && subject.tin.purged && (await findClient(sql, principal, subject.clientId))?.endedOn)
        throw new Problem('ended');
      const changed = await addOnce('duplicate_practice', () =>
        updatePractice(sql, keyring, principal, subject, body, ifMatch),
      );
      if (!changed) throw new Problem('location_in_use');
      return answerOk(showPractice(keyring, principal)(changed));
    },
  }),
];
