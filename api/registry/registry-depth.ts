import { localDate } from '../../domain/time/calendar';
import { findingsOf } from '../../record/sources/findings';
import {
  createAuthorisation,
  findAuthorisation,
  listAuthorisations,
  revokeAuthorisation,
  type Authorisation,
} from '../../record/registry/authorisations';
import { findClient } from '../../record/registry/clients';
import { merge, type Merge } from '../../record/registry/merge';
import { findPayer, knownPayers } from '../../record/registry/payers';
import { findPractice } from '../../record/registry/practices';
import { findProvider } from '../../record/registry/providers';
import { keepSnapshot } from '../../record/registry/snapshots';
import {
  listEnrolments,
  listPortalAccess,
  putEnrolment,
  putPortalAccess,
  type EnrolmentInput,
  type PortalAccess,
  type PortalAccessInput,
} from '../../record/registry/statements';
import type { Deps } from '../kernel/deps';
import { invalid, Problem } from '../kernel/errors';
import { listed } from '../kernel/listing';
import { created, ok, route, type Route } from '../kernel/route';
import { pageOf, pageQuery, UNKNOWN_REFERENCE } from '../kernel/schemas';
import { payer } from './payers-schemas';
import { practice } from './practices-schemas';
import {
  authorisation,
  authorisationInput,
  currentQuery,
  enrolment,
  enrolmentInput,
  foundList,
  mergeInput,
  portalAccess,
  NOTES,
  portalAccessInput,
  revocation,
  snapshotInput,
} from './registry-depth-schemas';
import { underBothNames, underOldNames } from '../kernel/names';
import { refuse } from '../kernel/validation';
import { unknownIn, documentErrors } from '../kernel/references';

const statement = <T extends { clientId: string }>({ clientId: _, ...shown }: T) => shown;
const shownAccess = (access: PortalAccess) => underBothNames(NOTES)(statement(access));
const shownAuthorisation = ({ clientId: _, ...shown }: Authorisation) => shown;

function throwUnlessMerged(result: Merge): void {
  if ('merged' in result) return;
  if ('otherTin' in result) throw invalid({ path: 'into', rule: 'same_tin', message: 'must have the same TIN' });
  throw 'collides' in result
    ? new Problem('application_exists', { existingId: result.collides })
    : new Problem('merged_already', { existingId: result.elsewhere });
}

export const registryDepthRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/practices/{id}/enrolments',
    summary: 'Record the status of a practice’s enrolment with a payer',
    description: 'It replaces the earlier statement about the same payer and kind, which stays on record.',
    tag: 'practices',
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: enrolmentInput,
    responses: { 201: { description: 'The statement', schema: enrolment } },
    handler: async ({ principal, subject, body, commandId }) => {
      refuse([
        ...((await findPayer(sql, body.payerId)) ? [] : [{ path: 'payerId', ...UNKNOWN_REFERENCE }]),
        ...(await documentErrors(sql, subject.clientId, 'evidence', body.evidence)),
      ]);
      const made = await putEnrolment(sql, principal, commandId, subject, body as EnrolmentInput);
      return created(`/v1/practices/${subject.id}/enrolments`, statement(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/practices/{id}/enrolments',
    summary: 'List the enrolments of a practice, current and former',
    tag: 'practices',
    access: 'registry:read',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    query: currentQuery,
    responses: { 200: { description: 'In order of recording', schema: pageOf(enrolment) } },
    handler: async ({ principal, subject, query: { limit, cursor, current } }) =>
      listed(
        await listEnrolments(sql, principal, subject.id, current, { limit, ...(cursor && { cursor }) }),
        statement,
      ),
  }),
  route({
    method: 'post',
    path: '/v1/practices/{id}/portal-access',
    summary: 'Record who has the practice’s access to a portal',
    description:
      'Record where the secret is kept, never the secret itself. Lost access to a payer’s portal is an unmet prerequisite, ' +
      'and a blocker of submitted applications.',
    tag: 'practices',
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: portalAccessInput,
    responses: { 201: { description: 'The statement', schema: portalAccess } },
    handler: async ({ principal, subject, body, commandId }) => {
      refuse(unknownIn('payerIds', body.payerIds, await knownPayers(sql, body.payerIds)));
      const made = await putPortalAccess(
        sql,
        principal,
        commandId,
        subject,
        underOldNames(NOTES)(body) as PortalAccessInput,
      );
      return created(`/v1/practices/${subject.id}/portal-access`, shownAccess(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/practices/{id}/portal-access',
    summary: 'List who has, and had, a practice’s access to portals',
    tag: 'practices',
    access: 'operations:read',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    query: currentQuery,
    responses: { 200: { description: 'In order of recording', schema: pageOf(portalAccess) } },
    handler: async ({ principal, subject, query: { limit, cursor, current } }) =>
      listed(
        await listPortalAccess(sql, principal, subject.id, current, { limit, ...(cursor && { cursor }) }),
        shownAccess,
      ),
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/authorisations',
    summary: 'Record an authorisation that a provider signed',
    description: 'Once one is recorded, submitting and contacting the payer need a current authorisation.',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: authorisationInput,
    responses: { 201: { description: 'The authorisation', schema: authorisation } },
    handler: async ({ principal, subject, body, commandId }) => {
      const { payerIds = [] } = body;
      refuse([
        ...unknownIn('payerIds', payerIds, await knownPayers(sql, payerIds)),
        ...(await documentErrors(sql, subject.clientId, 'evidence', body.evidence)),
      ]);
      const made = await createAuthorisation(sql, principal, commandId, subject, body);
      return created(`/v1/authorisations/${made.id}`, shownAuthorisation(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/authorisations',
    summary: 'List the authorisations of a provider',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'In order of recording', schema: pageOf(authorisation) } },
    handler: async ({ principal, subject, query }) =>
      listed(await listAuthorisations(sql, principal, subject.id, query), shownAuthorisation),
  }),
  route({
    method: 'get',
    path: '/v1/authorisations/{id}',
    summary: 'Read an authorisation',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findAuthorisation(sql, principal, params.id),
    responses: { 200: { description: 'The authorisation', schema: authorisation } },
    handler: async ({ subject }) => ok(shownAuthorisation(subject)),
  }),
  route({
    method: 'post',
    path: '/v1/authorisations/{id}/revocation',
    summary: 'Record that a provider revoked an authorisation',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findAuthorisation(sql, principal, params.id),
    body: revocation,
    responses: { 200: { description: 'The authorisation as it is now', schema: authorisation } },
    handler: async ({ principal, subject, body }) =>
      ok(shownAuthorisation(await revokeAuthorisation(sql, principal, subject, body))),
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/snapshots',
    summary: 'Record what CAQH or NPPES shows for a provider, to compare it with the file',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: snapshotInput,
    responses: { 200: { description: 'The contradictions found', schema: foundList } },
    handler: async ({ principal, subject, body, commandId }) => {
      await keepSnapshot(sql, principal, commandId, subject, body);
      const today = localDate(new Date().toISOString(), subject.timeZone);
      return ok({ items: await findingsOf(sql, principal, subject.clientId, today, { providerId: subject.id }) });
    },
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/findings',
    summary: 'List contradictions in a provider’s file and how to fix them',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'All findings', schema: foundList } },
    handler: async ({ principal, subject }) => {
      const today = localDate(new Date().toISOString(), subject.timeZone);
      return ok({ items: await findingsOf(sql, principal, subject.clientId, today, { providerId: subject.id }) });
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/findings',
    summary: 'List contradictions in a client’s files and how to fix them',
    tag: 'clients',
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    responses: { 200: { description: 'All findings', schema: foundList } },
    handler: async ({ principal, subject }) => {
      const today = localDate(new Date().toISOString(), subject.timeZone);
      return ok({ items: await findingsOf(sql, principal, subject.id, today) });
    },
  }),
  route({
    method: 'post',
    path: '/v1/payers/{id}/merge',
    summary: 'Merge a duplicate payer into the other',
    description: 'Both become one record; open applications keep their key.',
    tag: 'payers',
    access: 'payers:write',
    subject: ({ params }) => findPayer(sql, params.id),
    body: mergeInput,
    responses: { 200: { description: 'The payer that stays', schema: payer } },
    handler: async ({ principal, subject, body }) => {
      if (body.into === subject.id || !(await findPayer(sql, body.into)))
        throw invalid({ path: 'into', ...UNKNOWN_REFERENCE });
      throwUnlessMerged(await merge(sql, principal, 'payer', { id: subject.id, clientId: null }, body));
      return ok(await findPayer(sql, body.into));
    },
  }),
  route({
    method: 'post',
    path: '/v1/practices/{id}/merge',
    summary: 'Merge a duplicate practice into the other',
    description:
      'Both must belong to the same client and have the same TIN. They become one record; open applications keep their key.',
    tag: 'practices',
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: mergeInput,
    responses: { 200: { description: 'The practice that stays', schema: practice } },
    handler: async ({ principal, subject, body }) => {
      const into = await findPractice(sql, principal, body.into);
      if (!into || into.id === subject.id || into.clientId !== subject.clientId)
        throw invalid({ path: 'into', ...UNKNOWN_REFERENCE });
      throwUnlessMerged(await merge(sql, principal, 'practice', subject, body));
      return ok(await findPractice(sql, principal, into.id));
    },
  }),
];
