import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseSync } from '@swc/core';

const root = resolve(__dirname, '../..');
const BUNDLED = [
  ...readdirSync(join(root, 'workflows')).map((file) => `workflows/${file}`),
  'domain/kernel/codes.ts',
  'domain/kernel/search-attributes.ts',
  'runtime/failure-converter.ts',
];

/** What a workflow must not contain, and the rule that says so. */
const FORBIDDEN = {
  'names.sort((a, b) => a.localeCompare(b))': 'no-restricted-properties',
  'n.toLocaleString()': 'no-restricted-properties',
  'n.toLocaleUpperCase()': 'no-restricted-properties',
  'new Intl.Collator()': 'no-restricted-globals',
  'try { f(); } catch {}': 'no-empty',
  'p.catch(() => {})': 'no-empty-function',
};

/** What lint finds in files of the product that have these lines, as `path:line rule`. */
async function findings(paths: readonly string[], lines: readonly string[]): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-lint-'));
  const { overrides, plugins, jsPlugins, rules } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'));
  writeFileSync(
    join(directory, '.oxlintrc.json'),
    JSON.stringify({ overrides, plugins, jsPlugins: jsPlugins.map((plugin: string) => join(root, plugin)), rules }),
  );
  for (const path of paths) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), lines.map((line) => `${line};\n`).join(''));
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const run = promisify(execFile)(process.execPath, [oxlint, '-f', 'unix'], { cwd: directory });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  rmSync(directory, { recursive: true });
  return [...stdout.matchAll(/^(\S+):(\d+):\d+: .*\[Error\/eslint\((.*?)\)\]$/gm)]
    .map(([, path, line, rule]) => `${path}:${line} ${rule}`)
    .sort();
}

/** The catch clauses that do nothing with what they caught, a comment or not. */
function emptyCatches(code: string): number {
  const visit = (node: unknown): number => {
    if (typeof node !== 'object' || node === null) return 0;
    const { type, body } = node as { type?: string; body?: { stmts?: unknown[] } };
    const empty = type === 'CatchClause' && body?.stmts?.length === 0 ? 1 : 0;
    return Object.values(node).reduce<number>((count, inner) => count + visit(inner), empty);
  };
  return visit(parseSync(code, { syntax: 'typescript' }));
}

test('lint keeps out of what workflows are made of whatever another machine replays otherwise', async () => {
  const [lines, rules] = [Object.keys(FORBIDDEN), Object.values(FORBIDDEN)];
  const found = await findings([...BUNDLED, 'workflows/deeper/part.ts', 'api/kernel/route.ts'], lines);
  const expected = [...BUNDLED, 'workflows/deeper/part.ts'].flatMap((path) =>
    rules.map((rule, i) => `${path}:${i + 1} ${rule}`),
  );
  expect(found).toEqual(expected.sort());
});

test('what workflows are made of catches nothing without saying what becomes of it', () => {
  expect(emptyCatches('try { f(); } catch { /* cancelled */ }')).toBe(1);
  const codeOf = (file: string) => readFileSync(join(root, file), 'utf8');
  expect(BUNDLED.filter((file) => emptyCatches(codeOf(file)) > 0)).toEqual([]);
});
