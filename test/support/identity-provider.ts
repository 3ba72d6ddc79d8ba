import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import { CALLBACK_PATH } from '../../api/registry/identity-provider';
import type { SignInConfig } from '../../runtime/config';
import { createSecret } from '../../runtime/secrets';

/** The claims of an account. */
interface Claims {
  email?: string;
  email_verified?: boolean;
}

/** A real identity provider on a port of its own; a person signs in at once, by the account that `login_hint` names. */
export class TestIdentityProvider {
  readonly accounts = new Map<string, Claims>();

  private constructor(
    readonly settings: SignInConfig,
    private readonly server: Server,
  ) {}

  static async start(publicUrl: string): Promise<TestIdentityProvider> {
    silenceProvider();
    const { default: Issuer } = await import('oidc-provider');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = { issuer, clientId: 'countersign', clientSecret: createSecret(), publicUrl };
    const started = new TestIdentityProvider(settings, server);
    const provider = new Issuer(issuer, started.configure());
    const answer = provider.callback();
    server.on('request', (req, res) =>
      req.url!.startsWith('/interaction/') ? void finishInteraction(provider, req, res) : void answer(req, res),
    );
    return started;
  }

  /** Stops it. */
  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private configure(): object {
    const { clientId, clientSecret, publicUrl } = this.settings;
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
    return {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [publicUrl + CALLBACK_PATH],
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      jwks: { keys: [{ ...key, alg: 'RS256', use: 'sig' }] },
      cookies: { keys: [createSecret()] },
      pkce: { required: () => true },
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
      // as Google, Okta and Entra do: the address is in the ID token
      conformIdTokenClaims: false,
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, ...this.accounts.get(sub) }),
      }),
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    };
  }
}

/** Silences the package, which says on the console what its defaults are: for tests they are right. */
function silenceProvider(): void {
  for (const level of ['info', 'warn'] as const) {
    const write = console[level];
    jest.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      if (!String(words[0]).startsWith('oidc-provider ')) write(...words);
    });
  }
}

/** Signs in the account that `login_hint` names; without it, the person breaks off. */
async function finishInteraction(provider: Provider, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(req, res);
  const { client_id: clientId, login_hint: accountId } = params;
  if (accountId === undefined) return provider.interactionFinished(req, res, { error: 'access_denied' });
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid email');
  return provider.interactionFinished(req, res, { login: { accountId }, consent: { grantId: await grant.save() } });
}
