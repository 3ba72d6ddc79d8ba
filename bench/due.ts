import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readClock } from '../runtime/clock';
import { openApplication } from '../record/applications/opening';
import { createDispatch } from '../dispatch/dispatch';
import { bootSystem, computeQuantile, yieldScopes, takeItems, measureWork, type BootedSystem } from './booted';

const OPEN = 10_000;
/** How long after they are adopted all follow-ups fall due: longer than adopting them takes. */
const AHEAD_MINUTES = 10;
const AT_ONCE = 24;
/** The pause between two counts of the queue, and between two rounds of requests. */
const EVERY_MS = 500;
const IDLE_ROUNDS = 60;
/** The longest wait. */
const PATIENCE_MS = 30 * 60_000;

const PROBES = ['one application', 'list of applications', 'work queue', 'note on an application'] as const;
type Latencies = Record<(typeof PROBES)[number], number[]>;

/** Adopts them in bulk, every one at the same instant, so that every follow-up falls due at the same. */
async function adoptAll({ api, sql, temporal }: BootedSystem): Promise<{ ids: string[]; dueAt: number }> {
  const bodies = await takeItems(
    yieldScopes(api, { requires: ['npi'], requiresCaqh: false, followUpEvery: { minutes: AHEAD_MINUTES } }),
    OPEN,
  );
  const { clientId } = await api.get(`/v1/practices/${bodies[0]!.practiceId}`);
  const dispatch = createDispatch({ sql, client: temporal.client });
  const at = readClock();
  const ids: string[] = [];
  const took = await measureWork(bodies, AT_ONCE, async (scope) => {
    const key = { ...scope, kind: 'new_individual', locationId: null } as const;
    const body = { ...key, adopt: { stage: 'in_review' } } as const;
    const id = randomUUID();
    const opened = await openApplication(
      sql,
      { id, clientId, key, body, at },
      { type: 'system', id: 'bench', name: 'bench' },
    );
    if ('existingId' in opened) throw new Error('is open already');
    if (!(await dispatch.startWithin(opened.run, 60_000))) throw new Error('did not start');
    ids.push(id);
  });
  console.log(`adopted and started ${OPEN} in ${(took / 1000).toFixed(0)} s`);
  return { ids, dueAt: Date.parse(at) + AHEAD_MINUTES * 60_000 };
}

/** Measures one request of every kind, one after the other. */
async function measureRequests({ api }: BootedSystem, ids: string[], into: Latencies): Promise<void> {
  const id = ids[Math.floor(Math.random() * ids.length)]!;
  const requests: Record<(typeof PROBES)[number], () => Promise<unknown>> = {
    'one application': () => api.get(`/v1/applications/${id}`),
    'list of applications': () => api.get('/v1/applications?stage=in_review&sort=nextFollowUpAt&limit=50'),
    'work queue': () => api.get('/v1/work-queue?limit=50'),
    'note on an application': () =>
      api.post(`/v1/applications/${id}/notes`, { text: 'measured', visibility: 'internal' }),
  };
  for (const name of PROBES) {
    const began = performance.now();
    await requests[name]();
    into[name].push(performance.now() - began);
  }
}

const createLatencies = (): Latencies =>
  Object.fromEntries(PROBES.map((name): [string, number[]] => [name, []])) as Latencies;

/**
 * Measures, until all are in the queue, the milliseconds after the instant at which each came, and the times of the API
 * meanwhile.
 */
async function measureDueTime(
  booted: BootedSystem,
  ids: string[],
  dueAt: number,
): Promise<{ late: number[]; busy: Latencies }> {
  const late: number[] = [];
  const busy = createLatencies();
  let over = false;
  await delay(Math.max(0, dueAt - Date.now()));
  const probing = (async () => {
    while (!over) await measureRequests(booted, ids, busy);
  })();
  try {
    while (late.length < OPEN && Date.now() < dueAt + PATIENCE_MS) {
      const [{ count }] = (await booted.sql`select count(*)::int as count from work_items`) as [{ count: number }];
      const now = Date.now() - dueAt;
      while (late.length < count) late.push(now);
      await delay(EVERY_MS);
    }
  } finally {
    over = true;
    await probing;
  }
  return { late, busy };
}

/** Waits until a command is answered well within the time that a request waits: nothing stands before it any more. */
async function waitUntilQuiet({ api }: BootedSystem, id: string, dueAt: number): Promise<void> {
  for (let took = Infinity; took > 1_000 && Date.now() < dueAt - 60_000;) {
    const began = performance.now();
    await api.post(`/v1/applications/${id}/notes`, { text: 'quiet yet?', visibility: 'internal' });
    took = performance.now() - began;
  }
}

export async function measureDue(): Promise<void> {
  const booted = await bootSystem();
  try {
    const { ids, dueAt } = await adoptAll(booted);
    if (Date.now() > dueAt - 60_000) throw new Error(`adopting took longer than ${AHEAD_MINUTES} minutes`);
    // adopted applications have been started by then, and the worker is idle
    await waitUntilQuiet(booted, ids[0]!, dueAt);
    const idle = createLatencies();
    for (let round = 0; round < IDLE_ROUNDS && Date.now() < dueAt - EVERY_MS * 4; round++) {
      await measureRequests(booted, ids, idle);
      await delay(EVERY_MS);
    }
    const { late, busy } = await measureDueTime(booted, ids, dueAt);
    const formatSeconds = (ms: number) => (ms / 1000).toFixed(0);
    console.log(`${late.length} of ${OPEN} in the queue; late by, in seconds:`);
    console.log(
      `  half within ${formatSeconds(computeQuantile(late, 0.5))}, 95% within ${formatSeconds(computeQuantile(late, 0.95))}, the last ${formatSeconds(late.at(-1)!)}`,
    );
    console.log('API over HTTP, one request at a time, ms     idle p50    p95    busy p50    p95');
    for (const name of PROBES) {
      const figures = [idle, busy].flatMap((of) =>
        [0.5, 0.95].map((share) => computeQuantile(of[name], share).toFixed(1)),
      );
      console.log(`  ${name.padEnd(40)} ${figures.map((figure) => figure.padStart(9)).join('')}`);
    }
  } finally {
    await booted.stop();
  }
}
