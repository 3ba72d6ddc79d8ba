'use strict';
/** Loaded ahead of API and worker by NODE_OPTIONS: SIGUSR2 has their event loop stuck for good. */
const { isMainThread } = require('node:worker_threads');

if (isMainThread && /dist.(api|worker).main\.js$/.test(process.argv[1] ?? '')) {
  process.on('SIGUSR2', () => {
    for (;;);
  });
}
