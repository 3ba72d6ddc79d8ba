import { execFile, type SpawnOptions } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { createRoles } from '../runtime/roles';
import { mapRoles, ROLES, type DatabaseUrls } from '../runtime/row-security';
import { isComplete, locateUnfinishedMark } from './postgres-location';
import { locatePrograms } from './postgres-programs';
import { changeOwner, findUser } from './postgres-user';

/** The superuser, and the name of the database. */
const SUPERUSER = 'countersign';

/** The program to spawn, and its user. */
export interface Launch {
  file: string;
  args: string[];
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'>;
}

function launchProgram(program: 'initdb' | 'postgres', cluster: string, args: string[]): Launch {
  const user = findUser(cluster);
  changeOwner(user, cluster);
  return { file: join(locatePrograms(user), program), args, options: { ...user, cwd: '/' } };
}

/** Makes a cluster in `directory` unless one is there; one that was left half-made is made again. `signal` gives up. */
export async function initialiseCluster(directory: string, password: string, signal?: AbortSignal): Promise<void> {
  if (isComplete(directory)) return;
  const [unfinished, passwordFile] = [locateUnfinishedMark(directory), `${directory}.password`];
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(unfinished, '');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  changeOwner(findUser(directory), passwordFile);
  const { file, args, options } = launchProgram('initdb', directory, [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]);
  try {
    await promisify(execFile)(file, args, { ...options, ...(signal && { signal }) });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(unfinished);
}

/**
 * Keeps callers' data out of the server's log. The messages of refused statements quote values, and so do details,
 * context, the statement itself and its parameters: none is logged. Our own logs have each refusal's code.
 */
export const QUIET_LOG = {
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
};

/** Describes how to start the server on `directory`, on the loopback only. */
export function servePostgres(directory: string, port: number, settings: Record<string, string> = {}): Launch {
  const where = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const all = { ...where, ...QUIET_LOG, ...settings };
  return launchProgram('postgres', directory, [
    '-D',
    directory,
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
}

/** Builds the superuser's URL, which only serves to make databases and roles. */
export function buildUrl(port: number, password: string, database: string = SUPERUSER): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** Derives each role's URL of the same database, and its password, so that one secret is kept. */
export function deriveUrls(superuserUrl: string): DatabaseUrls {
  const { password } = new URL(superuserUrl);
  return mapRoles((role) => {
    const url = new URL(superuserUrl);
    url.username = ROLES[role];
    url.password = createHmac('sha256', password).update(ROLES[role]).digest('hex');
    return url.href;
  });
}

/** Builds the variables in which a process is given the URLs. */
export const buildDatabaseEnvironment = (urls: DatabaseUrls): Record<string, string> => ({
  DATABASE_URL: urls.owner,
  DATABASE_URL_SCOPED: urls.scoped,
  DATABASE_URL_EVERY: urls.every,
  DATABASE_URL_WORKER: urls.worker,
  DATABASE_URL_PURGE: urls.purge,
});

/** Makes the roles, of whom one comes to own what an earlier version's superuser did; returns the URL of each. */
export async function ensureRoles(superuserUrl: string): Promise<DatabaseUrls> {
  const urls = deriveUrls(superuserUrl);
  const sql = postgres(superuserUrl, { max: 1, onnotice: () => undefined });
  try {
    await createRoles(
      sql,
      mapRoles((role) => new URL(urls[role]).password),
    );
    return urls;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const NOT_YET = new Set(['ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '57P03']);

/** Waits until the server answers (`signal` gives up), and makes the database when it is not there. */
export async function ensureDatabase(url: string, signal: AbortSignal): Promise<void> {
  const target = new URL(url);
  const database = target.pathname.slice(1);
  target.pathname = '/postgres';
  const sql = postgres(target.href, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  const isAnswering = async () => {
    try {
      await sql`select 1`;
      return true;
    } catch (error) {
      if (NOT_YET.has((error as { code: string }).code)) return false;
      throw error;
    }
  };
  try {
    while (!(await isAnswering())) await delay(50, undefined, { signal });
    const [existing] = await sql`select 1 from pg_database where datname = ${database}`;
    if (!existing) await sql`create database ${sql(database)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
