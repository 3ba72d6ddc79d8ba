import { evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import { DELIVERIES, EMITTED_TYPES } from '../../domain/kernel/codes';
import {
  id,
  listOfIds,
  instant,
  line,
  pageQuery,
  onceShownSecret,
  allowWords,
  url,
  describeUrl,
  yesOrNo,
  readCursor,
  limit,
  position,
} from '../kernel/schemas';
import { NOT_HTTPS, NOT_PUBLIC, refuseWebhookUrl } from '../../outreach/webhook-address';
import { describeFormerName } from '../kernel/old-names';

const types = allowWords(EMITTED_TYPES).min(1);
const clientIds = listOfIds(500).min(1);

const calledUrl = describeUrl(
  [NOT_HTTPS, NOT_PUBLIC].map((refusal) => ({
    ...refusal,
    holds: (value) => refuseWebhookUrl(value)?.rule !== refusal.rule,
  })),
);

/** Describes a new endpoint; `anywhere`: its URL may lead to a private address, or be without TLS. */
export const describeEndpointInput = ({ anywhere }: { anywhere: boolean }) =>
  z
    .strictObject({
      url: anywhere ? url : calledUrl,
      types,
      clientIds: clientIds.optional().meta({ description: 'Left out: every client' }),
      evenIfExists,
    })
    .meta({ id: 'WebhookEndpointInput' });
const endpointFields = {
  id,
  url: url.meta({ description: 'The URL up to its host; what follows may be a secret, and is never shown' }),
  types,
  clientIds: clientIds.nullable(),
  createdAt: instant,
  failures: z.int().meta({ description: 'The number of failures in a row' }),
  resumeAt: instant
    .nullable()
    .meta({ description: 'The instant at which the endpoint is called again after failures' }),
  lastError: line.nullable(),
};
export const endpoint = z.strictObject(endpointFields).meta({ id: 'WebhookEndpoint' });
export const newEndpoint = z
  .strictObject({ ...endpointFields, secret: onceShownSecret })
  .meta({ id: 'NewWebhookEndpoint' });
export const replayResult = z.strictObject({ replayed: z.int() }).meta({ id: 'WebhooksReplayed' });
export const rotatedSecret = z.strictObject({ secret: onceShownSecret }).meta({ id: 'WebhookSecret' });

const status = z.enum(['queued', 'delivered', 'dead']);
export const delivery = z
  .strictObject({
    id,
    clientId: id,
    endpointId: id,
    eventId: id.meta({ description: 'The id of the event in `/v1/events`' }),
    emittedId: describeFormerName(id, 'eventId'),
    status,
    attempts: z.int(),
    lastError: line.nullable(),
    createdAt: instant,
    settledAt: instant.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export const EVENT_NAMES = { emittedId: 'eventId' };
export const deliveriesQuery = pageQuery.extend({ status: status.optional(), endpointId: id.optional() });

export const deliveryState = z
  .strictObject({
    delivery: z.enum(DELIVERIES).meta({
      description:
        '`queued`: it has not left yet, as mail waits for the recipient’s business hours; `uncertain`: nobody knows whether it ' +
        'arrived; `failed`: it will not leave unless a person has it sent again; `dropped`: no longer needed, or not allowed',
    }),
    queuedAt: instant.meta({ description: 'The instant from which it may leave' }),
    sentAt: instant.nullable(),
  })
  .meta({ id: 'MessageStanding' });

const mailStatus = z.enum(['queued', 'claimed', 'transmitting', 'sent', 'uncertain', 'failed', 'dismissed']);
export const mailBatch = z
  .strictObject({
    id,
    clientId: id.nullable().meta({
      description:
        'Null for mail about several clients or about a person’s own upkeep; only keys that see every client see it',
    }),
    recipientType: z.string(),
    recipientId: id,
    status: mailStatus,
    attempts: z.int(),
    lastError: line.nullable(),
    createdAt: instant,
    sentAt: instant.nullable(),
    templates: z.array(z.string()),
  })
  .meta({ id: 'Mail' });
export const mailQuery = pageQuery.extend({ status: mailStatus.optional(), recipientId: id.optional() });

export const inboxItem = z
  .strictObject({
    id,
    clientId: id,
    template: z.string(),
    data: z.record(z.string(), z.unknown()),
    applicationId: id.nullable(),
    createdAt: instant,
    readAt: instant.nullable(),
  })
  .meta({ id: 'InboxItem' });
export const inboxQuery = pageQuery.extend({ userId: id, unread: yesOrNo.optional() });

export const mailboxQuery = z.strictObject({ limit, cursor: readCursor(position.id).optional() });
export const localMail = z
  .strictObject({ recipient: z.string(), subject: z.string(), text: z.string(), html: z.string(), at: instant })
  .meta({ id: 'LocalMail' });
