import type { Bodies } from '../domain/applications/bodies';
import type { Logger } from 'pino';
import { WATCH_TYPES, type Action, type WatchType } from '../domain/kernel/codes';
import { planNextTry } from '../domain/kernel/relay-tries';
import type { Dispatch } from '../dispatch/dispatch';
import { isUnanswered } from '../dispatch/grpc-errors';
import { settleEndingItem } from '../dispatch/endings';
import { findConcernedApplications, openChanges } from '../record/applications/changes';
import {
  claimCommands,
  keepFollowUps,
  NO_ANSWER,
  postponeCommand,
  type ClaimedCommand,
} from '../record/applications/commands';
import { deriveId } from '../record/kernel/digest';
import { isOwnFault } from '../record/kernel/failure';
import { announceFact, announceTo, forwardRow } from '../record/kernel/subscribers';
import { completeNameKeys, screenLatecomers } from '../record/screening/exclusions';
import { deleteExpiredRows } from '../record/operations/housekeeping';
import {
  claimRows,
  deleteDeliveredRows,
  postponeRow,
  renewLease,
  type OutboxRow,
  type OutboxTopic,
} from '../record/kernel/outbox';
import type { Actor } from '../record/kernel/principal';
import { openRecredentialing, listNeedlessRenewals, listRenewedParticipations } from '../record/applications/renewals';
import { listTerminatedParticipations, lockTermination } from '../record/applications/affected-applications';
import { isStarved, type Sql, type Tx } from '../runtime/database';
import { startPool } from './pool';

/** So many rows of the outbox, and applications with waiting commands, are worked on at once. */
const ROWS_AT_ONCE = 50;
const APPLICATIONS_AT_ONCE = 16;
/** What a killed relay had taken is taken by another after that; a row is renewed for as long as it is worked on. */
const LEASE_SECONDS = 15;
const DELIVERY_MS = 10_000;
/** Longer than a delivery takes, so that it needs no renewal. */
const COMMAND_LEASE_SECONDS = 30;
const IDLE_MS = 1_000;
/** Secrets that were just made are to be forgotten within minutes. */
const HOUSEKEEPING_MS = 300_000;

export interface Relay {
  stop(): Promise<void>;
}

/** Rows of one topic and subject say the same: they are delivered once. */
type SubjectRows = [OutboxRow, ...OutboxRow[]];

/** What a row of the outbox leads to: a call that may be repeated, or what takes its place in the record. */
type Handler =
  { call: (subject: string) => Promise<unknown> } | { replace: (tx: Tx, subject: string) => Promise<unknown> };

/**
 * Carries what was committed to where it matters: starts workflows, signals changed files, delivers waiting commands.
 * Any number of relays may run; each row is leased, and everything they do may be repeated.
 */
export function startRelay({
  sql,
  dispatch,
  logger,
  leaseSeconds = LEASE_SECONDS,
}: {
  sql: Sql;
  dispatch: Dispatch;
  logger: Logger;
  leaseSeconds?: number;
}): Relay {
  const handlers = createOutboxHandlers(sql, dispatch);
  const inHand = new Set<number>();

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

  /** Whether a failed try counts, and the code by which it is remembered. */
  async function judgeFailure(error: unknown): Promise<{ counts: boolean; code: string }> {
    if (isUnanswered(error)) return { counts: false, code: NO_ANSWER };
    const counts = (await isOwnFault(error, () => isStarved(sql))) && (await dispatch.isReachable());
    return { counts, code: readCode(error) };
  }

  const logFailure = (error: unknown) => logger.error({ err: error }, 'the relay failed, and goes on in a moment');
  const outbox = startPool<SubjectRows>({
    claim: async (limit) => {
      const rows = await claimRows(sql, limit, leaseSeconds, [...inHand]);
      return { pieces: groupBySubject(rows), more: rows.length === limit };
    },
    work: deliverRows,
    places: ROWS_AT_ONCE,
    idleMs: IDLE_MS,
    failed: logFailure,
  });
  const commands = startPool<ClaimedCommand>({
    claim: async (limit) => {
      const pieces = await claimCommands(sql, limit, COMMAND_LEASE_SECONDS);
      return { pieces, more: pieces.length === limit };
    },
    work: deliverCommand,
    places: APPLICATIONS_AT_ONCE,
    idleMs: IDLE_MS,
    failed: logFailure,
  });
  const renewing = setInterval(
    () => {
      if (inHand.size > 0) renewLease(sql, [...inHand], leaseSeconds).catch(logFailure);
    },
    (leaseSeconds * 1000) / 3,
  );
  let tidied = Promise.resolve();
  const keepHouse = () => {
    tidied = Promise.all([deleteExpiredRows(sql), completeNameKeys(sql), screenLatecomers(sql)]).then(
      () => undefined,
      logFailure,
    );
  };
  keepHouse();
  const housekeeping = setInterval(keepHouse, HOUSEKEEPING_MS);
  const listening = Promise.all(
    Object.entries({ outbox, commands }).map(([channel, pool]) => sql.listen(channel, () => pool.wake())),
  ).catch((error: unknown) => {
    logger.warn({ err: error }, 'not listening: what is due is found a second later');
    return [];
  });

  return {
    async stop() {
      clearInterval(housekeeping);
      await Promise.all([outbox.stop(), commands.stop(), tidied]);
      clearInterval(renewing);
      for (const listener of await listening) await listener.unlisten().catch(() => undefined);
    },
  };
}

function createOutboxHandlers(sql: Sql, dispatch: Dispatch): Record<OutboxTopic, Handler> {
  return {
    start_application: { call: dispatch.startApplication },
    start_participation: { call: dispatch.startParticipation },
    file_changed: { call: dispatch.notifyFileChanged },
    file_changed_person: createForwarding('file_changed_person'),
    file_changed_provider: createForwarding('file_changed_provider'),
    file_changed_practice: createForwarding('file_changed_practice'),
    time_zone_changed: createForwarding('time_zone_changed'),
    end_participations: {
      replace: endTerminated,
    },
    open_changes: {
      replace: async (tx, id) => {
        const { submitted, untold } = await findConcernedApplications(tx, id);
        await announceTo(tx, 'application file changed', submitted, { committed: true });
        await keepCommands(tx, 'change-notice', id, untold, buildSystemActor('changes'));
        await announceFact(tx, 'file change passed on', id);
      },
    },
    open_applications: { call: (id) => openChanges(sql, id) },
    open_recredentialing: { call: (id) => openRecredentialing(sql, id) },
    withdraw_renewals: {
      replace: async (tx, id) =>
        keepCommands(
          tx,
          'withdrawal',
          `${id}/ended`,
          await listNeedlessRenewals(tx, id),
          buildSystemActor('recredentialing'),
        ),
    },
    renew_participations: {
      replace: async (tx, id) =>
        keepCommands(
          tx,
          'committee-date',
          id,
          await listRenewedParticipations(tx, id),
          buildSystemActor('recredentialing'),
        ),
    },
    ending_item: { call: (id) => settleEndingItem(sql, dispatch, id) },
    ...createWatchHandlers(dispatch),
  };
}

/** Strikes out the ends that a termination gave and gives no more, and has the last day recorded that it gives now. */
async function endTerminated(tx: Tx, id: string): Promise<void> {
  const version = await lockTermination(tx, id);
  const changed = (await listTerminatedParticipations(tx, id)).filter(({ given }) => !given?.holds);
  const actor = buildSystemActor('termination');
  const struck = changed.flatMap(({ given, ...one }) =>
    given ? { ...one, body: { entryId: given.id, reason: 'the termination gives it no more' } } : [],
  );
  await keepCommands(tx, 'corrections', `${id}/${version}/struck`, struck, actor);
  const ended = changed.flatMap(({ body, ...one }) => (body ? { ...one, body } : []));
  await keepCommands(tx, 'participation-end', `${id}/${version}`, ended, actor);
}

/** What concerns many takes its place as a row for each of them. */
const createForwarding = (topic: Parameters<typeof forwardRow>[1]): Handler => ({
  replace: (tx, id) => forwardRow(tx, topic, id),
});

/** Each watch is signalled by the topic of its name. */
const createWatchHandlers = ({ notifyWatch }: Dispatch) =>
  Object.fromEntries(
    WATCH_TYPES.map((type) => [type, { call: (subject: string) => notifyWatch(type, subject) }]),
  ) as Record<WatchType, Handler>;

/** An application that something follows for, with the body of the command that says so. */
interface ConcernedApplication<A extends Action> {
  id: string;
  clientId: string;
  body: Bodies[A];
}

/** Keeps for each of them the command that follows `from` something, once. */
const keepCommands = <A extends Action>(
  tx: Tx,
  action: A,
  from: string,
  to: ConcernedApplication<A>[],
  actor: Actor,
): Promise<void> =>
  keepFollowUps(
    tx,
    action,
    to.map(({ id: applicationId, clientId, body }) => ({
      id: deriveId(`${from}/${applicationId}`),
      clientId,
      applicationId,
      body,
    })),
    actor,
  );

const buildSystemActor = (id: string): Actor => ({ type: 'system', id, name: 'Countersign' });

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

/** Kind and code of an error; its message may quote data. */
function readCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error && /^\w{1,20}$/.test(String(error.code)) ? ` ${String(error.code)}` : '';
  return `${error.name}${code}`;
}
