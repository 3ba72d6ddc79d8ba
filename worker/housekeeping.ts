import { checkOldCertificates } from '../record/billing/certificates';
import { keepOverdueBridges } from '../record/applications/bridges';
import { deleteExpiredRows } from '../record/operations/housekeeping';
import { completeNameKeys, screenLatecomers } from '../record/screening/exclusions';
import { listRemovableFiles, recordFailedRemoval, recordRemoval } from '../record/registry/document-files';
import type { Sql } from '../runtime/database';
import type { FileStore } from '../runtime/storage/store';

/** The pause between two rounds: new secrets are to be forgotten within minutes. */
const HOUSEKEEPING_MS = 300_000;

/**
 * Deletes expired rows, completes what an import of exclusions left, keeps bridges that no write has kept, and removes
 * files that belong to no document any more: now, and every few minutes.
 */
export function startHousekeeping(
  sql: Sql,
  store: FileStore | undefined,
  reportError: (error: unknown) => void,
): { stop(): Promise<void> } {
  let done = Promise.resolve();
  const runHousekeeping = () => {
    done = Promise.all([
      deleteExpiredRows(sql),
      completeNameKeys(sql),
      screenLatecomers(sql),
      keepOverdueBridges(sql),
      store && removeFiles(sql, store),
      checkOldCertificates(sql),
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

/** Removes from the store what was purged, and what uploads left; what the store keeps all the same is tried again. */
export async function removeFiles(sql: Sql, store: FileStore): Promise<void> {
  for (const id of await listRemovableFiles(sql)) {
    const removed = await store.remove(id).then(
      () => true,
      () => false,
    );
    await (removed ? recordRemoval(sql, id) : recordFailedRemoval(sql, id));
  }
}
