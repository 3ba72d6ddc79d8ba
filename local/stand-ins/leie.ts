import { createHash } from 'node:crypto';
import { StandIn } from './server';

const COLUMNS =
  'LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,REINDATE,WAIVERDATE,WVRSTATE';

/** An entry of the stand-in's list. */
export interface StandInEntry {
  lastName?: string;
  firstName?: string;
  businessName?: string;
  npi?: string;
  state?: string;
  /** YYYYMMDD. */
  excludedOn?: string;
}

/** Puts out a list of the excluded as the OIG does, for tests and `npm start`. */
export class StandInLeie extends StandIn {
  entries: StandInEntry[] = [];
  /** The time at which it was put out, as HTTP writes it; left out: the stand-in doesn't say. */
  modified: string | undefined;

  constructor() {
    super((_called, { headers }) => {
      const body = [COLUMNS, ...this.entries.map(writeLine)].join('\r\n');
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
      const listHeaders = {
        etag,
        'content-type': 'text/csv',
        ...(this.modified && { 'last-modified': this.modified }),
      };
      return headers['if-none-match'] === etag
        ? { status: 304, body: '', headers: listHeaders }
        : { body, headers: listHeaders };
    });
  }
}

const writeLine = ({
  lastName = '',
  firstName = '',
  businessName = '',
  npi = '0000000000',
  state = '',
  excludedOn = '20260301',
}: StandInEntry) =>
  [lastName, firstName, '', businessName, '', '', '', npi, '', '', '', state, '', '1128a1', excludedOn, '00000000']
    .concat('00000000', '')
    .map((value) => `"${value}"`)
    .join(',');
