'use strict';
const { default: TestSequencer } = require('@jest/test-sequencer');

/**
 * What waits for servers comes first, the longest (by the last run's durations, else by size) before all others: what only
 * computes fills both cores to the end, where one long file would leave the other core idle.
 */
module.exports = class extends TestSequencer {
  sort(tests) {
    const isComputed = ({ context }) => (context.config.globalSetup ? 0 : 1);
    return super.sort(tests).toSorted((one, other) => isComputed(one) - isComputed(other));
  }
};
