import {
  findAttestation,
  listAccessWithdrawals,
  listAttestations,
  recordAccessWithdrawal,
  recordAttestation,
  type AccessWithdrawal,
  type Attestation,
} from '../../record/registry/attestations';
import { selectKnownPayers } from '../../record/registry/payers';
import { findProvider, type Provider } from '../../record/registry/providers';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { listUnknown } from '../kernel/references';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery } from '../kernel/schemas';
import { accessWithdrawal, accessWithdrawalInput, attestation, attestationInput } from './providers-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'providers';
const createAttestationView =
  ({ id: providerId }: Provider) =>
  ({ clientId: _, createdAt: recordedAt, ...shown }: Attestation) => ({ ...shown, providerId, recordedAt });

const createWithdrawalView =
  ({ id: providerId }: Provider) =>
  ({ createdAt: recordedAt, ...shown }: AccessWithdrawal) => ({ ...shown, providerId, recordedAt });

export const attestationRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/providers/{id}/attestations',
    summary: 'Record a CAQH attestation',
    description:
      'A lapsed date is accepted and recorded as lapsed. The attestation counts for this client; what CAQH itself reports ' +
      'counts for every client.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: attestationInput,
    responses: { 201: { description: 'The attestation', schema: attestation } },
    handler: async ({ principal, subject, body, commandId }) => {
      const { authorizedPayerIds: ids = [] } = body;
      refuseErrors(listUnknown('authorizedPayerIds', ids, await selectKnownPayers(sql, ids)));
      const made = await recordAttestation(sql, principal, commandId, subject, body);
      return answerCreated(`/v1/providers/${subject.id}/attestations/${made.id}`, createAttestationView(subject)(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/attestations',
    summary: 'List the attestations of a provider: a registry’s, and those that this client recorded',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Attestations in order of recording', schema: describePage(attestation) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listAttestations(sql, principal, subject, query), createAttestationView(subject)),
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/access-withdrawals',
    summary: 'Record that payers may no longer see the CAQH profile',
    description:
      'The only way to take an authorisation back: the lists of attestations add to one another. An attestation of a later ' +
      'day, or of the same day recorded afterwards, that names the payer authorises it again.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: accessWithdrawalInput,
    responses: { 201: { description: 'The withdrawal', schema: accessWithdrawal } },
    handler: async ({ principal, subject, body, commandId }) => {
      const { payerIds } = body;
      refuseErrors(listUnknown('payerIds', payerIds, await selectKnownPayers(sql, payerIds)));
      const made = await recordAccessWithdrawal(sql, principal, commandId, subject, body);
      return answerCreated(`/v1/providers/${subject.id}/access-withdrawals`, createWithdrawalView(subject)(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/access-withdrawals',
    summary: 'List when payers lost the right to see the CAQH profile, as this client recorded it',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Withdrawals in order of recording', schema: describePage(accessWithdrawal) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listAccessWithdrawals(sql, principal, subject, query), createWithdrawalView(subject)),
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/attestations/{attestationId}',
    summary: 'Read an attestation',
    tag,
    access: 'registry:read',
    subject: async ({ principal, params }) => {
      const provider = await findProvider(sql, principal, params.id);
      const found = provider && (await findAttestation(sql, principal, provider, params.attestationId));
      return found && createAttestationView(provider)(found);
    },
    responses: { 200: { description: 'The attestation', schema: attestation } },
    handler: async ({ subject }) => answerOk(subject),
  }),
];
