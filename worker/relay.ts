import type { Logger } from 'pino';
import { planNextTry } from '../domain/kernel/relay-tries';
import type { Dispatch } from '../dispatch/dispatch';
import { isUnanswered } from '../dispatch/grpc-errors';
import { claimCommands, NO_ANSWER, postponeCommand, type ClaimedCommand } from '../record/applications/commands';
import { isOwnFault } from '../record/kernel/failure';
import { claimRows, deleteDeliveredRows, postponeRow, renewLease, type OutboxRow } from '../record/kernel/outbox';
import { isStarved, type Sql } from '../runtime/database';
import type { FileStore } from '../runtime/storage/store';
import { startHousekeeping } from './housekeeping';
import { createOutboxHandlers } from './outbox-handlers';
import { startPool } from './pool';

/** The number of rows of the outbox, and of applications with waiting commands, that are worked on at once. */
const ROWS_AT_ONCE = 50;
const APPLICATIONS_AT_ONCE = 16;
/**
 * The time after which another relay takes what a killed one had taken; a row is renewed for as long as it is worked
 * on.
 */
const LEASE_SECONDS = 15;
const DELIVERY_MS = 10_000;
/** Longer than a delivery takes, so that it needs no renewal. */
const COMMAND_LEASE_SECONDS = 30;
const IDLE_MS = 1_000;
export interface Relay {
  stop(): Promise<void>;
}

/** Rows of one topic and subject say the same: they are delivered once. */
type SubjectRows = [OutboxRow, ...OutboxRow[]];

/**
 * Carries committed rows and commands to where they matter: starts workflows, signals changed files, delivers waiting
 * commands. Any number of relays may run; each row is leased, and everything they do may be repeated.
 */
export function startRelay({
  sql,
  dispatch,
  logger,
  store,
  leaseSeconds = LEASE_SECONDS,
}: {
  sql: Sql;
  dispatch: Dispatch;
  logger: Logger;
  /** The store of documents' files; left out if none is set up. */
  store?: FileStore | undefined;
  leaseSeconds?: number;
}): Relay {
  const inHand = new Set<number>();
  const { deliverRows, deliverCommand } = createDeliveries({ sql, dispatch, logger, inHand });

  const logFailure = (error: unknown) => logger.error({ err: error }, 'the relay failed, and goes on in a moment');
  const outbox = startPool<SubjectRows>({
    claim: async (limit) => {
      const rows = await claimRows(sql, limit, leaseSeconds, [...inHand]);
      return { pieces: groupBySubject(rows), more: rows.length === limit };
    },
    work: deliverRows,
    places: ROWS_AT_ONCE,
    idleMs: IDLE_MS,
    reportError: logFailure,
  });
  const commands = startPool<ClaimedCommand>({
    claim: async (limit) => {
      const pieces = await claimCommands(sql, limit, COMMAND_LEASE_SECONDS);
      return { pieces, more: pieces.length === limit };
    },
    work: deliverCommand,
    places: APPLICATIONS_AT_ONCE,
    idleMs: IDLE_MS,
    reportError: logFailure,
  });
  const renewing = setInterval(
    () => {
      if (inHand.size > 0) renewLease(sql, [...inHand], leaseSeconds).catch(logFailure);
    },
    (leaseSeconds * 1000) / 3,
  );
  const housekeeping = startHousekeeping(sql, store, logFailure);
  const listening = Promise.all(
    Object.entries({ outbox, commands }).map(([channel, pool]) => sql.listen(channel, () => pool.wake())),
  ).catch((error: unknown) => {
    logger.warn({ err: error }, 'not listening: what is due is found a second later');
    return [];
  });

  return {
    async stop() {
      await Promise.all([outbox.stop(), commands.stop(), housekeeping.stop()]);
      clearInterval(renewing);
      for (const listener of await listening) await listener.unlisten().catch(() => undefined);
    },
  };
}

interface DeliveriesDeps {
  sql: Sql;
  dispatch: Dispatch;
  logger: Logger;
  /** The rows that are worked on, whose lease is renewed. */
  inHand: Set<number>;
}

/** Delivers claimed rows and commands; each returns whether there is more of the same to claim at once. */
function createDeliveries({ sql, dispatch, logger, inHand }: DeliveriesDeps) {
  const handlers = createOutboxHandlers(sql, dispatch);

  async function deliverRows(rows: SubjectRows): Promise<boolean> {
    const { topic, subject, attempts } = rows[0];
    const ids = rows.map(({ id }) => id);
    for (const id of ids) inHand.add(id);
    try {
      const handler = handlers[topic];
      if ('call' in handler) {
        await handler.call(subject);
        await deleteDeliveredRows(sql, rows[0], ids);
      } else
        await sql.begin(async (tx) => {
          await handler.replace(tx, subject);
          await deleteDeliveredRows(tx, rows[0], ids);
        });
    } catch (error) {
      const { counts, code } = await judgeFailure(error);
      for (const row of rows) {
        const next = planNextTry(row.attempts, { counts, random: Math.random() });
        await postponeRow(sql, row.id, next, code);
        if (next.dead) logger.error({ topic, subject, code }, 'delivery failed for good: a person has to look at it');
      }
      logger.warn({ err: error, topic, subject, attempts }, 'delivery failed, will be tried again');
    } finally {
      for (const id of ids) inHand.delete(id);
    }
    return false;
  }

  async function deliverCommand(command: ClaimedCommand): Promise<boolean> {
    try {
      const { status } = await dispatch.deliverCommand(command.id, DELIVERY_MS);
      // a worker that takes nothing, with a server that answers, is a failed try
      if (status === 'on_its_way') await postponeDelivery(command, await dispatch.isReachable(), NO_ANSWER);
    } catch (error) {
      const { counts, code } = await judgeFailure(error);
      logger.warn({ err: error, ...command }, 'command failed, will be tried again');
      await postponeDelivery(command, counts, code);
    }
    // the next one of its application
    return true;
  }

  async function postponeDelivery(command: ClaimedCommand, counts: boolean, code: string): Promise<void> {
    const next = planNextTry(command.attempts, { counts, random: Math.random() });
    await postponeCommand(sql, command.id, next, code);
    if (next.dead) logger.error({ ...command, code }, 'command failed for good: a person has to look at it');
  }

  /** Judges whether a failed try counts, and the code by which it is remembered. */
  async function judgeFailure(error: unknown): Promise<{ counts: boolean; code: string }> {
    if (isUnanswered(error)) return { counts: false, code: NO_ANSWER };
    const counts = (await isOwnFault(error, () => isStarved(sql))) && (await dispatch.isReachable());
    return { counts, code: readCode(error) };
  }

  return { deliverRows, deliverCommand };
}

function groupBySubject(rows: readonly OutboxRow[]): SubjectRows[] {
  const bySubject = new Map<string, SubjectRows>();
  for (const row of rows) {
    const key = `${row.topic}/${row.subject}`;
    const same = bySubject.get(key);
    if (same) same.push(row);
    else bySubject.set(key, [row]);
  }
  return [...bySubject.values()];
}

/** Reads the kind and code of an error; its message may quote data. */
function readCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error && /^\w{1,20}$/.test(String(error.code)) ? ` ${String(error.code)}` : '';
  return `${error.name}${code}`;
}
