import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { forbidden } from '../../.dependency-cruiser.cjs';
import { LAYERS, SUBJECTS } from '../../rooms.cjs';
import { PRODUCT_FOLDERS } from '../support/product';

const root = resolve(__dirname, '../..');

/** The files of a tree, each with what it imports: a file of the tree, or a module by its name. */
type Tree = Record<string, string | null>;

/** The rules that a tree breaks, each with the file that does, as `rule: file`. */
function brokenBy(files: Tree): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'rooms-'));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  };
  try {
    copyFileSync(join(root, 'package.json'), join(tree, 'package.json'));
    for (const [file, imported] of Object.entries(files)) {
      write(file, imported ? `import '${specify(file, imported)}';\n` : 'export {};\n');
      if (imported && isPackage(imported)) {
        write(`node_modules/${imported}/package.json`, JSON.stringify({ name: imported, main: 'index.js' }));
        write(`node_modules/${imported}/index.js`, '');
      }
    }
    const cruise = [join(root, 'node_modules/.bin/depcruise'), '--config', join(root, '.dependency-cruiser.cjs')];
    const output = execFileSync(process.execPath, [...cruise, '--output-type', 'json', '.'], {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const { summary } = JSON.parse(output) as { summary: { violations: { rule: { name: string }; from: string }[] } };
    return [...new Set(summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`))].sort();
  } finally {
    rmSync(tree, { recursive: true });
  }
}

const isFile = (imported: string): boolean => imported.endsWith('.ts');
const isPackage = (imported: string): boolean => !isFile(imported) && !imported.startsWith('node:');
function specify(file: string, imported: string): string {
  if (!isFile(imported)) return imported;
  const path = relative(dirname(file), imported.slice(0, -'.ts'.length));
  return path.startsWith('.') ? path : `./${path}`;
}

type Paths = (typeof forbidden)[number]['to'];
const hasMatch = (path: string, patterns: Paths['path'] = []): boolean =>
  [patterns].flat().some((pattern) => new RegExp(pattern).test(path));
const isMatch = (path: string, { path: sought, pathNot }: Paths): boolean =>
  hasMatch(path, sought) && !hasMatch(path, pathNot);

/** The folders that have a rule of what they may import. */
const FOLDERS = forbidden.flatMap(({ name }) => /^(\w+)-imports$/.exec(name)?.[1] ?? []);
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };

/** Each room with what is above it: above the highest, a folder that is on no list. */
const PAIRS = SUBJECTS.map((subject, floor) => [subject, SUBJECTS[floor + 1] ?? 'unlisted'] as const);

/** A file that breaks a rule by what it imports. */
type Breach = [rule: string, file: string, imported: string | null];

/** Each folder imports the first that it may not. */
const FOLDERS_BROKEN = FOLDERS.map((folder): Breach => {
  const rule = forbidden.find(({ name }) => name === `${folder}-imports`)!;
  const imported = FOLDERS.map((other) => `${other}/kernel/imported.ts`).find((path) => isMatch(path, rule.to))!;
  return [rule.name, `${folder}/kernel/imports-beside.ts`, imported];
});

/** Each package with a home is imported by the first folder that is none. */
const HOMES_BROKEN = forbidden
  .filter(({ name }) => name.startsWith('home-of-'))
  .flatMap(({ name, from, to }) =>
    Object.keys(dependencies)
      .filter((dependency) => isMatch(`node_modules/${dependency}/index.js`, to))
      .map((dependency): Breach => {
        const files = FOLDERS.map((folder) => `${folder}/kernel/imports-${dependency.replaceAll(/\W/g, '-')}.ts`);
        return [name, files.find((file) => isMatch(file, from))!, dependency];
      }),
  );

const ROOMS_BROKEN = LAYERS.flatMap((layer) =>
  PAIRS.map(([lower, upper]): Breach => [
    `${layer}-${lower}-imports-nothing-above`,
    `${layer}/${lower}/imports-above.ts`,
    `${layer}/${upper}/imported.ts`,
  ]),
);

const OTHERS_BROKEN: Breach[] = [
  ['every-file-has-a-room', 'record/kernel/imports-stray.ts', 'record/stray.ts'],
  ['domain-is-pure', 'domain/kernel/reads-disk.ts', 'node:fs'],
  ['workflows-import-the-sdk-only', 'workflows/imports-client.ts', '@temporalio/client'],
  ['bundle-reaches-no-node', 'workflows/reads-disk.ts', 'node:fs'],
  ['bundle-reaches-no-heavy-package', 'workflows/imports-zod.ts', 'zod'],
  ['bundle-reaches-no-rule', 'workflows/imports-rule.ts', 'domain/applications/reduce.ts'],
  ['bundle-reaches-no-room-with-effects', 'workflows/imports-record.ts', 'record/kernel/imported.ts'],
  ['no-dev-dependency-in-production', 'runtime/imports-jest.ts', 'jest'],
  ['no-cycle', 'runtime/one.ts', 'runtime/other.ts'],
  ['no-orphan', 'runtime/alone.ts', null],
  ['no-unresolved', 'runtime/imports-nothing.ts', 'runtime/missing.ts'],
];

test('every rule of what may be imported is broken by a file that imports something else', () => {
  const breaches = [...FOLDERS_BROKEN, ...HOMES_BROKEN, ...ROOMS_BROKEN, ...OTHERS_BROKEN];
  const imported = breaches.flatMap(([, , path]) => (path && isFile(path) && !path.includes('missing') ? [path] : []));
  const broken = brokenBy({
    ...Object.fromEntries(imported.map((path) => [path, null])),
    ...Object.fromEntries(breaches.map(([, file, path]) => [file, path])),
    'runtime/other.ts': 'runtime/one.ts',
  });
  expect(breaches.map(([rule, file]) => `${rule}: ${file}`).filter((one) => !broken.includes(one))).toEqual([]);
  expect(new Set(broken.map((one) => one.split(': ')[0]))).toEqual(new Set(forbidden.map(({ name }) => name)));
});

test('what each room may import is what it imports: the lowest rooms are imported by the others, and break nothing', () => {
  const downward = Object.fromEntries(
    LAYERS.flatMap((layer) =>
      SUBJECTS.slice(1).flatMap((subject, below) => [
        [`${layer}/${subject}/one.ts`, `${layer}/${SUBJECTS[below]!}/one.ts`],
        [`${layer}/${SUBJECTS[0]!}/one.ts`, null],
      ]),
    ),
  ) as Record<string, string | null>;
  expect(brokenBy(downward)).toEqual([]);
});

test('at most twelve folders at the top are of the product', () => {
  expect(PRODUCT_FOLDERS.length).toBeLessThanOrEqual(12);
});
