const [, servers] = require('./jest.config').projects;

/** Requests that Schemathesis generates from the OpenAPI document: `npm run test:generated`. */
module.exports = {
  ...servers,
  displayName: 'generated',
  maxWorkers: 1,
  testMatch: ['<rootDir>/test/generated/**/*.test.ts'],
  globalSetup: undefined,
  globalTeardown: undefined,
  setupFilesAfterEnv: [],
  testTimeout: 10 * 60_000,
};
