const [, servers] = require('../../jest.config').projects;

/** Of `npm run record-histories`. */
module.exports = {
  ...servers,
  displayName: 'recording',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/replay/record.ts'],
  testTimeout: 120_000,
};
