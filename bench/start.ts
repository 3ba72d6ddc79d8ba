import { randomUUID } from 'node:crypto';
import { readClock } from '../runtime/clock';
import { buildApplicationWorkflowId } from '../domain/applications/key';
import type { ApplicationRun } from '../record/applications/application-run';
import type { ApplicationInput } from '../workflows/messages';
import { TASK_QUEUE } from '../dispatch/dispatch';
import { openApplication } from '../record/applications/opening';
import { bootSystem, computeQuantile, yieldScopes, takeItems, measureWork, type Scope } from './booted';

const ROUNDS = 20;
/** The number of starts at once, and in a round on each side. */
const LOADS = [
  { concurrency: 1, count: 20 },
  { concurrency: 10, count: 60 },
  { concurrency: 50, count: 150 },
];

/**
 * Measures starts of an application through the API, against bare starts of the same workflow type, served by the same
 * worker: interleaved rounds, each side first in every other one. The bare side's applications are on record before, so
 * that both sides' workflows have the same to do; writing them down is the API's share of the work.
 */
export async function measureStart(): Promise<void> {
  const { api, sql, temporal, stop } = await bootSystem();
  try {
    const bodies = yieldScopes(api);
    const actor = { type: 'system', id: 'bench', name: 'bench' } as const;
    const { clientId } = await api.get(`/v1/practices/${(await takeItems(bodies, 1))[0]!.practiceId}`);

    const startThroughApi = (body: object) => api.post('/v1/applications', body);

    async function putOnRecord(scope: Scope): Promise<ApplicationRun> {
      const key = { ...scope, kind: 'new_individual', locationId: null } as const;
      const request = { id: randomUUID(), clientId, key, body: scope, at: readClock() };
      const opened = await openApplication(sql, request, actor);
      if ('existingId' in opened) throw new Error('is open already');
      await sql`delete from outbox where subject = ${request.id}`;
      return opened.run;
    }
    const startBare = ({ key, applicationId, progress }: ApplicationRun) =>
      temporal.client.workflow.start('payerApplication', {
        workflowId: buildApplicationWorkflowId(key),
        taskQueue: TASK_QUEUE,
        args: [{ applicationId, progress } satisfies ApplicationInput],
      });

    console.log('at once  API starts/s  bare starts/s  median ratio  (quartiles)');
    for (const { concurrency, count } of LOADS) {
      const rounds: { api: number; bare: number }[] = [];
      for (let round = -1; round < ROUNDS; round++) {
        const opened = await Promise.all((await takeItems(bodies, count)).map(putOnRecord));
        const asked = await takeItems(bodies, count);
        const sides = {
          api: () => measureWork(asked, concurrency, startThroughApi),
          bare: () => measureWork(opened, concurrency, startBare),
        };
        const took = { api: 0, bare: 0 };
        for (const side of round % 2 === 0 ? (['api', 'bare'] as const) : (['bare', 'api'] as const))
          took[side] = await sides[side]();
        if (round >= 0) rounds.push(took); // the first one warms up
      }
      const computePerSecond = (side: 'api' | 'bare') =>
        computeQuantile(
          rounds.map((took) => (count / took[side]) * 1000),
          0.5,
        ).toFixed(1);
      const ratios = rounds.map((took) => took.bare / took.api);
      const [low, median, high] = [0.25, 0.5, 0.75].map((share) => computeQuantile(ratios, share).toFixed(2));
      console.log(
        `${String(concurrency).padStart(7)}  ${computePerSecond('api').padStart(12)}  ${computePerSecond('bare').padStart(13)}  ${median!.padStart(12)}  (${low}-${high})`,
      );
    }
  } finally {
    await stop();
  }
}
