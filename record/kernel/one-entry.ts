import type { Db, Fragment } from '../../runtime/database';

/** The tables whose rows can be merged: one entry then stands for others. */
export type Mergeable = 'payers' | 'practices';

/**
 * Selects the id of the entry that stands for a row of payers or practices: its own, or that of the one it was merged
 * into.
 */
export const selectEntryId = (sql: Db, alias: string, then: string = alias): Fragment =>
  sql`coalesce(${sql(then)}.merged_into, ${sql(alias)}.id)`;

/** Writes the condition that a row of payers or practices was not merged into another. */
export const isUnmerged = (sql: Db, alias: string): Fragment => sql`${sql(alias)}.merged_into is null`;

/** Writes the condition that a list of payers names one, or the one that stands for it. */
export const isAmong = (sql: Db, alias: string, ids: Fragment, then: string = alias): Fragment =>
  sql`${ids} && array[${sql(alias)}.id, ${sql(then)}.merged_into]`;

/** Writes the condition that two rows of payers, or of practices, are one. */
export const areOneEntry = (sql: Db, one: string, other: string): Fragment =>
  sql`${selectEntryId(sql, one)} = ${selectEntryId(sql, other)}`;

/** Selects the ids of an entry and of all that are one with it; for `id in …`. */
export const selectEntryIds = (sql: Db, table: Mergeable, id: Fragment | string | null): Fragment => sql`(
  select one.id from ${sql(table)} one, ${sql(table)} asked where asked.id = ${id} and ${areOneEntry(sql, 'one', 'asked')})`;

/** Selects the ids of several payers and of all that are one with them, as an array; null if the given ids are. */
export const selectEntriesIds = (sql: Db, ids: Fragment): Fragment => sql`
  case when ${ids} is not null then array(
    select one.id from payers one, payers asked where asked.id = any(${ids}) and ${areOneEntry(sql, 'one', 'asked')}) end`;

/** Selects the id of the entry that stands for the one with an id; null if the id is. */
export const selectUnmergedId = (sql: Db, table: Mergeable, id: Fragment | string | null): Fragment => sql`
  (select ${selectEntryId(sql, 'given')} from ${sql(table)} given where given.id = ${id})`;

/** Selects the ids of the payers that stand for these, each once and in their order, as an array. */
export const selectUnmergedIds = (sql: Db, ids: Fragment): Fragment => sql`
  array(
    select ${selectEntryId(sql, 'given')} from unnest(${ids}) with ordinality as named(id, place)
    join payers given on given.id = named.id group by 1 order by min(place))`;

/** Maps each of some ids that exist, in their order, to the id of the entry that stands for it. */
export async function findUnmergedIds(sql: Db, table: Mergeable, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await sql<{ id: string; one: string }[]>`
    select m.id, ${selectEntryId(sql, 'm')} as one from ${sql(table)} m where m.id = any(${[...ids]}::uuid[])`;
  const ones = new Map(rows.map(({ id, one }) => [id, one]));
  return new Map(ids.flatMap((id) => (ones.has(id) ? [[id, ones.get(id)!]] : [])));
}

/** Reads the same ids as `selectEntryIds`; the caller sees every payer. */
export async function findEntryIds(sql: Db, table: Mergeable, id: string): Promise<Set<string>> {
  const rows = await sql<
    { id: string }[]
  >`select m.id from ${sql(table)} m where m.id in ${selectEntryIds(sql, table, id)}`;
  return new Set(rows.map((row) => row.id));
}
