import { CsvError, parse } from 'csv-parse';

/** A file that is no table, or not the one that was expected: the columns that it lacks, none where it can't be read. */
export class BadTable extends Error {
  override name = 'BadTable';
  constructor(readonly missing: readonly string[] = []) {
    super(missing.length > 0 ? `lacks ${missing.join(', ')}` : 'not CSV');
  }
}

/** A row by its columns, and the line of the file on which it starts. */
export interface CsvRow {
  line: number;
  values: Record<string, string>;
}

/** No cell of a table that we read is longer; PostgreSQL indexes no text of any length. */
export const LONGEST_CELL = 200;

/** The rows of a CSV file (RFC 4180, with a byte order mark or not); `columnsOf` names each column by its heading. */
export async function* readCsv(file: Buffer, columnsOf: (headings: string[]) => string[]): AsyncGenerator<CsvRow> {
  // no text has one, PostgreSQL takes none, and a workbook named .csv is full of them
  if (file.includes(0)) throw new BadTable();
  let headed = false;
  const parser = parse(file, {
    bom: true,
    trim: true,
    relax_column_count: true,
    info: true,
    columns: (headings: string[]) => {
      headed = true;
      return columnsOf(headings);
    },
  });
  let line = 2;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      if (Object.values(record).some((value) => value !== '')) yield { line, values: record };
      line = info.lines + 1;
    }
  } catch (error) {
    throw error instanceof CsvError ? new BadTable() : error;
  }
  if (!headed) columnsOf([]);
}
