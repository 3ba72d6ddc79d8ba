import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { addRoot, linkEntries } from '../record/operations/audit-chain';
import type { Sql } from '../runtime/database';

const EVERY_MS = 15_000;
const ROOT_EVERY_SECONDS = 3_600;

/** Links new entries of the audit log within a minute, and puts a root over all chains every hour. */
export function startAuditLinker({ sql, logger }: { sql: Sql; logger: Logger }): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function linkUntilDone(): Promise<void> {
    while (!signal.aborted && (await linkEntries(sql)) > 0);
    const root = await addRoot(sql, { everySeconds: ROOT_EVERY_SECONDS });
    // a copy of the logs that is kept elsewhere shows a later rewrite of the database
    if (root) logger.info({ root }, 'a root stands over the audit log');
  }

  async function repeatLinking(): Promise<void> {
    while (!signal.aborted) {
      await linkUntilDone().catch((error: unknown) =>
        logger.error({ err: error }, 'the audit log could not be linked; again in a moment'),
      );
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  const running = repeatLinking();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
