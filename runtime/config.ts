import { z } from 'zod';

const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, 'must be a port number, 0 to 65535')
  .transform(Number);
const required = 'is required';

const nodeSchema = z.object({
  DATABASE_URL: z.string(required).regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://'),
  ENCRYPTION_KEYS: z.string(required).min(1, required),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  RUN_ID: z.string().min(1, 'must not be empty').optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must start with smtp:// or smtps://')
    .optional(),
});

const apiSchema = nodeSchema.extend({
  PORT: port.default(3000),
  HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  ADMIN_API_KEY: z.string(required).min(32, 'must have at least 32 characters'),
});

const workerSchema = nodeSchema.extend({
  MAIL_FROM: z.string().min(3, 'must be an address').default('Countersign <countersign@localhost>'),
  WEBHOOKS_TO_PRIVATE: z.enum(['on', 'off']).default('off'),
});

export type Environment = Record<string, string | undefined>;

/** What every process of a deployment needs. */
export interface NodeConfig {
  databaseUrl: string;
  /** As runtime/keyring reads them. */
  encryptionKeys: string;
  logLevel: string;
  /** Set by a supervisor: readiness then asks for a worker of the same run. */
  runId: string | undefined;
  /** Unset: mail is kept in the local mailbox. */
  smtpUrl: string | undefined;
}

export interface ApiConfig extends NodeConfig {
  port: number;
  host: string;
  adminApiKey: string;
}

export interface WorkerConfig extends NodeConfig {
  mailFrom: string;
  webhooksToPrivate: boolean;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads what every process needs; throws a ConfigError that names each bad variable and its rule, never a value. */
export function loadConfig(env: Environment): NodeConfig {
  return nodeConfig(read(nodeSchema, env));
}

/** Reads what the API needs; throws like loadConfig. */
export function loadApiConfig(env: Environment): ApiConfig {
  const values = read(apiSchema, env);
  return { ...nodeConfig(values), port: values.PORT, host: values.HOST, adminApiKey: values.ADMIN_API_KEY };
}

/** Reads what the worker needs; throws like loadConfig. */
export function loadWorkerConfig(env: Environment): WorkerConfig {
  const values = read(workerSchema, env);
  return {
    ...nodeConfig(values),
    mailFrom: values.MAIL_FROM,
    webhooksToPrivate: values.WEBHOOKS_TO_PRIVATE === 'on',
  };
}

const nodeConfig = (values: z.infer<typeof nodeSchema>): NodeConfig => ({
  databaseUrl: values.DATABASE_URL,
  encryptionKeys: values.ENCRYPTION_KEYS,
  logLevel: values.LOG_LEVEL,
  runId: values.RUN_ID,
  smtpUrl: values.SMTP_URL,
});

function read<T>(schema: z.ZodType<T>, env: Environment): T {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The environment is not usable:\n${lines.join('\n')}`);
}
