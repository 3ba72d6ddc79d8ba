'use strict';
const { default: TestSequencer } = require('@jest/test-sequencer');

/**
 * Files that wait for servers come first, the longest (by the last run's durations, else by size) before all others: those that
 * only compute fill both cores to the end, where one long file would leave the other core idle.
 */
module.exports = class extends TestSequencer {
  sort(tests) {
    const isComputed = ({ context }) => (context.config.globalSetup ? 0 : 1);
    return super.sort(tests).toSorted((one, other) => isComputed(one) - isComputed(other));
  }
};
