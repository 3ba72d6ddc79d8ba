import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listSources, PRODUCT_FOLDERS, readSource } from '../support/product';

const root = join(__dirname, '../..');
const recipes = readSource('CONTRIBUTING.md').split('\n## Recipes\n')[1]!;
const sources = [...PRODUCT_FOLDERS, 'test'].flatMap(listSources).map(readSource).join('\n');

const listNames = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

/** Lists the files that a text names; one without a folder is in that of the file before it. */
function listFiles(text: string): string[] {
  let folder = '';
  return listNames(text).flatMap((name) => {
    if (!/^[\w/-]+(\.[\w-]+)*\.(ts|js|cjs|sql)$/.test(name) || name.includes('NNNN')) return [];
    if (!name.includes('/')) return [`${folder}/${name}`];
    folder = dirname(name);
    return [name];
  });
}

/** Lists the constants and functions that a text names. */
const listDeclared = (text: string): string[] =>
  listNames(text).flatMap((name) => /^(?:[A-Z]+(?:_[A-Z]+)*|[a-z]+(?:[A-Z]\w*)+)(?=$|\()/.exec(name)?.[0] ?? []);

const isDeclared = (name: string): boolean =>
  new RegExp(`\\b(const|function|interface|type) ${name}\\b|^ +${name}\\??:`, 'm').test(sources);

test('each file that a recipe names is there', () => {
  const steps = recipes.split('\n').flatMap(listFiles);
  expect(steps.length).toBeGreaterThan(40);
  expect(steps.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test('each constant and function that a recipe names is declared', () => {
  const names = listDeclared(recipes);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !isDeclared(name))).toEqual([]);
});

test('a name that is gone is found', () => {
  expect(listFiles('`domain/time/dates.ts` and `gone.ts`')).toEqual(['domain/time/dates.ts', 'domain/time/gone.ts']);
  expect(listDeclared('`ENTERED`, `listUnknown`, `describeDate(part)`, `own`')).toEqual([
    'ENTERED',
    'listUnknown',
    'describeDate',
  ]);
  expect(isDeclared('ENTERED')).toBe(false);
});
