'use strict';
/** `npm start` and `npm run tour`: prepares the checkout, then hands over to the built code. */
const path = require('node:path');
const { prepare } = require('./first-stage');
const { dist } = require('./paths');

async function start(what) {
  await prepare();
  await require('./build').build();
  const built = (module) => require(path.join(dist, 'local', module));
  if (what === 'tour') await built('tour').tour();
  else await built('supervisor').supervise(process.env);
}

start(process.argv[2]).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
