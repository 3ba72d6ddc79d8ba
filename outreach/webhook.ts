import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

export interface Webhook {
  url: string;
  /** The same for every attempt. */
  id: string;
  body: string;
  /** `whsec_…`, the current one first. */
  secrets: readonly string[];
}

const TIMEOUT_MS = 15_000;

/** The signature of the Standard Webhooks specification: of id, timestamp and body, one per secret. */
export const sign = ({ id, body, secrets }: Pick<Webhook, 'id' | 'body' | 'secrets'>, timestamp: number): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');

/** Posts a webhook; throws where the receiver did not answer 2xx in time. Redirects are not followed. */
export async function post(webhook: Webhook, { privateAllowed = false } = {}): Promise<void> {
  if (!privateAllowed) await refusePrivate(new URL(webhook.url));
  const timestamp = Math.floor(Date.now() / 1000);
  const response = await fetch(webhook.url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      'content-type': 'application/json',
      'webhook-id': webhook.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(webhook, timestamp),
    },
    body: webhook.body,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(network, prefix);
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6');

/** Whether an address is none of the public network: nothing of ours is to be reached by a webhook. */
export function isPrivate(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return PRIVATE.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

async function refusePrivate({ protocol, hostname }: URL): Promise<void> {
  if (protocol !== 'https:') throw new Error('only https is called');
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true });
  if (addresses.some(({ address }) => isPrivate(address))) throw new Error('a private address is not called');
}
