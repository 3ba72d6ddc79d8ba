import type { Db, Fragment } from '../../runtime/database';

/**
 * The tables whose earlier rows are kept: the columns that billing readiness reads, as they were before each change
 * (runtime/migrations/0028_earlier_rows.sql).
 */
type HistoricTable = 'agreements' | 'applications' | 'licences' | 'payers' | 'practices' | 'providers';

/** The rows as they were known at the instant `asOf` that the question `q` asks about; null: as they are. */
export interface EarlierRows {
  /** A table's rows under an alias and, as `alias_then`, as they were known. */
  selectRows: (table: HistoricTable, alias: string) => Fragment;
  /** Selects those fields of a row that later changed, as they were; null if none did. */
  selectEarlier: (table: HistoricTable, subjectId: Fragment) => Fragment;
}

/** Selects rows as they were known; while no question asks about the past, it costs nothing that there is one. */
export const selectAsKnown = (sql: Db, ofThePast: boolean): EarlierRows =>
  ofThePast
    ? {
        selectRows: (table, alias) => sql`
          ${sql(table)} ${sql(alias)}
          cross join lateral jsonb_populate_record(
            ${sql(alias)}, coalesce(${selectEarlier(sql, table, sql`${sql(alias)}.id`)}, '{}')) ${sql(`${alias}_then`)}`,
        selectEarlier: (table, subjectId) => selectEarlier(sql, table, subjectId),
      }
    : {
        selectRows: (table, alias) => sql`
          ${sql(table)} ${sql(alias)} cross join lateral (select ${sql(alias)}.*) ${sql(`${alias}_then`)}`,
        selectEarlier: () => sql`null::jsonb`,
      };

const selectEarlier = (sql: Db, table: HistoricTable, subjectId: Fragment): Fragment => sql`
  (select e.fields from earlier_rows e
  where e.table_name = ${table} and e.subject_id = ${subjectId} and e.known_to > q."asOf"
  -- by their order, not by time: of two at once the second may have begun first
  order by e.id limit 1)`;

/** Writes the condition that a row with `known_from` and `known_to` is what was known when the question `q` asks. */
export const wasKnownThen = (sql: Db, alias: string): Fragment => {
  const row = sql(alias);
  return sql`
    case when q."asOf" is null then ${row}.known_to is null
      else ${row}.known_from <= q."asOf" and coalesce(${row}.known_to, 'infinity') > q."asOf" end`;
};
