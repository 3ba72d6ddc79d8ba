import { Router, type Request, type Response } from 'express';
import { addMilliseconds } from '../../domain/time/dates';
import { isLocalPath, SIGN_IN_LIMITS } from '../../domain/registry/sessions';
import type { Instant } from '../../domain/time/instants';
import { UNKNOWN_CALLER } from '../../record/registry/access-counts';
import { signIn } from '../../record/registry/invitations';
import { readClock } from '../../runtime/clock';
import { hashSecret } from '../../runtime/secrets';
import type { AccessCounter } from '../kernel/access-counter';
import { lookUpSecret, readCallerRequestId } from '../kernel/auth';
import type { Deps } from '../kernel/deps';
import { Problem, refuseFields, type FieldError } from '../kernel/errors';
import { servePage } from '../kernel/router';
import { readCookie, SESSION_COOKIE, SIGN_IN_COOKIE, writeCookie } from '../kernel/session-cookies';
import type { WrongKeys } from '../kernel/wrong-keys';
import { CALLBACK_PATH, createIdentityProvider, type SignInAttempt } from './identity-provider';

/** An attempt as the browser keeps it, sealed, while its user is at the identity provider: only that browser can finish. */
interface KeptAttempt extends SignInAttempt {
  returnTo: string;
  /** The secret of an invitation. */
  invitation: string | null;
  until: Instant;
}

const ATTEMPT = 'sign-in';
const NO_INVITATION: FieldError = {
  path: 'invitation',
  rule: 'invitation',
  message: 'must be that of an invitation’s link',
};
const NOT_OURS: FieldError = { path: 'returnTo', rule: 'local_path', message: 'must be a path of this address' };

const readQuery = ({ query }: Request, name: string): string | null => {
  const value = query[name];
  return value === undefined ? null : typeof value === 'string' ? value : '';
};

/** Creates the pages by which people sign in: they lead to the identity provider, and back to ours with a session. */
export function createSignIn(
  { sql, keyring, logger, config }: Deps,
  { counter, wrongKeys }: { counter: AccessCounter; wrongKeys: WrongKeys },
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const settings = config.signIn;
  if (!settings) {
    const refuseSignIn = () => {
      throw new Problem('sign_in_not_set_up');
    };
    for (const path of ['/sign-in', CALLBACK_PATH]) servePage(router, path, refuseSignIn);
    return router;
  }
  const { publicUrl } = settings;
  const provider = createIdentityProvider(settings, logger);

  servePage(router, '/sign-in', async (req, res) => {
    const [returnTo, invitation] = [readQuery(req, 'returnTo') ?? '/', readQuery(req, 'invitation')];
    const errors = [
      ...(isLocalPath(returnTo) ? [] : [NOT_OURS]),
      ...(invitation === null || /^[\w-]{43}$/.test(invitation) ? [] : [NO_INVITATION]),
    ];
    if (errors.length > 0) throw refuseFields(...errors);
    const { url, attempt } = await provider.beginSignIn();
    const until = addMilliseconds(readClock(), SIGN_IN_LIMITS.attemptMinutes * 60_000);
    const kept: KeptAttempt = { ...attempt, returnTo, invitation, until };
    res.append('Set-Cookie', writeCookie(SIGN_IN_COOKIE, keyring.seal(JSON.stringify(kept), ATTEMPT), publicUrl));
    res.redirect(url);
  });

  servePage(router, CALLBACK_PATH, async (req, res) => {
    const attempt = readAttempt(req);
    res.append('Set-Cookie', writeCookie(SIGN_IN_COOKIE, null, publicUrl));
    if (!attempt || attempt.until < readClock()) throw new Problem('sign_in_failed');
    const token = await openSession(req, res, attempt).catch((error: unknown) => {
      if (error instanceof Problem && error.status < 500) counter.count(UNKNOWN_CALLER, 'unauthenticated');
      throw error;
    });
    res.append('Set-Cookie', writeCookie(SESSION_COOKIE, token, publicUrl));
    res.redirect(attempt.returnTo);
  });

  async function openSession(req: Request, res: Response, attempt: KeptAttempt): Promise<string> {
    const code = hashSecret(readQuery(req, 'code') ?? '');
    const callback = new URL(req.originalUrl, publicUrl);
    const account = await lookUpSecret(wrongKeys, req, code, () => provider.finishSignIn(callback, attempt));
    if (!account) throw new Problem('sign_in_failed');
    const signed = await signIn(sql, {
      account,
      invitation: attempt.invitation,
      earlierToken: readCookie(req, SESSION_COOKIE, publicUrl),
      request: { requestId: res.get('X-Request-Id'), callerRequestId: readCallerRequestId(req.headers) },
    });
    if (typeof signed === 'string') throw new Problem(signed);
    return signed.token;
  }

  /** Reads the attempt that the browser kept; null if it kept none of ours. */
  function readAttempt(req: Request): KeptAttempt | null {
    const sealed = readCookie(req, SIGN_IN_COOKIE, publicUrl);
    if (sealed === null) return null;
    try {
      return JSON.parse(keyring.open(sealed, ATTEMPT)) as KeptAttempt;
    } catch {
      return null;
    }
  }

  return router;
}
