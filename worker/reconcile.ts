import { addMilliseconds } from '../domain/time/dates';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Dispatch } from '../dispatch/dispatch';
import {
  claimRound,
  endRound,
  extendRound,
  listDifferences,
  listSuspects,
  listApplicationsToCompare,
  type Round,
  type RoundName,
  type Summary,
} from '../record/operations/runs';
import { claimLateWatches, type WatchId } from '../record/operations/watches';
import { findApplicationIds } from '../record/applications/application-run';
import type { Sql } from '../runtime/database';
import { createRunChecks, type Outcome } from './run-checks';

/** How often and how fast workflows are compared with the record. */
export interface ReconcileSettings {
  /** The pause between looks at runs that are gone, fail or are late. */
  everySeconds: number;
  /** The delay after which a workflow that should have asked the record is looked at. */
  lateSeconds: number;
  /** The time after which a workflow whose task keeps failing is started again. */
  failingSeconds: number;
  /** The pause between comparisons of everything. */
  compareEverySeconds: number;
  /** The most applications that are looked at. */
  perSecond: number;
}

/** The time that is looked at twice in the list of closed runs, which comes late. */
const OVERLAP_SECONDS = 60;
/** The time after which another worker takes over a round whose worker has died. */
const CLAIM_SECONDS = 120;
/** Late runs that are looked at in one round. */
const MOST_LATE = 600;
/** The number of applications that are looked at together. */
const AT_ONCE = 5;

interface ReconcilerDeps {
  sql: Sql;
  dispatch: Dispatch;
  logger: Logger;
  settings: ReconcileSettings;
  /** Leaves a round where it is; another worker makes it. */
  signal?: AbortSignal;
}

/**
 * Brings workflows and record together when they diverge: starts again those that are gone, wakes those that sleep too
 * long, and derives again a state that differs from its timeline. The record wins.
 */
export function createReconciler({ sql, dispatch, logger, settings, signal }: ReconcilerDeps) {
  const { failingSeconds } = settings;
  const { checkApplication, checkWatch, repairApplication, recordFailure } = createRunChecks({
    sql,
    dispatch,
    logger,
    failingSeconds,
  });
  const { makeRound, runEach } = createRounds({ sql, settings, signal, recordFailure });

  /** Restarts runs that were terminated, cancelled, failed or timed out. */
  const restartClosed = () =>
    makeRound('closed_runs', async ({ startedAt, lookedThrough }) => {
      const since = addMilliseconds(lookedThrough, -OVERLAP_SECONDS * 1000);
      const ids = await findRunning(dispatch.closedRuns(since));
      // a workflow that runs again may have been reset to an earlier moment
      const summary = await runEach('closed_runs', ids, (id) => checkApplication(id, { wake: true }));
      // one that runs again already is signalled once more, which does no harm
      for await (const { watch, subject } of dispatch.closedWatches(since)) await dispatch.notifyWatch(watch, subject);
      return { afterSeconds: settings.everySeconds, lookedThrough: startedAt, summary };
    });

  /** Restarts runs that should have asked the record by now, and those whose tasks keep failing. */
  const restartLate = () =>
    makeRound('late_runs', async () => {
      const { lateSeconds } = settings;
      const found = await listSuspects(sql, { lateSeconds, limit: MOST_LATE });
      const late = new Set(found.filter(({ isLate }) => isLate).map(({ id }) => id));
      const failing = await findRunning(dispatch.failingRuns()).catch((error: unknown) => {
        logger.debug({ err: error }, 'the server does not list failing runs');
        return [];
      });
      const ids = [...new Set([...found.map(({ id }) => id), ...failing])];
      const summary = await runEach('late_runs', ids, (id) => checkApplication(id, { wake: late.has(id) }));
      const watches = await claimLateWatches(sql, { lateSeconds, limit: MOST_LATE });
      const ofWatches = await runEach('late_runs', watches, checkWatch);
      return { afterSeconds: settings.everySeconds, summary: addSummaries(summary, ofWatches) };
    });

  /** Compares the next applications; returns whether the comparison goes on. */
  const compareSome = () =>
    makeRound('comparison', async ({ lastId, summary: before }) => {
      const { perSecond, compareEverySeconds } = settings;
      const some = await listApplicationsToCompare(sql, lastId, perSecond);
      const byId = new Map(some.map((one) => [one.id, one]));
      const counted = await runEach('comparison', [...byId.keys()], async (id) => {
        const differs = await listDifferences(sql, byId.get(id)!);
        if (differs.length > 0) await repairApplication(id, differs);
        const outcome = await checkApplication(id, { wake: differs.length > 0 });
        return differs.length > 0 ? 'repaired' : outcome;
      });
      const summary = addSummaries(before ?? {}, counted);
      const last = some.length < perSecond ? undefined : some.at(-1)!.id;
      if (last !== undefined) return { afterSeconds: 1, lastId: last, summary };
      logger.info({ ...summary }, 'workflows and timelines are compared with the record');
      return { afterSeconds: compareEverySeconds, summary };
    });

  /** Finds the applications that workflows run. */
  async function findRunning(workflowIds: AsyncIterable<string>): Promise<string[]> {
    const ids = new Set<string>();
    for await (const id of workflowIds) ids.add(id);
    return findApplicationIds(sql, [...ids]);
  }

  return { restartClosed, restartLate, compareSome };
}

/** Makes rounds, each by one worker at a time, at the pace that is set. */
function createRounds({
  sql,
  settings,
  signal,
  recordFailure,
}: Pick<ReconcilerDeps, 'sql' | 'settings' | 'signal'> & Pick<ReturnType<typeof createRunChecks>, 'recordFailure'>) {
  /** Does something with each application or watch, a few at once, no faster than is set; failures are tried later. */
  async function runEach<T extends string | WatchId>(
    name: RoundName,
    all: readonly T[],
    check: (one: T) => Promise<Outcome | 'repaired'>,
  ): Promise<Summary> {
    const summary: Summary = { looked: all.length };
    for (let i = 0; i < all.length; i += AT_ONCE) {
      const some = all.slice(i, i + AT_ONCE);
      const outcomes = await Promise.all(
        some.map((one) => check(one).catch((error: unknown) => recordFailure(one, error))),
      );
      for (const outcome of outcomes) summary[outcome] = (summary[outcome] ?? 0) + 1;
      if (i + AT_ONCE >= all.length) break;
      await extendRound(sql, name, CLAIM_SECONDS);
      await delay((1000 * some.length) / settings.perSecond, undefined, { signal });
    }
    return summary;
  }

  /** Makes a round if one is due and no other worker makes it; returns its counts, or null. */
  async function makeRound(
    name: RoundName,
    make: (round: Round) => Promise<Parameters<typeof endRound>[2]>,
  ): Promise<Summary | null> {
    const round = await claimRound(sql, name, CLAIM_SECONDS);
    if (!round) return null;
    const ended = await make(round);
    await endRound(sql, name, ended);
    return ended.summary;
  }

  return { makeRound, runEach };
}

/** Makes the rounds, again and again, until it is stopped. */
export function startReconciler(of: ReconcilerDeps): { stop(): Promise<void> } {
  const { logger, settings } = of;
  const stopping = new AbortController();
  const { signal } = stopping;
  const { restartClosed, restartLate, compareSome } = createReconciler({ ...of, signal });

  async function repeatRound(makeRound: () => Promise<Summary | null>, everySeconds: number): Promise<void> {
    while (!signal.aborted) {
      await makeRound().catch((error: unknown) => {
        if (!signal.aborted)
          logger.error({ err: error }, 'workflows could not be compared with the record; again in a moment');
      });
      await delay(everySeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  // a comparison is made in parts, one a second while it lasts
  const running = Promise.all([
    repeatRound(restartClosed, settings.everySeconds),
    repeatRound(restartLate, settings.everySeconds),
    repeatRound(compareSome, 1),
  ]);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const addSummaries = (one: Summary, other: Summary): Summary =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]),
  );
