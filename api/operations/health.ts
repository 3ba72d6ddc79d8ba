import { z } from 'zod';
import { isWorkerWell, checkPostgres } from '../../record/operations/health';
import { countStuck } from '../../record/operations/stuck';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';

const tag = 'health';
const CAP_MS = 2000;

const verdict = z.enum(['ok', 'down']);
const readiness = z.strictObject({
  status: z.enum(['ready', 'not_ready']),
  checks: z.strictObject({ postgres: verdict, temporal: verdict, worker: verdict }),
  stuck: z.number().nullable().meta({
    description: 'The number of stuck items that `GET /v1/operations/stuck` lists; null where it is not known',
  }),
  runId: z.string().nullable(),
});

/**
 * How long an answer is kept: callers need no key, so many who ask at once, or one after the other, cause one check.
 */
const KEPT_MS = 1000;

export const healthRoutes = ({
  sql,
  temporal: server,
  config: { runId },
  readinessKeptMs = KEPT_MS,
}: Deps): Route[] => [
  route({
    method: 'get',
    path: '/healthz',
    summary: 'Check that this process answers',
    tag,
    access: 'public',
    responses: { 200: { description: 'The process answers', schema: z.strictObject({ status: z.literal('ok') }) } },
    handler: async () => answerOk({ status: 'ok' }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    summary: 'Check that PostgreSQL, Temporal and a working worker are available',
    tag,
    access: 'public',
    responses: {
      200: { description: 'All parts are available', schema: readiness },
      503: { description: 'A part is missing', schema: readiness },
    },
    handler: keepAnswer(readinessKeptMs, async () => {
      const [postgres, temporal, worker, stuck] = await Promise.all([
        runInTime(checkPostgres(sql)),
        runInTime(server.ping(Date.now() + CAP_MS).then(() => true)),
        runInTime(isWorkerWell(sql, runId)),
        runInTime(countStuck(sql)),
      ]);
      const ready = Boolean(postgres && temporal && worker);
      const showHealth = (good: unknown) => (good ? 'ok' : 'down');
      const checks = { postgres: showHealth(postgres), temporal: showHealth(temporal), worker: showHealth(worker) };
      const body = { status: ready ? 'ready' : 'not_ready', checks, stuck, runId: runId ?? null };
      return { status: ready ? 200 : 503, body, type: 'json' };
    }),
  }),
];

/** Gives an answer again for a while; a caller who asks while it is being made waits for it. */
export function keepAnswer<T>(
  keptMs: number,
  make: () => Promise<T>,
  readTime: () => number = () => performance.now(),
): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | undefined;
  return () => {
    if (!kept || kept.until <= readTime()) kept = { answer: make(), until: readTime() + keptMs };
    return kept.answer;
  };
}

/** Runs a check within the cap; null if it takes longer or fails. */
async function runInTime<T>(check: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const cap = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), CAP_MS);
  });
  return Promise.race([check.catch(() => null), cap]).finally(() => clearTimeout(timer));
}
