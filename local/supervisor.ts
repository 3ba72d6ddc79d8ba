import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { toUtcDate } from '../domain/time/dates';
import { readClock } from '../runtime/clock';
import type { Environment } from '../runtime/config';
import { readKeyring } from '../record/kernel/data-keys';
import { createDatabase } from '../runtime/database';
import type { Keyring } from '../runtime/keyring';
import { migrateDatabase } from '../runtime/migrate';
import { summarizeError } from '../runtime/redact';
import { registerSearchAttributes } from '../runtime/search-attributes';
import { readTemporalSettings } from '../runtime/temporal';
import { obtainBinary } from './binaries';
import { buildCodecEndpoint, startCodecServer } from './codec-server';
import { createApi } from './http';
import { dist, root } from './paths';
import { isFree, locatePortsFile, rememberPorts, type LocalPorts } from './ports';
import {
  buildDatabaseEnvironment,
  ensureDatabase,
  ensureRoles,
  initialiseCluster,
  servePostgres,
  buildUrl,
} from './postgres';
import { locateCluster, findEarlierPostmaster, listUnusedClusters } from './postgres-location';
import { identify, releaseLock, takeLock } from './processes';
import { announceWork } from './progress';
import { Run } from './run';
import { beginRecord, endChild, endOrphans } from './run-record';
import { loadSample } from './sample';
import {
  locateAdminKey,
  readOrKeep,
  openDataDirectory,
  readSecrets,
  readSettings,
  type Secrets,
  type Settings,
} from './settings';
import { startStandIns } from './stand-ins/book';
import { connectToServer, listDevServerArguments, keepHistory } from './temporal';

/** The heap of API and worker: the one for which the memory bench states its bound. */
const HEAP_MB = 512;

/** How long each may take to stop, in their order; ten seconds in all, even if none stops by itself. */
const PATIENCE = { api: 2500, worker: 3000, temporal: 2000, postgres: 2000 };

/** Shows a path as a person in the checkout would type it. */
const showPath = (path: string) => (relative(root, path).startsWith('..') ? path : relative(root, path));

/** The running system, once all of it does. */
export interface RunningSystem {
  dataDirectory: string;
  databaseUrl: string;
  /** Answers 200 while this run is ready. */
  readinessUrl: string;
  runId: string;
}

/** The additions of `npm run dev`. */
export interface Development {
  /** The port on which each takes a debugger. */
  inspect: Record<'api' | 'worker', number>;
  watchSystem(run: Run, system: RunningSystem): Promise<void>;
}

/** Runs `npm start`: brings everything up, says where it is, and takes it down again when asked to. */
export async function superviseRun(env: Environment, development?: Development): Promise<void> {
  // Files in the data directory are for its owner's eyes only.
  process.umask(0o077);
  const settings = readSettings(env);
  settings.dataDirectory = openDataDirectory(settings.dataDirectory);
  const lock = join(settings.dataDirectory, 'lock');
  const holder = takeLock(lock);
  if (holder) {
    const where = `DATA_DIR ${showPath(settings.dataDirectory)} (process ${holder.pid})`;
    throw new Error(`Countersign already runs on ${where}. Stop it, or choose another DATA_DIR and PORT.`);
  }
  const run = new Run(settings.dataDirectory, Object.keys(PATIENCE));
  const reportFailure = (error: Error) => {
    if (!run.ending.aborted) console.error(summarizeError(error));
    process.exitCode ??= run.ending.aborted ? 0 : 1;
    run.end();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.end());
  process.on('uncaughtException', reportFailure);
  // The terminal may be gone before we are.
  process.stdout.on('error', () => undefined);

  const ended = new Promise((resolve) => run.ending.addEventListener('abort', resolve, { once: true }));
  await bringUpAll(run, settings, env, development?.inspect)
    .then((system) => development?.watchSystem(run, system))
    .catch(reportFailure);
  await ended;
  console.log('Stopping ...');
  await run.stop();
  releaseLock(lock);
  process.exit();
}

async function bringUpAll(
  run: Run,
  settings: Settings,
  env: Environment,
  inspect: Development['inspect'] | undefined,
): Promise<RunningSystem> {
  const { dataDirectory, port } = settings;
  const orphans = await endOrphans(dataDirectory);
  if (orphans.length > 0) console.log(`Ended what an earlier run left behind: ${orphans.join(', ')}.`);
  if (!(await isFree(port))) {
    throw new Error(`PORT ${port} is taken by another program. Stop it, or choose another: PORT=${port + 1} npm start`);
  }
  beginRecord(dataDirectory);
  const secrets = readSecrets(env, dataDirectory);
  const ports = await rememberPorts(
    locatePortsFile(dataDirectory),
    ['postgres', 'temporal', 'temporalUi', 'codec'],
    [port],
  );
  console.log('Starting PostgreSQL and Temporal ...');
  const opening = settings.databaseUrl
    ? useDatabase(settings.databaseUrl, env)
    : startPostgres(run, dataDirectory, ports);
  const findKeyring = async () => readLocalKeyring((await opening).DATABASE_URL!, secrets);
  const [database, productEnv] = await Promise.all([
    opening,
    settings.temporalAddress ? useTemporal(env) : startTemporal(run, settings, ports, env, findKeyring),
  ]);
  console.log('Starting worker and API ...');
  const registries = settings.standIns ? await startStandIns(toUtcDate(readClock())) : {};
  const system: RunningSystem = {
    dataDirectory,
    databaseUrl: database.DATABASE_URL!,
    readinessUrl: `http://127.0.0.1:${port}/readyz`,
    runId: randomUUID(),
  };
  const nodeEnv = { ...productEnv, ...registries, ...database, RUN_ID: system.runId };
  await startProduct(run, settings, nodeEnv, secrets, system, inspect);
  if (settings.sampleData) await loadSampleOnce(settings, secrets);
  console.log(writeSummary(settings, secrets, env, ports, registries));
  return system;
}

/** Brings a database elsewhere up to date; returns the environment by which the product reaches it. */
async function useDatabase(url: string, env: Environment): Promise<Environment> {
  try {
    await migrateDatabase(url);
    return { ...env, DATABASE_URL: url };
  } catch (error) {
    throw new Error(`DATABASE_URL could not be used: ${summarizeError(error)}`, { cause: error });
  }
}

/** Opens the cluster of the database; says where it is unless that is the data directory. */
function openCluster(dataDirectory: string): string {
  const cluster = locateCluster(dataDirectory);
  if (dirname(cluster) === dataDirectory) return cluster;
  console.log(
    `PostgreSQL does not run as root and cannot enter ${showPath(dataDirectory)}: the database is in ${cluster}.`,
  );
  for (const { home, dataDirectory: former } of listUnusedClusters())
    console.log(
      `Nothing uses the database in ${home} any more, it belonged to ${former}: remove that folder if you do not need it.`,
    );
  return cluster;
}

async function startPostgres(run: Run, dataDirectory: string, ports: LocalPorts): Promise<Environment> {
  const cluster = openCluster(dataDirectory);
  const password = readOrKeep(join(dataDirectory, 'postgres-password'), () => randomBytes(24).toString('hex'));
  await initialiseCluster(cluster, password, run.ending);
  const url = buildUrl(ports.postgres, password);
  await run.bringUp(
    {
      name: 'postgres',
      ...servePostgres(cluster, ports.postgres),
      stop: { signal: 'SIGINT', patience: PATIENCE.postgres },
      prepare: async () => {
        const earlier = findEarlierPostmaster(cluster);
        if (earlier) await endChild(identify(earlier), 'SIGINT', PATIENCE.postgres);
      },
    },
    (signal) => ensureDatabase(url, signal),
  );
  const urls = await ensureRoles(url);
  await migrateDatabase(urls.owner);
  return buildDatabaseEnvironment(urls);
}

/** Checks the server that the environment names; returns the environment for the product. */
async function useTemporal(env: Environment): Promise<Environment> {
  const { connectionOptions, namespace } = readTemporalSettings(env);
  try {
    const connection = await Connection.connect(connectionOptions);
    await offerSearchAttributes(connection, namespace);
    await connection.close();
    return env;
  } catch (error) {
    throw new Error(`Temporal at ${connectionOptions.address} could not be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Reads the keys as they are at the moment: a rotation makes another at any time. */
async function readLocalKeyring(databaseUrl: string, { encryptionKeys }: Secrets): Promise<Keyring> {
  const sql = createDatabase(databaseUrl, { max: 1 });
  try {
    return await readKeyring(sql, encryptionKeys);
  } finally {
    await sql.end();
  }
}

/** Starts a dev server, and the server that opens payloads for its UI; returns the environment for the product. */
async function startTemporal(
  run: Run,
  settings: Settings,
  ports: LocalPorts,
  env: Environment,
  findKeyring: () => Promise<Keyring>,
): Promise<Environment> {
  const { dataDirectory, namespace } = settings;
  const address = `127.0.0.1:${ports.temporal}`;
  await startCodecServer(findKeyring, ports.codec, ports.temporalUi);
  const connection = await run.bringUp(
    {
      name: 'temporal',
      file: await obtainBinary('devServer', run.ending),
      args: listDevServerArguments({
        port: ports.temporal,
        uiPort: ports.temporalUi,
        codecEndpoint: buildCodecEndpoint(ports.codec),
        namespace,
        // The file by its name alone: in a path, the server would read #, ? and % as those of a URL.
        file: 'temporal.db',
      }),
      options: { cwd: dataDirectory },
      stop: { signal: 'SIGTERM', patience: PATIENCE.temporal },
      // another program was faster with a port of its own services, which it chooses anew at each start
      hopeless: /address already in use/,
    },
    (signal) => connectToServer(address, namespace, signal),
  );
  await keepHistory(connection, namespace);
  await offerSearchAttributes(connection, namespace);
  await connection.close();
  // Keys and profiles without an address would be for another server.
  const rest = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  const file = join(dataDirectory, 'no-temporal-profiles.toml');
  return {
    ...Object.fromEntries(rest),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_CONFIG_FILE: file,
  };
}

async function offerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const command = await registerSearchAttributes(connection, namespace);
  if (command) console.log(`The server did not let us add search attributes. Run this once:\n  ${command}`);
}

async function startProduct(
  run: Run,
  settings: Settings,
  env: Environment,
  secrets: Secrets,
  { readinessUrl, runId }: RunningSystem,
  inspect: Development['inspect'] | undefined,
): Promise<void> {
  const shared = {
    LOG_LEVEL: 'warn',
    NODE_ENV: 'production',
    // nothing reaches out by surprise
    NPPES_URL: 'off',
    LEIE_URL: 'off',
    DOCUMENTS_DIR: join(settings.dataDirectory, 'documents'),
    ...env,
    DATA_DIR: settings.dataDirectory,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
    SUPERVISOR_PID: String(process.pid),
  };
  const describeProgram = (name: 'api' | 'worker', own: Environment = {}) => ({
    name,
    file: process.execPath,
    args: [
      '--enable-source-maps',
      `--max-old-space-size=${HEAP_MB}`,
      ...(inspect ? [`--inspect=127.0.0.1:${inspect[name]}`, '--inspect-publish-uid=http'] : []),
      join(dist, name, 'main.js'),
    ],
    options: { env: { ...shared, ...own } },
    channel: true,
    stop: { signal: 'SIGTERM' as const, patience: PATIENCE[name] },
  });
  const waitForThisRun = (signal: AbortSignal) => waitUntilReady(readinessUrl, runId, signal);
  await Promise.all([
    run.bringUp(describeProgram('worker'), waitForThisRun),
    run.bringUp(
      describeProgram('api', { PORT: String(settings.port), ADMIN_API_KEY: secrets.adminApiKey }),
      waitForThisRun,
    ),
  ]);
}

/** Waits until /readyz answers 200 for this run; an API of an earlier one doesn't count. */
export async function waitUntilReady(url: string, runId: string, signal: AbortSignal): Promise<void> {
  const isReady = async () => {
    const response = await fetch(url, { signal });
    return response.ok && ((await response.json()) as { runId?: string }).runId === runId;
  };
  while (!(await isReady().catch(() => false))) await delay(50, undefined, { signal });
}

async function loadSampleOnce({ dataDirectory, port }: Settings, { adminApiKey }: Secrets): Promise<void> {
  const mark = join(dataDirectory, 'sample-loaded');
  if (existsSync(mark)) return;
  // A repetition has to send the same bodies, also on another day.
  const day = readOrKeep(join(dataDirectory, 'sample-day'), () => toUtcDate(readClock()));
  const api = createApi(`http://127.0.0.1:${port}`, adminApiKey);
  try {
    await announceWork('Loading the sample book', () => loadSample(api, day));
    writeFileSync(mark, '');
  } catch (error) {
    console.log(`The sample book is not complete, the next start tries again: ${(error as Error).message}`);
  }
}

function writeSummary(
  { dataDirectory, port, temporalAddress }: Settings,
  secrets: Secrets,
  env: Environment,
  ports: LocalPorts,
  { CAQH_URL, NPPES_URL, LEIE_URL }: Environment,
): string {
  const file = showPath(locateAdminKey(dataDirectory));
  const key = env.ADMIN_API_KEY ? 'ADMIN_API_KEY' : process.stdout.isTTY ? `${secrets.adminApiKey}  (${file})` : file;
  return [
    '',
    `Countersign is ready after ${process.uptime().toFixed(1)} s.`,
    `  API          http://localhost:${port}/v1`,
    `  Docs         http://localhost:${port}/docs`,
    temporalAddress ? `  Temporal     ${temporalAddress}` : `  Temporal UI  http://localhost:${ports.temporalUi}`,
    ...(CAQH_URL ? [`  Stand-ins    CAQH ${CAQH_URL}, NPPES ${NPPES_URL}, OIG ${LEIE_URL}`] : []),
    `  Admin key    ${key}`,
    `  Logs         ${showPath(join(dataDirectory, 'logs'))}`,
    'Ctrl-C stops it. `npm run tour` shows in three acts what it does.',
  ].join('\n');
}
