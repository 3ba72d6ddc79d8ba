import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const files = readdirSync(join(__dirname, '../../runtime/migrations')).sort();

test('migrations are numbered from 1, each number once, so that they run in one order everywhere', () => {
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(file))).toEqual([]);
  expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
});
