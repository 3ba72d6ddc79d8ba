import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../local/paths';

interface Package {
  optionalDependencies?: Record<string, string>;
}

test('the lock file holds the native packages of every platform, also those that a registry withheld where it was made', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Package>;
  };
  const locked = new Set(Object.keys(packages).map((place) => place.split('node_modules/').at(-1)));
  const named = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  // `npm ci` refuses a lock file that lacks one.
  expect(named.filter((name) => !locked.has(name))).toEqual([]);
});
