import { createClient, findClient, listClients, updateClient, type Client } from '../../record/registry/clients';
import { addOnce } from '../kernel/duplicates';
import type { Deps } from '../kernel/deps';
import { refuseFields } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { client, clientInput, clientPatch } from './clients-schemas';
import { describePage, pageQuery, ZONE_UNKNOWN } from '../kernel/schemas';

const tag = 'clients';
const showClient = ({ clientId: _, ...shown }: Client) => shown;

export const clientRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/clients',
    summary: 'Add a client',
    description:
      'A second client of a name, however that is written, is refused with the id of the first, unless `evenIfExists` says ' +
      'that another is meant. One that has left comes back by `POST /v1/clients/{id}/return`.',
    tag,
    access: 'clients:create',
    body: clientInput,
    responses: { 201: { description: 'The client', schema: client } },
    handler: async ({ principal, body, commandId }) => {
      const made = await addOnce('duplicate_client', () => createClient(sql, principal, commandId, body));
      if (!made) throw refuseFields(ZONE_UNKNOWN);
      return answerCreated(`/v1/clients/${made.id}`, showClient(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients',
    summary: 'List the clients in scope',
    tag,
    access: 'registry:read',
    query: pageQuery,
    responses: { 200: { description: 'Clients in order of creation', schema: describePage(client) } },
    handler: async ({ principal, query }) => answerPage(await listClients(sql, principal, query), showClient),
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}',
    summary: 'Read a client',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    responses: { 200: { description: 'The client', schema: client } },
    handler: async ({ subject }) => answerOk(showClient(subject)),
  }),
  route({
    method: 'patch',
    path: '/v1/clients/{id}',
    summary: 'Change a client',
    description: 'The name of another client is refused as when one is added.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    body: clientPatch,
    responses: { 200: { description: 'The client as it is now', schema: client } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const changed = await addOnce('duplicate_client', () => updateClient(sql, principal, subject.id, body, ifMatch));
      if (!changed) throw refuseFields(ZONE_UNKNOWN);
      return answerOk(showClient(changed));
    },
  }),
];
