import { listMade, revokeKey } from '../../record/offboarding/key-revocation';
import { createApiKey, findKey, listKeys, findKeySecret } from '../../record/registry/api-keys';
import type { Deps } from '../kernel/deps';
import { checkKey } from '../kernel/grants';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerNoContent, answerOk, route, type Route } from '../kernel/route';
import { apiKey, apiKeyInput, madeByKey, newApiKey, revocationQuery } from './access-schemas';
import { describePage, pageQuery } from '../kernel/schemas';

const tag = 'API keys';

export const apiKeyRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/api-keys',
    summary: 'Create an API key',
    description:
      'The new key has at most the permissions of the caller. It belongs to a user (`userId`), whom the caller has to ' +
      'manage and whose role and clients it cannot exceed, or to a program (`serviceName`); a key that names neither ' +
      'belongs to a program of the key’s name. A retry with the same Idempotency-Key shows `key` again ' +
      'for ten minutes, unless the key is revoked before.',
    tag,
    access: 'keys:write',
    namesUser: { userId: 'managed' },
    body: apiKeyInput,
    secret: { name: 'key', read: (commandId) => findKeySecret(sql, keyring, commandId) },
    responses: { 201: { description: 'The key', schema: newApiKey } },
    handler: async ({ principal, body, commandId }) => {
      await checkKey(sql, principal, body);
      const made = await createApiKey(sql, keyring, principal, commandId, body);
      return answerCreated(`/v1/api-keys/${made.id}`, made);
    },
  }),
  route({
    method: 'get',
    path: '/v1/api-keys',
    summary: 'List the API keys, revoked ones included',
    tag,
    access: 'keys:read',
    query: pageQuery,
    responses: { 200: { description: 'Keys in order of creation', schema: describePage(apiKey) } },
    handler: async ({ principal, query }) => answerPage(await listKeys(sql, principal, query), (item) => item),
  }),
  route({
    method: 'get',
    path: '/v1/api-keys/{id}',
    summary: 'Read an API key',
    tag,
    access: 'keys:read',
    subject: ({ principal, params }) => findKey(sql, principal, params.id),
    responses: { 200: { description: 'The key, without its secret', schema: apiKey } },
    handler: async ({ subject }) => answerOk(subject),
  }),
  route({
    method: 'get',
    path: '/v1/api-keys/{id}/made',
    summary: 'List what an API key made that works on by itself',
    description:
      'Keys, calendar feeds, webhook endpoints and covers that have not ended, and those that its keys made in turn, as ' +
      'far as the caller sees all clients that they reach. Things that the bootstrap admin key made are not listed.',
    tag,
    access: 'keys:read',
    subject: ({ principal, params }) => findKey(sql, principal, params.id),
    responses: { 200: { description: 'All that the key made', schema: madeByKey } },
    handler: async ({ principal, subject }) => answerOk({ items: await listMade(sql, principal, subject.id) }),
  }),
  route({
    method: 'delete',
    path: '/v1/api-keys/{id}',
    summary: 'Revoke an API key, and end what it made',
    description:
      'With the key ends what `GET /v1/api-keys/{id}/made` lists, as a thief of the key may have all of that. ' +
      '`made=kept` leaves it, as where a key is only replaced; sent again without it, that ends too.',
    tag,
    access: 'keys:write',
    subject: ({ principal, params }) => findKey(sql, principal, params.id),
    query: revocationQuery,
    responses: { 204: { description: 'The key no longer works' } },
    handler: async ({ principal, subject, query }) => {
      await revokeKey(sql, principal, subject.id, { keepsCreatedItems: query.made === 'kept' });
      return answerNoContent();
    },
  }),
];
