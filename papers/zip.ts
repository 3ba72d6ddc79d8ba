import { Zip, ZipDeflate } from 'fflate';

/** A file of an archive. */
export interface ArchivedFile {
  path: string;
  /** Whole, or as it is read. */
  bytes: Uint8Array | AsyncIterable<Uint8Array>;
}

/** The first moment that a ZIP can name: an archive does not say when it was made; its content does. */
const NO_TIME = '1980-01-01T00:00:00';

const NOTHING = new Uint8Array();

/** Writes a ZIP archive, piece by piece: it holds one file at a time, or a piece of one that is read piece by piece. */
export async function* writeZip(files: AsyncIterable<ArchivedFile>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const archive = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  function* yieldReady() {
    const chunks = ready;
    ready = [];
    yield* chunks;
  }
  for await (const { path, bytes } of files) {
    const file = new ZipDeflate(path);
    file.mtime = NO_TIME;
    archive.add(file);
    for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
      file.push(piece);
      yield* yieldReady();
    }
    file.push(NOTHING, true);
    yield* yieldReady();
  }
  archive.end();
  yield* yieldReady();
}
