import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { obtain } from '../../local/binaries';
import { root } from '../../local/paths';
import { freePort } from '../../local/ports';
import { clusterOf, removeDataDirectory } from '../../local/postgres-location';
import { SYSTEM_DIRECTORY } from '../../local/postgres-user';
import { eventually } from '../support/eventually';
import { CLIENT } from '../support/api';
import { killAll, processesOn, StartedSystem } from '../support/started-system';

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
afterEach(() => {
  for (const directory of dataDirectories) {
    killAll(directory);
    removeDataDirectory(directory);
  }
  rmSync(place, { recursive: true, force: true });
  if (userName) run('userdel', [userName]);
  userName = undefined;
});
afterAll(() => {
  // Unless another instance has a cluster there meanwhile.
  if (systemBefore.length === 0 && namesIn(join(SYSTEM_DIRECTORY, 'clusters')).length === 0)
    rmSync(SYSTEM_DIRECTORY, { recursive: true, force: true });
});

/** Somebody who is not root: made for the test, or whoever runs it. */
function makeUser(): User {
  if (!isRoot) return undefined;
  userName = `countersign-${randomBytes(3).toString('hex')}`;
  run('useradd', ['--no-create-home', '--home-dir', place, userName]);
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(run('id', [flag, userName!])));
  return { uid: uid!, gid: gid! };
}

function makeFolder(path: string, user: User): string {
  mkdirSync(path, { mode: 0o700 });
  if (user) chownSync(path, user.uid, user.gid);
  return path;
}

/** A copy of this checkout. Its packages are hard links: an `npm ci` for each would take minutes. */
function copyCheckout(path: string, user: User): string {
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of listed.split('\0').filter((name) => name && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    copyFileSync(join(root, file), join(path, file));
  }
  if (user) run('chown', ['-R', `${user.uid}:${user.gid}`, path]);
  const [from, to] = [join(root, 'node_modules'), join(path, 'node_modules')];
  if (spawnSync('cp', ['-al', from, to]).status !== 0) {
    rmSync(to, { recursive: true, force: true });
    run('cp', ['-a', from, to]);
  }
  return path;
}

/** What a user has who has just signed in; with the servers of the cache on PATH, which are not to be fetched again. */
async function environmentOf(user: User): Promise<NodeJS.ProcessEnv> {
  const [bin, home] = [join(place, 'bin'), makeFolder(join(place, 'home'), user)];
  mkdirSync(bin);
  copyFileSync(await obtain('devServer'), join(bin, 'temporal'));
  copyFileSync(await obtain('timeSkippingServer'), join(bin, 'temporal-test-server'));
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
  return { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), PATH: `${bin}${delimiter}${process.env.PATH}` };
}

/** Starts, is stopped, runs a file of the tests and starts again, on the same data. */
async function expectToStart(at: { checkout: string; directory: string; user: User; suite: string }): Promise<void> {
  const { checkout, directory, user, suite } = at;
  dataDirectories.push(directory);
  const [env, port] = [await environmentOf(user), await freePort()];
  const start = () => new StartedSystem(directory, port, env, { checkout, user }).ready();
  const stop = async (system: StartedSystem) => {
    system.interrupt();
    expect(await system.ended).toBe(0);
    await eventually(() => processesOn(directory).length === 0);
  };
  const first = await start();
  const { id } = await first.api().post('/v1/clients', CLIENT);
  await stop(first);
  run('npm', ['test', '--', suite], { ...user, cwd: checkout, env: { ...process.env, ...env }, stdio: 'pipe' });
  const next = await start();
  expect(await next.api().get(`/v1/clients/${id}`)).toMatchObject({ id });
  await stop(next);
  const open = namesIn(directory).filter((name) => (statSync(join(directory, name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
}

const asRoot = isRoot ? describe : describe.skip;
const asUser = noUser ? describe.skip : describe;

asRoot('root', () => {
  test('starts it below a folder that only root may enter', async () => {
    const checkout = copyCheckout(join(place, 'checkout'), undefined);
    const directory = join(checkout, '.data');
    await expectToStart({ checkout, directory, user: undefined, suite: 'test/integration/servers.test.ts' });
    expect(clusterOf(directory).startsWith(SYSTEM_DIRECTORY)).toBe(true);
  });
});

asUser(`an ordinary user${noUser ? ` (skipped: ${noUser})` : ''}`, () => {
  beforeEach(() => chmodSync(place, 0o755));

  test('starts it in a folder of their own, below a path with spaces', async () => {
    const user = makeUser();
    const checkout = copyCheckout(join(makeFolder(join(place, 'my own code'), user), 'check out'), user);
    const directory = join(checkout, '.data');
    await expectToStart({ checkout, directory, user, suite: 'test/unit/local/ports.test.ts' });
  });

  test('starts it from a checkout that they may not write into, with DATA_DIR elsewhere', async () => {
    const user = makeUser();
    const checkout = copyCheckout(join(place, 'checkout'), undefined);
    chmodSync(checkout, 0o555);
    const directory = join(makeFolder(join(place, 'kept here'), user), 'data');
    await expectToStart({ checkout, directory, user, suite: 'test/unit/local/ports.test.ts' });
    expect(existsSync(join(checkout, 'dist'))).toBe(false);
  });
});
