import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import postgres from 'postgres';
import type { Environment } from '../runtime/config';
import { obtainBinary } from './binaries';
import { buildCodecEndpoint } from './codec-server';
import { readPorts } from './ports';
import { buildUrl, deriveUrls } from './postgres';
import { isOwnerAlive } from './run-record';
import { readSettings, type Settings } from './settings';

function requireRunning({ dataDirectory }: Settings): void {
  if (isOwnerAlive(dataDirectory)) return;
  throw new Error(`Nothing runs on DATA_DIR ${dataDirectory}: npm start or npm run dev comes first.`);
}

function findDatabaseUrl(settings: Settings): string {
  if (settings.databaseUrl) return settings.databaseUrl;
  requireRunning(settings);
  const password = readFileSync(join(settings.dataDirectory, 'postgres-password'), 'utf8').trim();
  return deriveUrls(buildUrl(readPorts(settings.dataDirectory).postgres, password)).owner;
}

const isOnPath = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Runs a program in this terminal; this process ends as it does. */
async function runInTerminal(file: string, args: string[], env: Environment): Promise<void> {
  // Ctrl-C is for the program.
  process.on('SIGINT', () => undefined);
  process.exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Runs `npm run psql`: psql on the database that `npm start` uses; without psql on this machine, one statement. */
export async function runPsql(env: Environment, args: string[]): Promise<void> {
  const url = new URL(findDatabaseUrl(readSettings(env)));
  const [statement] = args;
  const isStatement = args.length === 1 && !statement!.startsWith('-');
  if (isOnPath('psql')) {
    const password = decodeURIComponent(url.password);
    url.password = '';
    // Not among the arguments, which every user of the machine can read.
    return runInTerminal('psql', ['-d', url.href, ...(isStatement ? ['-c', statement!] : args)], {
      PGPASSWORD: password,
    });
  }
  if (!isStatement) throw new Error('There is no psql on PATH. One statement can be run: npm run psql -- "select 1"');
  const sql = postgres(url.href, { max: 1 });
  try {
    console.table(await sql.unsafe(statement!));
  } finally {
    await sql.end();
  }
}

/** Runs `npm run audit:verify`: verifies the audit log of the database that `npm start` uses. */
export function runAuditCheck(env: Environment, args: string[]): Promise<void> {
  const command = join(__dirname, '../worker/verify-audit-main.js');
  return runInTerminal(process.execPath, [command, ...args], { DATABASE_URL: findDatabaseUrl(readSettings(env)) });
}

/** Runs `npm run temporal`: Temporal's own command line, on the server and namespace that `npm start` uses. */
export async function runTemporal(env: Environment, args: string[]): Promise<void> {
  const settings = readSettings(env);
  if (settings.temporalAddress) return runInTerminal(await obtainBinary('devServer'), args, {});
  requireRunning(settings);
  const ports = readPorts(settings.dataDirectory);
  return runInTerminal(await obtainBinary('devServer'), args, {
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: settings.namespace,
    TEMPORAL_CODEC_ENDPOINT: buildCodecEndpoint(ports.codec),
  });
}
