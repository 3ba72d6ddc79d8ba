import { createApi } from '../local/http';
import { bootSystem, computeQuantile, takeItems, yieldScopes } from './booted';
import { writeBook } from './book';
import { fillQueue } from './queue';

const ROUNDS = 40;

const REQUESTS = {
  'applications, 50 of 100,000': '/v1/applications?sort=-updatedAt&limit=50',
  'the work queue, 50 of 10,000': '/v1/work-queue?limit=50',
  'providers, 50 of 5,000': '/v1/clients/{client}/providers?limit=50',
  'a client': '/v1/clients/{client}',
} as const;

/** Measures pages under a key of every client against the same under a key of the one that has the book, interleaved. */
export async function measureWall(): Promise<void> {
  const { api, sql, url, stop } = await bootSystem();
  try {
    await writeBook(sql);
    const [body] = await takeItems(yieldScopes(api), 1);
    const { id } = await api.post('/v1/applications', body!);
    await fillQueue(sql, id);
    const [book] = await sql<[{ id: string }]>`select id from clients where name = 'Book'`;
    const createKey = (more: object) => api.post('/v1/api-keys', { name: 'bench', role: 'specialist', ...more });
    const keys = {
      'every client': createApi(url, (await createKey({})).key),
      'one client': createApi(url, (await createKey({ clientIds: [book.id] })).key),
    };
    const took: Record<string, number[]> = {};
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, path] of Object.entries(REQUESTS))
        for (const [whose, caller] of Object.entries(keys)) {
          const began = performance.now();
          await caller.get(path.replace('{client}', book.id));
          // the first warms up
          if (round > 0) (took[`${name}, ${whose}`] ??= []).push(performance.now() - began);
        }
    console.log(`${ROUNDS} interleaved rounds, ms                              p50      p95`);
    for (const [name, times] of Object.entries(took))
      console.log(
        `  ${name.padEnd(44)} ${[0.5, 0.95].map((share) => computeQuantile(times, share).toFixed(1).padStart(8)).join(' ')}`,
      );
  } finally {
    await stop();
  }
}
