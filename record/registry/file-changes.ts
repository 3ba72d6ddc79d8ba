import { selectClientToday } from '../time/days';
import { announceFact } from '../kernel/subscribers';
import type { ChangeField } from '../../domain/kernel/codes';
import type { PlainDate } from '../../domain/time/instants';
import { toJson, toRows, type Tx } from '../../runtime/database';
import { buildActor, type Principal } from '../kernel/principal';

/** The owner of the file that has changed. */
export interface ChangedSubject {
  type: 'practice' | 'provider';
  id: string;
  clientId: string;
}

/** The circumstances of a change: since when, and whether the file alone was wrong. */
export interface Circumstance {
  changedOn?: PlainDate | undefined;
  correction?: boolean | undefined;
}

/** Keeps what has changed about a subject, and has applications opened if payers want one. */
export async function keepChanges(
  tx: Tx,
  principal: Principal,
  { type: subjectType, id: subjectId, clientId }: ChangedSubject,
  fields: readonly ChangeField[],
  { changedOn, correction = false }: Circumstance,
): Promise<void> {
  for (const field of fields) {
    const [made] = await tx<{ id: string }[]>`
      insert into file_changes ${toRows(tx, {
        clientId,
        subjectType,
        subjectId,
        field,
        changedOn: changedOn ?? selectClientToday(tx, clientId),
        correction,
        recordedBy: toJson(tx, buildActor(principal)),
      })} returning id`;
    await announceFact(tx, 'file change kept', made!.id);
    if (field === 'tin') await announceFact(tx, 'tax id changed', subjectId);
  }
}
