const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { projects, reporters, testSequencer } = require('./jest.config');

const [, servers] = projects;
const tests = join(__dirname, 'test');

/** The files whose cases npm test tries in part (test/support/extent.ts): here all. */
const inPart = readdirSync(tests, { recursive: true }).filter(
  (file) => file.endsWith('.test.ts') && readFileSync(join(tests, file), 'utf8').includes('/support/extent'),
);
const whole = projects.map((project) => ({
  ...project,
  displayName: `${project.displayName}, whole`,
  testPathIgnorePatterns: [...project.testPathIgnorePatterns, `/test/(?!(${inPart.join('|')})$)`],
  setupFilesAfterEnv: [],
  testEnvironmentOptions: { ...project.testEnvironmentOptions, wholeExtent: true },
}));
const slow = {
  ...servers,
  displayName: 'slow',
  testMatch: ['<rootDir>/test/**/*.slow.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFilesAfterEnv: [],
};

module.exports = { maxWorkers: 2, testSequencer, reporters, testTimeout: 15 * 60_000, projects: [slow, ...whole] };
