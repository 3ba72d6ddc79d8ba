/**
 * The way in which workflows call a recording step: one short transaction; the record knows what it was asked before.
 */
export const RECORDING = {
  startToCloseTimeout: '10 s',
  // quick tries keep one of the worker's places for workflow tasks; after them server timers up to a minute apart keep none,
  // for as long as it takes
  localRetryThreshold: '500 ms',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '60 s' },
} as const;
