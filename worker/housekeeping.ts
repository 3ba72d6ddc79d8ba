import { keepOverdueBridges } from '../record/applications/bridges';
import { deleteExpiredRows } from '../record/operations/housekeeping';
import { completeNameKeys, screenLatecomers } from '../record/screening/exclusions';
import type { Sql } from '../runtime/database';

/** The pause between two rounds: new secrets are to be forgotten within minutes. */
const HOUSEKEEPING_MS = 300_000;

/**
 * Deletes expired rows, completes what an import of exclusions left, and keeps bridges that no write has kept: now, and
 * every few minutes.
 */
export function startHousekeeping(sql: Sql, reportError: (error: unknown) => void): { stop(): Promise<void> } {
  let done = Promise.resolve();
  const runHousekeeping = () => {
    done = Promise.all([
      deleteExpiredRows(sql),
      completeNameKeys(sql),
      screenLatecomers(sql),
      keepOverdueBridges(sql),
    ]).then(() => undefined, reportError);
  };
  runHousekeeping();
  const timer = setInterval(runHousekeeping, HOUSEKEEPING_MS);
  return {
    async stop() {
      clearInterval(timer);
      await done;
    },
  };
}
