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

/** The constructs that a workflow must not contain, and the rules that say so. */
const FORBIDDEN = {
  'names.sort((a, b) => a.localeCompare(b))': 'no-restricted-properties',
  'n.toLocaleString()': 'no-restricted-properties',
  'n.toLocaleUpperCase()': 'no-restricted-properties',
  'new Intl.Collator()': 'no-restricted-globals',
  'try { f(); } catch {}': 'no-empty',
  'p.catch(() => {})': 'no-empty-function',
};

/** Lists lint's findings in files of the product that have these lines, as `path:line rule`. */
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

/** A part of a syntax tree. */
interface Node {
  type: string;
  [part: string]: unknown;
}

/** Every part of a syntax tree, itself first. */
function walk(tree: unknown): Node[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const own = typeof (tree as Partial<Node>).type === 'string' ? [tree as Node] : [];
  return [...own, ...Object.values(tree).flatMap(walk)];
}

/** Reads the node at a path through a syntax tree, as `arguments.0.expression`. */
const at = (tree: unknown, path: string): unknown =>
  path.split('.').reduce((part, step) => (part as Record<string, unknown> | null | undefined)?.[step], tree);

const nameAt = (tree: unknown, path: string): unknown => at(tree, `${path}.value`);

/**
 * Finds the code that takes over after a failure: catch clauses, and the callbacks of `catch` and of a `then` with two.
 */
const findHandlers = (code: string): unknown[] =>
  walk(parseSync(code, { syntax: 'typescript' })).flatMap((node) => {
    if (node.type === 'CatchClause') return [node];
    if (node.type !== 'CallExpression') return [];
    const called = nameAt(node, 'callee.property');
    const place = called === 'catch' ? 0 : called === 'then' ? 1 : undefined;
    const handler = place === undefined ? undefined : at(node, `arguments.${place}.expression`);
    // its failures are looked at by nobody
    return called === 'allSettled' ? [node] : handler === undefined ? [] : [handler];
  });

/** Whether a handler begins with `if (!isCancellation(error)) throw error;`, of what it has caught. */
function letsAllElsePass(handler: unknown): boolean {
  const caught = nameAt(handler, 'param') ?? nameAt(handler, 'params.0') ?? nameAt(handler, 'params.0.pat');
  const first = at(handler, 'body.stmts.0');
  return (
    caught !== undefined &&
    at(first, 'type') === 'IfStatement' &&
    at(first, 'test.operator') === '!' &&
    nameAt(first, 'test.argument.callee') === 'isCancellation' &&
    nameAt(first, 'test.argument.arguments.0.expression') === caught &&
    at(first, 'consequent.type') === 'ThrowStatement' &&
    nameAt(first, 'consequent.argument') === caught
  );
}

const swallows = (code: string): boolean => !findHandlers(code).every(letsAllElsePass);

test('lint keeps out of what workflows are made of whatever another machine replays otherwise', async () => {
  const [lines, rules] = [Object.keys(FORBIDDEN), Object.values(FORBIDDEN)];
  const found = await findings([...BUNDLED, 'workflows/deeper/part.ts', 'api/kernel/route.ts'], lines);
  const expected = [...BUNDLED, 'workflows/deeper/part.ts'].flatMap((path) =>
    rules.map((rule, i) => `${path}:${i + 1} ${rule}`),
  );
  expect(found).toEqual(expected.sort());
});

describe('what workflows are made of catches a cancellation by its type, and lets all else pass', () => {
  const codeOf = (file: string) => readFileSync(join(root, file), 'utf8');
  const rethrow = 'if (!isCancellation(error)) throw error;';

  test.each([
    `try { f(); } catch (error) { ${rethrow} }`,
    `p.catch((error) => { ${rethrow} g(); })`,
    `p.then(g, (error: unknown) => { ${rethrow} })`,
    `p.then(g, async function (error) { ${rethrow} })`,
    'p.then(g)',
  ])('%s may stand there', (code) => {
    expect(swallows(code)).toBe(false);
  });

  test.each([
    'try { f(); } catch { /* cancelled */ }',
    'try { f(); } catch (error) { log.warn(String(error)); }',
    'try { f(); } catch (error) { if (isCancellation(error)) throw error; }',
    "try { f(); } catch (error) { if (error.name !== 'CancelledFailure') throw error; }",
    'try { f(); } catch (error) { if (!isCancellation(other)) throw error; }',
    `try { f(); } catch (error) { try { g(); } catch (error) { ${rethrow} } }`,
    'p.catch(() => undefined)',
    'p.catch(ignore)',
    'p.then(g, (error) => { void error; })',
    'Promise.allSettled([p])',
  ])('%s may not', (code) => {
    expect(swallows(code)).toBe(true);
  });

  test.each(BUNDLED)('%s', (file) => {
    expect(swallows(codeOf(file))).toBe(false);
  });

  test('and somewhere a wait is cancelled', () => {
    expect(BUNDLED.flatMap((file) => findHandlers(codeOf(file)))).not.toEqual([]);
  });
});
