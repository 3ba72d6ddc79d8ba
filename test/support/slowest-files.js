'use strict';

const SHOWN = 10;
/** A run of a few files shows their durations itself. */
const MANY = 30;

/** Says at the end of a whole run which files took longest: who looks for what the suite waits for begins there. */
module.exports = class {
  onRunComplete(_contexts, { testResults }) {
    if (testResults.length < MANY) return;
    const slowest = testResults
      .toSorted((one, other) => other.perfStats.runtime - one.perfStats.runtime)
      .slice(0, SHOWN);
    const lines = slowest.map(({ perfStats, testFilePath }) => {
      const seconds = (perfStats.runtime / 1000).toFixed(0).padStart(5);
      return `${seconds} s  ${testFilePath.replace(/.*\/test\//, 'test/')}`;
    });
    process.stderr.write(`\nThe slowest files:\n${lines.join('\n')}\n`);
  }
};
