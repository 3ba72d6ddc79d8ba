import type { Instant } from '../domain/time/instants';

/** Reads the machine's clock. */
export const readClock = (): Instant => new Date().toISOString();
