import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = join(__dirname, '../../.ci/licences.js');

/** Runs the check on a lock file with these packages, once their list is written. */
function check(packages: Record<string, object>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'licences-'));
  mkdirSync(join(folder, 'docs'));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  const { status, stderr } = spawnSync(process.execPath, [script, '--write'], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const refused = stderr.split('\n').filter(Boolean);
  expect(status).toBe(refused.length === 0 ? 0 : 1);
  return refused.map((line) => line.split(' is not on ')[0]!);
}

test.each([
  ['one of another kind', { license: 'AGPL-3.0-only' }, 'AGPL-3.0-only'],
  ['none', {}, 'none stated'],
  ['one part that is not allowed', { license: 'MIT AND GPL-3.0-only' }, 'MIT AND GPL-3.0-only'],
  ['one of development that is not allowed', { license: 'SSPL-1.0', dev: true }, 'SSPL-1.0'],
])('a package with %s is refused', (_, entry, licence) => {
  expect(check({ 'node_modules/a': { version: '1.0.0', ...entry } })).toEqual([`a 1.0.0: ${licence}`]);
});

test.each([
  ['an allowed licence', { 'node_modules/a': { version: '1.0.0', license: 'MIT' } }],
  ['a choice of which one is allowed', { 'node_modules/a': { version: '1.0.0', license: '(MIT OR GPL-3.0-only)' } }],
  [
    'that of the package which it is a build of',
    {
      'node_modules/a': { version: '1.0.0', license: 'MIT', optionalDependencies: { 'a-win32': '1.0.0' } },
      'node_modules/a-win32': { version: '1.0.0', optional: true },
    },
  ],
])('a package with %s passes', (_, packages) => {
  expect(check(packages)).toEqual([]);
});

test('a list that is not that of the lock file is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'licences-'));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: {} }));
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect([status, stderr]).toEqual([1, expect.stringContaining('is not that of package-lock.json')]);
});
