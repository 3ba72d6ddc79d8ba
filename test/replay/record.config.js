const [, servers] = require('../../jest.config').projects;

/** The configuration of `npm run record-histories`. */
module.exports = {
  ...servers,
  displayName: 'recording',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/replay/record.ts'],
  testTimeout: 120_000,
};
