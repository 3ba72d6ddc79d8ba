import { createHash } from 'node:crypto';
import { isRealDate } from '../domain/dates';
import type { LeieEntry } from '../domain/exclusions';
import { isNpi } from '../domain/identifiers';
import { BadTable, readCsv } from './csv';

/** The OIG's List of Excluded Individuals and Entities: the columns of `UPDATED.csv` that are read. */
const COLUMNS = ['LASTNAME', 'FIRSTNAME', 'NPI', 'DOB', 'STATE', 'EXCLTYPE', 'EXCLDATE', 'REINDATE'] as const;
type Row = Partial<Record<(typeof COLUMNS)[number], string>>;

/** Each person of the list; null for a row that names one and can't be read. Entities are passed over. */
export async function* readLeie(file: Buffer): AsyncGenerator<LeieEntry | null> {
  for await (const { values } of readCsv(file, columnsOf)) {
    const read = entryOf(values);
    if (read !== undefined) yield read;
  }
}

function columnsOf(headings: string[]): string[] {
  const missing = COLUMNS.filter((column) => !headings.includes(column));
  if (missing.length > 0) throw new BadTable(missing);
  return headings;
}

function entryOf({ LASTNAME = '', FIRSTNAME = '', NPI = '', DOB = '', STATE = '', EXCLTYPE = '', ...dates }: Row) {
  if (LASTNAME === '') return undefined;
  const excludedOn = dateOf(dates.EXCLDATE);
  const reinstatedOn = dateOf(dates.REINDATE);
  if (!excludedOn || reinstatedOn === undefined) return null;
  const listing = createHash('sha256')
    .update(JSON.stringify([LASTNAME, FIRSTNAME, DOB, EXCLTYPE, excludedOn]))
    .digest('hex');
  return {
    listing,
    firstName: FIRSTNAME,
    lastName: LASTNAME,
    // ten zeros where the OIG has none
    npi: isNpi(NPI) ? NPI : null,
    state: /^[A-Z]{2}$/.test(STATE) ? STATE : null,
    excludedOn,
    reinstatedOn,
  };
}

/** YYYYMMDD, all zeros where there is none; undefined where it is no date. */
function dateOf(text: string | undefined): string | null | undefined {
  if (text === undefined || text === '' || /^0+$/.test(text)) return null;
  const date = text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  return isRealDate(date) ? date : undefined;
}
