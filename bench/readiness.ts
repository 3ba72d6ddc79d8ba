import { APPLICATIONS, writeBook } from './book';
import { boot, quantile } from './booted';

const BATCH = 1000;
const ROUNDS = 20;

/** A batch of 1,000 readiness checks against one check, over HTTP on a book of 100,000 applications, interleaved. */
export async function measure(): Promise<void> {
  const { api, sql, stop } = await boot();
  try {
    await writeBook(sql);
    const scopes = await sql<{ providerId: string; practiceId: string; payerId: string }[]>`
      select provider_id, practice_id, payer_id from applications order by md5(id::text) limit ${BATCH * (ROUNDS + 1)}`;
    const question = (scope: object) => ({ ...scope, state: 'CA', dateOfService: '2026-06-01' });
    const ask = async (items: object[]): Promise<number> => {
      const began = performance.now();
      const { items: answers } = await api.post('/v1/billing-readiness', { items: items.map(question) });
      const took = performance.now() - began;
      if (!answers.every(({ mayBill }: { mayBill: boolean }) => mayBill)) throw new Error('an answer was no');
      return took;
    };
    const one: number[] = [];
    const batch: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const items = scopes.slice(round * BATCH, (round + 1) * BATCH);
      const took = [await ask(items.slice(0, 1)), await ask(items)] as const;
      if (round === 0) continue; // warms up
      one.push(took[0]);
      batch.push(took[1]);
    }
    const ratio = quantile(batch, 0.5) / quantile(one, 0.5);
    console.log(`${APPLICATIONS} applications, medians of ${ROUNDS} rounds`);
    console.log(`  one check          ${quantile(one, 0.5).toFixed(1)} ms`);
    console.log(`  a batch of ${BATCH}    ${quantile(batch, 0.5).toFixed(1)} ms, ${ratio.toFixed(0)} times one`);
  } finally {
    await stop();
  }
}
