'use strict';
/** `npm start`: prepares the checkout, then hands over to the supervisor. */
const path = require('node:path');
const { prepare } = require('./first-stage');

async function start() {
  await prepare();
  await require('./build').build();
  await require(path.join(__dirname, '../dist/local/supervisor.js')).supervise(process.env);
}

start().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
