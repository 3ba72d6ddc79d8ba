import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { sealEverything } from '../record/operations/key-rotation';
import type { Sql } from '../runtime/database';
import type { Keyring } from '../runtime/keyring';

const EVERY_MS = 15_000;
/** The pauses before the next pass; an hour if nothing is left, as an earlier version that still runs writes in clear. */
const RESTS_MS = { complete: 3_600_000, waiting: 60_000, working: 0 };

/** Seals with the key that seals now whatever another one sealed, or nobody, beside all other work. */
export function startKeyRotation({ sql, keyring, logger }: { sql: Sql; keyring: Keyring; logger: Logger }): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const { signal } = stopping;
  let rest = { keyId: '', until: 0 };

  async function takePass(): Promise<void> {
    if (rest.keyId === keyring.readKeyId() && performance.now() < rest.until) return;
    const { keyId, sealed, complete, retired } = await sealEverything(sql, keyring, { signal });
    if (sealed > 0) logger.info({ keyId, sealed }, 'rows were sealed anew');
    for (const { id } of retired) logger.info({ keyId: id }, 'no row is sealed by this key any more');
    const length = RESTS_MS[complete ? 'complete' : sealed === 0 ? 'waiting' : 'working'];
    rest = { keyId, until: performance.now() + length };
  }

  async function repeatPasses(): Promise<void> {
    while (!signal.aborted) {
      await takePass().catch((error: unknown) =>
        logger.error({ err: error }, 'not everything could be sealed anew; again in a moment'),
      );
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  const running = repeatPasses();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
