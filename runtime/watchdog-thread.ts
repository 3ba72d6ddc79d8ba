/** The thread of runtime/watchdog.ts: nothing of it runs in the event loop that it watches. */
import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { setTimeout as delay } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { Watch } from './watchdog';

const { name, stuckAfterMs, everyMs, beats } = workerData as Watch;
const ANSWER_WITHIN_MS = 1000;
const FRAMES = 12;

/** Evaluates an expression on top of whatever the main thread runs; undefined if it is in native code. */
async function evaluateInMainThread(expression: string): Promise<unknown> {
  const session = new Session();
  session.connectToMainThread();
  const answer = new Promise<unknown>((resolve) =>
    session.post('Runtime.evaluate', { expression }, (_, reply) => resolve(reply?.result.value)),
  );
  try {
    return await Promise.race([answer, delay(ANSWER_WITHIN_MS)]);
  } finally {
    session.disconnect();
  }
}

/** Writes one line like those of runtime/logger, past the streams that need the main thread. */
function writeLog(stack: unknown): void {
  const msg = `The event loop of ${name} has been stuck for ${stuckAfterMs / 1000} s; the process ends itself, to be started again.`;
  const frames =
    typeof stack === 'string'
      ? {
          stack: stack
            .split('\n')
            .slice(2, 2 + FRAMES)
            .join('\n'),
        }
      : {};
  try {
    writeSync(1, `${JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, name, ...frames, msg })}\n`);
  } catch {
    // A log that takes no line keeps nothing alive.
  }
}

async function endProcess(): Promise<void> {
  process.kill(process.pid, 'SIGKILL');
  // The kernel does not deliver a process's own signals to the first process of a container.
  await evaluateInMainThread('process.exit(1)');
}

async function watchTicks(): Promise<never> {
  let seen = Atomics.load(beats, 0);
  // Ticks are counted, not time: while the process is suspended, this thread stands still as well.
  for (let missed = 0; ;) {
    await delay(everyMs);
    const now = Atomics.load(beats, 0);
    missed = now === seen ? missed + 1 : 0;
    seen = now;
    if (missed * everyMs < stuckAfterMs) continue;
    const stack = await evaluateInMainThread('new Error().stack');
    if (Atomics.load(beats, 0) !== seen) continue;
    writeLog(stack);
    await endProcess();
  }
}

void watchTicks();
