import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from '../local/http';
import { inventDocuments, inventNpi } from '../local/invented';
import { root } from '../local/paths';
import { removeDataDirectory } from '../local/postgres-location';
import { findFreePort } from '../local/ports';
import { buildUrl } from '../local/postgres';
import type { ApplicationKey } from '../domain/applications/events';
import { toUtcDate } from '../domain/time/dates';
import { readClock } from '../runtime/clock';
import { readKeyring } from '../record/kernel/data-keys';
import type { Keyring } from '../runtime/keyring';
import { connectTemporal, type Temporal } from '../runtime/temporal';
import { createDatabase, type Sql } from '../runtime/database';

/** A whole `npm start` on a data directory of its own, and every way into it. */
export interface BootedSystem {
  url: string;
  key: string;
  api: Api;
  sql: Sql;
  keyring: Keyring;
  temporal: Temporal;
  /** The data directory. */
  directory: string;
  findPid: (part: 'api' | 'worker' | 'temporal' | 'postgres') => number;
  stop: () => Promise<void>;
}

/** Boots the product as an operator would; `env` goes to all its parts. */
export async function bootSystem(env: NodeJS.ProcessEnv = {}): Promise<BootedSystem> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const port = await findFreePort();
  const child = spawn(process.execPath, [join(root, 'local/start.js')], {
    env: { ...process.env, ...env, DATA_DIR: directory, PORT: String(port), SAMPLE_DATA: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout!.on('data', (chunk) => {
      output += chunk;
      if (output.includes('is ready after')) resolve();
    });
    child.once('exit', () => reject(new Error(output)));
  });
  const readText = (name: string) => readFileSync(join(directory, name), 'utf8').trim();
  const ports = JSON.parse(readText('ports.json')) as { postgres: number; temporal: number };
  const url = `http://127.0.0.1:${port}`;
  const key = readText('admin-key');
  const sql = createDatabase(buildUrl(ports.postgres, readText('postgres-password')), { max: 10 });
  const keyring = await readKeyring(sql, readText('encryption-keys'));
  const temporal = connectTemporal({ TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}` }, keyring);
  return {
    url,
    key,
    sql,
    keyring,
    temporal,
    directory,
    api: createApi(url, key),
    findPid: (part) => {
      const children = readText('run.jsonl').split('\n').slice(1);
      return children.map((line) => JSON.parse(line)).findLast(({ name }) => name === part).pid;
    },
    async stop() {
      await temporal.close();
      await sql.end();
      child.kill('SIGTERM');
      await once(child, 'exit');
      removeDataDirectory(directory);
    },
  };
}

/** An application to open: the kind is the usual one. */
export type Scope = Pick<ApplicationKey, 'providerId' | 'practiceId' | 'payerId' | 'state' | 'lineOfBusiness'>;

/**
 * Yields the bodies of as many applications as there may be: one client, a few clinicians, payers, every state and
 * line.
 */
export async function* yieldScopes(api: Api, playbook: object = {}): AsyncGenerator<Scope> {
  const states = ['CA', 'NY', 'TX', 'FL', 'WA', 'OR', 'CO', 'MA', 'IL', 'GA'];
  const lines = ['commercial', 'medicare', 'medicaid', 'tricare', 'eap', 'other'] as const;
  const client = await api.post('/v1/clients', {
    name: 'Bench Counseling',
    timeZone: 'America/Chicago',
    contactEmail: 'office@bench.example',
  });
  const practice = await api.post(`/v1/clients/${client.id}/practices`, {
    legalName: 'Bench Counseling PC',
    tin: { type: 'ein', value: '951234567' },
    npi: inventNpi('110000001'),
    address: { line1: '1 Market Street', city: 'San Francisco', state: 'CA', postalCode: '94105' },
  });
  for (let n = 0; ; n++) {
    const payer = await api.post('/v1/payers', { name: `Bench payer ${n}`, electronicPayerIds: [], playbook });
    const provider = await api.post(`/v1/clients/${client.id}/providers`, {
      firstName: 'Robin',
      lastName: `Bench ${n}`,
      npi: inventNpi(String(100_000_100 + n)),
      caqhId: String(10_000_000 + n),
      email: 'robin@bench.example',
      ...inventDocuments(toUtcDate(readClock()), 'CA', `B-${n}`),
    });
    for (const state of states)
      for (const lineOfBusiness of lines)
        yield { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state, lineOfBusiness };
  }
}

/** Takes the next `count` items. */
export async function takeItems<T>(from: AsyncGenerator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push((await from.next()).value);
  return taken;
}

/** Does the work for every item, `size` at a time; returns the milliseconds that it took. */
export async function measureWork<T>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<unknown>,
): Promise<number> {
  const left = items.values();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: size }, async () => {
      for (const item of left) await work(item);
    }),
  );
  return performance.now() - began;
}

/** Computes the value below which a share of the values lies. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
