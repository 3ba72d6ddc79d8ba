'use strict';
/** `npm run bench:NAME`: prepares and builds the checkout, then measures; load stays on loopback and stops by itself. */
const path = require('node:path');
const { prepare } = require('../local/first-stage');
const { dist } = require('../local/paths');

async function runBench(name) {
  await prepare();
  await require('../local/build').build();
  await require(path.join(dist, 'bench', name))[`measure${name[0].toUpperCase()}${name.slice(1)}`]();
}

runBench(process.argv[2]).then(
  () => process.exit(),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
