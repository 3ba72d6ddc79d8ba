import type { Instant } from '../domain/time/instants';

/** What the machine's clock shows. */
export const readClock = (): Instant => new Date().toISOString();
