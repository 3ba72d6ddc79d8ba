import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from '../runtime/config';
import { createKeyring } from '../runtime/keyring';
import { readTemporalSettings } from '../runtime/temporal';
import { root } from './paths';

export interface Settings {
  port: number;
  dataDirectory: string;
  /** Unset: an embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Unset: a local Temporal server. */
  temporalAddress: string | undefined;
  namespace: string;
  sampleData: boolean;
  /** Whether stand-ins answer for CAQH, NPPES and the OIG. */
  standIns: boolean;
}

function readOneOf<T extends string>(name: string, value: string | undefined, allowed: T[]): T | undefined {
  if (value === undefined || value === '') return undefined;
  if (!allowed.includes(value as T)) throw new Error(`${name} must be ${allowed.join(' or ')}.`);
  return value as T;
}

function readTemporal(env: Environment) {
  try {
    return readTemporalSettings(env);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`The Temporal settings (TEMPORAL_* variables, profile file) are not usable: ${reason}`, {
      cause: error,
    });
  }
}

/** Reads the variables of `npm start`; the error names the variable and its rule. */
export function readSettings(env: Environment): Settings {
  const port = env.PORT || '3000';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error('PORT must be a number from 1 to 65535.');
  }
  const { connectionOptions, namespace } = readTemporal(env);
  // the admin key loads no sample book if people sign in: it then only lets the first admin in
  const local = !env.DATABASE_URL && !connectionOptions.address && !env.OIDC_ISSUER;
  return {
    port: Number(port),
    dataDirectory: resolve(root, env.DATA_DIR || '.data'),
    databaseUrl: env.DATABASE_URL || undefined,
    temporalAddress: connectionOptions.address || undefined,
    namespace,
    sampleData: (readOneOf('SAMPLE_DATA', env.SAMPLE_DATA, ['on', 'off']) ?? (local ? 'on' : 'off')) === 'on',
    standIns: readOneOf('STAND_INS', env.STAND_INS, ['on', 'off']) === 'on',
  };
}

/** Reads a file; if there is none, its content is made and kept, for its owner's eyes only. */
export function readOrKeep(file: string, make: () => string): string {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${make()}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8').trim();
}

export const locateAdminKey = (dataDirectory: string) => join(dataDirectory, 'admin-key');

export interface Secrets {
  adminApiKey: string;
  encryptionKeys: string;
}

/** Reads the secrets from the environment, else from the data directory, where the first start makes them. */
export function readSecrets(env: Environment, dataDirectory: string): Secrets {
  const adminApiKey =
    env.ADMIN_API_KEY || readOrKeep(locateAdminKey(dataDirectory), () => randomBytes(32).toString('base64url'));
  if (adminApiKey.length < 32) throw new Error('ADMIN_API_KEY must have at least 32 characters.');
  const encryptionKeys =
    env.ENCRYPTION_KEYS ||
    readOrKeep(join(dataDirectory, 'encryption-keys'), () => `local:${randomBytes(32).toString('base64')}`);
  createKeyring(encryptionKeys);
  return { adminApiKey, encryptionKeys };
}

/** Files that earlier versions wrote readable for all users. */
const ONCE_READABLE = ['logs', 'ports.json', 'run.jsonl', 'temporal.db', 'temporal.db-shm', 'temporal.db-wal'];

/** Makes the data directory, with nothing in it that others may read, and returns its real path. */
export function openDataDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const path of ONCE_READABLE.map((name) => join(directory, name)).filter(existsSync))
      chmodSync(path, statSync(path).mode & 0o700);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`DATA_DIR must be a folder that is yours, and ${directory} cannot be used: ${reason}`, {
      cause: error,
    });
  }
  return realpathSync(directory);
}
