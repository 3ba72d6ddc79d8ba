import type { CaqhStatement } from '../domain/sources/caqh';
import type { Instant, PlainDate } from '../domain/time/instants';
import { isGivenDate, isRealDate, isFuture } from '../domain/time/dates';
import { isCaqhId, isNpi } from '../domain/kernel/identifiers';
import { findDamagedDate, findDamagedId, LONGEST_CELL, readCsv, type Columns } from './csv';

/** A row of an export of CAQH's portal, or the first thing that is wrong with it. */
export type ExportRow = { line: number } & (
  { caqhId: string | null; npi: string | null; said: CaqhStatement } | { column: string; rule: string }
);

/** Our names, by what exports and the API call the columns; without case, spaces and punctuation. */
const HEADINGS: Record<string, string> = {
  caqhproviderid: 'caqh_id',
  caqhid: 'caqh_id',
  providerid: 'caqh_id',
  npi: 'npi',
  npinumber: 'npi',
  individualnpi: 'npi',
  rosterstatus: 'roster_status',
  authorizationflag: 'authorized',
  authorizationstatus: 'authorized',
  authorized: 'authorized',
  providerstatus: 'status',
  profilestatus: 'status',
  status: 'status',
  providerstatusdate: 'status_date',
  statusdate: 'status_date',
  attestationdate: 'status_date',
  lastattestationdate: 'status_date',
};
const REQUIRED = ['status', 'status_date'];

/** Reads an export as a whole, so that nothing is taken of one that breaks off; a row that can't be read says why. */
export async function readCaqhExport(file: Buffer, now: Instant): Promise<ExportRow[]> {
  const rows: ExportRow[] = [];
  for await (const { line, values, overlong } of readCsv(file, COLUMNS)) {
    const row = readRow(values, now);
    rows.push({ line, ...('rule' in row && overlong ? { ...row, rule: MORE_CELLS } : row) });
  }
  return rows;
}

/** The rule of a row with more cells: a comma within one of them is not quoted. */
const MORE_CELLS = 'more_cells_than_headings';

const COLUMNS: Columns = {
  nameColumn: (heading) => HEADINGS[heading.toLowerCase().replace(/[^a-z]/g, '')] ?? heading,
  known: [...new Set(Object.values(HEADINGS))],
  listMissing: (names) => [
    ...(names.includes('caqh_id') || names.includes('npi') ? [] : ['caqh_id']),
    ...REQUIRED.filter((name) => !names.includes(name)),
  ],
};

const YES = /^(y|yes|authorized|true|1)$/i;
const NO = /^(n|no|not authorized|unauthorized|false|0)$/i;

function readRow(row: Partial<Record<string, string>>, now: Instant) {
  const { caqh_id: caqhId = '', npi = '', status = '', status_date: day = '', authorized = '' } = row;
  const { roster_status: rosterStatus = '' } = row;
  const statusOn = day === '' ? null : readDate(day);
  if (caqhId === '' && npi === '') return { column: 'caqh_id', rule: 'required' };
  for (const [column, id] of [
    ['caqh_id', caqhId],
    ['npi', npi],
  ] as const)
    if (findDamagedId(id)) return { column, rule: findDamagedId(id)! };
  if (caqhId !== '' && !isCaqhId(caqhId)) return { column: 'caqh_id', rule: 'caqh_id' };
  if (npi !== '' && !isNpi(npi)) return { column: 'npi', rule: 'npi_check_digit' };
  if (status === '') return { column: 'status', rule: 'required' };
  for (const [column, said] of [
    ['status', status],
    ['roster_status', rosterStatus],
  ] as const)
    if (said.length > LONGEST_CELL) return { column, rule: 'max_length' };
  if (statusOn === undefined) return { column: 'status_date', rule: findDamagedDate(day) ?? 'real_date' };
  if (statusOn !== null && !isGivenDate(statusOn)) return { column: 'status_date', rule: 'date_range' };
  if (statusOn !== null && isFuture(statusOn, now)) return { column: 'status_date', rule: 'not_in_future' };
  if (authorized !== '' && !YES.test(authorized) && !NO.test(authorized))
    return { column: 'authorized', rule: 'yes_or_no' };
  const statement: CaqhStatement = {
    found: true,
    rosterStatus: rosterStatus || null,
    authorised: authorized === '' ? null : YES.test(authorized),
    providerStatus: status,
    statusOn,
  };
  return { caqhId: caqhId || null, npi: npi || null, said: statement };
}

/** Reads YYYYMMDD, M/D/YYYY or ISO; undefined if it is no date. */
function readDate(text: string): PlainDate | undefined {
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: .*)?$/.exec(text);
  const date = american
    ? `${american[3]}-${american[1]!.padStart(2, '0')}-${american[2]!.padStart(2, '0')}`
    : text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  return isRealDate(date) ? date : undefined;
}
