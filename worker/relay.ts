import type { Logger } from 'pino';
import { WATCH_TYPES, type Action, type WatchType } from '../domain/codes';
import type { Dispatch } from '../dispatch/dispatch';
import { openChanges } from '../record/changes';
import { endItem } from '../dispatch/endings';
import { keepCommand, unsettledCommands } from '../record/commands';
import { claim, heard, postpone, type OutboxRow, type OutboxTopic } from '../record/outbox';
import { derivedId } from '../record/derived-id';
import { openRecredentialing, renewedBy } from '../record/renewals';
import { applicationsOfPerson, applicationsOfPractice, endedByTermination } from '../record/touched';
import { forgetTheOld } from '../record/housekeeping';
import type { Actor } from '../record/principal';
import type { Sql } from '../runtime/database';

const BATCH = 50;
/** What a killed relay had taken is another's after that; where Temporal is slower, something is said twice. */
const LEASE_SECONDS = 15;
const IDLE_MS = 1_000;
/** A command that its API has not settled by then is delivered again. */
const UNSETTLED_SECONDS = 10;
const DELIVERY_MS = 10_000;
/** Secrets that were just made are to be forgotten within minutes. */
const HOUSEKEEPING_MS = 300_000;

export interface Relay {
  stop(): Promise<void>;
}

/**
 * Carries what was committed to whom it concerns: starts workflows, signals changed files, delivers unsettled
 * commands. Any number of relays may run; each row is leased, and everything it does may be repeated.
 */
export function startRelay({ sql, dispatch, logger }: { sql: Sql; dispatch: Dispatch; logger: Logger }): Relay {
  const endParticipations = async (id: string) =>
    give('participation-end', id, await endedByTermination(sql, id), TERMINATION);

  const renewParticipations = async (id: string) =>
    give('committee-date', id, await renewedBy(sql, id), RECREDENTIALING);
  const hear: Record<OutboxTopic, (subject: string) => Promise<unknown>> = {
    start_application: dispatch.startApplication,
    start_participation: dispatch.startParticipation,
    file_changed_person: async (id) => {
      await all(await applicationsOfPerson(sql, id), dispatch.fileChanged);
      await dispatch.changed('providerUpkeep', id);
    },
    file_changed_practice: async (id) => all(await applicationsOfPractice(sql, id), dispatch.fileChanged),
    end_participations: endParticipations,
    open_changes: async (id) => {
      const { submitted, untold } = await openChanges(sql, id);
      await all(submitted, dispatch.fileChanged);
      await give('change-notice', id, untold, CHANGES);
    },
    open_recredentialing: (id) => openRecredentialing(sql, id),
    renew_participations: renewParticipations,
    ending_item: (id) => endItem(sql, dispatch, id),
    ...watchers(dispatch),
  };
  const sleepers = new Set<{ early: boolean; wake: () => void }>();
  let stopped = false;

  /** Gives each of them the command that follows from an application, once. */
  async function give(action: Action, from: string, to: Concerned[], actor: Actor): Promise<void> {
    for (const { id, clientId, body } of to) {
      const commandId = derivedId(`${from}/${id}`);
      await keepCommand(sql, { id: commandId, clientId, applicationId: id, action, body }, actor);
      await dispatch.deliver(commandId, DELIVERY_MS);
    }
  }

  /** Rows of one topic and subject say the same: it is told once. */
  async function relay(rows: OutboxRow[]): Promise<void> {
    const { topic, subject, attempts } = rows[0]!;
    try {
      await hear[topic](subject);
      await heard(
        sql,
        rows.map(({ id }) => id),
      );
    } catch (error) {
      logger.warn({ err: error, topic, subject, attempts }, 'not heard; again later');
      for (const row of rows) await postpone(sql, row, error instanceof Error ? error.name : 'unknown');
    }
  }

  /** Everything in the outbox that is due; whether there may be more. */
  async function hearAll(): Promise<boolean> {
    const rows = await claim(sql, BATCH, LEASE_SECONDS);
    const told = new Map<string, OutboxRow[]>();
    for (const row of rows) {
      const key = `${row.topic}/${row.subject}`;
      told.set(key, [...(told.get(key) ?? []), row]);
    }
    await Promise.all([...told.values()].map(relay));
    return rows.length === BATCH;
  }

  async function deliverUnsettled(): Promise<boolean> {
    const ids = await unsettledCommands(sql, UNSETTLED_SECONDS, BATCH);
    await all(ids, (id) => dispatch.deliver(id, DELIVERY_MS));
    return false;
  }

  async function keepHouse(): Promise<boolean> {
    await forgetTheOld(sql);
    return false;
  }

  /** Works round after round, with a pause where nothing is left; a notification cuts an `early` pause short. */
  async function loop(round: () => Promise<boolean>, idleMs: number, early = false): Promise<void> {
    while (!stopped) {
      const more = await round().catch((error: unknown) => {
        logger.error({ err: error }, 'the relay stumbled; again in a moment');
        return false;
      });
      if (!more && !stopped) await pause(idleMs, early);
    }
  }

  const pause = (ms: number, early: boolean) =>
    new Promise<void>((resolve) => {
      const sleeper = {
        early,
        wake: () => {
          clearTimeout(timer);
          sleepers.delete(sleeper);
          resolve();
        },
      };
      const timer = setTimeout(() => sleeper.wake(), ms);
      sleepers.add(sleeper);
    });
  const wake = (which: (sleeper: { early: boolean }) => boolean) => {
    for (const sleeper of sleepers) if (which(sleeper)) sleeper.wake();
  };

  const listening = sql
    .listen('outbox', () => wake(({ early }) => early))
    .catch((error: unknown) => logger.warn({ err: error }, 'not listening'));
  const running = Promise.all([
    loop(hearAll, IDLE_MS, true),
    loop(deliverUnsettled, IDLE_MS),
    loop(keepHouse, HOUSEKEEPING_MS),
  ]);

  return {
    async stop() {
      stopped = true;
      wake(() => true);
      await running;
      const listener = await listening;
      if (listener) await listener.unlisten().catch(() => undefined);
    },
  };
}

/** Each watch is told by the topic of its name. */
const watchers = ({ changed }: Dispatch) =>
  Object.fromEntries(WATCH_TYPES.map((type) => [type, (subject: string) => changed(type, subject)])) as Record<
    WatchType,
    (subject: string) => Promise<void>
  >;

const TERMINATION: Actor = { type: 'system', id: 'termination', name: 'Countersign' };
const CHANGES: Actor = { type: 'system', id: 'changes', name: 'Countersign' };
const RECREDENTIALING: Actor = { type: 'system', id: 'recredentialing', name: 'Countersign' };

/** An application that something follows for, with the body of the command that says so. */
interface Concerned {
  id: string;
  clientId: string;
  body: object;
}

async function all(ids: string[], tell: (id: string) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(ids.map(tell));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
