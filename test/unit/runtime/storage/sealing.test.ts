import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { FileDamaged, openFile, sealFile } from '../../../../runtime/storage/sealing';

const fileKey = { key: randomBytes(32), owner: 'a document' };
const PIECE = 65_536;
const SEALED_PIECE = PIECE + 16;
const MARK = 4;

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const seal = (plain: Buffer, chunk = 10_007) => buffer(sealFile(inChunks(plain, chunk), fileKey));
const open = (sealed: Buffer, key = fileKey, chunk = 4_099) => buffer(openFile(inChunks(sealed, chunk), key));

test('a file of any length, in whatever chunks it comes, opens as it was', async () => {
  for (const length of [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 200_000]) {
    const plain = randomBytes(length);
    const sealed = await seal(plain);
    // a byte or two are anywhere by chance
    if (length > 32) expect(sealed.includes(plain.subarray(0, 32))).toBe(false);
    expect((await open(sealed)).equals(plain)).toBe(true);
    expect((await open(sealed, fileKey, 1_000_000)).equals(plain)).toBe(true);
  }
});

test('a file of which something is missing, doubled, swapped, added or changed does not open to its end', async () => {
  const sealed = await seal(randomBytes(3 * PIECE));
  const pieces = [0, 1, 2].map((n) => sealed.subarray(MARK + n * SEALED_PIECE, MARK + (n + 1) * SEALED_PIECE));
  const [first, second, last] = pieces as [Buffer, Buffer, Buffer];
  const mark = sealed.subarray(0, MARK);
  const changed = Buffer.from(sealed);
  changed[100]! ^= 1;
  for (const damaged of [
    [mark, first, second],
    [mark, first],
    [mark],
    [],
    [sealed.subarray(0, -1)],
    [mark, second, first, last],
    [mark, first, first, last],
    [mark, first, last],
    [mark, last],
    [sealed, last],
    [sealed, Buffer.from('more')],
    [changed],
    [Buffer.from('CSF2'), first, second, last],
  ])
    await expect(open(Buffer.concat(damaged))).rejects.toThrow(FileDamaged);
});

test('a file opens with its own key and as its own document’s alone', async () => {
  const sealed = await seal(Buffer.from('of one document'));
  await expect(open(sealed, { ...fileKey, owner: 'another document' })).rejects.toThrow(FileDamaged);
  await expect(open(sealed, { ...fileKey, key: randomBytes(32) })).rejects.toThrow(FileDamaged);
});
