import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { obtain } from '../../local/binaries';
import { root } from '../../local/paths';
import { freePort } from '../../local/ports';
import { ensureDatabase, initialise, serve, urlOf } from '../../local/postgres';
import { beginRecord, endOrphans, hasRecord, ownerIsAlive, recordChild } from '../../local/run-record';
import { connect, devServerArguments } from '../../local/temporal';
import { migrate } from '../../runtime/migrate';
import type { TestServers } from './servers';

const RUNS = join(root, '.cache', 'test-runs');
const PATIENCE = 60_000;

/** Ends and removes what runs that were killed left behind. */
async function sweep(): Promise<void> {
  for (const name of existsSync(RUNS) ? readdirSync(RUNS) : []) {
    const directory = join(RUNS, name);
    // One without a record is either just being made or old and empty.
    const young = Date.now() - statSync(directory).mtimeMs < PATIENCE;
    if (ownerIsAlive(directory) || (young && !hasRecord(directory))) continue;
    await endOrphans(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

function start(
  directory: string,
  name: string,
  file: string,
  args: string[],
  signal: NodeJS.Signals,
  options = {},
): void {
  const log = openSync(join(directory, `${name}.log`), 'a');
  const child = spawn(file, args, { ...options, stdio: ['ignore', log, log] });
  recordChild(directory, name, child.pid!, signal);
  child.unref();
}

async function startPostgres(directory: string): Promise<string> {
  const [cluster, password, port] = [join(directory, 'postgres'), randomBytes(16).toString('hex'), await freePort()];
  await initialise(cluster, password);
  const launch = serve(cluster, port, {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  });
  start(directory, 'postgres', launch.file, launch.args, 'SIGINT', launch.options);
  const template = urlOf(port, password, 'template_migrated');
  await ensureDatabase(template, AbortSignal.timeout(PATIENCE));
  await migrate(template);
  return template;
}

async function startTemporal(directory: string): Promise<string> {
  const [file, port] = [await obtain('devServer'), await freePort()];
  start(directory, 'temporal', file, devServerArguments({ port, namespace: 'default' }), 'SIGTERM');
  const address = `127.0.0.1:${port}`;
  await (await connect(address, 'default', AbortSignal.timeout(PATIENCE))).close();
  return address;
}

/** The time-skipping server behind a script that says its pid, so that a killed run's servers can be found. */
async function skippingServer(directory: string): Promise<string> {
  const script = join(directory, 'time-skipping-server');
  writeFileSync(script, `#!/bin/sh\necho $$ > '${script}'.$PPID\nexec '${await obtain('timeSkippingServer')}' "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

/** Builds dist/ and the workflow bundle. Most tests need neither, so a failure is told to those that do. */
async function build(): Promise<TestServers['build']> {
  try {
    await promisify(execFile)(process.execPath, [join(root, 'local/build.js')]);
    return { bundle: join(root, 'dist/workflow-bundle.js') };
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
  const [template, devServer, skipping, built] = await Promise.all([
    startPostgres(directory),
    startTemporal(directory),
    skippingServer(directory),
    build(),
  ]);
  const servers: TestServers = { directory, template, devServer, skipping, build: built };
  process.env.COUNTERSIGN_TEST_SERVERS = JSON.stringify(servers);
}
