import { endAgreement } from '../record/billing/agreements';
import { keepCommand } from '../record/applications/commands';
import { findDueItem, settleItem, type DueItem, type EndingItem } from '../record/offboarding/endings';
import { readState } from '../record/applications/application-run';
import { freezeEvidenceFile } from '../record/applications/evidence-file';
import { openApplication } from '../record/applications/opening';
import { stopAskingAboutRelationship } from '../record/platforms/platforms';
import type { Principal } from '../record/kernel/principal';
import type { ActionWithBody } from '../domain/applications/bodies';
import type { LeavingAction } from '../domain/offboarding/endings';
import { readClock } from '../runtime/clock';
import { beginAtOneMoment, type Sql } from '../runtime/database';
import type { Dispatch } from './dispatch';

const DELIVERY_MS = 10_000;

interface Outcome {
  status: 'done' | 'refused';
  result: EndingItem['result'];
}
const DONE: Outcome = { status: 'done', result: null };

/**
 * Carries out one item of an ending, under the item's id as the command's: repeated, or begun by a process that is
 * gone, it has the same result. Throws if it is to be tried again.
 */
export async function settleEndingItem(
  sql: Sql,
  { deliverCommand: deliver }: Pick<Dispatch, 'deliverCommand'>,
  itemId: string,
): Promise<void> {
  const item = await findDueItem(sql, itemId);
  if (!item) return;
  const { status, result } = await HANDLERS[item.action](sql, deliver, item);
  await settleItem(sql, item, status, result);
}

type ItemHandler = (sql: Sql, deliver: Dispatch['deliverCommand'], item: DueItem) => Promise<Outcome>;

const HANDLERS: Record<LeavingAction, ItemHandler> = {
  withdraw: (sql, deliver, item) => withdrawApplication(sql, deliver, item, item.reason),

  async hand_over(sql, deliver, item) {
    const outcome =
      item.because === 'open'
        ? await withdrawApplication(sql, deliver, item, HANDED_OVER)
        : await endParticipation(sql, deliver, item, HANDED_OVER);
    if (outcome.status === 'refused') return outcome;
    const { id, subjectId, clientId } = item;
    // with the item's own result in it
    const evidenceSha256 = await beginAtOneMoment(
      sql,
      (tx) => freezeEvidenceFile(tx, id, { id: subjectId, clientId }),
      'read write',
    );
    return { status: 'done', result: { evidenceSha256 } };
  },

  end_participation: (sql, deliver, item) => endParticipation(sql, deliver, item, item.reason),

  async terminate(sql, _deliver, { id, subjectId, clientId, endingId, notice, recordedBy }) {
    const state = await readState(sql, subjectId);
    const key = { ...state!.key, kind: 'termination' as const };
    const { noticeBy, ...rest } = notice!;
    const body = { ...key, neededBy: noticeBy, endingId, ...rest };
    const at = readClock();
    const opened = await openApplication(sql, { id, clientId, key, body, at, previousId: subjectId }, recordedBy);
    return { status: 'done', result: { applicationId: 'existingId' in opened ? opened.existingId : id } };
  },

  async end_agreement(sql, _deliver, item) {
    await endAgreement(
      sql,
      buildActor(item),
      item.subjectId,
      item.id,
      describeEnding(item, item.reason),
      () => undefined,
    );
    return DONE;
  },

  stop_asking: stopAsking,
  end_platform: stopAsking,

  keep: () => Promise.resolve(DONE),
};

async function stopAsking(
  sql: Sql,
  _deliver: unknown,
  { subjectId: id, clientId, reason, recordedBy }: DueItem,
): Promise<Outcome> {
  await stopAskingAboutRelationship(sql, buildActor({ recordedBy }), { id, clientId }, reason);
  return DONE;
}

const HANDED_OVER = 'handed_over';

const withdrawApplication = (sql: Sql, deliver: Dispatch['deliverCommand'], item: DueItem, reason: string) =>
  deliverEndingCommand(sql, deliver, item, { action: 'withdrawal', body: { reason } });

const endParticipation = (sql: Sql, deliver: Dispatch['deliverCommand'], item: DueItem, reason: string) =>
  deliverEndingCommand(sql, deliver, item, { action: 'participation-end', body: describeEnding(item, reason) });

const describeEnding = ({ on, source, reference }: DueItem, reason: string) => ({ on, reason, source, reference });

async function deliverEndingCommand(
  sql: Sql,
  deliver: Dispatch['deliverCommand'],
  { id, clientId, subjectId: applicationId, recordedBy }: DueItem,
  said: ActionWithBody<'withdrawal' | 'participation-end'>,
): Promise<Outcome> {
  await keepCommand(sql, { id, clientId, applicationId, ...said }, recordedBy);
  const delivery = await deliver(id, DELIVERY_MS);
  if (delivery.status === 'on_its_way') throw new CommandNotTaken();
  return delivery.status === 'recorded' ? DONE : { status: 'refused', result: { problem: delivery.refusal.type } };
}

/** The application has not taken the command of an item yet. */
class CommandNotTaken extends Error {
  override name = 'NotTakenYet';
}

const buildActor = ({ recordedBy }: Pick<DueItem, 'recordedBy'>): Principal => ({
  ...recordedBy,
  role: 'admin',
  clientIds: null,
});
