'use strict';
/** `npm test`: prepares the checkout, then runs jest with the arguments given. */
const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { prepare } = require('./first-stage');

/** Tests make much that is soon gone: with more room for that, a seventh of their processor time is saved. */
const YOUNG_GENERATION = '--max-semi-space-size=128';

async function test() {
  await prepare();
  const jest = path.join(__dirname, '../node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, [YOUNG_GENERATION, jest, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => {
    sayProcessorTime();
    process.exit(code ?? 1);
  });
}

/** Says how much processor time the run took with all its servers: what the suite costs, however busy the machine is. */
function sayProcessorTime() {
  if (process.platform !== 'linux') return;
  // behind the name, which may have spaces: the 14th and 15th are user and system time of children that have ended, in hundredths
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
  console.error(`Processor time: ${Math.round((Number(fields[13]) + Number(fields[14])) / 100)} s`);
}

test().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
