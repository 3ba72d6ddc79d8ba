import { setTimeout as delay } from 'node:timers/promises';

/** Polls until `check` answers something that holds, and answers that; throws its last error, or says what never held. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { within = 30_000, every = 50 } = {},
): Promise<NonNullable<T>> {
  const late = Date.now() + within;
  for (;;) {
    let failure: unknown = new Error(`Never within ${within} ms: ${check.toString()}`);
    try {
      const answer = await check();
      if (answer) return answer;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > late) throw failure;
    await delay(every);
  }
}
