import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const committed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);

/** Lines of committed files that match, as `file:line`. */
function linesWith(pattern: RegExp): string[] {
  return committed
    .filter((file) => existsSync(join(root, file)))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
    );
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('no committed line carries a path of the machine that it was written on', () => {
  const folders = ['work', 'root', 'tmp', 'home', 'Users'].join('|');
  const here = [root, homedir()].map((path) => `${literally(path)}/`).join('|');
  expect(linesWith(new RegExp(`(^|[^\\w.\\])}-])/(${folders})/[\\w.]|${here}`))).toEqual([]);
});

test('no committed line names the host of a package registry: whose machine it is decides', () => {
  const hosts = [
    ['registry', 'npmjs', 'org'],
    ['registry', 'yarnpkg', 'com'],
    ['pypi', 'org'],
    ['files', 'pythonhosted', 'org'],
    ['proxy', 'golang', 'org'],
    ['registry-1', 'docker', 'io'],
  ].map((parts) => parts.join('.'));
  const configured = process.env.npm_config_registry ? [new URL(process.env.npm_config_registry).host] : [];
  expect(linesWith(new RegExp([...hosts, ...configured].map(literally).join('|')))).toEqual([]);
});

test('docs/architecture.md tells of every folder with code in it', () => {
  const { include: folders } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { include: string[] };
  const architecture = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const described = new Set([...architecture.matchAll(/^(\w+)\//gm)].map(([, folder]) => folder));
  expect(folders.filter((folder) => !described.has(folder))).toEqual([]);
});
