import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { supportsNode } from '../../local/first-stage';

const root = join(__dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest & Lock;

interface Manifest {
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}
interface Lock {
  packages: Record<string, { version?: string; dev?: boolean; integrity?: string; engines?: { node?: string } }>;
}

const { dependencies, devDependencies, engines } = read('package.json');
const declared = Object.entries({ ...dependencies, ...devDependencies });

test('every dependency is pinned to one version', () => {
  expect(declared.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test('npm installs no package without comparing it with a checksum', () => {
  const locked = Object.entries(read('package-lock.json').packages).filter(([path]) => path !== '');
  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))).toEqual([]);
});

test('all parts of the Temporal SDK, also those that others bring, are of one version', () => {
  const asked = declared.filter(([name]) => name.startsWith('@temporalio/')).map(([, version]) => version);
  const installed = Object.entries(read('package-lock.json').packages)
    .filter(([path]) => /node_modules\/@temporalio\/[\w-]+$/.test(path))
    .map(([, { version }]) => version);
  expect(asked.length).toBeGreaterThan(0);
  expect(new Set([...asked, ...installed])).toEqual(new Set(asked.slice(0, 1)));
});

/** The oldest version of each line of Node that we promise. */
const oldest = engines.node.split(' || ').map((range) => `${/^(?:\^|>=)(\d+\.\d+)$/.exec(range)![1]!}.0`);

test('what runs in production runs on the oldest Node of each line that we promise', () => {
  const lock = Object.entries(read('package-lock.json').packages).filter(([path, { dev }]) => path !== '' && !dev);
  const demands = lock.flatMap(([path, { engines: of }]) => (of?.node ? [[path, of.node] as const] : []));
  expect(demands.length).toBeGreaterThan(50);
  expect(oldest.length).toBeGreaterThan(1);
  for (const version of oldest) expect(demands.filter(([, range]) => !satisfies(version, range))).toEqual([]);
});

test('a start refuses exactly the Node that package.json does not promise', () => {
  const versions = [18, 19, 20, 21, 22, 23, 24, 25, 26].flatMap((major) =>
    [0, 3, 11, 12, 18, 19, 30].map((minor) => `${major}.${minor}.0`),
  );
  expect(versions.filter(supportsNode)).toEqual(versions.filter((version) => satisfies(version, engines.node)));
  expect(versions.filter(supportsNode)).toEqual(expect.arrayContaining(oldest));
});
