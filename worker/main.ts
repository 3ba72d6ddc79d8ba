import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { NativeConnection, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import { createActivities } from '../activities';
import { createDispatch, TASK_QUEUE } from '../dispatch/dispatch';
import { createDataConverter } from '../runtime/codec';
import { createSmtpMailer } from '../outreach/mail';
import { openKeyring } from '../record/kernel/data-keys';
import { setServices } from '../record/sources/lookups';
import { Caqh } from '../registries/caqh';
import { Leie } from '../registries/leie';
import { Nppes } from '../registries/nppes';
import { createStepDatabase } from '../runtime/callers';
import { loadWorkerConfig, type WorkerConfig } from '../runtime/config';
import { createDatabase } from '../runtime/database';
import { createKeyWrapper } from '../runtime/key-wrapper';
import { parseKeys } from '../runtime/keyring';
import { createLogger } from '../runtime/logger';
import { requireRole } from '../runtime/roles';
import { runProcess } from '../runtime/run-process';
import { exitWithSupervisor } from '../runtime/exit-with-supervisor';
import { connectTemporal, readTemporalSettings } from '../runtime/temporal';
import { watchEventLoop } from '../runtime/watchdog';
import { openStore } from '../runtime/storage/stores';
import { startAuditLinker } from './audit-linker';
import { startHeartbeat, TaskClock } from './heartbeat';
import { WORKER_CONNECTIONS, WORKER_OPTIONS } from './options';
import { startKeyRotation } from './key-rotation';
import { startReconciler } from './reconcile';
import { startRelay } from './relay';
import { createSdkLogger } from './sdk-logger';

async function runWorker(): Promise<void> {
  exitWithSupervisor();
  const config = loadWorkerConfig(process.env);
  watchEventLoop({ name: 'worker', stuckAfterMs: config.stuckAfterMs });
  const logger = createLogger('worker', config.logLevel);
  Runtime.install({
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    logger: createSdkLogger(logger),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });

  const pools = await openPools(config.databaseUrls);
  const sql = pools.every;
  const keys = await openKeyring(sql, createKeyWrapper(config.encryptionKeys), parseKeys(config.encryptionKeys), {
    onError: (error) => logger.error({ err: error }, 'keys could not be asked for; again in a moment'),
  });
  const { keyring } = keys;
  const { caqh, nppesUrl, leieUrl } = config;
  await setServices(sql, {
    caqh: { mode: caqh.mode, name: caqh.name },
    nppes: { mode: nppesUrl ? 'api' : 'off', name: 'NPPES' },
    leie: { mode: leieUrl ? 'api' : 'off', name: 'OIG LEIE' },
  });
  const temporal = connectTemporal(process.env, keyring, config.plainPayloads);
  const { connectionOptions, namespace } = readTemporalSettings(process.env);
  const connection = await NativeConnection.connect(connectionOptions);
  const tasks = new TaskClock();
  const worker = await Worker.create({
    ...WORKER_OPTIONS,
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: path.join(__dirname, '..', 'workflow-bundle.js') },
    activities: tasks.watch(
      createActivities({
        sql,
        steps: createStepDatabase(pools),
        purge: pools.purge,
        keyring,
        mailer: config.smtpUrl ? createSmtpMailer(config.smtpUrl, config.mailFrom, { tls: config.smtpTls }) : undefined,
        privateWebhooks: config.webhooksToPrivate,
        registries: {
          caqh: caqh.account ? new Caqh(caqh.account) : undefined,
          nppes: nppesUrl ? new Nppes({ url: nppesUrl }) : undefined,
          leie: leieUrl ? new Leie({ url: leieUrl }) : undefined,
        },
      }),
    ),
    dataConverter: createDataConverter(keyring, config.plainPayloads),
  });

  const dispatch = createDispatch({ sql, client: temporal.client });
  const store = config.documents ? openStore(config.documents) : undefined;
  const relay = startRelay({ sql, dispatch, logger, store });
  const reconciler = startReconciler({ sql, dispatch, logger, settings: config.reconcile });
  const auditLinker = startAuditLinker({ sql, logger });
  const keyRotation = startKeyRotation({ sql, keyring, logger });
  const heartbeat = startHeartbeat({ sql, worker, tasks, workerId: randomUUID(), runId: config.runId, logger });
  try {
    await worker.run();
  } finally {
    heartbeat.stop();
    keys.stop();
    await keyRotation.stop();
    await auditLinker.stop();
    await reconciler.stop();
    await relay.stop();
    await temporal.connection.close();
    await connection.close();
    await Promise.all(Object.values(pools).map((pool) => pool.end({ timeout: 2 })));
  }
}

/** Opens the connections of each role that a worker needs, if it is the right one. */
async function openPools({ every, worker, purge }: WorkerConfig['databaseUrls']) {
  const pools = {
    every: createDatabase(every, { max: WORKER_CONNECTIONS.every }),
    worker: createDatabase(worker, { max: WORKER_CONNECTIONS.worker }),
    purge: createDatabase(purge, { max: WORKER_CONNECTIONS.purge }),
  };
  await requireRole(pools.every, 'DATABASE_URL_EVERY', 'every');
  await requireRole(pools.worker, 'DATABASE_URL_WORKER', 'worker');
  await requireRole(pools.purge, 'DATABASE_URL_PURGE', 'purge');
  return pools;
}

runProcess(runWorker);
