const { maxWorkers, projects } = require('./jest.config');

const [unit] = projects;

/** Files that need no server and answer in seconds: without the walks through thousands of lives and days, which npm test has. */
module.exports = {
  ...unit,
  maxWorkers,
  testPathIgnorePatterns: [
    ...unit.testPathIgnorePatterns,
    '/(any-date|calendar|known-defects|model|never-forgotten|whole-calendar|year)\\.test\\.ts$',
  ],
};
