import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from '../../../local/first-stage';
import { root } from '../../../local/paths';

describe('the dependencies are those of the lock file', () => {
  const locked = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };

  test('when each is there in its version, whatever else is', () => {
    expect(
      isInstalled(locked, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/c': { version: '1.0.0' } }),
    ).toBe(true);
  });

  test.each([
    ['one is missing', {}],
    ['one is of another version', { 'node_modules/a': { version: '1.0.1' } }],
    [
      'an optional one is of another version',
      { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } },
    ],
  ])('not when %s', (_, installed) => {
    expect(isInstalled(locked, installed)).toBe(false);
  });
});

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
