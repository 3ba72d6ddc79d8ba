import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientOptions, WorkflowClientInterceptor } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import postgres from 'postgres';
import { deriveUrls } from '../../local/postgres';
import { recordChild } from '../../local/run-record';
import { ROLES, type DatabaseUrls } from '../../runtime/row-security';

/** The servers that global-setup.ts started for the run. */
export interface TestServers {
  directory: string;
  /** The URL of the migrated template database. */
  template: string;
  devServer: string;
  /** The executable of the time-skipping server. */
  skipping: string;
  build: { bundle: string } | { error: string };
}

export function readTestServers(): TestServers {
  const servers = process.env.COUNTERSIGN_TEST_SERVERS;
  if (!servers)
    throw new Error('No servers here: a test that needs them lives in test/workflow, test/integration or test/replay.');
  return JSON.parse(servers);
}

async function administer<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const url = new URL(readTestServers().template);
  url.pathname = '/postgres';
  const sql = postgres(url.href, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** The superuser's URL of a test's database, for what no role of the product may do. */
export function createSuperuserUrl(databaseUrl: string): string {
  const url = new URL(readTestServers().template);
  url.pathname = new URL(databaseUrl).pathname;
  return url.href;
}

/** A fresh, migrated database of its own for a test, with the URL of its owner and of each role; `drop` ends its connections too. */
export async function createTestDatabase({ empty = false } = {}): Promise<{
  url: string;
  urls: DatabaseUrls;
  drop(): Promise<void>;
}> {
  const template = new URL(readTestServers().template);
  const source = empty ? 'template0' : template.pathname.slice(1);
  const name = `test_${randomBytes(8).toString('hex')}`;
  // copied as files: by way of the log, as is usual, it takes PostgreSQL four times as long
  await administer(
    (sql) => sql`create database ${sql(name)} template ${sql(source)} strategy file_copy owner ${sql(ROLES.owner)}`,
  );
  const url = new URL(template);
  url.pathname = `/${name}`;
  const urls = deriveUrls(url.href);
  return {
    url: urls.owner,
    urls,
    drop: () => administer(async (sql) => void (await sql`drop database ${sql(name)} with (force)`)),
  };
}

/** `host:port` of the run's Temporal dev server, namespace `default`, with the search attributes; real time, shared by all files. */
export function readDevServerAddress(): string {
  return readTestServers().devServer;
}

/**
 * On a busy machine a worker may take longer than the usual ten seconds: the server then hands the task out once more,
 * and the skipping one does not recover from it.
 */
const workflowTaskTimeout = msToTs('1 minute');
const PATIENT: WorkflowClientInterceptor = {
  start: (input, next) => next({ ...input, options: { ...input.options, workflowTaskTimeout } }),
  signalWithStart: (input, next) => next({ ...input, options: { ...input.options, workflowTaskTimeout } }),
};

/** A time-skipping Temporal server for one test file, which must call `teardown()` in the end. */
export async function createSkippingEnvironment(
  client: Pick<ClientOptions, 'dataConverter' | 'identity'> = {},
): Promise<TestWorkflowEnvironment> {
  const { directory, skipping } = readTestServers();
  const server = { executable: { type: 'existing-path', path: skipping } } as const;
  const patient = { ...client, interceptors: { workflow: [PATIENT] } };
  const create = () => TestWorkflowEnvironment.createTimeSkipping({ server, client: patient });
  // the SDK gives it five seconds to answer on a port that another process may take before it: two cores may need a
  // second try
  const environment = await create().catch(create);
  recordChild(directory, 'time-skipping server', Number(readFileSync(`${skipping}.${process.pid}`, 'utf8')), 'SIGTERM');
  return environment;
}

/** The workflow bundle as a worker takes it. */
export function readWorkflowBundle(): { codePath: string } {
  const { build } = readTestServers();
  if ('error' in build) throw new Error(`The build failed: ${build.error}`);
  return { codePath: build.bundle };
}
