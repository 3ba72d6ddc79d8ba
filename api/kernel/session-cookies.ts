import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { isSameOrigin, SIGN_IN_LIMITS } from '../../domain/registry/sessions';
import type { Principal } from '../../record/kernel/principal';

export const SESSION_COOKIE = 'countersign-session';
export const SIGN_IN_COOKIE = 'countersign-sign-in';
export const CSRF_HEADER = 'X-CSRF-Token';

/** The minutes for which a browser keeps each cookie: of a session, and of a sign-in that is under way. */
const KEPT_MINUTES = {
  [SESSION_COOKIE]: SIGN_IN_LIMITS.sessionHours * 60,
  [SIGN_IN_COOKIE]: SIGN_IN_LIMITS.attemptMinutes,
};
type CookieName = keyof typeof KEPT_MINUTES;

/** Whether a cookie is for TLS alone; without TLS, which is for this machine, a browser takes no such cookie. */
const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:');

/** Names a cookie as the browser knows it: `__Host-` says that no other host has set it, and nothing without TLS. */
const nameCookie = (name: CookieName, publicUrl: string): string => (isSecure(publicUrl) ? `__Host-${name}` : name);

export function readCookie({ headers }: Request, name: CookieName, publicUrl: string): string | null {
  const begins = `${nameCookie(name, publicUrl)}=`;
  const pairs = (headers.cookie ?? '').split(/; */);
  return pairs.find((pair) => pair.startsWith(begins))?.slice(begins.length) || null;
}

/**
 * Writes the header that has a browser keep a value, or with null forget it. No script reads the cookie; it is sent along
 * when the identity provider leads back here, and with no change that another site asks for.
 */
export const writeCookie = (name: CookieName, value: string | null, publicUrl: string): string =>
  [
    `${nameCookie(name, publicUrl)}=${value ?? ''}`,
    'Path=/',
    `Max-Age=${value === null ? 0 : KEPT_MINUTES[name] * 60}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure(publicUrl) ? ['Secure'] : []),
  ].join('; ');

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether another site may have had a browser ask for a change, with the cookie that the browser adds by itself. Our
 * own changes come from a page of this origin, with the token that only such a page can read.
 */
export function isForged(req: Request, { session }: Principal, publicUrl: string): boolean {
  if (!session || SAFE_METHODS.includes(req.method)) return false;
  const [given, expected] = [Buffer.from(req.get(CSRF_HEADER) ?? ''), Buffer.from(session.csrfToken)];
  const source = { site: req.get('Sec-Fetch-Site'), origin: req.get('Origin') };
  return (
    !isSameOrigin(source, new URL(publicUrl).origin) ||
    given.length !== expected.length ||
    !timingSafeEqual(given, expected)
  );
}
