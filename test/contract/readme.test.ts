import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUESTIONS } from '../../domain/platforms/platform';

const root = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/operations.md',
  'docs/obligations.md',
  'docs/first-hour.md',
  'docs/tests.md',
];

test('README.md has at most 120 lines, and tells of the two commands before anything else', () => {
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(120);
  const [first] = readme.match(/```\n[^]*?```/)!;
  expect([...first.matchAll(/^(npm \w+)/gm)].map(([, command]) => command)).toEqual(['npm start', 'npm test']);
});

test('the procedure that README.md shows is the workflow’s own', () => {
  const source = read('workflows/payer-application.ts');
  const [procedure] = source.match(/^export async function payerApplication[^]*?^}$/m)!;
  expect(readme).toContain(`\`\`\`ts\n${procedure}\n\`\`\``);
});

test('README.md has a row for each of the six questions', () => {
  expect([...readme.matchAll(/^\| `(\w+)`/gm)].map(([, question]) => question)).toEqual([...QUESTIONS]);
});

test.each(PAGES)('every npm script and page that %s names is there', (page) => {
  const text = read(page);
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...text.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map(([, name]) => name!);
  const npmsOwn = ['ci', 'install', 'exec'];
  expect(named.filter((name) => !(name in scripts) && !npmsOwn.includes(name))).toEqual([]);
  const pages = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path]) => join(root, page, '..', path!));
  expect(pages.filter((path) => !existsSync(path))).toEqual([]);
});
