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

test('docs/tests.md tells of each by its name', () => {
  expect([...exported, ...files].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
