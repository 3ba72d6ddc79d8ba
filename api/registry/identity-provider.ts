import * as oidc from 'openid-client';
import type { Account } from '../../record/registry/invitations';
import type { SignInConfig } from '../../runtime/config';
import type { Logger } from '../../runtime/logger';
import { Problem } from '../kernel/errors';

/** The path that the identity provider leads back to; the operator registers it there. */
export const CALLBACK_PATH = '/sign-in/callback';

const TIMEOUT_S = 5;
/** The account and its address: nothing else that the provider knows is asked for. */
const SCOPE = 'openid email';

/** The secrets of a sign-in, which have to be the same when the person comes back from the provider. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** The identity provider, by the authorization code flow with PKCE. Passwords and second factors are its own. */
export interface IdentityProvider {
  /** Begins a sign-in: the address that the person is sent to, and what is remembered of it until they are back. */
  beginSignIn(): Promise<{ url: string; attempt: SignInAttempt }>;
  /** Finishes a sign-in: the account, by the address that the provider led back to; null if that is not the attempt's. */
  finishSignIn(callback: URL, attempt: SignInAttempt): Promise<Account | null>;
}

/** The codes of errors of which an attempt is the cause, and not the provider. */
const FAILED_ATTEMPT: readonly unknown[] = [
  'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
];

const isFailedAttempt = (error: unknown): boolean =>
  error instanceof oidc.ResponseBodyError
    ? error.error === 'invalid_grant'
    : error instanceof Error && 'code' in error && FAILED_ATTEMPT.includes(error.code);

/** Creates the provider of a deployment. It is asked for what it offers at the first sign-in, until it has answered. */
export function createIdentityProvider(
  { issuer, clientId, clientSecret, publicUrl }: SignInConfig,
  logger: Logger,
): IdentityProvider {
  const redirectUri = publicUrl + CALLBACK_PATH;
  const isLocal = issuer.startsWith('http:');
  let discovered: Promise<oidc.Configuration> | undefined;

  function findConfiguration(): Promise<oidc.Configuration> {
    const execute = [oidc.enableNonRepudiationChecks, ...(isLocal ? [oidc.allowInsecureRequests] : [])];
    const options = { execute, timeout: TIMEOUT_S };
    discovered ??= oidc
      .discovery(new URL(issuer), clientId, clientSecret, undefined, options)
      .catch((error: unknown) => {
        discovered = undefined;
        throw refuseUnavailable(error);
      });
    return discovered;
  }

  function refuseUnavailable(error: unknown): Problem {
    logger.warn({ err: error }, 'the identity provider does not answer as it should');
    return new Problem('sign_in_unavailable', {}, { 'Retry-After': '5' });
  }

  return {
    async beginSignIn() {
      const configuration = await findConfiguration();
      const attempt = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        codeVerifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, attempt };
    },
    async finishSignIn(callback, { state, nonce, codeVerifier }) {
      const configuration = await findConfiguration();
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier };
      try {
        const claims = (await oidc.authorizationCodeGrant(configuration, callback, checks)).claims()!;
        const { iss, sub, email, email_verified: isVerified } = claims;
        return {
          issuer: iss,
          subject: sub,
          email: typeof email === 'string' ? email : null,
          isVerified: isVerified === true,
        };
      } catch (error) {
        if (isFailedAttempt(error)) return null;
        throw refuseUnavailable(error);
      }
    },
  };
}
