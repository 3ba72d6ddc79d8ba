import { createCipheriv, createDecipheriv } from 'node:crypto';

/** The key of one file, which seals nothing else, as the numbers of its pieces are their nonces. */
export interface FileKey {
  /** 32 random bytes. */
  key: Buffer;
  /** The id of the document: as another document's, the file does not open. */
  owner: string;
}

/** A sealed file is not the one that was sealed: cut short, changed, or another's. */
export class FileDamaged extends Error {
  override name = 'FileDamaged';
}

/** The beginning of every sealed file: format and version. */
const MARK = Buffer.from('CSF1');
const PIECE_BYTES = 65_536;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/**
 * Seals a file piece by piece with AES-256-GCM. Each piece is bound to its place and to whether it is the last, so that a file
 * of which pieces are missing, doubled or swapped opens no further than that.
 */
export async function* sealFile(source: AsyncIterable<Uint8Array>, { key, owner }: FileKey): AsyncGenerator<Buffer> {
  yield MARK;
  for await (const { bytes, index, last } of splitPieces(source, PIECE_BYTES)) {
    const cipher = createCipheriv('aes-256-gcm', key, writeNonce(index, last)).setAAD(Buffer.from(owner));
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Opens a sealed file; each piece is checked before it is given on. Throws FileDamaged. */
export async function* openFile(source: AsyncIterable<Uint8Array>, { key, owner }: FileKey): AsyncGenerator<Buffer> {
  for await (const { bytes, index, last } of splitPieces(skipMark(source), PIECE_BYTES + TAG_BYTES)) {
    if (bytes.length < TAG_BYTES) throw new FileDamaged('the sealed file is cut short');
    const decipher = createDecipheriv('aes-256-gcm', key, writeNonce(index, last), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(owner))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch (error) {
      throw new FileDamaged(`piece ${index} of the sealed file is not as it was sealed`, { cause: error });
    }
    yield opened;
  }
}

function writeNonce(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(index, NONCE_BYTES - 5);
  nonce.writeUInt8(last ? 1 : 0, NONCE_BYTES - 1);
  return nonce;
}

/** Splits bytes into pieces of one size; the last has what is left, and is known as the last. */
async function* splitPieces(source: AsyncIterable<Uint8Array>, size: number) {
  let index = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length > size; rest = rest.subarray(size))
      yield { bytes: rest.subarray(0, size), index: index++, last: false };
  }
  yield { bytes: rest, index, last: true };
}

async function* skipMark(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of source) {
    if (!head) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < MARK.length) continue;
    if (!head.subarray(0, MARK.length).equals(MARK)) throw new FileDamaged('it is no sealed file');
    yield head.subarray(MARK.length);
    head = null;
  }
}
