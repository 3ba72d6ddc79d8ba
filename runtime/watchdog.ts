import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** The data of the watching thread. */
export interface Watch {
  /** The name of the process in its log. */
  name: string;
  stuckAfterMs: number;
  /** How often the event loop counts `beats` up, and how often the thread looks. */
  everyMs: number;
  beats: Int32Array;
}

const MOST_BETWEEN_BEATS_MS = 500;

/**
 * Has a thread of its own end this process once the event loop has been stuck for `stuckAfterMs`, so that its
 * supervisor starts it again. Null watches nothing: a debugger stops the loop for as long as it likes.
 */
export function watchEventLoop({ name, stuckAfterMs }: { name: string; stuckAfterMs: number | null }): void {
  if (stuckAfterMs === null) return;
  const everyMs = Math.min(MOST_BETWEEN_BEATS_MS, stuckAfterMs / 10);
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const watch: Watch = { name, stuckAfterMs, everyMs, beats };
  new Worker(join(__dirname, 'watchdog-thread.js'), { workerData: watch }).unref();
  setInterval(() => Atomics.add(beats, 0, 1), everyMs).unref();
}
