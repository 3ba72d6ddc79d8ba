import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { selectPrograms } from '../../../local/dev';
import { root } from '../../../local/paths';

/** Every source that these reach by their imports. */
function reached(...entries: string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (source: string) => {
    if (seen.has(source)) return;
    seen.add(source);
    const imports = readFileSync(join(root, source), 'utf8').matchAll(/^(?:import|export|\}) .*?from '(\.[^']+)'/gm);
    for (const [, path] of imports) {
      const target = relative(root, join(root, dirname(source), path!));
      const file = [`${target}.ts`, `${target}/index.ts`].find((name) => existsSync(join(root, name)));
      if (file) visit(file);
    }
  };
  entries.forEach(visit);
  return seen;
}

test('a changed source starts every program anew that loads it', () => {
  const api = reached('api/main.ts');
  const worker = reached('worker/main.ts', 'workflows/index.ts');
  expect(api.size).toBeGreaterThan(100);
  expect(worker.size).toBeGreaterThan(100);
  expect([...api].filter((source) => !selectPrograms([source]).includes('api'))).toEqual([]);
  expect([...worker].filter((source) => !selectPrograms([source]).includes('worker'))).toEqual([]);
});

test('a source of one program alone leaves the other running', () => {
  expect(selectPrograms(['api/main.ts'])).toEqual(['api']);
  expect(selectPrograms(['worker/main.ts', 'workflows/index.ts'])).toEqual(['worker']);
  expect(selectPrograms(['api/main.ts', 'worker/main.ts'])).toEqual(['api', 'worker']);
});
