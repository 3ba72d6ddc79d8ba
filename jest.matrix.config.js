const [, servers] = require('./jest.config').projects;

/** Every route by every role, on rows of one's own, of another, of nobody and of both: `npm run test:matrix`. */
module.exports = {
  ...servers,
  displayName: 'matrix',
  maxWorkers: 2,
  testMatch: ['<rootDir>/test/matrix/**/*.test.ts'],
};
