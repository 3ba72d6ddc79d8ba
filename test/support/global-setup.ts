import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { obtainBinary } from '../../local/binaries';
import { dist, root, workDirectory } from '../../local/paths';
import { ensureDatabase, ensureRoles, initialiseCluster, servePostgres, buildUrl } from '../../local/postgres';
import { locateCluster, removeDataDirectory } from '../../local/postgres-location';
import { beginRecord, endOrphans, hasRecord, isOwnerAlive } from '../../local/run-record';
import { connectToServer, listDevServerArguments } from '../../local/temporal';
import { migrateDatabase } from '../../runtime/migrate';
import { ROLES } from '../../runtime/row-security';
import { bringUp } from './bring-up';
import type { TestServers } from './servers';

const RUNS = join(workDirectory, '.cache', 'test-runs');
/** Without a record for this long, a run's directory is old and empty. */
const YOUNG = 60_000;

/** Ends and removes what runs that were killed left behind. */
async function sweep(): Promise<void> {
  for (const name of existsSync(RUNS) ? readdirSync(RUNS) : []) {
    const directory = join(RUNS, name);
    // One without a record is either just being made or old and empty.
    const young = Date.now() - statSync(directory).mtimeMs < YOUNG;
    if (isOwnerAlive(directory) || (young && !hasRecord(directory))) continue;
    await endOrphans(directory);
    removeDataDirectory(directory);
  }
}

/** Lets the owner do what only a superuser can: tests tamper with the record behind the back of its triggers and keys. */
async function allowTampering(superuserUrl: string): Promise<void> {
  const sql = postgres(superuserUrl, { max: 1 });
  await sql`grant set on parameter session_replication_role to ${sql(ROLES.owner)}`;
  // tests ask which connections wait for a lock
  await sql`grant pg_read_all_stats to ${sql(ROLES.owner)}`;
  await sql.end();
}

async function startPostgres(directory: string): Promise<string> {
  const [cluster, password] = [locateCluster(directory), randomBytes(16).toString('hex')];
  await initialiseCluster(cluster, password);
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    // nothing here lives long enough to be tidied up, or asks so much that compiling it pays
    autovacuum: 'off',
    jit: 'off',
  };
  const urlOn = (port: number) => buildUrl(port, password, 'template_migrated');
  const template = await bringUp(
    directory,
    (port) => ({ name: 'postgres', launch: servePostgres(cluster, port, settings), signal: 'SIGINT' }),
    (port, signal) => ensureDatabase(urlOn(port), signal).then(() => urlOn(port)),
  );
  const { owner } = await ensureRoles(template);
  await migrateDatabase(owner);
  await allowTampering(template);
  return template;
}

/** A failing workflow task is reported after two tries: the five of the server's own setting take a minute of real time. */
const REPORTS_SOON = ['--dynamic-config-value=system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2'];

async function startTemporal(directory: string): Promise<string> {
  const file = await obtainBinary('devServer');
  return bringUp(
    directory,
    (port) => ({
      name: 'temporal',
      launch: { file, args: [...listDevServerArguments({ port, namespace: 'default' }), ...REPORTS_SOON] },
      signal: 'SIGTERM',
    }),
    async (port, signal) => {
      const address = `127.0.0.1:${port}`;
      await (await connectToServer(address, 'default', signal)).close();
      return address;
    },
  );
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** The time-skipping server behind a script that says its pid, so that a killed run's servers can be found. */
async function skippingServer(directory: string): Promise<string> {
  const script = join(directory, 'time-skipping-server');
  const [pidFile, server] = [script, await obtainBinary('timeSkippingServer')].map(quoted);
  writeFileSync(script, `#!/bin/sh\necho $$ > ${pidFile}.$PPID\nexec ${server} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

/** Builds dist/ and the workflow bundle. Most tests need neither, so a failure is reported to those that do. */
async function build(): Promise<TestServers['build']> {
  try {
    await promisify(execFile)(process.execPath, [join(root, 'local/build.js')]);
    return { bundle: join(dist, 'workflow-bundle.js') };
  } catch (error) {
    return { error: (error as { stderr?: string }).stderr ?? String(error) };
  }
}

/** Starts once per run what the tests share: PostgreSQL with a migrated template, a Temporal dev server, the built code. */
export default async function globalSetup(): Promise<void> {
  await sweep();
  const directory = join(RUNS, `${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(directory, { recursive: true });
  beginRecord(directory);
  const started = [startPostgres(directory), startTemporal(directory), skippingServer(directory), build()] as const;
  const [template, devServer, skipping, built] = await Promise.all(started).catch(async (error: unknown) => {
    // jest runs no teardown after a setup that failed
    await Promise.allSettled(started);
    await endOrphans(directory);
    removeDataDirectory(directory);
    throw error;
  });
  const servers: TestServers = { directory, template, devServer, skipping, build: built };
  process.env.COUNTERSIGN_TEST_SERVERS = JSON.stringify(servers);
}
