import { APPLICATIONS, writeBook } from './book';
import { bootSystem, computeQuantile } from './booted';

const BATCH = 1000;
const ROUNDS = 20;

/**
 * Measures a batch of 1,000 readiness checks against one check, over HTTP on a book of 100,000 applications,
 * interleaved.
 */
export async function measureReadiness(): Promise<void> {
  const { api, sql, stop } = await bootSystem();
  try {
    await writeBook(sql);
    const scopes = await sql<{ providerId: string; practiceId: string; payerId: string }[]>`
      select provider_id, practice_id, payer_id from applications order by md5(id::text) limit ${BATCH * (ROUNDS + 1)}`;
    // every licence changes after the instant that is asked of
    const [{ asOf }] = await sql<[{ asOf: string }]>`select now() as as_of`;
    await sql`update licences set expires_on = '2020-01-31'`;
    await sql`update licences set expires_on = '2099-12-31'`;
    await sql`analyze`;
    const measureBatch = async (asked: object[], known: { asOf?: string } = {}): Promise<number> => {
      const items = asked.map((scope) => ({ ...scope, state: 'CA', dateOfService: '2026-06-01', ...known }));
      const began = performance.now();
      const { items: answers } = await api.post('/v1/billing-readiness', { items });
      const took = performance.now() - began;
      if (!answers.every(({ mayBill }: { mayBill: boolean }) => mayBill)) throw new Error('an answer was no');
      return took;
    };
    const took: Record<string, [one: number[], batch: number[]]> = { now: [[], []], 'as of then': [[], []] };
    for (let round = 0; round <= ROUNDS; round++) {
      const items = scopes.slice(round * BATCH, (round + 1) * BATCH);
      for (const [known, [one, batch]] of Object.entries(took)) {
        const then = known === 'now' ? {} : { asOf };
        const each = [await measureBatch(items.slice(0, 1), then), await measureBatch(items, then)] as const;
        if (round === 0) continue; // warms up
        one.push(each[0]);
        batch.push(each[1]);
      }
    }
    console.log(`${APPLICATIONS} applications, medians of ${ROUNDS} rounds`);
    for (const [known, [one, batch]] of Object.entries(took)) {
      const [single, many] = [computeQuantile(one, 0.5), computeQuantile(batch, 0.5)];
      console.log(
        `  ${known}: one check ${single.toFixed(1)} ms, ${BATCH} checks ${many.toFixed(1)} ms, ${(many / single).toFixed(0)} times one`,
      );
    }
  } finally {
    await stop();
  }
}
