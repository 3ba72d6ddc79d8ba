import { stringify } from 'csv-stringify/sync';

/** Writes a table as CSV (RFC 4180) that a spreadsheet opens without running anything in it. */
export const writeCsv = (columns: readonly string[], rows: readonly (readonly (string | null)[])[]): string =>
  stringify([[...columns], ...rows.map((row) => [...row])], { record_delimiter: 'windows', escape_formulas: true });
