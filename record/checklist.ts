import { CHECKLIST_ITEMS, type ChecklistEntry } from '../domain/plans';
import type { Db } from '../runtime/database';
import { inScope, type Principal } from './principal';

/** The whole checklist of a relationship, in order; what nobody has taken up yet is open too. */
export async function checklistOf(sql: Db, principal: Principal, relationshipId: string): Promise<ChecklistEntry[]> {
  const kept = await sql<ChecklistEntry[]>`
    select item, owner, due, done_on, note from platform_checklist
    where relationship_id = ${relationshipId} and ${inScope(sql, principal)}`;
  return CHECKLIST_ITEMS.map(
    (item) => kept.find((one) => one.item === item) ?? { item, owner: null, due: null, doneOn: null, note: null },
  );
}
