import { accessSync, constants, mkdirSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileMissing, nameFile, StoreUnavailable, type FileStore } from './store';

/** Keeps files in a folder that only its owner can read; throws where it can't be made or written to. */
export function createDiskStore(directory: string): FileStore {
  const spool = join(directory, 'incoming');
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  accessSync(spool, constants.R_OK | constants.W_OK | constants.X_OK);
  return {
    spool,
    async put(id, path) {
      await tryDisk(async () => {
        await rename(path, join(directory, nameFile(id)));
        await flushFolder(directory);
      });
    },
    get: (id) => tryDisk(async () => (await open(join(directory, nameFile(id)))).createReadStream()),
    async remove(id) {
      await tryDisk(async () => {
        for (const folder of [spool, directory]) await rm(join(folder, nameFile(id)), { force: true });
        await flushFolder(directory);
      });
    },
  };
}

/** Has the disk keep what was renamed or removed, so that it is so after a power cut too. */
async function flushFolder(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function tryDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw code === 'ENOENT'
      ? new FileMissing('no such file', { cause: error })
      : new StoreUnavailable(code, { cause: error });
  }
}
