import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { runToEnd } from './processes';

/** The user as whom PostgreSQL runs; undefined: the user of this process. */
export type PostgresUser = { uid: number; gid: number } | undefined;

const isRoot = () => process.getuid?.() === 0;

/** Finds the user `postgres`, who is made if there is none. */
function findUserPostgres(): PostgresUser {
  const readId = (flag: string) => Number.parseInt(runToEnd('id', [flag, 'postgres']).stdout, 10);
  if (Number.isNaN(readId('-u'))) {
    runToEnd('groupadd', ['--system', 'postgres']);
    runToEnd('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
  }
  const user = { uid: readId('-u'), gid: readId('-g') };
  if (Number.isNaN(user.uid)) {
    throw new Error(
      'PostgreSQL refuses to run as root, and no user `postgres` could be made: run as another user or set DATABASE_URL.',
    );
  }
  return user;
}

/** Whether the system knows a user by name: the maker of a cluster needs one. */
const hasName = (uid: number) => runToEnd('id', ['-nu', String(uid)]).status === 0;

/**
 * Finds the user for PostgreSQL, which refuses root: as root it runs as the owner of the cluster, else of the folder
 * around it, else as `postgres`.
 */
export function findUser(cluster: string): PostgresUser {
  if (!isRoot()) return undefined;
  for (const path of [cluster, dirname(cluster)]) {
    const owner = statSync(path, { throwIfNoEntry: false });
    if (owner && owner.uid !== 0 && hasName(owner.uid)) return { uid: owner.uid, gid: owner.gid };
  }
  return findUserPostgres();
}

/** Gives files that are still root's, such as a copy of a cluster, to the user with all that is in them. */
export function changeOwner(user: PostgresUser, path: string): void {
  if (!user || statSync(path).uid !== 0) return;
  const { status, stderr } = runToEnd('chown', ['-Rh', `${user.uid}:${user.gid}`, path]);
  if (status !== 0) throw new Error(`${path} could not be given to the user of PostgreSQL: ${stderr}`);
}

const isSuccessful = (user: PostgresUser, script: string, path: string) =>
  runToEnd('sh', ['-c', script, path], { ...user, cwd: '/' }).status === 0;

export const mayEnter = (user: PostgresUser, folder: string): boolean => isSuccessful(user, 'cd "$0"', folder);
export const mayRun = (user: PostgresUser, file: string): boolean => isSuccessful(user, 'test -x "$0"', file);

/** The folder in which root keeps files for `postgres`, which may not enter the checkout or DATA_DIR. */
export const SYSTEM_DIRECTORY = '/var/lib/countersign';

/** Makes a folder that belongs to root, which others may enter but not change; a folder made by another user is refused. */
export function openSystemFolder(folder: string, mode = 0o755): string {
  mkdirSync(folder, { recursive: true, mode });
  const { uid, mode: found } = lstatSync(folder);
  if (!lstatSync(folder).isDirectory() || uid !== 0 || (found & 0o022) !== 0)
    throw new Error(`${folder} must be a folder that belongs to root and that nobody else can write into.`);
  // With this mode, whatever the umask.
  chmodSync(folder, mode);
  return folder;
}
