import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { DatabaseUrls } from './row-security';

const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, 'must be a port number, 0 to 65535')
  .transform(Number);
const required = 'is required';
const webUrl = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'must be an http or https URL')
  .refine((text) => !hasPassword(text), 'must have no user name or password in it: it is called without')
  .refine(
    (text) => !text.startsWith('http:') || isOnLoopback(text),
    'must be https: http is only for a service on this machine (localhost)',
  );

/** Whether a URL names this machine, so that nothing sent there leaves it. */
const isOnLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);

function hasPassword(text: string): boolean {
  const { username, password } = URL.canParse(text) ? new URL(text) : { username: '', password: '' };
  return username + password !== '';
}

const describeWholeNumber = (least: number, most: number, preset: number) => {
  const rule = `must be a whole number, ${least} to ${most}`;
  return z
    .string()
    .refine((text) => /^\d{1,7}$/.test(text) && Number(text) >= least && Number(text) <= most, rule)
    .transform(Number)
    .default(preset);
};
const databaseUrl = z
  .string(required)
  .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://')
  .refine((text) => URL.canParse(text), 'must be a URL');

const ROLE_URLS = z.object({
  DATABASE_URL_ADMIN: databaseUrl,
  DATABASE_URL: databaseUrl,
  DATABASE_URL_SCOPED: databaseUrl,
  DATABASE_URL_EVERY: databaseUrl,
  DATABASE_URL_WORKER: databaseUrl,
  DATABASE_URL_PURGE: databaseUrl,
});
const watchdogSeconds = z
  .string()
  .refine((text) => text === 'off' || /^([5-9]|[1-9]\d{1,3})$/.test(text), 'must be off, or a number from 5 to 9999')
  .transform((text) => (text === 'off' ? null : Number(text)));

const nodeSchema = z.object({
  DATABASE_URL_EVERY: databaseUrl,
  DATABASE_URL_WORKER: databaseUrl,
  ENCRYPTION_KEYS: z.string(required).min(1, required),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  RUN_ID: z.string().min(1, 'must not be empty').optional(),
  WATCHDOG_SECONDS: watchdogSeconds.default(20),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must start with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.string().min(3, 'must be an address').default('Countersign <countersign@localhost>'),
  SMTP_TLS: z.enum(['required', 'off']).default('required'),
  WEBHOOKS_TO_PRIVATE: z.enum(['on', 'off']).default('off'),
  PLAIN_PAYLOADS: z.enum(['refused', 'allowed']).default('refused'),
  DOCUMENTS_DIR: z.string().min(1, 'must not be empty').optional(),
  DOCUMENTS_S3_BUCKET: z.string().min(1, 'must not be empty').optional(),
  DOCUMENTS_S3_ENDPOINT: webUrl.optional(),
  DOCUMENTS_S3_REGION: z.string().min(1, 'must not be empty').default('us-east-1'),
  DOCUMENTS_S3_ACCESS_KEY_ID: z.string().min(1, 'must not be empty').optional(),
  DOCUMENTS_S3_SECRET_ACCESS_KEY: z.string().min(1, 'must not be empty').optional(),
});

/** A program and its arguments, with spaces between, or as a JSON list; no shell ever reads it. */
const command = z
  .string()
  .transform((text): unknown => (text.trimStart().startsWith('[') ? parseList(text) : text.trim().split(/\s+/)))
  .pipe(z.tuple([z.string().min(1)], z.string(), 'must be a program and its arguments, or a JSON list of them'));

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const apiSchema = nodeSchema.extend({
  DATABASE_URL: databaseUrl,
  DATABASE_URL_SCOPED: databaseUrl,
  PORT: port.default(3000),
  HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  ADMIN_API_KEY: z.string(required).min(32, 'must have at least 32 characters'),
  BUDGET_PER_MINUTE: describeWholeNumber(60, 9_999_999, 30_000),
  BUDGET_AT_ONCE: describeWholeNumber(60, 9_999_999, 30_000),
  DOCUMENTS_MAX_MB: describeWholeNumber(1, 1_000, 25),
  DOCUMENT_SCAN_COMMAND: command.optional(),
  DOCUMENT_SCAN_SECONDS: describeWholeNumber(1, 600, 60),
  PUBLIC_URL: webUrl
    .refine((text) => URL.canParse(text) && new URL(text).href === `${new URL(text).origin}/`, 'must have no path')
    .optional(),
  TEMPORAL_UI_ORIGIN: webUrl.transform((text) => new URL(text).origin).optional(),
  OIDC_ISSUER: webUrl.optional(),
  OIDC_CLIENT_ID: z.string().min(1, 'must not be empty').optional(),
  OIDC_CLIENT_SECRET: z.string().min(1, 'must not be empty').optional(),
});

function requireMailTls(
  { SMTP_TLS, SMTP_URL }: Pick<z.infer<typeof nodeSchema>, 'SMTP_TLS' | 'SMTP_URL'>,
  context: z.RefinementCtx,
): void {
  if (SMTP_TLS === 'off' && SMTP_URL !== undefined && !isOnLoopback(SMTP_URL))
    context.addIssue({
      code: 'custom',
      path: ['SMTP_TLS'],
      message: 'must be required, unless SMTP_URL names a relay on this machine (localhost)',
    });
}

const WITH_ISSUER = ['PUBLIC_URL', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const;
const withProvider = apiSchema.superRefine((values, context) => {
  requireMailTls(values, context);
  if (values.OIDC_ISSUER === undefined) return;
  for (const name of WITH_ISSUER)
    if (values[name] === undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'is required where OIDC_ISSUER is set' });
});

const workerSchema = nodeSchema.extend({
  DATABASE_URL_PURGE: databaseUrl,
  CAQH_MODE: z.enum(['manual', 'file', 'api']).default('manual'),
  CAQH_NAME: z.string().min(1, 'must not be empty').default('CAQH'),
  CAQH_URL: webUrl.default('https://proview.caqh.org'),
  CAQH_PRODUCT: z.enum(['PV', 'DA']).default('PV'),
  CAQH_ORGANIZATION_ID: z
    .string()
    .regex(/^\d{1,5}$/, 'must have 1 to 5 digits')
    .optional(),
  CAQH_USERNAME: z.string().min(1, 'must not be empty').optional(),
  CAQH_PASSWORD: z.string().min(1, 'must not be empty').optional(),
  NPPES_URL: z.union([z.literal('off'), webUrl]).default('https://npiregistry.cms.hhs.gov/api/'),
  LEIE_URL: z.union([z.literal('off'), webUrl]).default('https://oig.hhs.gov/exclusions/downloadables/UPDATED.csv'),
  RECONCILE_EVERY_SECONDS: describeWholeNumber(5, 300, 60),
  RECONCILE_LATE_SECONDS: describeWholeNumber(10, 3_600, 120),
  RECONCILE_FAILING_SECONDS: describeWholeNumber(60, 86_400, 600),
  RECONCILE_COMPARE_HOURS: describeWholeNumber(1, 168, 24),
  RECONCILE_PER_SECOND: describeWholeNumber(1, 1_000, 20),
});

const withAccount = workerSchema.superRefine((values, context) => {
  requireMailTls(values, context);
  if (values.CAQH_MODE !== 'api') return;
  for (const name of ['CAQH_ORGANIZATION_ID', 'CAQH_USERNAME', 'CAQH_PASSWORD'] as const)
    if (values[name] === undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'is required where CAQH_MODE is api' });
});

export type Environment = Record<string, string | undefined>;

/** The settings that every process of a deployment needs. */
interface NodeConfig {
  /** In the form that runtime/keyring reads. */
  encryptionKeys: string;
  logLevel: string;
  /** Set by a supervisor: readiness then asks for a worker of the same run. */
  runId: string | undefined;
  /** How long the event loop may be stuck before the process is ended; null: for ever. */
  stuckAfterMs: number | null;
  /** Unset: mail is kept in the local mailbox. */
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Whether mail leaves only over TLS. */
  smtpTls: boolean;
  /** Whether webhooks may go to private addresses, and without TLS. */
  webhooksToPrivate: boolean;
  /** The way in which a payload in Temporal is taken that is not sealed. */
  plainPayloads: 'refused' | 'allowed';
  /** The store of documents' files; null: no file is taken. */
  documents: StoreSettings | null;
}

/** A folder, or a bucket of S3 or of what speaks like it; `spool` is the folder for what waits to be sent there. */
type StoreSettings = { directory: string } | { s3: BucketSettings };
interface BucketSettings {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  spool: string;
}

export interface ApiConfig extends NodeConfig {
  databaseUrls: Pick<DatabaseUrls, 'owner' | 'scoped' | 'every' | 'worker'>;
  port: number;
  host: string;
  adminApiKey: string;
  /** The origin of Temporal's UI, whose pages may have payloads opened; null: none may. */
  temporalUiOrigin: string | null;
  /** How much a key may ask for, in units of cost (api/kernel/costs.ts). */
  budget: { perMinute: number; burst: number };
  /** The longest file that is taken. */
  maxFileBytes: number;
  /** The program that may refuse a file. */
  scanner: { command: [string, ...string[]]; seconds: number } | null;
  /** Null: nobody signs in, and all callers use keys. */
  signIn: SignInConfig | null;
}

/** The identity provider (OpenID Connect) by which people are signed in, and the client that this deployment is there. */
export interface SignInConfig {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The origin under which browsers reach the API. */
  publicUrl: string;
}

export interface WorkerConfig extends NodeConfig {
  databaseUrls: Pick<DatabaseUrls, 'every' | 'worker' | 'purge'>;
  caqh: { mode: 'manual' | 'file' | 'api'; name: string; account: CaqhAccount | null };
  /** Null: NPPES is not asked. */
  nppesUrl: string | null;
  /** Null: the OIG's list is not fetched. */
  leieUrl: string | null;
  /** How often and how fast workflows are compared with the record (worker/reconcile.ts). */
  reconcile: {
    everySeconds: number;
    lateSeconds: number;
    failingSeconds: number;
    compareEverySeconds: number;
    perSecond: number;
  };
}

/** The account with which CAQH is asked. */
interface CaqhAccount {
  url: string;
  organizationId: string;
  username: string;
  password: string;
  product: string;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Loads the URL of the record's owner, for a command that needs nothing else; throws like loadApiConfig. */
export function loadDatabaseUrl(env: Environment): string {
  return readEnvironment(ROLE_URLS.pick({ DATABASE_URL: true }), env).DATABASE_URL;
}

/** Loads the URLs that the making of the roles needs; throws like loadApiConfig. */
export function loadRolesConfig(env: Environment): { administratorUrl: string; urls: DatabaseUrls } {
  const values = readEnvironment(ROLE_URLS, env);
  return {
    administratorUrl: values.DATABASE_URL_ADMIN,
    urls: {
      owner: values.DATABASE_URL,
      scoped: values.DATABASE_URL_SCOPED,
      every: values.DATABASE_URL_EVERY,
      worker: values.DATABASE_URL_WORKER,
      purge: values.DATABASE_URL_PURGE,
    },
  };
}

/** Reads what the API needs; throws a ConfigError that names each bad variable and its rule, never a value. */
export function loadApiConfig(env: Environment): ApiConfig {
  const values = readEnvironment(withProvider, env);
  return {
    ...buildNodeConfig(values),
    databaseUrls: {
      owner: values.DATABASE_URL,
      scoped: values.DATABASE_URL_SCOPED,
      every: values.DATABASE_URL_EVERY,
      worker: values.DATABASE_URL_WORKER,
    },
    port: values.PORT,
    host: values.HOST,
    adminApiKey: values.ADMIN_API_KEY,
    signIn: readSignIn(values),
    temporalUiOrigin: values.TEMPORAL_UI_ORIGIN ?? null,
    budget: { perMinute: values.BUDGET_PER_MINUTE, burst: values.BUDGET_AT_ONCE },
    maxFileBytes: values.DOCUMENTS_MAX_MB * 1_048_576,
    scanner: values.DOCUMENT_SCAN_COMMAND
      ? { command: values.DOCUMENT_SCAN_COMMAND, seconds: values.DOCUMENT_SCAN_SECONDS }
      : null,
  };
}

const readSignIn = (values: z.infer<typeof apiSchema>): SignInConfig | null =>
  values.OIDC_ISSUER === undefined
    ? null
    : {
        issuer: values.OIDC_ISSUER,
        clientId: values.OIDC_CLIENT_ID!,
        clientSecret: values.OIDC_CLIENT_SECRET!,
        publicUrl: new URL(values.PUBLIC_URL!).origin,
      };

/** Reads what the worker needs; throws like loadApiConfig. */
export function loadWorkerConfig(env: Environment): WorkerConfig {
  const values = readEnvironment(withAccount, env);
  return {
    ...buildNodeConfig(values),
    databaseUrls: {
      every: values.DATABASE_URL_EVERY,
      worker: values.DATABASE_URL_WORKER,
      purge: values.DATABASE_URL_PURGE,
    },
    caqh: { mode: values.CAQH_MODE, name: values.CAQH_NAME, account: readAccount(values) },
    nppesUrl: values.NPPES_URL === 'off' ? null : values.NPPES_URL,
    leieUrl: values.LEIE_URL === 'off' ? null : values.LEIE_URL,
    reconcile: {
      everySeconds: values.RECONCILE_EVERY_SECONDS,
      lateSeconds: values.RECONCILE_LATE_SECONDS,
      failingSeconds: values.RECONCILE_FAILING_SECONDS,
      compareEverySeconds: values.RECONCILE_COMPARE_HOURS * 3_600,
      perSecond: values.RECONCILE_PER_SECOND,
    },
  };
}

const readAccount = (values: z.infer<typeof workerSchema>): CaqhAccount | null =>
  values.CAQH_MODE === 'api'
    ? {
        url: values.CAQH_URL,
        organizationId: values.CAQH_ORGANIZATION_ID!,
        username: values.CAQH_USERNAME!,
        password: values.CAQH_PASSWORD!,
        product: values.CAQH_PRODUCT,
      }
    : null;

const buildNodeConfig = (values: z.infer<typeof nodeSchema>): NodeConfig => ({
  encryptionKeys: values.ENCRYPTION_KEYS,
  logLevel: values.LOG_LEVEL,
  runId: values.RUN_ID,
  stuckAfterMs: values.WATCHDOG_SECONDS === null ? null : values.WATCHDOG_SECONDS * 1000,
  smtpUrl: values.SMTP_URL,
  mailFrom: values.MAIL_FROM,
  smtpTls: values.SMTP_TLS === 'required',
  webhooksToPrivate: values.WEBHOOKS_TO_PRIVATE === 'on',
  plainPayloads: values.PLAIN_PAYLOADS,
  documents: readStoreSettings(values),
});

function readStoreSettings(values: z.infer<typeof nodeSchema>): StoreSettings | null {
  const { DOCUMENTS_DIR: directory, DOCUMENTS_S3_BUCKET: bucket, DOCUMENTS_S3_REGION: region } = values;
  if (bucket === undefined) return directory === undefined ? null : { directory };
  const { DOCUMENTS_S3_ACCESS_KEY_ID: accessKeyId, DOCUMENTS_S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  const missing = Object.entries({
    DOCUMENTS_S3_ACCESS_KEY_ID: accessKeyId,
    DOCUMENTS_S3_SECRET_ACCESS_KEY: secretAccessKey,
  }).flatMap(([name, value]) => (value === undefined ? `${name}: is required where DOCUMENTS_S3_BUCKET is given` : []));
  if (missing.length > 0) throw refuseEnvironment(missing);
  return {
    s3: {
      endpoint: values.DOCUMENTS_S3_ENDPOINT ?? `https://s3.${region}.amazonaws.com`,
      region,
      bucket,
      accessKeyId: accessKeyId!,
      secretAccessKey: secretAccessKey!,
      spool: directory ?? join(tmpdir(), 'countersign-documents'),
    },
  };
}

/**
 * The variables whose value may stand in a file, named by the variable with `_FILE` behind it, as secrets of an
 * orchestrator do.
 */
const SECRETS = [
  ...Object.keys(ROLE_URLS.shape),
  'ENCRYPTION_KEYS',
  'ADMIN_API_KEY',
  'OIDC_CLIENT_SECRET',
  'SMTP_URL',
  'CAQH_PASSWORD',
  'DOCUMENTS_S3_SECRET_ACCESS_KEY',
];

/** Reads the environment with each secret that is named as a file taken from it, less the line break at its end. */
function readSecretFiles(env: Environment): Environment {
  const problems: string[] = [];
  const readEnvironment = SECRETS.flatMap((name): [string, string][] => {
    const file = env[`${name}_FILE`];
    if (file === undefined) return [];
    try {
      if (env[name] !== undefined) throw new Error(`is given beside ${name}: give one of the two`);
      return [[name, readFileSync(file, 'utf8').replace(/\r?\n$/, '')]];
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      problems.push(`${name}_FILE: ${code === undefined ? message : `names a file that cannot be read (${code})`}`);
      return [];
    }
  });
  if (problems.length > 0) throw refuseEnvironment(problems);
  return { ...env, ...Object.fromEntries(readEnvironment) };
}

function readEnvironment<T>(schema: z.ZodType<T>, env: Environment): T {
  const result = schema.safeParse(readSecretFiles(env));
  if (result.success) return result.data;
  throw refuseEnvironment(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

const refuseEnvironment = (problems: string[]) =>
  new ConfigError(`The environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
