import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { obtainBinary } from '../../local/binaries';
import { root } from '../../local/paths';
import { findFreePort } from '../../local/ports';
import { locateCluster, removeDataDirectory } from '../../local/postgres-location';
import { SYSTEM_DIRECTORY } from '../../local/postgres-user';
import { eventually } from '../support/eventually';
import { CLIENT } from '../support/api';
import { killAll, listProcesses, StartedSystem } from '../support/started-system';

// all of test/unit, up to twice in a test: minutes on a machine with nothing else to do, and half an hour on a busy one
jest.setTimeout(90 * 60_000);

const isRoot = process.getuid?.() === 0;

/** Why no ordinary user can start Countersign here; undefined where one can. */
function whyNoUser(): string | undefined {
  if (!isRoot) return undefined;
  if (spawnSync('useradd', ['--help']).status !== 0) return 'no user can be made here';
  const node = spawnSync(process.execPath, ['--version'], { uid: 65_534, gid: 65_534, cwd: '/' });
  return node.status === 0 ? undefined : 'Node is where only root may enter';
}
const noUser = whyNoUser();

type User = { uid: number; gid: number } | undefined;
const run = (file: string, args: string[], options = {}) => execFileSync(file, args, { encoding: 'utf8', ...options });
const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

let place: string;
let dataDirectories: string[];
let userName: string | undefined;
const systemBefore = namesIn(SYSTEM_DIRECTORY);
beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'anywhere-')));
  dataDirectories = [];
});
afterEach(async () => {
  for (const directory of dataDirectories) {
    killAll(directory);
    removeDataDirectory(directory);
  }
  rmSync(place, { recursive: true, force: true });
  const name = userName;
  userName = undefined;
  // a killed process takes a moment to end
  if (name) await eventually(() => run('userdel', [name]) === '');
});
afterAll(() => {
  // Unless another instance has a cluster there meanwhile.
  if (systemBefore.length === 0 && namesIn(join(SYSTEM_DIRECTORY, 'clusters')).length === 0)
    rmSync(SYSTEM_DIRECTORY, { recursive: true, force: true });
});

/** Makes a user who is not root, or takes the one who runs the test. */
function makeUser(): User {
  if (!isRoot) return undefined;
  userName = `countersign-${randomBytes(3).toString('hex')}`;
  run('useradd', ['--no-create-home', '--home-dir', place, userName]);
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(run('id', [flag, userName!])));
  return { uid: uid!, gid: gid! };
}

function makeFolder(path: string, user: User): string {
  mkdirSync(path, { mode: 0o700, recursive: true });
  if (user) chownSync(path, user.uid, user.gid);
  return path;
}

/**
 * A clone of this checkout, with what is not committed yet laid over it. Its packages are hard links, or copies on another file
 * system: an `npm ci` for each clone would take minutes.
 */
function cloneCheckout(path: string, user: User): string {
  // Its objects are copies: the user is given them.
  run('git', ['clone', '--quiet', '--no-hardlinks', root, path]);
  const git = (...args: string[]) => run('git', args, { cwd: root }).split('\0').filter(Boolean);
  const uncommitted = [
    ...git('diff', '--name-only', '-z', 'HEAD'),
    ...git('ls-files', '-z', '--others', '--exclude-standard'),
  ];
  for (const file of uncommitted) {
    const [from, to] = [join(root, file), join(path, file)];
    rmSync(to, { force: true });
    if (existsSync(from)) cpSync(from, to);
  }
  if (user) run('chown', ['-R', `${user.uid}:${user.gid}`, path]);
  const [from, to] = [join(root, 'node_modules'), join(path, 'node_modules')];
  if (spawnSync('cp', ['-al', from, to]).status !== 0) {
    rmSync(to, { recursive: true, force: true });
    run('cp', ['-a', from, to]);
  }
  return path;
}

/**
 * Builds the environment of a user who has just signed in; with the servers of the cache on PATH, which are not to be
 * fetched again.
 */
async function environmentOf(user: User): Promise<NodeJS.ProcessEnv> {
  const [bin, home] = [join(place, 'bin'), makeFolder(join(place, 'home'), user)];
  mkdirSync(bin, { recursive: true });
  copyFileSync(await obtainBinary('devServer'), join(bin, 'temporal'));
  copyFileSync(await obtainBinary('timeSkippingServer'), join(bin, 'temporal-test-server'));
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
  return { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), PATH: `${bin}${delimiter}${process.env.PATH}` };
}

interface At {
  checkout: string;
  directory: string;
  user: User;
}

/** `npm start` and `npm test` in a checkout, as a user, on one data directory; `id` is a client that is on record since the first start. */
async function openCheckout({ checkout, directory, user }: At) {
  dataDirectories.push(directory);
  const [env, port] = [await environmentOf(user), await findFreePort()];
  let id: string | undefined;
  const startAndStop = async () => {
    const system = await new StartedSystem(directory, port, env, { checkout, user }).ready();
    id ??= (await system.api().post('/v1/clients', CLIENT)).id;
    expect(await system.api().get(`/v1/clients/${id}`)).toMatchObject({ id });
    system.interrupt();
    expect(await system.ended).toBe(0);
    await eventually(() => listProcesses(directory).length === 0);
  };
  const test = (suites: string[]) =>
    run('npm', ['test', '--', ...suites], {
      ...user,
      cwd: checkout,
      env: { ...process.env, ...env },
      stdio: 'pipe',
      maxBuffer: 1 << 26,
    });
  return { startAndStop, test };
}

const openToOthers = (directory: string) =>
  namesIn(directory).filter((name) => (statSync(join(directory, name)).mode & 0o077) !== 0);

/** Starts, is stopped, runs tests and starts again, on the same data, which nobody else may read. */
async function expectToStart(at: At, suites: string[]): Promise<void> {
  const { startAndStop, test } = await openCheckout(at);
  await startAndStop();
  test(suites);
  await startAndStop();
  expect(openToOthers(at.directory)).toEqual([]);
}

const asRoot = isRoot ? describe : describe.skip;
const asUser = noUser ? describe.skip : describe;

asRoot('root', () => {
  test('starts and tests it below a folder that only root may enter, and with DATA_DIR elsewhere', async () => {
    const checkout = cloneCheckout(join(place, 'checkout'), undefined);
    const directory = join(checkout, '.data');
    await expectToStart({ checkout, directory, user: undefined }, ['test/unit', 'test/integration/servers.test.ts']);
    expect(locateCluster(directory).startsWith(SYSTEM_DIRECTORY)).toBe(true);
    const elsewhere = join(makeFolder(join(place, 'kept here'), undefined), 'data');
    await expectToStart({ checkout, directory: elsewhere, user: undefined }, ['test/unit']);
  });
});

asUser(`an ordinary user${noUser ? ` (skipped: ${noUser})` : ''}`, () => {
  beforeEach(() => chmodSync(place, 0o755));

  test('starts and tests it in a folder of their own, below a path with spaces', async () => {
    const user = makeUser();
    const checkout = cloneCheckout(join(makeFolder(join(place, 'my own code'), user), 'check out'), user);
    const directory = join(checkout, '.data');
    await expectToStart({ checkout, directory, user }, ['test/unit']);
  });

  test('starts it from a checkout that they may not write into, with DATA_DIR elsewhere', async () => {
    const user = makeUser();
    const checkout = cloneCheckout(join(place, 'checkout'), undefined);
    chmodSync(checkout, 0o555);
    const directory = join(makeFolder(join(place, 'kept here'), user), 'data');
    await expectToStart({ checkout, directory, user }, ['test/unit']);
    expect(existsSync(join(checkout, 'dist'))).toBe(false);
  });
});
