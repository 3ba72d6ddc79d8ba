import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { WORKER_OPTIONS } from '../worker/options';
import { bootSystem, yieldScopes, takeItems, measureWork, type BootedSystem } from './booted';

export const OPEN = 2000;

export interface MemoryUse {
  /** Bytes that the worker's process holds: before any application, with its cache full, and after each round. */
  empty: number;
  full: number;
  rounds: number[];
  /** Bytes that an application costs which the worker has in its cache. */
  perCached: number;
}

/** Reads the bytes that a process holds. */
export const readRss = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** Measures the worker's memory once it has been still for a moment. */
async function waitUntilSettled({ findPid }: BootedSystem): Promise<number> {
  await delay(3000);
  return readRss(findPid('worker'));
}

/**
 * Opens many more applications than the worker's cache has room for, and wakes all of them, round after round: each
 * wake replays an application that was evicted.
 */
export async function fillAndWake(booted: BootedSystem, rounds: number): Promise<MemoryUse> {
  const { api, sql } = booted;
  const bodies = yieldScopes(api, { requires: ['npi'] });
  const openMany = async (count: number) =>
    measureWork(await takeItems(bodies, count), 20, (body) => api.post('/v1/applications', body));
  const wakeAll = async () => {
    const asked = await sql<{ id: string; version: number }[]>`select id, version from applications where open`;
    await measureWork(asked, 20, ({ id }) =>
      api.post(`/v1/applications/${id}/notes`, { text: 'still here', visibility: 'internal' }),
    );
  };

  await openMany(10);
  const empty = await waitUntilSettled(booted);
  const cache = WORKER_OPTIONS.maxCachedWorkflows;
  await openMany(cache - 10);
  const full = await waitUntilSettled(booted);
  await openMany(OPEN - cache);
  const after: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await wakeAll();
    after.push(await waitUntilSettled(booted));
  }
  const perCached = (full - empty) / (cache - 10);
  return { empty, full, rounds: after, perCached };
}

const formatMebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

export async function measureMemory(): Promise<void> {
  const booted = await bootSystem();
  try {
    const { empty, full, rounds, perCached } = await fillAndWake(booted, 4);
    console.log(`worker, cache of ${WORKER_OPTIONS.maxCachedWorkflows}, MiB resident`);
    console.log(`  no application                    ${formatMebibytes(empty)}`);
    console.log(`  the cache full                    ${formatMebibytes(full)}`);
    console.log(`  ${OPEN} open, each round of waking  ${rounds.map(formatMebibytes).join(', ')}`);
    console.log(`  per cached application, KiB       ${(perCached / 1024).toFixed(0)}`);
  } finally {
    await booted.stop();
  }
}
