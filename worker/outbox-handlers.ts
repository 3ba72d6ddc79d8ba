import { settleEndingItem } from '../dispatch/endings';
import type { Dispatch } from '../dispatch/dispatch';
import type { Bodies } from '../domain/applications/bodies';
import { WATCH_TYPES, type Action, type WatchType } from '../domain/kernel/codes';
import { listTerminatedParticipations, lockTermination } from '../record/applications/affected-applications';
import { findConcernedApplications, openChanges } from '../record/applications/changes';
import { keepFollowUps } from '../record/applications/commands';
import { openRecredentialing, listNeedlessRenewals, listRenewedParticipations } from '../record/applications/renewals';
import { deriveId } from '../record/kernel/digest';
import type { OutboxTopic } from '../record/kernel/outbox';
import { createSystemActor, type Actor } from '../record/kernel/principal';
import { announceFact, announceTo, forwardRow } from '../record/kernel/subscribers';
import type { Sql, Tx } from '../runtime/database';

/** The handling of a row of the outbox: a call that may be repeated, or rows that replace it in the record. */
type Handler =
  { call: (subject: string) => Promise<unknown> } | { replace: (tx: Tx, subject: string) => Promise<unknown> };

/** Maps each topic of the outbox to its handling. */
export function createOutboxHandlers(sql: Sql, dispatch: Dispatch): Record<OutboxTopic, Handler> {
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
        await keepCommands(tx, 'change-notice', id, untold, createSystemActor('changes'));
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
          createSystemActor('recredentialing'),
        ),
    },
    renew_participations: {
      replace: async (tx, id) =>
        keepCommands(
          tx,
          'committee-date',
          id,
          await listRenewedParticipations(tx, id),
          createSystemActor('recredentialing'),
        ),
    },
    ending_item: { call: (id) => settleEndingItem(sql, dispatch, id) },
    ...createWatchHandlers(dispatch),
  };
}

/**
 * Strikes out the ends that a termination gave and no longer gives, and has the last day recorded that it gives now.
 */
async function endTerminated(tx: Tx, id: string): Promise<void> {
  const version = await lockTermination(tx, id);
  const changed = (await listTerminatedParticipations(tx, id)).filter(({ given }) => !given?.holds);
  const actor = createSystemActor('termination');
  const struck = changed.flatMap(({ given, ...one }) =>
    given ? { ...one, body: { entryId: given.id, reason: 'the termination gives it no more' } } : [],
  );
  await keepCommands(tx, 'corrections', `${id}/${version}/struck`, struck, actor);
  const ended = changed.flatMap(({ body, ...one }) => (body ? { ...one, body } : []));
  await keepCommands(tx, 'participation-end', `${id}/${version}`, ended, actor);
}

/** Replaces a row that concerns many by a row for each of them. */
const createForwarding = (topic: Parameters<typeof forwardRow>[1]): Handler => ({
  replace: (tx, id) => forwardRow(tx, topic, id),
});

/** Signals each watch by the topic of its name. */
const createWatchHandlers = ({ notifyWatch }: Dispatch) =>
  Object.fromEntries(
    WATCH_TYPES.map((type) => [type, { call: (subject: string) => notifyWatch(type, subject) }]),
  ) as Record<WatchType, Handler>;

/** An application for which a command follows, with its body. */
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
