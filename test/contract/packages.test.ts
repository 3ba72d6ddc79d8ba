import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest & Lock;

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}
interface Lock {
  packages: Record<string, { version?: string }>;
}

const { dependencies, devDependencies } = read('package.json');
const declared = Object.entries({ ...dependencies, ...devDependencies });

test('every dependency is pinned to one version', () => {
  expect(declared.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test('all parts of the Temporal SDK, also those that others bring, are of one version', () => {
  const asked = declared.filter(([name]) => name.startsWith('@temporalio/')).map(([, version]) => version);
  const installed = Object.entries(read('package-lock.json').packages)
    .filter(([path]) => /node_modules\/@temporalio\/[\w-]+$/.test(path))
    .map(([, { version }]) => version);
  expect(asked.length).toBeGreaterThan(0);
  expect(new Set([...asked, ...installed])).toEqual(new Set(asked.slice(0, 1)));
});
