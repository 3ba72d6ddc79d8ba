import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../local/paths';
import { locateCluster } from '../../local/postgres-location';
import { eventually } from '../support/eventually';
import { createTestDatabase } from '../support/servers';
import { createPlace, killAll, listProcesses, StartedSystem } from '../support/started-system';

let place: Awaited<ReturnType<typeof createPlace>>;
beforeEach(async () => (place = await createPlace()));
afterEach(() => place.remove());

const start = (env?: NodeJS.ProcessEnv) => new StartedSystem(place.directory, place.port, env);
const gone = () => listProcesses(place.directory).length === 0;

/** Something that is there after a restart only if nothing was lost. */
async function makeClient(system: StartedSystem): Promise<string> {
  const body = { name: 'Kept Counseling', timeZone: 'America/Chicago', contactEmail: 'office@kept.example' };
  return (await system.api().post('/v1/clients', body)).id;
}

test.each([
  ['Ctrl-C on the whole foreground group', (system: StartedSystem) => system.interrupt()],
  ['SIGTERM to npm alone', (system: StartedSystem) => system.terminate()],
])('%s stops everything and leaves no process behind', async (_, stop) => {
  const system = await start().ready();
  expect(listProcesses(place.directory).length).toBeGreaterThanOrEqual(5);
  stop(system);
  expect(await system.ended).toBe(0);
  await eventually(gone, { within: 10_000 });
});

test('a stop while it is still starting leaves no process behind either', async () => {
  // As root it gives the cluster to another user by `chown`: the stop falls into that.
  const slow = join(place.directory, '..', 'chown');
  writeFileSync(slow, '#!/bin/sh\ntouch "$0.began"\nsleep 1\nPATH="$FORMER_PATH" exec chown "$@"\n', { mode: 0o755 });
  const { PATH } = process.env;
  const system = start({ PATH: `${dirname(slow)}:${PATH}`, FORMER_PATH: PATH });
  const isStarting = () => system.output.includes('Starting PostgreSQL');
  await eventually(process.getuid?.() === 0 ? () => existsSync(`${slow}.began`) : isStarting, { within: 60_000 });
  system.interrupt();
  expect(await system.ended).toBe(0);
  await eventually(gone, { within: 10_000 });
});

test('a stop while the database is being made leaves neither a process nor half a database', async () => {
  const system = start();
  await eventually(() => listProcesses(place.directory).some(({ command }) => /\/initdb /.test(command)), {
    within: 60_000,
  });
  const cluster = locateCluster(place.directory);
  system.terminate();
  expect(await system.ended).toBe(0);
  await eventually(gone, { within: 10_000 });
  expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(false);
});

test('after kill -9 of everything, the next start goes on where it was', async () => {
  const system = await start().ready();
  const id = await makeClient(system);
  killAll(place.directory);
  await eventually(gone);
  expect(existsSync(join(place.directory, 'lock'))).toBe(true);
  const next = await start().ready();
  expect(await next.api().get(`/v1/clients/${id}`)).toMatchObject({ name: 'Kept Counseling' });
  next.interrupt();
  expect(await next.ended).toBe(0);
});

test('after kill -9 of the supervisor, worker and API end themselves and the next start ends the rest', async () => {
  const system = await start().ready();
  const id = await makeClient(system);
  const { runId } = (await system.readiness())!;
  const [postgres, temporal] = [system.pidOf('postgres'), system.pidOf('temporal')];
  process.kill(system.pidOf('supervisor'), 'SIGKILL');
  const nodes = () => listProcesses(place.directory).filter(({ command }) => /dist\/(api|worker)\/main/.test(command));
  await eventually(() => nodes().length === 0);
  expect(await system.readiness()).toBeUndefined();

  const next = await start().ready();
  expect(next.output).toMatch(/Ended what an earlier run left behind: .*(postgres.*temporal|temporal.*postgres)/);
  const running = listProcesses(place.directory).map(({ pid }) => pid);
  expect(running).not.toContain(postgres);
  expect(running).not.toContain(temporal);
  expect((await next.readiness())!.runId).not.toBe(runId);
  expect(await next.api().get(`/v1/clients/${id}`)).toMatchObject({ id });
  next.interrupt();
  await next.ended;
});

test.each(['worker', 'api', 'temporal', 'postgres'] as const)('a killed %s is started again', async (name) => {
  const system = await start().ready();
  const before = system.pidOf(name);
  process.kill(before, 'SIGKILL');
  await eventually(() => system.pidOf(name) !== before);
  await eventually(async () => (await system.readiness())?.status === 200, { within: 60_000 });
  expect(system.output).toContain(`${name} ended (SIGKILL)`);
  // an answer of /readyz may be a second old
  const works = () =>
    makeClient(system).then(
      () => true,
      () => false,
    );
  await eventually(works, { within: 60_000 });
  system.interrupt();
  expect(await system.ended).toBe(0);
});

test.each(['worker', 'api'] as const)('when the event loop of the %s is stuck, it is started again', async (name) => {
  const preload = JSON.stringify(join(root, 'test/support/stick-on-signal.js'));
  const system = await start({ NODE_OPTIONS: `--require ${preload}`, WATCHDOG_SECONDS: '5' }).ready();
  const before = system.pidOf(name);
  process.kill(before, 'SIGUSR2');
  await eventually(() => system.pidOf(name) !== before, { within: 30_000 });
  await eventually(async () => (await system.readiness())?.status === 200, { within: 60_000 });
  expect(system.output).toContain(`${name} ended (SIGKILL); starting it again`);
  expect(readFileSync(join(place.directory, 'logs', `${name}.log`), 'utf8')).toMatch(
    new RegExp(`"stack":".*stick-on-signal.*"msg":"The event loop of ${name} has been stuck for 5 s`),
  );
  await makeClient(system);
  system.interrupt();
  expect(await system.ended).toBe(0);
});

test("locks whose pids went to other processes stand in nobody's way", async () => {
  const system = await start().ready();
  killAll(place.directory);
  await eventually(gone);
  // As after a restart of the machine: the pids are taken again, by this very process.
  const postmaster = join(locateCluster(place.directory), 'postmaster.pid');
  writeFileSync(postmaster, readFileSync(postmaster, 'utf8').replace(/^\d+/, String(process.pid)));
  writeFileSync(join(place.directory, 'lock'), JSON.stringify({ pid: process.pid, startedAt: 'an earlier boot' }));
  expect(system.output).toContain('is ready');
  const next = await start().ready();
  next.interrupt();
  expect(await next.ended).toBe(0);
});

test('a second start on the same data is refused, and the first goes on', async () => {
  const system = await start().ready();
  const second = new StartedSystem(place.directory, place.port);
  expect(await second.ended).not.toBe(0);
  expect(second.output).toContain(`already runs on DATA_DIR ${place.directory}`);
  expect((await system.readiness())!.status).toBe(200);
  system.interrupt();
  await system.ended;
});

test('two instances run side by side', async () => {
  const other = await createPlace();
  const systems = [start(), new StartedSystem(other.directory, other.port)];
  await Promise.all(systems.map((system) => system.ready()));
  const ids = await Promise.all(systems.map(makeClient));
  await expect(systems[0]!.api().get(`/v1/clients/${ids[1]}`)).rejects.toMatchObject({ status: 404 });
  for (const system of systems) system.interrupt();
  expect(await Promise.all(systems.map((system) => system.ended))).toEqual([0, 0]);
  await eventually(() => gone() && listProcesses(other.directory).length === 0);
  other.remove();
});

test('a taken port is said before anything is started', async () => {
  const server = createServer().listen(place.port, '127.0.0.1');
  await once(server, 'listening');
  const system = start();
  expect(await system.ended).not.toBe(0);
  server.close();
  expect(system.output).toContain(`PORT ${place.port} is taken`);
  expect(system.output).not.toContain('Starting');
  expect(existsSync(join(place.directory, 'postgres'))).toBe(false);
});

test('where no Temporal server can be had, one error lists every way and what to do', async () => {
  // A machine with Node and nothing else, whose network answers nothing.
  const bare = mkdtempSync(join(tmpdir(), 'bare-'));
  mkdirSync(join(bare, 'bin'));
  symlinkSync(process.execPath, join(bare, 'bin', 'node'));
  const database = await createTestDatabase();
  const { stderr, status } = spawnSync(process.execPath, [join(root, 'local/start.js')], {
    encoding: 'utf8',
    env: {
      PATH: join(bare, 'bin'),
      HOME: bare,
      DATA_DIR: place.directory,
      PORT: String(place.port),
      DATABASE_URL: database.url,
      HTTPS_PROXY: 'http://127.0.0.1:9',
    },
  });
  await database.drop();
  rmSync(bare, { recursive: true });
  expect(status).toBe(1);
  for (const way of ['PATH', 'the cache', "Temporal's download", 'pip', 'venv', 'uv', 'pipx'])
    expect(stderr).toContain(way);
  expect(stderr).toContain('TEMPORAL_ADDRESS');
  expect(gone()).toBe(true);
});
