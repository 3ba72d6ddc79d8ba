import { BlockList, isIP } from 'node:net';

/** The reason why a webhook is not sent to a URL; `rule` is stable. */
export interface UrlRefusal {
  rule: 'https' | 'public_address';
  message: string;
}

export const NOT_HTTPS: UrlRefusal = { rule: 'https', message: 'only https is called' };
export const NOT_PUBLIC: UrlRefusal = { rule: 'public_address', message: 'a private address is not called' };

/**
 * Finds what keeps a webhook from this URL, as far as the URL itself says; where its name leads is seen when it is
 * called.
 */
export function refuseWebhookUrl(text: string): UrlRefusal | null {
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'https:') return NOT_HTTPS;
  // URL writes every spelling of an IPv4 address as four numbers
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  return (isIP(host) === 0 ? INSIDE_NAME.test(host) : !isPublicAddress(host)) ? NOT_PUBLIC : null;
}

/** Names that public DNS does not have: without a dot, or below a domain that is reserved for networks of one's own. */
const INSIDE_NAME = /^[^.]+$|(^|\.)(localhost|local|internal|home\.arpa)$/;

const IPV4_RESERVED = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  IPV4_RESERVED.addSubnet(network, prefix);

/** All address ranges that are assigned to the public so far. An address that embeds an IPv4 address is outside of them. */
const IPV6_PUBLIC = new BlockList();
IPV6_PUBLIC.addSubnet('2000::', 3, 'ipv6');
const IPV6_RESERVED = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  IPV6_RESERVED.addSubnet(network, prefix, 'ipv6');

/** Whether an address is one of the public network: webhooks reach nothing of ours. */
export const isPublicAddress = (address: string): boolean =>
  isIP(address) === 6
    ? IPV6_PUBLIC.check(address, 'ipv6') && !IPV6_RESERVED.check(address, 'ipv6')
    : !IPV4_RESERVED.check(address);
