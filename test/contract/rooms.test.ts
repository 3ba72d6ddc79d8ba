import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { LAYERS, SUBJECTS } from '../../rooms.cjs';
import { PRODUCT_FOLDERS } from '../support/product';

const root = resolve(__dirname, '../..');

/** The names of the rules that a tree of files breaks, each file given with what it imports. */
function brokenBy(files: Record<string, string | null>): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'rooms-'));
  try {
    for (const [file, imported] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      const from = imported && resolve(tree, imported).slice(0, -'.ts'.length);
      writeFileSync(join(tree, file), from ? `import '${relativeFrom(join(tree, file), from)}';\n` : 'export {};\n');
    }
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    const cruise = [join(root, 'node_modules/.bin/depcruise'), '--config', join(root, '.dependency-cruiser.cjs')];
    const output = execFileSync(process.execPath, [...cruise, '--output-type', 'json', '.'], {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const { summary } = JSON.parse(output) as { summary: { violations: { rule: { name: string } }[] } };
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
  } finally {
    rmSync(tree, { recursive: true });
  }
}

const relativeFrom = (file: string, target: string): string => {
  const path = relative(dirname(file), target);
  return path.startsWith('.') ? path : `./${path}`;
};

/** Each room with what is above it: above the highest, a folder that is on no list. */
const PAIRS = SUBJECTS.map((subject, floor) => [subject, SUBJECTS[floor + 1] ?? 'unlisted'] as const);

describe('a room that imports the room above it', () => {
  let broken: string[];
  beforeAll(() => {
    const files = LAYERS.flatMap((layer) =>
      PAIRS.flatMap(([lower, upper]) => [
        [`${layer}/${lower}/imports-above.ts`, `${layer}/${upper}/imported.ts`],
        [`${layer}/${upper}/imported.ts`, null],
      ]),
    );
    broken = brokenBy(Object.fromEntries(files) as Record<string, string | null>);
  });

  test.each(LAYERS)('in %s breaks the rule of its name', (layer) => {
    const rules = PAIRS.map(([lower]) => `${layer}-${lower}-imports-nothing-above`);
    expect(broken).toEqual(expect.arrayContaining(rules));
  });
});

test('what lies beside the rooms, a lower layer that imports a higher one, and rules in the bundle are refused', () => {
  const broken = brokenBy({
    'record/kernel/one.ts': 'record/stray.ts',
    'record/stray.ts': null,
    'domain/kernel/one.ts': 'record/kernel/one.ts',
    'workflows/one.ts': 'domain/applications/reduce.ts',
    'domain/applications/reduce.ts': null,
    'record/billing/one.ts': 'api/billing/one.ts',
    'api/billing/one.ts': null,
  });
  expect(broken).toEqual(
    expect.arrayContaining([
      'bundle-reaches-no-rule',
      'domain-imports',
      'every-file-has-a-room',
      'record-imports',
      'workflows-imports',
    ]),
  );
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
