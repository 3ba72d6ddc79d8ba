import {
  decideOnMail,
  findInboxItem,
  findMail,
  listInbox,
  listMail,
  listLocalMail,
  readInboxItem,
  findRecipient,
} from '../../record/outreach/mail-list';
import { findUser } from '../../record/registry/users';
import {
  createEndpoint,
  endEndpoint,
  findDelivery,
  findEndpoint,
  listDeliveries,
  listEndpoints,
  replayDelivery,
  replayEndpoint,
  rotateSecret,
  findEndpointSecret,
} from '../../record/outreach/webhooks';
import type { Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { addOnce } from '../kernel/duplicates';
import type { Deps } from '../kernel/deps';
import { checkGrant } from '../kernel/grants';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery, UNKNOWN_REFERENCE } from '../kernel/schemas';
import { addOldNames } from '../kernel/old-names';
import {
  deliveriesQuery,
  delivery,
  endpoint,
  describeEndpointInput,
  EVENT_NAMES,
  inboxItem,
  inboxQuery,
  localMail,
  mailBatch,
  mailboxQuery,
  mailQuery,
  newEndpoint,
  replayResult,
  rotatedSecret,
} from './outreach-schemas';
import { refuseErrors } from '../kernel/validation';

const returnSame = <T>(item: T): T => item;
const showDelivery = addOldNames(EVENT_NAMES);
const describeSecret = (sql: Sql, keyring: Keyring): Route['secret'] => ({
  name: 'secret',
  read: (commandId) => findEndpointSecret(sql, keyring, commandId),
});

export const webhookRoutes = ({ sql, keyring, config }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/webhook-endpoints',
    summary: 'Add an endpoint for webhooks',
    description:
      'Deliveries are signed as the Standard Webhooks specification says, arrive at least once, and in order as long as ' +
      'each succeeds. An endpoint that fails is called again after 30 s, then less often, for three days; after that its ' +
      'waiting deliveries are dead. The URL has to be https and of the public network, unless this deployment sets ' +
      '`WEBHOOKS_TO_PRIVATE`; where its name leads is checked at each delivery. A second endpoint with a URL is ' +
      'refused with the id of the first where both would be sent a type of a client, unless `evenIfExists` says that ' +
      'another is meant.',
    tag: 'webhooks',
    access: 'keys:write',
    body: describeEndpointInput({ anywhere: config.webhooksToPrivate === true }),
    secret: describeSecret(sql, keyring),
    responses: { 201: { description: 'The endpoint with its secret', schema: newEndpoint } },
    handler: async ({ principal, body, commandId }) => {
      await checkGrant(sql, principal, { role: 'service', ...(body.clientIds && { clientIds: body.clientIds }) });
      const made = await addOnce('duplicate_endpoint', () => createEndpoint(sql, keyring, principal, commandId, body));
      return answerCreated(`/v1/webhook-endpoints/${made.id}`, made);
    },
  }),
  route({
    method: 'get',
    path: '/v1/webhook-endpoints',
    summary: 'List the endpoints',
    tag: 'webhooks',
    access: 'keys:read',
    query: pageQuery,
    responses: { 200: { description: 'Endpoints in order of creation', schema: describePage(endpoint) } },
    handler: async ({ principal, query }) => answerPage(await listEndpoints(sql, principal, query), returnSame),
  }),
  route({
    method: 'post',
    path: '/v1/webhook-endpoints/{id}/rotation',
    summary: 'Give an endpoint a new secret; the previous one also signs until the next rotation',
    tag: 'webhooks',
    access: 'keys:write',
    subject: ({ principal, params }) => findEndpoint(sql, principal, params.id),
    secret: describeSecret(sql, keyring),
    responses: { 200: { description: 'The new secret', schema: rotatedSecret } },
    handler: async ({ principal, subject, commandId }) => {
      await rotateSecret(sql, keyring, principal, subject.id, commandId);
      return answerOk({});
    },
  }),
  route({
    method: 'post',
    path: '/v1/webhook-endpoints/{id}/replay',
    summary: 'Send all dead and waiting deliveries of an endpoint again now, each under its own id',
    tag: 'webhooks',
    access: 'keys:write',
    subject: ({ principal, params }) => findEndpoint(sql, principal, params.id),
    responses: { 200: { description: 'The number of deliveries', schema: replayResult } },
    handler: async ({ principal, subject }) => answerOk({ replayed: await replayEndpoint(sql, principal, subject.id) }),
  }),
  route({
    method: 'delete',
    path: '/v1/webhook-endpoints/{id}',
    summary: 'End an endpoint',
    tag: 'webhooks',
    access: 'keys:write',
    subject: ({ principal, params }) => findEndpoint(sql, principal, params.id),
    responses: { 204: { description: 'The endpoint gets no more deliveries' } },
    handler: async ({ principal, subject }) => {
      await endEndpoint(sql, principal, subject.id);
      return { status: 204 };
    },
  }),
  route({
    method: 'get',
    path: '/v1/webhook-deliveries',
    summary: 'List deliveries; the dead ones can be replayed',
    tag: 'webhooks',
    access: 'keys:read',
    query: deliveriesQuery,
    responses: { 200: { description: 'Deliveries in order of creation', schema: describePage(delivery) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) =>
      answerPage(await listDeliveries(sql, principal, filter, { limit, ...(cursor && { cursor }) }), showDelivery),
  }),
  route({
    method: 'post',
    path: '/v1/webhook-deliveries/{id}/replay',
    summary: 'Send a dead delivery again, under its own id',
    tag: 'webhooks',
    access: 'keys:write',
    subject: ({ principal, params }) => findDelivery(sql, principal, params.id),
    responses: { 200: { description: 'The delivery', schema: delivery } },
    handler: async ({ principal, subject }) => {
      await replayDelivery(sql, principal, subject);
      return answerOk(showDelivery((await findDelivery(sql, principal, subject.id))!));
    },
  }),
];

export const messageRoutes = ({ sql, config }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/mail',
    summary: 'List mail; mail that may not have arrived waits for a person’s decision',
    tag: 'outreach',
    access: 'operations:read',
    namesUser: { recipientId: 'filter' },
    query: mailQuery,
    responses: { 200: { description: 'Mail in order of creation', schema: describePage(mailBatch) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) =>
      answerPage(await listMail(sql, principal, filter, { limit, ...(cursor && { cursor }) }), returnSame),
  }),
  ...(['resend', 'dismiss'] as const).map((what) =>
    route({
      method: 'post',
      path: `/v1/mail/{id}/${what}`,
      summary:
        what === 'resend'
          ? 'Send mail again whose arrival is uncertain'
          : 'Dismiss mail whose arrival is uncertain, without sending it again',
      tag: 'outreach',
      access: 'applications:follow_up',
      subject: ({ principal, params }) => findMail(sql, principal, (params as { id: string }).id),
      responses: { 200: { description: 'The mail as it is now', schema: mailBatch } },
      handler: async ({ principal, subject }) => answerOk(await decideOnMail(sql, principal, subject, what)),
    }),
  ),
  route({
    method: 'get',
    path: '/v1/inbox',
    summary: 'List the messages to a user',
    tag: 'outreach',
    access: 'operations:read',
    namesUser: { userId: 'filter' },
    query: inboxQuery,
    responses: { 200: { description: 'Items in order of creation', schema: describePage(inboxItem) } },
    handler: async ({ principal, query: { limit, cursor, userId, unread } }) => {
      if (!(await findUser(sql, principal, userId))) refuseErrors([{ path: 'userId', ...UNKNOWN_REFERENCE }]);
      return answerPage(
        await listInbox(sql, principal, userId, unread, { limit, ...(cursor && { cursor }) }),
        returnSame,
      );
    },
  }),
  route({
    method: 'post',
    path: '/v1/inbox/{id}/read',
    summary: 'Mark a message as read',
    description: 'The caller needs every permission that the user has.',
    tag: 'outreach',
    access: 'applications:follow_up',
    subject: async ({ principal, params }) => {
      const item = await findInboxItem(sql, principal, params.id);
      const user = item && (await findRecipient(sql, principal, item.id));
      return item && user && { item, user };
    },
    actsFor: ({ user }) => user,
    responses: { 200: { description: 'The item', schema: inboxItem } },
    handler: async ({ principal, subject: { item } }) => {
      await readInboxItem(sql, item.id);
      return answerOk(await findInboxItem(sql, principal, item.id));
    },
  }),
  // with a mail server, nothing is kept here
  ...(config.smtpUrl === undefined ? [buildLocalMailboxRoute(sql)] : []),
];

const buildLocalMailboxRoute = (sql: Sql): Route =>
  route({
    method: 'get',
    path: '/v1/local-mailbox',
    summary: 'List mail that would be sent if a mail server were set, the latest first',
    description:
      'This route exists only without a mail server (`SMTP_URL`). Mail about several clients is shown only to keys that see every client.',
    tag: 'outreach',
    access: 'keys:read',
    query: mailboxQuery,
    responses: { 200: { description: 'Mail, the latest first', schema: describePage(localMail) } },
    handler: async ({ principal, query }) => answerPage(await listLocalMail(sql, principal, query), returnSame),
  });
