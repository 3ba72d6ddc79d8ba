import { BadTable } from '../../../registries/csv';
import { readLeie } from '../../../registries/leie';

const HEADER =
  'LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,REINDATE,WAIVERDATE,WVRSTATE';
const rows = async (...lines: string[]) => {
  const read = [];
  for await (const row of readLeie(Buffer.from([HEADER, ...lines].join('\r\n')))) read.push(row);
  return read;
};
const VALE =
  '"VALE","ROBIN","A","","INDIVIDUAL","COUNSELOR","","1234567893","19700131","1 ELM","SPRINGFIELD","CA","94107","1128a1","20260318","00000000","00000000",""';

test('a person is read with what names them; ten zeros are no NPI, eight zeros no date', async () => {
  const [known, bare] = await rows(VALE, VALE.replace('1234567893', '0000000000'));
  expect(known).toMatchObject({
    firstName: 'ROBIN',
    lastName: 'VALE',
    npi: '1234567893',
    state: 'CA',
    excludedOn: '2026-03-18',
    reinstatedOn: null,
  });
  expect(bare).toMatchObject({ npi: null });
  // the same entry, though the list came to know the NPI
  expect(bare!.listing).toBe(known!.listing);
});

test('an entity is read with its own name, what cannot be read is counted', async () => {
  expect(
    await rows(
      '"","","","ACME CLINIC","OTHER","CLINIC","","","","1 ELM","X","CA","94107","1128b4","20200101","","",""',
    ),
  ).toMatchObject([{ businessName: 'ACME CLINIC', lastName: '', npi: null, state: 'CA', excludedOn: '2020-01-01' }]);
  expect(await rows(VALE.replace('20260318', '20261318'), VALE.replace('"20260318"', '""'))).toEqual([null, null]);
  expect(await rows(VALE.replace('20260318', '99991231'), VALE.replace('VALE', 'V'.repeat(201)))).toEqual([null, null]);
});

test('a reinstatement is read where the file has one', async () => {
  expect(await rows(VALE.replace('"20260318","00000000"', '"20260318","20260901"'))).toMatchObject([
    { reinstatedOn: '2026-09-01' },
  ]);
});

test('what is no list of the OIG is refused by the columns that it lacks, an empty file by all', async () => {
  const read = async (text: string) => {
    for await (const row of readLeie(Buffer.from(text))) if (row) return row;
  };
  await expect(read('LASTNAME,FIRSTNAME,NPI\nA,B,1')).rejects.toMatchObject({
    problems: ['BUSNAME', 'DOB', 'STATE', 'EXCLTYPE', 'EXCLDATE', 'REINDATE'].map((path) => ({ path, rule: 'column' })),
  });
  await expect(read('')).rejects.toThrow(BadTable);
  await expect(read(`${HEADER}\n"A`)).rejects.toMatchObject({ problems: [{ rule: 'csv' }] });
  await expect(read(`${HEADER}\n${VALE}\n${VALE.replace('ROBIN', 'RO\0BIN')}`)).rejects.toMatchObject({
    problems: [{ rule: 'csv' }],
  });
});

test.each([
  ['NPI', 'shortened_by_spreadsheet', VALE.replace('1234567893', '1.23E+09')],
  ['NPI', 'shortened_by_spreadsheet', VALE.replace('1234567893', '1,23E+09')],
  ['DOB', 'shortened_by_spreadsheet', VALE.replace('19700131', '1.97E+07')],
  ['EXCLDATE', 'spreadsheet_date', VALE.replace('20260318', '46099')],
  ['EXCLDATE', 'spreadsheet_date', VALE.replace('20260318', '46099.5')],
])('a list that a spreadsheet has changed is refused as a whole, by its column: %s %s', async (path, rule, line) => {
  await expect(rows(VALE, line)).rejects.toMatchObject({
    problems: [{ path, rule, message: expect.stringContaining('(line 3)') }],
  });
});

test('a list in UTF-16 is refused as that', async () => {
  const read = async (file: Buffer) => {
    for await (const row of readLeie(file)) if (row) return row;
  };
  await expect(read(Buffer.from(`${HEADER}\n${VALE}`, 'utf16le'))).rejects.toMatchObject({
    problems: [{ path: '', rule: 'encoding' }],
  });
});
