import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The paths that the architecture prints: each a list of files with the function to look for. */
const PATHS = read('docs/architecture.md')
  .split('## Two paths to follow')[1]!
  .split('\n## ')[0]!
  .split(/\n(?=[A-Z][^\n]*:\n)/)
  .slice(1)
  .map((text) => ({
    name: text.slice(0, text.indexOf(':')),
    steps: [...text.matchAll(/^\d+\. `([^`]+)`, `(\w+)`/gm)].map(([, file, called]) => ({
      file: file!,
      called: called!,
    })),
  }));

test('both paths are there', () => {
  expect(PATHS.map(({ name }) => name)).toEqual(['A follow-up fires', 'A fact is confirmed']);
});

test('the files that they leave out are named, and each calls the next', () => {
  const [, named] = /^Files that only pass on [^\n]*?left out:([^\n]*)$/m.exec(read('docs/architecture.md'))!;
  const files = [...named!.matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file!);
  const called = ['createRecorder(', 'recordStep(', 'createDelivery('];
  expect(files.map((file, i) => read(file).includes(called[i]!))).toEqual([true, true, true]);
});

describe.each(PATHS)('$name', ({ steps }) => {
  test('can be followed through at most eight files', () => {
    expect(steps.length).toBeGreaterThan(4);
    expect(new Set(steps.map(({ file }) => file)).size).toBe(steps.length);
    expect(steps.length).toBeLessThanOrEqual(8);
  });

  test.each(steps)('$file has $called', ({ file, called }) => {
    const declared = new RegExp(`(function|const) ${called}\\b|^ +(private )?(async )?${called}\\(`, 'm');
    expect({ file, called, declared: declared.test(read(file)) }).toEqual({ file, called, declared: true });
  });

  test('each function is called in a file before it, but for the first, and billing readiness, which is asked later', () => {
    for (const [i, { file, called }] of steps.entries()) {
      if (i === 0 || file === 'record/billing/readiness.ts') continue;
      // a workflow's own methods are called within it
      const callers = [...steps.slice(0, i).map((step) => step.file), ...(file.startsWith('workflows/') ? [file] : [])];
      const calls = callers.filter((caller) => new RegExp(`\\b${called}(\\.\\w+)?\\(`).test(read(caller)));
      expect({ file, called, calls: calls.length > 0 }).toEqual({ file, called, calls: true });
    }
  });
});
