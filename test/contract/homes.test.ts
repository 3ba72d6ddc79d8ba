import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const PRODUCT = [
  'activities',
  'api',
  'dispatch',
  'domain',
  'outreach',
  'papers',
  'record',
  'registries',
  'worker',
  'workflows',
];

/** The product's files that hold a pattern, but for those of a folder. */
const holding = (pattern: RegExp, home?: string): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...PRODUCT], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !(home && file.startsWith(home)))
    .filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));

/** A statement for PostgreSQL, by whatever name its connection goes. */
const SQL = /\b(sql|tx|db)(<[^`;]*>)?`/;

test('SQL is in record/ alone', () => {
  expect(SQL.test('await tx`select 1`')).toBe(true);
  expect(SQL.test('const [row] = await sql<\n  { id: string }[]\n>`select id from clients`')).toBe(true);
  expect(holding(SQL, 'record/')).toEqual([]);
});

test('rows are added to the outbox by the table of subscribers alone, and by the retry of a stuck watch', () => {
  expect(holding(/\benqueueEach\(|insert into outbox/, 'record/kernel/')).toEqual(['record/operations/stuck.ts']);
});

test('no type is switched off', () => {
  expect(holding(/\bas never\b(?! )|Record<string, never>/)).toEqual([]);
});

test('no row is locked against those that only refer to it, but where openings have to wait for a merge, or deliveries for the end of their endpoint', () => {
  expect(holding(/\bfor update\b/, 'test/')).toEqual(['record/outreach/webhooks.ts', 'record/registry/merge.ts']);
});
