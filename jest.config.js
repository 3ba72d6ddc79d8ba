const shared = {
  testEnvironment: '<rootDir>/test/support/environment.js',
  transform: { '\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/(dist|\\.cache|\\.data)/'],
  testPathIgnorePatterns: ['/node_modules/', '\\.slow\\.test\\.ts$'],
  // jest reads no testTimeout of a project
  setupFilesAfterEnv: ['<rootDir>/test/support/patience.ts'],
};

/** Files that need no server run without any; the others share those of test/support/global-setup.ts. */
const unit = {
  ...shared,
  displayName: 'unit',
  testMatch: ['<rootDir>/test/{unit,contract}/**/*.test.ts'],
};
const servers = {
  ...shared,
  displayName: 'servers',
  testMatch: ['<rootDir>/test/{workflow,integration,replay}/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  // one more than the two cores that are to suffice: a test waits for servers half of its time
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/support/sequencer.js',
  reporters: ['default', '<rootDir>/test/support/slowest-files.js'],
  projects: [unit, servers],
};
