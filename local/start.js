'use strict';
/** `npm start`, `npm run dev`, `tour`, `psql`, `temporal` and `audit:verify`: prepares the checkout, then hands over to the built code. */
const path = require('node:path');
const { prepare } = require('./first-stage');
const { dist } = require('./paths');

const built = (module) => require(path.join(dist, 'local', module));

const PROGRAMS = {
  start: () => built('supervisor').superviseRun(process.env),
  dev: () => built('dev').runDevelopment(process.env),
  tour: (args) => built('tour').runTour(args),
  psql: (args) => built('shells').runPsql(process.env, args),
  'verify-audit': (args) => built('shells').runAuditCheck(process.env, args),
  temporal: (args) => built('shells').runTemporal(process.env, args),
};

async function start(what = 'start', ...args) {
  await prepare();
  await require('./build').build();
  await PROGRAMS[what](args);
}

start(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
