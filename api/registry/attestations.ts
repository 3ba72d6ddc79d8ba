import {
  findAttestation,
  listAttestations,
  recordAttestation,
  type Attestation,
} from '../../record/registry/attestations';
import { selectKnownPayers } from '../../record/registry/payers';
import { findProvider, type Provider } from '../../record/registry/providers';
import type { Deps } from '../kernel/deps';
import { listed } from '../kernel/listing';
import { unknownIn } from '../kernel/references';
import { created, ok, route, type Route } from '../kernel/route';
import { pageOf, pageQuery } from '../kernel/schemas';
import { attestation, attestationInput } from './providers-schemas';
import { refuse } from '../kernel/validation';

const tag = 'providers';
const viewOf =
  ({ id: providerId }: Provider) =>
  ({ clientId: _, createdAt: recordedAt, ...shown }: Attestation) => ({ ...shown, providerId, recordedAt });

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
      refuse(unknownIn('authorizedPayerIds', ids, await selectKnownPayers(sql, ids)));
      const made = await recordAttestation(sql, principal, commandId, subject, body);
      return created(`/v1/providers/${subject.id}/attestations/${made.id}`, viewOf(subject)(made));
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
    responses: { 200: { description: 'Attestations in order of recording', schema: pageOf(attestation) } },
    handler: async ({ principal, subject, query }) =>
      listed(await listAttestations(sql, principal, subject, query), viewOf(subject)),
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
      return found && viewOf(provider)(found);
    },
    responses: { 200: { description: 'The attestation', schema: attestation } },
    handler: async ({ subject }) => ok(subject),
  }),
];
