import { readCaqhExport } from '../../../registries/caqh-export';

const read = (text: string) => readCaqhExport(Buffer.from(text));

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
      `12345678,,Expired,1/1/1899,\n12345678,,Expired,22000101,\n12345678,,${'E'.repeat(201)},,`,
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
    '10 status max_length',
  ]);
});

test('a file with a NUL, or with a quote that never ends, is no export as a whole', async () => {
  const good = 'caqh_id,status,status_date\n12345678,Expired,2026-03-01\n';
  await expect(read(`${good}12345678,Exp\0ired,2026-03-01\n`)).rejects.toMatchObject({ missing: [] });
  await expect(read(`${good}12345678,"Expired,2026-03-01\n`)).rejects.toMatchObject({ missing: [] });
  await expect(read(good)).resolves.toHaveLength(1);
});

test('a table that is no export names what it lacks', async () => {
  await expect(read('name,city\na,b')).rejects.toMatchObject({ missing: ['caqh_id', 'status', 'status_date'] });
});
