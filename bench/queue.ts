import type { Sql } from '../runtime/database';
import { bootSystem, computeQuantile, yieldScopes, takeItems } from './booted';
import { writeBook } from './book';

const ITEMS = 10_000;
const ROUNDS = 40;

const REQUESTS = {
  'applications, 50 of 100,000': '/v1/applications?sort=-updatedAt&limit=50',
  'the work queue, 50 of 10,000': '/v1/work-queue?limit=50',
  'what the day has room for': '/v1/work-queue?today=true&limit=50',
  'the queue by payer': '/v1/work-queue?groupBy=payer&limit=5',
  'load by person': '/v1/work-queue/load',
} as const;

/** Puts a tenth of the book into the queue, each with the whole state of an application that was really opened. */
export const fillQueue = (sql: Sql, opened: string): Promise<void> =>
  sql.begin(async (tx) => {
    await tx`set local statement_timeout = 0`;
    await tx`
    with ten_thousand as (select id from applications where id <> ${opened} order by md5(id::text) limit ${ITEMS})
    update applications a set open = true, stage = 'in_review', monthly_value = ('x' || substr(md5(a.id::text), 1, 3))::bit(12)::int,
      snapshot = jsonb_set(o.snapshot, '{id}', to_jsonb(a.id))
    from ten_thousand t, applications o where a.id = t.id and o.id = ${opened}`;
    await tx`
    insert into work_items (client_id, application_id, purpose, since, due_at)
    select client_id, id, 'check_status', now() - interval '1 hour', now() - interval '1 hour'
    from applications where open and id <> ${opened}`;
    await tx`analyze`;
  });

/** Measures pages of the work queue against a page of the list, over HTTP on a book of 100,000 applications, interleaved. */
export async function measureQueue(): Promise<void> {
  const { api, sql, stop } = await bootSystem();
  try {
    await writeBook(sql);
    const [body] = await takeItems(yieldScopes(api), 1);
    const { id } = await api.post('/v1/applications', body!);
    await fillQueue(sql, id);
    const took = Object.fromEntries(Object.keys(REQUESTS).map((name) => [name, [] as number[]]));
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, path] of Object.entries(REQUESTS)) {
        const began = performance.now();
        await api.get(path);
        if (round > 0) took[name]!.push(performance.now() - began); // the first warms up
      }
    console.log(`${ROUNDS} interleaved rounds, ms                     p50      p95`);
    for (const [name, times] of Object.entries(took))
      console.log(
        `  ${name.padEnd(34)} ${[0.5, 0.95].map((share) => computeQuantile(times, share).toFixed(1).padStart(8)).join(' ')}`,
      );
  } finally {
    await stop();
  }
}
