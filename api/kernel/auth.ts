import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { findPrincipalByKey } from '../../record/registry/api-keys';
import { isAdminLinked } from '../../record/registry/invitations';
import { findPrincipalBySession } from '../../record/registry/sessions';
import type { Principal } from '../../record/kernel/principal';
import type { Sql } from '../../runtime/database';
import { hashSecret } from '../../runtime/secrets';
import { UNKNOWN_CALLER } from '../../record/registry/access-counts';
import type { AccessCounter } from './access-counter';
import type { Deps } from './deps';
import { isForged, readCookie, SESSION_COOKIE, writeCookie } from './session-cookies';
import { Problem, refuseUnknownCaller } from './errors';
import type { WrongKeys } from './wrong-keys';

/**
 * Refuses a request without a valid bearer key or session, and counts it; `getPrincipal` returns the caller of the others.
 * A key goes before a session. An address from which many wrong ones came is refused before its own is looked up.
 */
export function authenticateCaller(
  sql: Sql,
  { adminApiKey, signIn }: Deps['config'],
  { counter, wrongKeys }: { counter: AccessCounter; wrongKeys: WrongKeys },
): RequestHandler {
  const adminHash = hashSecret(adminApiKey.trim());

  async function identifyCaller(req: Request, res: Response): Promise<Principal | null> {
    const token = /^Bearer +(\S.*)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (!token) return signIn ? identifyPerson(req, res, signIn.publicUrl) : null;
    // Node reads headers as latin1; the key may have been sent as UTF-8.
    const hashes = [hashSecret(Buffer.from(token, 'latin1')), hashSecret(token)];
    if (hashes.some((hash) => timingSafeEqual(hash, adminHash))) return identifyAdmin();
    return lookUpSecret(wrongKeys, req, hashes[1]!, () => findPrincipalByKey(sql, hashes[1]!));
  }

  /** Identifies the bootstrap admin: where people sign in, it lets the first admin in, and is then unknown. */
  async function identifyAdmin(): Promise<Principal | null> {
    if (signIn && (await isAdminLinked(sql))) return null;
    return { ...ADMINISTRATOR, ...(signIn && { isForSetUp: true }) };
  }

  async function identifyPerson(req: Request, res: Response, publicUrl: string): Promise<Principal | null> {
    const token = readCookie(req, SESSION_COOKIE, publicUrl);
    if (token === null) return null;
    const person = await lookUpSecret(wrongKeys, req, hashSecret(token), () => findPrincipalBySession(sql, token));
    // so that the browser does not send it again
    if (!person) res.append('Set-Cookie', writeCookie(SESSION_COOKIE, null, publicUrl));
    return person;
  }

  return async (req, res, next) => {
    const principal = await identifyCaller(req, res);
    counter.count(principal?.id ?? UNKNOWN_CALLER, principal ? 'used' : 'unauthenticated');
    if (!principal) throw refuseUnknownCaller();
    if (signIn && !res.locals.changesNothing && isForged(req, principal, signIn.publicUrl)) {
      counter.count(principal.id, 'forbidden');
      throw new Problem('forged_request');
    }
    res.locals.principal = {
      ...principal,
      requestId: res.get('X-Request-Id'),
      callerRequestId: readCallerRequestId(req.headers),
    };
    next();
  };
}

const ADMINISTRATOR: Principal = {
  type: 'admin',
  id: 'admin',
  name: 'Administrator',
  role: 'admin',
  clientIds: null,
};

/** Looks a secret up, unless too many from its address were wrong; null if it is wrong. */
export async function lookUpSecret<T>(
  wrongKeys: WrongKeys,
  req: Request,
  hash: Buffer,
  lookUp: () => Promise<T | null>,
): Promise<T | null> {
  const address = req.socket.remoteAddress ?? '';
  const wait = wrongKeys.computeWait(address, hash);
  if (wait > 0) throw new Problem('too_many_wrong_keys', {}, { 'Retry-After': String(wait) });
  const found = await lookUp();
  if (found !== null) wrongKeys.recordRight(hash);
  else if (wrongKeys.recordWrong(address, hash)) req.log.warn({ address }, 'many wrong keys from one address');
  return found;
}

/** Reads the caller's own name for the request, if it is a decent one: kept beside ours, so that both sides find it. */
export function readCallerRequestId(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : undefined;
}

/** Gets the caller of the request, behind `authenticateCaller`. */
export const getPrincipal = (res: Response): Principal => res.locals.principal as Principal;
