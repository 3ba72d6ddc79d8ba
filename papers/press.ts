import { join } from 'node:path';
import workerpool from 'workerpool';
import type { PaperContents, PaperKind } from './papers';

/** The maker of papers; a test has one without threads. */
export interface Press {
  make<Kind extends PaperKind>(kind: Kind, ...content: PaperContents[Kind]): Promise<Buffer>;
}

/** Creates a press with threads of its own, beside the event loop; the first is started with the first paper. `folder` has the built files. */
export function createPress(threads: number, folder = __dirname): Press & { stop(): Promise<void> } {
  const pool = workerpool.pool(join(folder, 'press-thread.js'), { workerType: 'thread', maxWorkers: threads });
  return {
    async make(kind, ...content) {
      // bytes that cross threads are no Buffer any more
      const { buffer, byteOffset, length } = (await pool.exec('makePaper', [kind, content])) as Uint8Array;
      return Buffer.from(buffer, byteOffset, length);
    },
    async stop() {
      await pool.terminate(true);
    },
  };
}
