const [, servers] = require('./jest.config').projects;

module.exports = {
  ...servers,
  displayName: 'slow',
  maxWorkers: 1,
  testMatch: ['<rootDir>/test/**/*.slow.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFilesAfterEnv: [],
  testTimeout: 15 * 60_000,
};
