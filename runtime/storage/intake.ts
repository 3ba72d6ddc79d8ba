import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findFileType, HEAD_BYTES, type FileType } from '../../domain/registry/file-types';
import { sealFile, type FileKey } from './sealing';
import { nameFile, StoreUnavailable, type FileStore } from './store';

/** A file as it arrived: by its content alone. */
export interface MeasuredFile {
  size: number;
  /** Hexadecimal. */
  sha256: string;
  type: FileType;
}

/** Why a file is not taken in: it is longer than it may be, or nothing that is kept. */
export class FileRefused extends Error {
  override name = 'FileRefused';

  constructor(readonly reason: 'too_large' | 'type') {
    super(reason);
  }
}

type Bytes = AsyncIterable<Uint8Array>;

/** Reads a file to its end, and keeps nothing of it. Throws FileRefused as soon as it is known. */
export async function measureFile(source: Bytes, maxBytes: number): Promise<MeasuredFile> {
  const measuring = startMeasuring(maxBytes);
  for await (const _ of measuring.pass(source));
  return measuring.finish();
}

/** Seals a file into the spool while it arrives; of one that is refused or breaks off nothing is left. */
export async function gatherFile(
  source: Bytes,
  { store, id, fileKey, maxBytes }: { store: FileStore; id: string; fileKey: FileKey; maxBytes: number },
): Promise<MeasuredFile & { path: string }> {
  const path = join(store.spool, nameFile(id));
  const measuring = startMeasuring(maxBytes);
  try {
    const handle = await open(path, 'wx', 0o600).catch(refuseDisk);
    try {
      for await (const piece of sealFile(measuring.pass(source), fileKey))
        await handle.appendFile(piece).catch(refuseDisk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { ...measuring.finish(), path };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

export const readSpooledFile = (path: string): Bytes => createReadStream(path);

function refuseDisk(error: unknown): never {
  throw new StoreUnavailable('the spool takes no file', { cause: error });
}

/** Counts and hashes what passes; stops it where it is too long, or nothing that is kept. */
function startMeasuring(maxBytes: number) {
  const hash = createHash('sha256');
  let [size, head, type] = [0, Buffer.alloc(0), null as FileType | null];
  const judgeType = (ended: boolean) => {
    if (type || (head.length < HEAD_BYTES && !ended)) return;
    type = findFileType(head);
    if (!type) throw new FileRefused('type');
  };
  return {
    async *pass(source: Bytes): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        size += chunk.length;
        if (size > maxBytes) throw new FileRefused('too_large');
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
        judgeType(false);
        hash.update(chunk);
        yield chunk;
      }
      judgeType(true);
    },
    finish: (): MeasuredFile => ({ size, sha256: hash.digest('hex'), type: type! }),
  };
}

const DAY_MS = 86_400_000;

/** Makes the spool, and removes what uploads left in it that a crash broke off; no upload takes a day. */
export async function sweepSpool({ spool }: FileStore, now: number): Promise<void> {
  await mkdir(spool, { recursive: true, mode: 0o700 });
  for (const name of await readdir(spool)) {
    const path = join(spool, name);
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > DAY_MS) await rm(path, { force: true });
  }
}
