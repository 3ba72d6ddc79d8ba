import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mayEnter, openSystemFolder, SYSTEM_DIRECTORY, findUser, type PostgresUser } from './postgres-user';
import { commandLine, runToEnd, workingDirectory } from './processes';
import { readOrKeep } from './settings';

/** The file, in a data directory whose cluster is elsewhere, that names the folder around the cluster, its home. */
const LOCATION = 'postgres.location';
/** The file, in the home of a cluster, that names its data directory. */
const BELONGS_TO = 'data-directory';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const locateInside = (dataDirectory: string) => join(dataDirectory, 'postgres');
const locateHomes = (system: string) => join(system, 'clusters');
const locateClusterIn = (home: string) => join(home, 'data');
const readText = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);

/** Locates the mark beside a cluster that is being made. */
export const locateUnfinishedMark = (cluster: string): string => `${cluster}.unfinished`;
export const isComplete = (cluster: string): boolean =>
  existsSync(join(cluster, 'PG_VERSION')) && !existsSync(locateUnfinishedMark(cluster));

/**
 * Looks at the lock of an earlier run: returns the pid of a server that still runs on `directory`, and removes a lock whose pid
 * has gone to another process.
 */
export function findEarlierPostmaster(directory: string): number | undefined {
  const lock = join(directory, 'postmaster.pid');
  if (!existsSync(lock)) return undefined;
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  const command = commandLine(pid);
  // One that was started before its folder was moved goes on in it.
  const isOfDirectory = command.includes(directory) || workingDirectory(pid) === directory;
  if (command.includes('postgres') && isOfDirectory) return pid;
  // PostgreSQL itself removes the lock of a process that is gone, once nothing uses its memory any more.
  if (command !== '') rmSync(lock);
  return undefined;
}

/** Finds the home that a data directory names; never a folder that this program did not make. */
function findHome(dataDirectory: string, system: string): string | undefined {
  const home = readText(join(dataDirectory, LOCATION));
  if (home === undefined) return undefined;
  if (dirname(home) !== locateHomes(system) || !UUID.test(basename(home)))
    throw new Error(`${join(dataDirectory, LOCATION)} must name a folder of ${locateHomes(system)}.`);
  return home;
}

const isSameFolder = (one: string, other: string) => {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
};

/** Makes sure that a cluster serves one data directory: one that was moved takes it along, a copy is refused. */
function claimHome(home: string, dataDirectory: string): void {
  const file = join(home, BELONGS_TO);
  const before = readText(file);
  if (before === undefined) {
    throw new Error(
      `The database of DATA_DIR ${dataDirectory} was in ${home}, and is not there any more. Bring that folder back, or choose another DATA_DIR.`,
    );
  }
  if (before === dataDirectory) return;
  if (readText(join(before, LOCATION)) === home && !isSameFolder(before, dataDirectory)) {
    throw new Error(
      [
        `DATA_DIR ${dataDirectory} is a copy of ${before}, whose database is in ${home} and cannot serve both.`,
        'To give the copy a database of its own, stop Countersign on the other one and run this once:',
        `  cp -a '${locateClusterIn(home)}' '${locateInside(dataDirectory)}' && rm '${join(dataDirectory, LOCATION)}'`,
      ].join('\n'),
    );
  }
  writeFileSync(file, `${dataDirectory}\n`);
}

function openHome(dataDirectory: string, system: string): string {
  openSystemFolder(system);
  const home = openSystemFolder(join(openSystemFolder(locateHomes(system), 0o711), randomUUID()), 0o711);
  writeFileSync(join(home, BELONGS_TO), `${dataDirectory}\n`, { mode: 0o600 });
  return readOrKeep(join(dataDirectory, LOCATION), () => home);
}

/** Moves a cluster, between file systems too; what is half-way there after a crash is moved anew. */
function moveCluster(from: string, to: string): void {
  const running = findEarlierPostmaster(from);
  if (running) throw new Error(`PostgreSQL (process ${running}) still runs on ${from}: stop it, and start again.`);
  console.log(`Moving the database to ${to}, where PostgreSQL may enter ...`);
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const half = `${to}.half`;
    rmSync(half, { recursive: true, force: true });
    const { status, stderr } = runToEnd('cp', ['-a', from, half]);
    if (status !== 0) throw new Error(`The database could not be moved from ${from} to ${to}: ${stderr}`);
    runToEnd('sync', []);
    renameSync(half, to);
    rmSync(from, { recursive: true });
  }
}

/** Lets the user's group pass through a data directory that is root's alone, and see nothing in it. */
function openToUser(dataDirectory: string, user: NonNullable<PostgresUser>): void {
  const { uid, mode } = statSync(dataDirectory);
  if (uid !== 0 || (mode & 0o077) !== 0 || !mayEnter(user, dirname(dataDirectory))) return;
  chownSync(dataDirectory, 0, user.gid);
  chmodSync(dataDirectory, 0o710);
}

function checkOwner(cluster: string): void {
  const owner = statSync(cluster, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || owner === process.getuid?.()) return;
  throw new Error(
    `The database in ${cluster} belongs to another user (uid ${owner}): start as that user or as root, or choose another DATA_DIR.`,
  );
}

/**
 * Locates the folder of a data directory's cluster: in it, or, if PostgreSQL's user could not get there (below root's
 * home, say), in a home of its own below `system`.
 */
export function locateCluster(dataDirectory: string, system = SYSTEM_DIRECTORY): string {
  const inside = locateInside(dataDirectory);
  const named = findHome(dataDirectory, system);
  const user = findUser(inside);
  if (!user) {
    checkOwner(inside);
    if (!named) return inside;
    throw new Error(`The database of DATA_DIR ${dataDirectory} is in ${named}, where only root can start it.`);
  }
  if (!named) {
    openToUser(dataDirectory, user);
    if (mayEnter(user, dataDirectory)) return inside;
  }
  const home = named ?? openHome(dataDirectory, system);
  claimHome(home, dataDirectory);
  const cluster = locateClusterIn(home);
  if (!existsSync(cluster) && isComplete(inside)) moveCluster(inside, cluster);
  return cluster;
}

/** Removes a data directory and its cluster, wherever that is. */
export function removeDataDirectory(dataDirectory: string, system = SYSTEM_DIRECTORY): void {
  const home = findHome(dataDirectory, system);
  if (home && readText(join(home, BELONGS_TO)) === dataDirectory) rmSync(home, { recursive: true, force: true });
  rmSync(dataDirectory, { recursive: true, force: true });
}

/**
 * Lists the homes of clusters whose data directories are gone, or have another one: only a person knows whether they
 * are needed.
 */
export function listUnusedClusters(system = SYSTEM_DIRECTORY): { home: string; dataDirectory: string }[] {
  const folder = locateHomes(system);
  return (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const home = join(folder, name);
    const dataDirectory = readText(join(home, BELONGS_TO));
    if (dataDirectory === undefined || readText(join(dataDirectory, LOCATION)) === home) return [];
    return [{ home, dataDirectory }];
  });
}
