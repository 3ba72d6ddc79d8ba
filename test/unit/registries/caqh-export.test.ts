import { BadTable } from '../../../registries/csv';
import { readCaqhExport } from '../../../registries/caqh-export';

const read = (text: string) => readCaqhExport(Buffer.from(text), '2026-06-01T09:00:00.000Z');

test('an export is read by CAQH’s names of the columns, whichever, and each way to write a date', async () => {
  const rows = await read(
    '\uFEFFCAQH Provider ID,NPI,Provider Status,Last Attestation Date,Authorization Flag\r\n' +
      '12345678,1234567893,"Initial Profile Complete",3/1/2026,Y\r\n' +
      '12345678,,Re-Attestation,20260302,N\r\n\r\n' +
      ',1234567893,Expired,2026-03-03,\r\n',
  );
  expect(rows).toMatchObject([
    { line: 2, caqhId: '12345678', npi: '1234567893', said: { statusOn: '2026-03-01', authorised: true } },
    { line: 3, npi: null, said: { providerStatus: 'Re-Attestation', statusOn: '2026-03-02', authorised: false } },
    { line: 5, caqhId: null, said: { statusOn: '2026-03-03', authorised: null } },
  ]);
});

test('each row that cannot be read says what and why', async () => {
  const rows = await read(
    'caqh_provider_id,npi,provider_status,provider_status_date,authorization_flag\n' +
      ',,Expired,,\nabc,,Expired,,\n,1234567890,Expired,,\n12345678,,,,\n12345678,,Expired,13/45/2026,\n12345678,,Expired,,maybe\n' +
      `12345678,,Expired,1/1/1899,\n12345678,,Expired,22000101,\n12345678,,Expired,6/3/2026,\n12345678,,${'E'.repeat(201)},,`,
  );
  expect(rows.map((row) => ('rule' in row ? `${row.line} ${row.column} ${row.rule}` : row))).toEqual([
    '2 caqh_id required',
    '3 caqh_id caqh_id',
    '4 npi npi_check_digit',
    '5 status required',
    '6 status_date real_date',
    '7 authorized yes_or_no',
    '8 status_date date_range',
    '9 status_date date_range',
    '10 status_date not_in_future',
    '11 status max_length',
  ]);
});

const problemsOf = (file: string | Buffer): Promise<string[]> =>
  readCaqhExport(Buffer.from(file), '2026-06-01T09:00:00.000Z').then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof BadTable)) throw error;
      return error.problems.map(({ path, rule }) => `${path} ${rule}`.trim());
    },
  );

test('a file with a NUL, or with a quote that never ends, is no export as a whole', async () => {
  const good = 'caqh_id,status,status_date\n12345678,Expired,2026-03-01\n';
  expect(await problemsOf(`${good}12345678,Exp\0ired,2026-03-01\n`)).toEqual(['csv']);
  expect(await problemsOf(`${good}12345678,"Expired,2026-03-01\n`)).toEqual(['csv']);
  await expect(read(good)).resolves.toHaveLength(1);
});

test('a table that is no export names what it lacks', async () => {
  expect(await problemsOf('name,city\na,b')).toEqual(['caqh_id column', 'status column', 'status_date column']);
  expect(await problemsOf('')).toEqual(['caqh_id column', 'status column', 'status_date column']);
});

test('two columns that are read as one are refused with both names', async () => {
  const file = 'CAQH ID,Provider Status,Provider Status Date,Last "Attestation" Date,Note,Note\n';
  await expect(read(file.replaceAll('"', ''))).rejects.toThrow(
    'status_date must be one column, and these are read as it: Provider Status Date, Last Attestation Date',
  );
  expect(await problemsOf('caqh_id,status,Profile Status,status_date\n1,a,b,c')).toEqual(['status one_column']);
});

test.each([
  ['semicolons', 'delimiter', '\uFEFFCAQH ID;Provider Status;Status Date\r\n12345678;Expired;2026-03-01'],
  ['tabs', 'delimiter', 'CAQH ID\t"Provider Status"\tStatus Date\n12345678\tExpired\t2026-03-01'],
  ['semicolons, and a column that lacks', 'delimiter', 'caqh_id;npi;attestation_date\n12345678;1;2026-03-01'],
  ['a line before the headings, and a column that lacks', 'headings_first', 'Roster\nCAQH ID,Provider Status\n'],
  ['a line before the headings', 'headings_first', 'Roster of Elm, May\n\nCAQH ID,Provider Status,Status Date\n'],
  ['a workbook', 'workbook', 'PK\x03\x04\x14\x00'],
  ['a workbook of before 2007', 'workbook', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1])],
  ['UTF-16', 'encoding', Buffer.from('\uFEFFCAQH ID,Provider Status,Status Date\n', 'utf16le')],
  ['UTF-16 without a mark', 'encoding', Buffer.from('CAQH ID,Provider Status,Status Date\n', 'utf16le')],
  ['UTF-16, big end first', 'encoding', Buffer.from('\uFEFFCAQH ID,Status,Status Date\n', 'utf16le').swap16()],
  ['the same without a mark', 'encoding', Buffer.from('CAQH ID,Status,Status Date\n', 'utf16le').swap16()],
])('a file with %s is refused by its cause: %s', async (_, rule, file) => {
  expect(await problemsOf(file)).toEqual([rule]);
});

test('what a spreadsheet made of an id or a date is named as that', async () => {
  const rows = await read(
    [
      'caqh_id,npi,status,status_date',
      '1.23457E+07,,Expired,3/1/2026',
      ',1.23457E+09,Expired,3/1/2026',
      '12345678,,Expired,46082',
      ',"1,23E+09",Expired,3/1/2026',
      ',1e9,Expired,3/1/2026',
      '12345678,,Expired,46000.5',
      '12345678,,Expired,"46000,5"',
      '12345678,,Expired,2.0260301E+07',
      // the comma of a number that is not in quotes
      ',1,23E+09,Expired,3/1/2026',
    ].join('\n'),
  );
  expect(rows.map((row) => ('rule' in row ? `${row.column} ${row.rule}` : row))).toEqual([
    'caqh_id shortened_by_spreadsheet',
    'npi shortened_by_spreadsheet',
    'status_date spreadsheet_date',
    'npi shortened_by_spreadsheet',
    'npi shortened_by_spreadsheet',
    'status_date spreadsheet_date',
    'status_date spreadsheet_date',
    'status_date shortened_by_spreadsheet',
    'npi more_cells_than_headings',
  ]);
});
