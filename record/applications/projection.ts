import { announceFact } from '../kernel/subscribers';
import { toJson, toRows } from '../../runtime/database';
import type { TransactionSql } from 'postgres';
import type { ApplicationEvent } from '../../domain/applications/events';
import { isNews } from '../../domain/applications/news';
import { RULES_VERSION } from '../../domain/applications/reduce';
import {
  findGivenLastDay,
  isHeld,
  isOpen,
  isParticipating,
  type ApplicationState,
} from '../../domain/applications/state';
import { computeDueAt, computeNextFollowUpAt } from '../../domain/applications/view';
import { isSameValue } from '../../domain/kernel/facts';
import { keepBridges, projectChecks } from './bridges';
import { emitEvent } from '../outreach/event-feed';
import { projectOutreach } from './outreach-due';
import { projectReturnedApplications } from './returned-applications';
import { projectReference } from './payer-reference';
import { projectAgreement, projectSpan, terminateSpans } from './spans';

/** Builds the columns that lists filter and sort on: all of them a reading of the state. */
export const buildColumns = (state: ApplicationState) => ({
  open: isOpen(state),
  stage: state.stage,
  waitingOn: state.waiting.on,
  assignee: state.assignee,
  submittedOn: state.submittedOn,
  nextFollowUpAt: computeNextFollowUpAt(state),
  dueAt: computeDueAt(state),
  statutoryOn: state.agenda.statutory?.dueOn ?? null,
  version: state.version,
  rulesVersion: RULES_VERSION,
  updatedAt: state.updatedAt,
  ...summarizeParticipation(state),
});

/** Summarizes a participation that goes on: its issue, and the status of its renewal. */
function summarizeParticipation(state: ApplicationState) {
  const { participation: p, agenda } = state;
  const { lateUntil } = agenda.recredentialing ?? {};
  const goesOn = p !== undefined && isParticipating(state);
  const cycle = goesOn && lateUntil ? p.cycle : null;
  return {
    issues: goesOn ? p.issues.flatMap(({ code, resolvedOn }) => (resolvedOn === null ? [code] : [])) : [],
    recredentialing: cycle && (cycle.missedAt ? 'missed' : cycle.openedAt ? 'under_way' : 'ahead'),
    renewsUntil: cycle ? lateUntil! : null,
  };
}

/**
 * Writes the result of a step: entries, state, queue, spans, agreement, and the facts to announce. All of it is
 * sent at once; the connection keeps the order.
 */
export async function projectStep(
  tx: TransactionSql,
  before: ApplicationState | null,
  state: ApplicationState,
  events: readonly ApplicationEvent[],
  commandId: string | null,
): Promise<void> {
  const repaired = events.find((event) => event.kind === 'repaired');
  await Promise.all([
    writeEvents(tx, state, events, commandId),
    before && writeState(tx, state),
    before && projectReference(tx, state, events),
    projectItems(tx, before, state, { anew: repaired !== undefined }),
    before && endSnoozes(tx, state, events),
    projectSpan(tx, before, state, { anew: repaired?.data.differs.includes('span') ?? false }),
    isLastDayChanged(before, state) && terminateSpans(tx, state),
    projectAgreement(tx, before, state),
    projectChecks(tx, before, state),
    (before === null || isTakenUp(before, state)) &&
      state.key.providerId !== null &&
      keepBridges(tx, state.key.providerId),
    projectOutreach(tx, before, state, events),
    projectReturnedApplications(tx, state, events),
    announceChanges(tx, before, state, events),
    // last: it locks a row that all steps use, until the commit that comes next
    before && emitEvents(tx, state, events),
  ]);
}

async function writeEvents(
  tx: TransactionSql,
  { id: applicationId, clientId }: ApplicationState,
  events: readonly ApplicationEvent[],
  commandId: string | null,
): Promise<void> {
  await tx`insert into events ${tx(
    events.map((event) => ({
      clientId,
      applicationId,
      seq: event.seq,
      id: event.id,
      at: event.at,
      kind: event.kind,
      commandId: commandId && (event.id === commandId || event.causeId === commandId) ? commandId : null,
      causeId: event.causeId ?? null,
      event: toJson(tx, event),
    })),
  )}`;
  for (const event of events)
    if (event.kind === 'correction')
      await tx`
        update events set struck_by = ${event.id}
        where application_id = ${applicationId} and (id = ${event.data.strikes} or cause_id = ${event.data.strikes})`;
}

async function writeState(tx: TransactionSql, state: ApplicationState): Promise<void> {
  await tx`
    update applications set ${toRows(tx, { ...buildColumns(state), snapshot: toJson(tx, state) })}
    where id = ${state.id}`;
}

/** Emits the changes that subscribers of the event feed can act on. */
async function emitEvents(
  tx: TransactionSql,
  { id: subjectId, clientId, key }: ApplicationState,
  events: readonly ApplicationEvent[],
): Promise<void> {
  const { providerId, practiceId, payerId } = key;
  for (const { kind, data, at } of events) {
    const eventData = { providerId, practiceId, payerId, at };
    if (kind === 'stage')
      await emitEvent(tx, { clientId, type: 'application.stage_changed', subjectId, data: { ...eventData, ...data } });
    if (kind === 'nudge')
      await emitEvent(tx, {
        clientId,
        type: 'follow_up.due',
        subjectId,
        data: { ...eventData, purpose: data.purpose },
      });
  }
}

/** Whether a step opens an application, for the first time or again. */
const isTakenUp = (before: ApplicationState | null, state: ApplicationState): boolean =>
  isOpen(state) && (before === null || !isOpen(before));

/** Whether a step gives participations a last day, another one, or takes it back. */
const isLastDayChanged = (before: ApplicationState | null, state: ApplicationState): boolean =>
  !isSameValue(before && findGivenLastDay(before), findGivenLastDay(state));

/** Announces in the outbox the facts that a step has changed. */
async function announceChanges(
  tx: TransactionSql,
  before: ApplicationState | null,
  state: ApplicationState,
  events: readonly ApplicationEvent[],
): Promise<void> {
  const reopened = isTakenUp(before, state);
  if (reopened)
    // its opener starts it; the relay steps in if that failed
    await announceFact(tx, 'application opened', state.id, { afterSeconds: before ? 0 : 5 });
  const participatesAnew = isParticipating(state) && !(before && isParticipating(before));
  if (participatesAnew) await announceFact(tx, 'participation began', state.id);
  if (before && isParticipating(before) && state.participationEndedOn !== null)
    await announceFact(tx, 'participation ended', state.id);
  // one that runs already is as good
  if (before && events.some(({ kind }) => kind === 'workflow_restarted' || kind === 'found_behind')) {
    if (isOpen(state) && !reopened) await announceFact(tx, 'application opened', state.id);
    if (isParticipating(state) && !participatesAnew) await announceFact(tx, 'participation began', state.id);
  }
  if (before && isHeld(before) && !isHeld(state)) await announceFact(tx, 'hold ended', state.id);
  if (before?.paused && !state.paused) await announceFact(tx, 'pause ended', state.id);
  if (isLastDayChanged(before, state)) await announceFact(tx, 'termination changed', state.id);
  if (
    state.participation?.cycle?.openedAt &&
    state.participation.cycle.openedAt !== before?.participation?.cycle?.openedAt
  )
    await announceFact(tx, 'recredentialing opened', state.id);
  if (state.key.kind === 'recredentialing' && state.stage === 'confirmed' && before?.stage !== 'confirmed')
    await announceFact(tx, 'recredentialing confirmed', state.id);
  const { expectedDecisionAt } = state.agenda;
  if (expectedDecisionAt && expectedDecisionAt !== before?.agenda.expectedDecisionAt && state.key.providerId)
    // its provider's upkeep warns of what lapses before it
    await announceFact(tx, 'decision expected', state.key.providerId);
}

/** Ends snoozes of items that now ask for something else than when they were snoozed. */
async function endSnoozes(
  tx: TransactionSql,
  { id }: ApplicationState,
  events: readonly ApplicationEvent[],
): Promise<void> {
  if (events.some(isNews)) await tx`delete from snoozes where application_id = ${id}`;
}

async function projectItems(
  tx: TransactionSql,
  before: ApplicationState | null,
  state: ApplicationState,
  { anew }: { anew: boolean },
) {
  const { items } = state.agenda;
  if (!anew && isSameValue(before?.agenda.items ?? [], items)) return;
  if (before) await tx`delete from work_items where application_id = ${state.id}`;
  if (items.length > 0)
    await tx`
      insert into work_items ${tx(items.map((item) => ({ clientId: state.clientId, applicationId: state.id, ...item })))}`;
}
