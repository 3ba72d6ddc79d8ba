import { createClient, findClient, listClients, updateClient, type Client } from '../../record/registry/clients';
import type { Deps } from '../kernel/deps';
import { invalid } from '../kernel/errors';
import { listed } from '../kernel/listing';
import { created, ok, route, type Route } from '../kernel/route';
import { client, clientInput, clientPatch } from './clients-schemas';
import { pageOf, pageQuery, ZONE_UNKNOWN } from '../kernel/schemas';

const tag = 'clients';
const view = ({ clientId: _, ...shown }: Client) => shown;

export const clientRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/clients',
    summary: 'Add a client',
    tag,
    access: 'clients:create',
    body: clientInput,
    responses: { 201: { description: 'The client', schema: client } },
    handler: async ({ principal, body, commandId }) => {
      const made = await createClient(sql, principal, commandId, body);
      if (!made) throw invalid(ZONE_UNKNOWN);
      return created(`/v1/clients/${made.id}`, view(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients',
    summary: 'List the clients in scope',
    tag,
    access: 'registry:read',
    query: pageQuery,
    responses: { 200: { description: 'Clients in order of creation', schema: pageOf(client) } },
    handler: async ({ principal, query }) => listed(await listClients(sql, principal, query), view),
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}',
    summary: 'Read a client',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    responses: { 200: { description: 'The client', schema: client } },
    handler: async ({ subject }) => ok(view(subject)),
  }),
  route({
    method: 'patch',
    path: '/v1/clients/{id}',
    summary: 'Change a client',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    body: clientPatch,
    responses: { 200: { description: 'The client as it is now', schema: client } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const changed = await updateClient(sql, principal, subject.id, body, ifMatch);
      if (!changed) throw invalid(ZONE_UNKNOWN);
      return ok(view(changed));
    },
  }),
];
