import { createHash } from 'node:crypto';
import { isGivenDate, toInstant, toUtcDate } from '../domain/time/dates';
import type { LeieEntry } from '../domain/screening/exclusions';
import { isNpi } from '../domain/kernel/identifiers';
import { BadTable, findDamagedDate, findDamagedId, LONGEST_CELL, readCsv, type Columns } from './csv';
import { callService, NOT_MODIFIED, ServiceError } from './http';

/** The list as it was fetched. */
export interface FetchedList {
  file: Buffer;
  sha256: string;
  /** The tag by which the next request asks whether there is another one; null if the server has none. */
  etag: string | null;
  /** The time at which the server says that it changed; null if it doesn't say. */
  modifiedAt: string | null;
}

/** A slow line takes a while for the whole list of about 15 MB. */
const TIMEOUT_MS = 60_000;
const MAX_BYTES = 40_000_000;

/** The OIG's List of Excluded Individuals and Entities, as it is put out each month. */
export class Leie {
  constructor(private readonly settings: { url: string; timeoutMs?: number; maxBytes?: number }) {}

  /** Fetches the list, or null if it is still the one of that tag. The reader judges its content. */
  async fetchUpdate(etag: string | null): Promise<FetchedList | null> {
    const { url, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = this.settings;
    const headers = { accept: 'text/csv', ...(etag !== null && { 'if-none-match': etag }) };
    const { status, headers: said, body: file } = await callService(new URL(url), { headers, timeoutMs, maxBytes });
    if (status === NOT_MODIFIED) return null;
    if (status !== 200) throw new ServiceError('nonsense', `answered ${status}`);
    const modified = Date.parse(said.get('last-modified') ?? '');
    const modifiedAt = Number.isNaN(modified) ? null : toInstant(modified);
    return {
      file,
      sha256: createHash('sha256').update(file).digest('hex'),
      etag: said.get('etag'),
      modifiedAt: modifiedAt !== null && isGivenDate(toUtcDate(modifiedAt)) ? modifiedAt : null,
    };
  }
}

/** The columns of `UPDATED.csv` that are read. */
const COLUMNS = [
  'LASTNAME',
  'FIRSTNAME',
  'BUSNAME',
  'NPI',
  'DOB',
  'STATE',
  'EXCLTYPE',
  'EXCLDATE',
  'REINDATE',
] as const;
/** A name of more than two words is easier to tell by it; a list may lack it. */
const MIDDLE_NAME = 'MIDNAME';
type Row = Partial<Record<(typeof COLUMNS)[number] | typeof MIDDLE_NAME, string>>;

/** Reads each person and entity of the list; null for a row that names one and can't be read. */
export async function* readLeie(file: Buffer): AsyncGenerator<LeieEntry | null> {
  for await (const { line, values } of readCsv(file, LEIE_TABLE)) {
    refuseDamage(line, values);
    const read = readEntry(values);
    if (read !== undefined) yield read;
  }
}

/** Refuses a list that went through a spreadsheet: it has lost the identity of its entries, and none of it is taken. */
function refuseDamage(line: number, row: Row): void {
  for (const [path, rule] of [
    ['NPI', findDamagedId(row.NPI ?? '')],
    ...(['DOB', 'EXCLDATE', 'REINDATE'] as const).map((path) => [path, findDamagedDate(row[path] ?? '')] as const),
  ] as const)
    if (rule) throw new BadTable([{ path, rule, message: `was changed by a spreadsheet (line ${line}): ${AS_IT_IS}` }]);
}
const AS_IT_IS = 'import the OIG’s file as it is, without opening it';

const LEIE_TABLE: Columns = {
  nameColumn: (heading) => heading,
  known: COLUMNS,
  listMissing: (names) => COLUMNS.filter((column) => !names.includes(column)),
};

function readEntry({
  LASTNAME = '',
  FIRSTNAME = '',
  MIDNAME = '',
  BUSNAME = '',
  NPI = '',
  DOB = '',
  STATE = '',
  ...rest
}: Row) {
  if (LASTNAME === '' && BUSNAME === '') return undefined;
  const excludedOn = readDate(rest.EXCLDATE);
  const reinstatedOn = readDate(rest.REINDATE);
  if (!excludedOn || reinstatedOn === undefined) return null;
  const named = LASTNAME === '' ? [BUSNAME] : [LASTNAME, FIRSTNAME, DOB];
  if ([...named, MIDNAME].some((name) => name.length > LONGEST_CELL)) return null;
  const listing = createHash('sha256')
    .update(JSON.stringify([...named, rest.EXCLTYPE ?? '', excludedOn]))
    .digest('hex');
  return {
    listing,
    firstName: FIRSTNAME,
    middleName: MIDNAME.trim() || null,
    lastName: LASTNAME,
    // if a person is named, the business is only their place of work
    businessName: LASTNAME === '' ? BUSNAME : null,
    // ten zeros if the OIG has none
    npi: isNpi(NPI) ? NPI : null,
    state: /^[A-Z]{2}$/.test(STATE) ? STATE : null,
    excludedOn,
    reinstatedOn,
  };
}

/** Reads YYYYMMDD, null for all zeros; undefined if it is no date that can be meant. */
function readDate(text: string | undefined): string | null | undefined {
  if (text === undefined || text === '' || /^0+$/.test(text)) return null;
  const date = text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  return isGivenDate(date) ? date : undefined;
}
