/**
 * Masks a URL as it is shown: what follows the host may be a secret, as with the addresses that chats and automations
 * give out.
 */
export function maskUrl(url: string): string {
  const { origin, pathname, search, hash } = new URL(url);
  return pathname + search + hash === '/' ? url : `${origin}/****`;
}
