import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const support = join(__dirname, '../support');
const page = readFileSync(join(__dirname, '../../docs/tests.md'), 'utf8');

/** Builds of the workflows that stand in for ours have the names of ours. */
const files = readdirSync(support).filter((file) => file.endsWith('.ts') && !file.endsWith('-workflows.ts'));
const exported = files.flatMap((file) =>
  [
    ...readFileSync(join(support, file), 'utf8').matchAll(/^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm),
  ].map(([, name]) => name!),
);

test('what tests share has one name', () => {
  expect(exported.length).toBeGreaterThan(50);
  expect(exported.filter((name, place) => exported.indexOf(name) !== place)).toEqual([]);
});

test('a part of something is tried by tests alone, which jest.slow.config.js finds by their import of extent.ts', () => {
  const tests = join(support, '..');
  const takesPart = (file: string) =>
    /\/extent['"]|\bglobalThis\.wholeExtent\b/.test(readFileSync(join(tests, file), 'utf8'));
  const helpers = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  expect(helpers.filter(takesPart)).toEqual(['support/extent.ts']);
});

test('docs/tests.md tells of each by its name', () => {
  expect([...exported, ...files].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
