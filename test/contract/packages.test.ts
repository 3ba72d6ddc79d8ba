import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';

const root = join(__dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest & Lock;

interface Manifest {
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}
interface Lock {
  packages: Record<string, { version?: string; dev?: boolean; engines?: { node?: string } }>;
}

const { dependencies, devDependencies, engines } = read('package.json');
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

test('what runs in production runs on the oldest Node that we promise', () => {
  const oldest = /^>=(\d+\.\d+)$/.exec(engines.node)![1]!;
  const lock = Object.entries(read('package-lock.json').packages).filter(([path, { dev }]) => path !== '' && !dev);
  const demands = lock.flatMap(([path, { engines: of }]) => (of?.node ? [[path, of.node] as const] : []));
  expect(demands.length).toBeGreaterThan(50);
  expect(demands.filter(([, range]) => !satisfies(`${oldest}.0`, range))).toEqual([]);
});
