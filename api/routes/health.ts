import { z } from 'zod';
import { isWorkerPolling, ping } from '../../record/health';
import type { Deps } from '../deps';
import { ok, route } from '../route';
import type { Route } from '../route';

const tag = 'health';
const CAP_MS = 2000;

const verdict = z.enum(['ok', 'down']);
const readiness = z.strictObject({
  status: z.enum(['ready', 'not_ready']),
  checks: z.strictObject({ postgres: verdict, temporal: verdict, worker: verdict }),
  runId: z.string().nullable(),
});

export const healthRoutes = ({ sql, temporal: server, config: { runId } }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/healthz',
    summary: 'Whether this process answers',
    tag,
    access: 'public',
    responses: { 200: { description: 'It does', schema: z.strictObject({ status: z.literal('ok') }) } },
    handler: async () => ok({ status: 'ok' }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    summary: 'Whether PostgreSQL, Temporal and a polling worker are all there',
    tag,
    access: 'public',
    responses: {
      200: { description: 'All are', schema: readiness },
      503: { description: 'Not all are', schema: readiness },
    },
    handler: async () => {
      const [postgres, temporal, worker] = await Promise.all([
        inTime(ping(sql)),
        inTime(server.ping(Date.now() + CAP_MS)),
        inTime(isWorkerPolling(sql, runId)),
      ]);
      const ready = postgres && temporal && worker;
      const word = (good: boolean) => (good ? 'ok' : 'down');
      const checks = { postgres: word(postgres), temporal: word(temporal), worker: word(worker) };
      const body = { status: ready ? 'ready' : 'not_ready', checks, runId: runId ?? null };
      return { status: ready ? 200 : 503, body, type: 'json' };
    },
  }),
];

/** Whether a check came out well within the cap. */
async function inTime(check: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const cap = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CAP_MS);
  });
  const result = check.then(
    (value) => value !== false,
    () => false,
  );
  return Promise.race([result, cap]).finally(() => clearTimeout(timer));
}
