/** How workflows call a recording step: one short transaction; the record knows what it was asked before. */
export const RECORDING = {
  startToCloseTimeout: '10 s',
  // while PostgreSQL is away: a few quick tries, then server timers up to a minute apart, for as long as it takes
  localRetryThreshold: '5 s',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '60 s' },
} as const;
