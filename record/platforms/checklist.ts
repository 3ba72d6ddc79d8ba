import { CHECKLIST_ITEMS, type ChecklistEntry } from '../../domain/platforms/checklist';
import type { Db, Sql } from '../../runtime/database';
import type { Relationship } from './platforms';
import { isInScope, type Principal } from '../kernel/principal';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';

/** Reads the whole checklist of a relationship, in order; an item without an entry is open. */
export async function readChecklist(sql: Db, principal: Principal, relationshipId: string): Promise<ChecklistEntry[]> {
  const kept = await sql<ChecklistEntry[]>`
    select item, owner, due, done_on, note from platform_checklist
    where relationship_id = ${relationshipId} and ${isInScope(sql, principal)}`;
  return CHECKLIST_ITEMS.map(
    (item) => kept.find((one) => one.item === item) ?? { item, owner: null, due: null, doneOn: null, note: null },
  );
}

/**
 * Puts an entry in the place of the one before; the audit log keeps both. Returns it with the relationship's version.
 */
export const putChecklistEntry = (
  sql: Sql,
  principal: Principal,
  { id: relationshipId, clientId }: Relationship,
  entry: ChecklistEntry,
  precondition: Precondition,
): Promise<ChecklistEntry & { version: number }> =>
  sql.begin(async (tx) => {
    const asked = { checklist: entry };
    const version = await reviseRow(tx, principal, 'platform_relationship', relationshipId, {
      columns: {},
      asked,
      precondition,
    });
    await tx`
      insert into platform_checklist ${tx({ clientId, relationshipId, ...entry })}
      on conflict (relationship_id, item) do update
        set owner = excluded.owner, due = excluded.due, done_on = excluded.done_on, note = excluded.note`;
    return { ...entry, version };
  });
