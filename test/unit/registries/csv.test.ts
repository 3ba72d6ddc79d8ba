import { setImmediate as turn } from 'node:timers/promises';
import { readCsv, type Columns } from '../../../registries/csv';

const COLUMNS: Columns = {
  nameColumn: (heading) => heading,
  known: ['name', 'state'],
  listMissing: (names) => ['name', 'state'].filter((name) => !names.includes(name)),
};
async function read(text: string) {
  const rows = [];
  for await (const row of readCsv(Buffer.from(text), COLUMNS)) rows.push(row);
  return rows;
}

test('a large file leaves others their turns while it is read', async () => {
  let turns = 0;
  let over = false;
  const others = (async () => {
    for (; !over; turns += 1) await turn();
  })();
  const rows = await read(`name,state\n${'a,CA\n'.repeat(20_000)}`);
  over = true;
  await others;
  expect(rows).toHaveLength(20_000);
  expect(turns).toBeGreaterThan(50);
});

test.each([
  ['blank', '\n'],
  ['shorter than the headings', 'a\n'],
])('a table of which more than 20,000 rows are %s is refused, one of a few is read', async (_, row) => {
  expect(await read(`name,state\n${row.repeat(10)}a,CA\n`)).toContainEqual({
    line: 12,
    values: { name: 'a', state: 'CA' },
    overlong: false,
  });
  await expect(read(`name,state\n${row.repeat(25_000)}`)).rejects.toMatchObject({
    problems: [{ path: '', rule: 'csv', message: expect.stringContaining('over 20000 rows') }],
  });
});

test('a row is read whole, wherever the pieces begin in which a file is parsed', async () => {
  const cells = Array.from({ length: 5_000 }, (_, n) => `${'é'.repeat(n % 7)} "${n}",\n${n}`);
  const rows = cells.map((name) => `"${name.replaceAll('"', '""')}",CA`);
  const found = await read(['\uFEFFname,state', ...rows].join('\r\n'));
  expect(found.map(({ values }) => values)).toEqual(cells.map((name) => ({ name, state: 'CA' })));
  expect(found.map(({ line }) => line)).toEqual(cells.map((_, n) => 2 + 2 * n));
});

test.each([
  ['of headings', `name,state${','.repeat(20_000)}`],
  ['of cells', `name,state\n${','.repeat(20_001)}\n`],
  ['of one cell', `name,state\n${'x'.repeat(20_001)},CA\n`],
  ['of many lines', `name,state\n${'"\n",'.repeat(7_000)}\n`],
  ['that a quote never ends', `name,state\n"${'a,\n'.repeat(50_000)}`],
])('a row too long for a table is refused: one %s', async (_, text) => {
  await expect(read(text)).rejects.toMatchObject({
    problems: [{ path: '', rule: 'csv', message: expect.stringContaining('over 20000 bytes') }],
  });
});

test('a table of more than 200 columns is refused', async () => {
  const headings = (count: number) => `name,state${',x'.repeat(count - 2)}`;
  expect(await read(`${headings(200)}\na,CA\n`)).toHaveLength(1);
  await expect(read(`${headings(201)}\na,CA\n`)).rejects.toMatchObject({
    problems: [{ path: '', rule: 'csv', message: 'must have at most 200 columns' }],
  });
});
