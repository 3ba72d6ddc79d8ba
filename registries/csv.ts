import { pipeline } from 'node:stream';
import { setImmediate as breathe } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';

/** A fault of a table as a whole; `path` is a column of ours if it is about one. */
export interface TableProblem {
  path: string;
  rule: 'column' | 'one_column' | 'delimiter' | 'headings_first' | 'workbook' | 'encoding' | 'csv' | SpreadsheetDamage;
  message: string;
}

/** A file that is no table, or not the one that was expected. */
export class BadTable extends Error {
  override name = 'BadTable';
  constructor(readonly problems: readonly TableProblem[]) {
    super(problems.map(({ path, message }) => `${path} ${message}`.trim()).join('; '));
  }
}

/** The columns of a table: what each heading is called here, and which of the known ones a table lacks. */
export interface Columns {
  nameColumn: (heading: string) => string;
  known: readonly string[];
  listMissing: (names: readonly string[]) => string[];
}

/** A row by its columns, and the line of the file on which it starts. */
export interface CsvRow {
  line: number;
  values: Record<string, string>;
  /** It has more cells than there are headings: those after an unquoted comma stand one column too far. */
  overlong: boolean;
}

/** The damage that a spreadsheet does to a long number, or a date, in a column that is not formatted as text. */
export type SpreadsheetDamage = 'shortened_by_spreadsheet' | 'spreadsheet_date';
const SHORTENED = /^-?\d+([.,]\d+)?e[+-]?\d+$/i;
/** The number of days by which spreadsheets keep a date, 1955 to 2119, and with a fraction the time of that day. */
const SERIAL_DATE = /^[2-7]\d{4}([.,]\d+)?$/;

/** Finds the damage of a cell that is no id of ours, or no date, if a spreadsheet has made it of one. */
export const findDamagedId = (cell: string): SpreadsheetDamage | null =>
  SHORTENED.test(cell) ? 'shortened_by_spreadsheet' : null;
export const findDamagedDate = (cell: string): SpreadsheetDamage | null =>
  SERIAL_DATE.test(cell) ? 'spreadsheet_date' : findDamagedId(cell);

/** No cell of a table that we read is longer; PostgreSQL indexes no text of any length. */
export const LONGEST_CELL = 200;

const buildBadTable = (rule: TableProblem['rule'], message: string): BadTable =>
  new BadTable([{ path: '', rule, message }]);

/** The longest row of a table that we read, in bytes. */
const LONGEST_ROW = 20_000;
/** No table that we read has more headings. */
const MOST_COLUMNS = 200;
/**
 * The most rows without as many cells as there are headings, blank ones among them: with more it is no table, and each
 * costs the parser much.
 */
const MOST_UNEVEN = 20_000;
/** The bytes that are parsed at once: a parser that is given a whole file lets nothing else happen until its end. */
const PIECE = 1_024;

const [QUOTE, LINE_FEED, CARRIAGE_RETURN] = [0x22, 0x0a, 0x0d];

/**
 * Splits a file into pieces, between which others have their turn; throws the error of `buildError` if a row is too
 * long.
 */
async function* splitFile(file: Buffer, buildError: () => BadTable): AsyncGenerator<Buffer> {
  let quoted = false;
  let length = 0;
  for (let from = 0; from < file.length; from += PIECE) {
    const piece = file.subarray(from, from + PIECE);
    for (const byte of piece) {
      length += 1;
      if (byte === QUOTE) quoted = !quoted;
      else if (!quoted && (byte === LINE_FEED || byte === CARRIAGE_RETURN)) length = 0;
      if (length > LONGEST_ROW) throw buildError();
    }
    yield piece;
    await breathe();
  }
}

/** The first bytes of workbooks, of today and of before 2007. */
const WORKBOOKS = [Buffer.from('PK\x03\x04', 'latin1'), Buffer.from([0xd0, 0xcf, 0x11, 0xe0])];

/** Reads the rows of a CSV file (RFC 4180, with a byte order mark or not), each cell by the name of its column. */
export async function* readCsv(file: Buffer, columns: Columns): AsyncGenerator<CsvRow> {
  if (WORKBOOKS.some((start) => file.subarray(0, start.length).equals(start)))
    throw buildBadTable('workbook', 'must be CSV, and this is a workbook: save it as CSV (UTF-8)');
  if (isUtf16(file))
    throw buildBadTable('encoding', 'must be in UTF-8, and this is in UTF-16 ("Unicode text"): save it as CSV UTF-8');
  // no text has one, and PostgreSQL takes none
  if (file.includes(0)) throw buildBadTable('csv', 'must be CSV in UTF-8, without NUL characters');
  const parser = parse({ bom: true, trim: true, relax_column_count: true, info: true });
  const buildError = () =>
    findCause(file, columns) ??
    buildBadTable('csv', `must be CSV: a quote does not end, or a row has over ${LONGEST_ROW} bytes`);
  // the parser throws the failures
  pipeline(splitFile(file, buildError), parser, () => undefined);
  let line = 1;
  let names: string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number; invalid_field_length: number };
    }>) {
      if (names === undefined) {
        names = readNames(record, columns, file);
        line = info.lines + 1;
        continue;
      }
      if (info.invalid_field_length > MOST_UNEVEN)
        throw buildBadTable(
          'csv',
          `must have as many cells a row as headings: over ${MOST_UNEVEN} rows, or blank lines, have not`,
        );
      if (record.some((value) => value !== '')) yield { line, ...readValues(record, names) };
      line = info.lines + 1;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw (
      findCause(file, columns) ?? buildBadTable('csv', 'must be CSV: a quote does not end, or stands where none can')
    );
  }
  if (names === undefined) readNames([], columns, file);
}

/**
 * Whether a file is what spreadsheets save as "Unicode text": marked as such, or with headings whose every other byte
 * is none.
 */
function isUtf16(file: Buffer): boolean {
  const [first, second, third, fourth] = file;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return (first === 0 && third === 0 && second !== 0) || (second === 0 && fourth === 0 && first !== 0);
}

const readValues = (record: readonly string[], names: readonly string[]) => ({
  values: Object.fromEntries(names.map((name, i) => [name, record[i] ?? ''])),
  overlong: record.slice(names.length).some((value) => value !== ''),
});

function readNames(headings: string[], columns: Columns, file: Buffer): string[] {
  if (headings.length > MOST_COLUMNS) throw buildBadTable('csv', `must have at most ${MOST_COLUMNS} columns`);
  const names = headings.map(columns.nameColumn);
  const missing = columns.listMissing(names);
  if (missing.length > 0)
    throw (
      findCause(file, columns) ??
      new BadTable(missing.map((path) => ({ path, rule: 'column', message: 'is a required column' })))
    );
  const twice = columns.known.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice.length > 0)
    throw new BadTable(
      twice.map((path) => {
        // known by their letters, so nothing else of the file is repeated
        const given = headings.filter((_, i) => names[i] === path).map((heading) => heading.replace(/[^\w ]/g, ''));
        return {
          path,
          rule: 'one_column',
          message: `must be one column, and these are read as it: ${given.join(', ')}`,
        };
      }),
    );
  return names;
}

const DELIMITERS: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };
const LOOKED_AT = { bytes: 20_000, lines: 20 };

/**
 * Finds why the headings were not found: more of them are known further down, or between other characters than commas.
 */
function findCause(file: Buffer, { nameColumn, known }: Columns): BadTable | null {
  const lines = file.toString('utf8', 0, LOOKED_AT.bytes).split(/\r?\n/).slice(0, LOOKED_AT.lines);
  const countKnown = (line: string, delimiter: string): number => {
    const cells = line.split(delimiter).map((cell) => cell.replace(/^[\s"\uFEFF]+|[\s"]+$/g, ''));
    const names = new Set(cells.map(nameColumn));
    return known.filter((name) => names.has(name)).length;
  };
  let best = { delimiter: ',', at: 0, count: countKnown(lines[0] ?? '', ',') };
  for (const delimiter of Object.keys(DELIMITERS))
    for (const [at, line] of lines.entries()) {
      const count = countKnown(line, delimiter);
      if (count > best.count) best = { delimiter, at, count };
    }
  if (best.delimiter !== ',')
    return buildBadTable('delimiter', `must have commas between its columns, and has ${DELIMITERS[best.delimiter]}`);
  return best.at === 0
    ? null
    : buildBadTable('headings_first', `must begin with its headings, and they are on line ${best.at + 1}`);
}
