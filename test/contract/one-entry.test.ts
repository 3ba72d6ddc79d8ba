import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const record = resolve(__dirname, '../../record');
const sources = readdirSync(record, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file: file.replaceAll('\\', '/'), text: readFileSync(join(record, file), 'utf8') }));
const filesWith = (pattern: RegExp) =>
  sources
    .filter(({ text }) => pattern.test(text))
    .map(({ file }) => file)
    .sort();

test('what stands for a merged payer or practice is asked through one file', () => {
  // beside it only who merges, and what shows it
  expect(filesWith(/merged_into/)).toEqual(['kernel/one-entry.ts', 'registry/merge.ts', 'registry/practices.ts']);
});

test('a payer or practice is compared by its id alone only where that one row is meant', () => {
  const rowsOfOne = [
    'applications/playbook-moves.ts', // the payer whose playbook it is
    'applications/recording-step.ts', // the same
    'platforms/caseloads.ts', // what is stated of this payer, to be read and replaced
    'platforms/enrolment-chase.ts', // the practice's own enrolments
    'platforms/platforms.ts', // the relationship's own payers
    'registry/payers.ts', // the payer whose playbook it is
    'registry/practices.ts', // its locations
    'screening/exclusions.ts', // the practice that is screened
  ];
  expect(filesWith(/(payer_id|practice_id) (=|is not distinct from) (any\()?\$\{(?!\w*Ids\}|asked)/)).toEqual(
    rowsOfOne,
  );
});

test('a provider is named in full by the one column that has every part of the name', () => {
  expect(filesWith(/first_name \|\|/)).toEqual([]);
});
