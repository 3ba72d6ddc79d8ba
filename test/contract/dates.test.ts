import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../..');
const oxlint = join(dirname(require.resolve('oxlint/package.json')), 'bin/oxlint');

/** The lines that the rule reports, as it is set for what lies at a path. */
async function listReported(options: object | undefined, lines: string[]): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dates-'));
  const rule = options ? ['error', options] : 'error';
  const config = { jsPlugins: [join(root, '.ci/lint/dates.cjs')], rules: { 'dates/no-raw-dates': rule } };
  writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'some.ts'), lines.join('\n'));
  const { stdout } = await promisify(execFile)(process.execPath, [oxlint, '-f', 'unix'], { cwd: folder }).catch(
    (failed: { stdout: string }) => failed,
  );
  rmSync(folder, { recursive: true });
  return [...stdout.matchAll(/some\.ts:(\d+):/g)].map(([, line]) => Number(line));
}

const RAW = [
  'export const a = new Date();',
  'export const b = (at: string) => at.slice(0, 10);',
  'export const c = (at: string) => at.substring(0, 10);',
  'export const d = (sql: Tag) => sql`select from x where on_day >= current_date`;',
  'export const e = (sql: Tag) => sql`select now()::date`;',
  'export const f = (sql: Tag, at: string) => sql`select from x where on_day >= ${at}::timestamptz::date`;',
  'export const g = (sql: Tag) => sql`select (now() at time zone time_zone)::date`;',
  'export const h = (sql: Tag, now: string) => sql`select from x where on_day >= ${now}::date`;',
  'export const i = (sql: Tag) => sql`select due_at::date from x`;',
];

test('a clock or a day that does not say whose it is, in TypeScript or in SQL, is refused by lint', async () => {
  expect(await listReported(undefined, RAW)).toEqual(RAW.map((_line, i) => i + 1));
});

test('a workflow may read Temporal’s clock, and cuts no day out of it', async () => {
  expect(await listReported({ clock: 'Temporal' }, RAW.slice(0, 2))).toEqual([2]);
});

test('a date that is a date already, and the first characters of anything else, pass', async () => {
  const fine = [
    'export const a = (sql: Tag, on: string) => sql`select ${on}::date`;',
    'export const b = (list: string[]) => list.slice(0, 100);',
    'export const c = (on: string) => on.slice(0, 4);',
    'export const d = () => Date.now() - Date.parse("2026-01-01");',
  ];
  expect(await listReported(undefined, fine)).toEqual([]);
});

test('the rule is on everywhere but where days are made, and in tests and benches', () => {
  const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as {
    rules: Record<string, unknown>;
    overrides: { files: string[]; rules: Record<string, unknown> }[];
  };
  expect(config.rules['dates/no-raw-dates']).toBe('error');
  expect(
    config.overrides.filter(({ rules }) => rules['dates/no-raw-dates'] === 'off').flatMap(({ files }) => files),
  ).toEqual(['domain/time/**', 'record/time/**', 'runtime/{clock,database}.ts', 'test/**', 'bench/**']);
});
