import { availableParallelism } from 'node:os';
import { createDispatch } from '../dispatch/dispatch';
import { createPress } from '../papers/press';
import { settleBudgets } from '../record/kernel/request-budgets';
import { openKeyring } from '../record/kernel/data-keys';
import { sealUrls } from '../record/outreach/webhooks';
import { createSmtpMailer } from '../outreach/mail';
import { readClock } from '../runtime/clock';
import { ConfigError, loadApiConfig, type ApiConfig } from '../runtime/config';
import { createCallerDatabase } from '../runtime/callers';
import { createDatabase } from '../runtime/database';
import { createKeyWrapper } from '../runtime/key-wrapper';
import { parseKeys } from '../runtime/keyring';
import { createLogger } from '../runtime/logger';
import { migrateDatabase } from '../runtime/migrate';
import { requireRole } from '../runtime/roles';
import { runProcess } from '../runtime/run-process';
import { exitWithSupervisor } from '../runtime/exit-with-supervisor';
import { connectTemporal } from '../runtime/temporal';
import { watchEventLoop } from '../runtime/watchdog';
import { sweepSpool } from '../runtime/storage/intake';
import { openStore, type StoreSettings } from '../runtime/storage/stores';
import { createApp } from './app';
import { createAccessCounter } from './kernel/access-counter';
import { Budgets } from './kernel/budgets';
import type { Files } from './kernel/deps';
import { createServer } from './kernel/server';

/** The connections of each role. */
const CONNECTIONS = { scoped: 10, every: 10, worker: 10 };
const PATIENCE_MS = 5000;
/** One processor is left to the event loop. */
const PRESS_THREADS = Math.max(1, availableParallelism() - 1);
const GRACE_MS = 2500;
/** The time between two settlements with other processes; docs/operations.md says how much that lets through. */
const SETTLE_EVERY_MS = 5000;

async function runApi(): Promise<void> {
  exitWithSupervisor();
  const config = loadApiConfig(process.env);
  watchEventLoop({ name: 'api', stuckAfterMs: config.stuckAfterMs });
  const keyWrapper = createKeyWrapper(config.encryptionKeys);
  const logger = createLogger('api', config.logLevel);
  const pools = await openPools(config.databaseUrls);
  const system = pools.every;
  const { keyring } = await openKeyring(system, keyWrapper, parseKeys(config.encryptionKeys), {
    onError: (error) => logger.error({ err: error }, 'keys could not be asked for; again in a moment'),
  });
  await sealUrls(system, keyring);
  const temporal = connectTemporal(process.env, keyring, config.plainPayloads);

  const dispatch = createDispatch({ sql: system, client: temporal.client });
  const sql = createCallerDatabase(pools);
  const press = createPress(PRESS_THREADS);
  const mailer = config.smtpUrl
    ? createSmtpMailer(config.smtpUrl, config.mailFrom, { tls: config.smtpTls })
    : undefined;
  const files = config.documents ? await openFiles(config, config.documents) : undefined;
  const servers = { sql, system, keyring, keyWrapper, logger, temporal, dispatch };
  const deps = { ...servers, press, mailer, files, patienceMs: PATIENCE_MS, config };

  const counter = createAccessCounter(system);
  const budgets = new Budgets(config.budget);
  const settleCounts = () =>
    Promise.all([
      counter.flush(),
      budgets.settle((uses) => settleBudgets(system, uses, config.budget.perMinute / 60)),
    ]).catch((error: unknown) => logger.warn({ err: error }, 'calls could not be counted; again in a moment'));
  setInterval(() => void settleCounts(), SETTLE_EVERY_MS).unref();
  const server = createServer(createApp(deps, counter, budgets));
  server.once('error', (error) => {
    throw explainError(error, config.port);
  });
  server.listen(config.port, config.host, () => {
    logger.info({ port: config.port, host: config.host }, 'listening');
  });

  // Requests under way get their answers; then the process ends, even if something hangs.
  const stopServer = () => {
    setTimeout(() => process.exit(0), GRACE_MS).unref();
    server.close(() => {
      void settleCounts()
        .then(() => Promise.all(Object.values(pools).map((pool) => pool.end({ timeout: 1 }))))
        .finally(() => process.exit(0));
    });
    server.closeIdleConnections();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stopServer);
}

/** Opens the store, and clears its spool of what an earlier process left. */
async function openFiles({ maxFileBytes: maxBytes, scanner }: ApiConfig, settings: StoreSettings): Promise<Files> {
  const store = openStore(settings);
  await sweepSpool(store, Date.parse(readClock()));
  return { store, maxBytes, scanner };
}

/** Brings the database up to date, and opens the connections of each role that requests need, if it is the right one. */
async function openPools({ owner, scoped, every, worker }: ApiConfig['databaseUrls']) {
  const migrating = createDatabase(owner, { max: 1 });
  try {
    await requireRole(migrating, 'DATABASE_URL', 'owner');
  } finally {
    await migrating.end();
  }
  await migrateDatabase(owner);
  const pools = {
    scoped: createDatabase(scoped, { max: CONNECTIONS.scoped }),
    every: createDatabase(every, { max: CONNECTIONS.every }),
    worker: createDatabase(worker, { max: CONNECTIONS.worker }),
  };
  await requireRole(pools.scoped, 'DATABASE_URL_SCOPED', 'scoped');
  await requireRole(pools.every, 'DATABASE_URL_EVERY', 'every');
  await requireRole(pools.worker, 'DATABASE_URL_WORKER', 'worker');
  return pools;
}

function explainError(error: Error & { code?: string }, port: number): Error {
  return error.code === 'EADDRINUSE' ? new ConfigError(`PORT: ${port} is taken by another process`) : error;
}

runProcess(runApi);
