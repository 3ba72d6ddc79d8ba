import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ADMIN_KEY } from '../support/api';
import { System } from '../support/system';

const run = promisify(execFile);
const page = readFileSync(join(__dirname, '../../docs/first-hour.md'), 'utf8');
const blocks = [...page.matchAll(/```bash\n(.*?)```/gs)].map(([, code]) => code!);
const MARK = '== ';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

test('the ten calls of docs/first-hour.md lead, as written, from a new client to a yes of billing readiness', async () => {
  expect([...page.matchAll(/^\*\*(\d+)\. /gm)].map(([, number]) => Number(number))).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
  // every answer on a line of its own
  const script = blocks.join('\n').replaceAll(/^ask$/gm, `echo; echo "${MARK}$(ask)"`);
  const { stdout } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
    env: { PATH: process.env.PATH, BASE: system.api.url, KEY: ADMIN_KEY },
  });
  const answers = stdout
    .split('\n')
    .filter((line) => line.startsWith(MARK))
    .map((line) => JSON.parse(line.slice(MARK.length)));
  expect(answers.map(({ mayBill }) => mayBill)).toEqual([false, false, true]);
  const [before, approved] = answers.map(({ reasons }) => reasons);
  expect(before).toEqual(['platform_only']);
  expect(approved).toEqual(
    expect.arrayContaining(['contract_unconfirmed', 'effective_date_unconfirmed', 'claims_route_unconfirmed']),
  );
});
