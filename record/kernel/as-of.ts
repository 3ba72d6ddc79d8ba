import type { Db, Fragment } from '../../runtime/database';

/** Of these tables is kept what the gate reads, as it was before each change: runtime/migrations/0028_earlier_rows.sql. */
type Kept = 'agreements' | 'applications' | 'licences' | 'payers' | 'practices' | 'providers';

/** How rows were known at the instant `asOf` that the question `q` asks of; null: as they are. */
export interface AsKnown {
  /** A table's rows under an alias and, as `alias_then`, as they were known. */
  rows: (table: Kept, alias: string) => Fragment;
  /** Of a row, the fields that later became others, as they were; null where none did. */
  earlier: (table: Kept, subjectId: Fragment) => Fragment;
}

/** Where no question asks of the past, it costs nothing that there is one. */
export const asKnown = (sql: Db, ofThePast: boolean): AsKnown =>
  ofThePast
    ? {
        rows: (table, alias) => sql`
          ${sql(table)} ${sql(alias)}
          cross join lateral jsonb_populate_record(
            ${sql(alias)}, coalesce(${earlier(sql, table, sql`${sql(alias)}.id`)}, '{}')) ${sql(`${alias}_then`)}`,
        earlier: (table, subjectId) => earlier(sql, table, subjectId),
      }
    : {
        rows: (table, alias) => sql`
          ${sql(table)} ${sql(alias)} cross join lateral (select ${sql(alias)}.*) ${sql(`${alias}_then`)}`,
        earlier: () => sql`null::jsonb`,
      };

const earlier = (sql: Db, table: Kept, subjectId: Fragment): Fragment => sql`
  (select e.fields from earlier_rows e
  where e.table_name = ${table} and e.subject_id = ${subjectId} and e.known_to > q."asOf"
  -- by their order, not by time: of two at once the second may have begun first
  order by e.id limit 1)`;

/** The condition that a row with `known_from` and `known_to` is what was known when the question `q` asks. */
export const knownThen = (sql: Db, alias: string): Fragment => {
  const row = sql(alias);
  return sql`
    case when q."asOf" is null then ${row}.known_to is null
      else ${row}.known_from <= q."asOf" and coalesce(${row}.known_to, 'infinity') > q."asOf" end`;
};
