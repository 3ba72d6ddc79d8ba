import { createHmac } from 'node:crypto';
import { lookup, type LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress, NOT_PUBLIC, refuseWebhookUrl } from './webhook-address';

export interface Webhook {
  url: string;
  /** The same for every attempt. */
  id: string;
  body: string;
  /** `whsec_…`, the current one first. */
  secrets: readonly string[];
}

const TIMEOUT_MS = 15_000;

/** Signs a webhook by the Standard Webhooks specification: id, timestamp and body, one signature per secret. */
const signWebhook = ({ id, body, secrets }: Pick<Webhook, 'id' | 'body' | 'secrets'>, timestamp: number): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');

/** The reason why a webhook did not arrive, and which side seems to be at fault. */
export class WebhookError extends Error {
  override name = 'WebhookError';

  constructor(
    message: string,
    /** `delivery`: the receiver does not take this one; `endpoint`: it takes nothing for the time being. */
    readonly of: 'delivery' | 'endpoint',
  ) {
    super(message);
  }
}

/** Answers that are about this delivery: others may well be taken. */
const ABOUT_THIS_ONE = [400, 409, 413, 422];

/** Posts a webhook; throws a WebhookError if no 2xx came in time. Redirects are not followed. */
export async function postWebhook(
  webhook: Webhook,
  { privateAllowed = false, timeoutMs = TIMEOUT_MS } = {},
): Promise<void> {
  const status = await sendRequest(webhook, privateAllowed, timeoutMs).catch((error: unknown) => {
    if (error instanceof WebhookError) throw error;
    // a code alone: messages quote what the receiver said, as in its certificate
    const { name, code } = error as NodeJS.ErrnoException;
    throw new WebhookError(name === 'AbortError' ? 'no answer in time' : (code ?? name), 'endpoint');
  });
  if (status >= 200 && status < 300) return;
  throw new WebhookError(`answered ${status}`, ABOUT_THIS_ONE.includes(status) ? 'delivery' : 'endpoint');
}

async function sendRequest(webhook: Webhook, privateAllowed: boolean, timeoutMs: number): Promise<number> {
  const url = new URL(webhook.url);
  const refusal = privateAllowed ? null : refuseWebhookUrl(webhook.url);
  if (refusal) throw new WebhookError(refusal.message, 'endpoint');
  const timestamp = Math.floor(Date.now() / 1000);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(webhook.body),
        'user-agent': 'Countersign',
        'webhook-id': webhook.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(webhook, timestamp),
      },
      ...(!privateAllowed && { lookup: lookUpPublicly }),
    });
    request.once('response', (response) => {
      response.once('error', reject);
      response.once('end', () => resolve(response.statusCode!));
      response.resume();
    });
    request.once('error', reject);
    request.end(webhook.body);
  });
}

/** Looks a name up for the connection itself, so that the checked address is the one that is called. */
const lookUpPublicly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, []);
    if (!addresses.every(({ address }) => isPublicAddress(address)))
      return callback(new WebhookError(NOT_PUBLIC.message, 'endpoint'), []);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};
