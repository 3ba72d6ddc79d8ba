import { listContradictions } from '../../domain/kernel/date-rules';
import { addOnce, evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import { AUTHORISATION_SCOPES } from '../../domain/kernel/codes';
import {
  createAuthorisation,
  findAuthorisation,
  listAuthorisations,
  revokeAuthorisation,
  type Authorisation,
} from '../../record/registry/authorisations';
import { selectKnownPayers } from '../../record/registry/payers';
import { findProvider } from '../../record/registry/providers';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import {
  actor,
  BESIDE_BAD_FIELDS,
  date,
  id,
  listOfIds,
  instant,
  requireOrder,
  longText,
  pageQuery,
  allowWords,
  describePage,
  describeDate,
} from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';
import { listUnknown, listDocumentErrors } from '../kernel/references';

const documents = listOfIds(50);

const scopes = allowWords(AUTHORISATION_SCOPES).min(1);

const authorisationInput = z
  .strictObject({
    scopes,
    payerIds: listOfIds(500).min(1).optional().meta({ description: 'Default: every payer' }),
    signedOn: describeDate('AuthorisationInput.signedOn'),
    until: describeDate('AuthorisationInput.until')
      .optional()
      .meta({ description: 'The last day; by default it holds until it is revoked' }),
    evidence: documents.optional(),
    evenIfExists,
  })
  .superRefine(requireOrder('AuthorisationInput'), BESIDE_BAD_FIELDS)
  .meta({ id: 'AuthorisationInput' });

const authorisation = z
  .strictObject({
    id,
    providerId: id,
    scopes,
    payerIds: z.array(id).nullable(),
    signedOn: date,
    until: date.nullable(),
    evidence: documents,
    recordedBy: actor,
    revokedOn: date.nullable(),
    revocation: z.strictObject({ reason: longText, recordedBy: actor }).nullable(),
    createdAt: instant,
  })
  .meta({ id: 'Authorisation' });

const revocation = z.strictObject({ on: describeDate('Revocation.on'), reason: longText }).meta({ id: 'Revocation' });

const showAuthorisation = ({ clientId: _, ...shown }: Authorisation) => shown;

const listRevocationContradictions = ({ subject, given }: { subject: Authorisation; given: Record<string, unknown> }) =>
  listContradictions('Revocation', given, { signature: subject.signedOn });

export const authorisationRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/providers/{id}/authorisations',
    summary: 'Record an authorisation that a provider signed',
    description:
      'Once one is recorded, submitting and contacting the payer need a current authorisation. One with the scopes, payers and ' +
      'dates of another that nobody revoked is refused with the id of that one, unless `evenIfExists` says that another is meant.',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: authorisationInput,
    responses: { 201: { description: 'The authorisation', schema: authorisation } },
    handler: async ({ principal, subject, body, commandId }) => {
      const { payerIds = [] } = body;
      refuseErrors([
        ...listUnknown('payerIds', payerIds, await selectKnownPayers(sql, payerIds)),
        ...(await listDocumentErrors(sql, subject.clientId, 'evidence', body.evidence)),
      ]);
      const made = await addOnce('duplicate_authorisation', () =>
        createAuthorisation(sql, principal, commandId, subject, body),
      );
      return answerCreated(`/v1/authorisations/${made.id}`, showAuthorisation(made));
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
    responses: { 200: { description: 'Authorisations in order of recording', schema: describePage(authorisation) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listAuthorisations(sql, principal, subject.id, query), showAuthorisation),
  }),
  route({
    method: 'get',
    path: '/v1/authorisations/{id}',
    summary: 'Read an authorisation',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findAuthorisation(sql, principal, params.id),
    responses: { 200: { description: 'The authorisation', schema: authorisation } },
    handler: async ({ subject }) => answerOk(showAuthorisation(subject)),
  }),
  route({
    method: 'post',
    path: '/v1/authorisations/{id}/revocation',
    summary: 'Record that a provider revoked an authorisation',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findAuthorisation(sql, principal, params.id),
    body: revocation,
    contradicts: listRevocationContradictions,
    responses: { 200: { description: 'The authorisation as it is now', schema: authorisation } },
    handler: async ({ principal, subject, body }) => {
      refuseErrors(listRevocationContradictions({ subject, given: { ...body } }));
      return answerOk(showAuthorisation(await revokeAuthorisation(sql, principal, subject, body)));
    },
  }),
];
