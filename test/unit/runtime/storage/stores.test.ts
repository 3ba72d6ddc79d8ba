import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createDiskStore } from '../../../../runtime/storage/disk';
import { sweepSpool } from '../../../../runtime/storage/intake';
import { createS3Store } from '../../../../runtime/storage/s3';
import { FileMissing, StoreUnavailable, type FileStore } from '../../../../runtime/storage/store';
import { S3_ACCOUNT, TestBucket } from '../../../support/s3';

let folder: string;
let bucket: TestBucket;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-stores-'));
  bucket = await TestBucket.start();
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await bucket.stop();
});

const kinds: Record<string, () => FileStore> = {
  disk: () => createDiskStore(join(folder, 'documents')),
  S3: () => {
    mkdirSync(join(folder, 'spool'), { recursive: true });
    return createS3Store(bucket.settings(join(folder, 'spool')));
  },
};

function spool(store: FileStore, id: string, bytes: Buffer): string {
  const path = join(store.spool, id);
  writeFileSync(path, bytes);
  return path;
}

for (const [name, start] of Object.entries(kinds))
  test(`${name}: a file is there whole once it was put, and gone once it was removed`, async () => {
    const store = start();
    const [id, bytes] = [randomUUID(), randomBytes(300_000)];
    await expect(store.get(id)).rejects.toThrow(FileMissing);
    await store.put(id, spool(store, id, bytes));
    expect(readdirSync(store.spool)).toEqual([]);
    expect((await buffer(await store.get(id))).equals(bytes)).toBe(true);
    await store.remove(id);
    await store.remove(id);
    await expect(store.get(id)).rejects.toThrow(FileMissing);
    spool(store, id, bytes);
    await store.remove(id);
    expect(readdirSync(store.spool)).toEqual([]);
    for (const bad of ['../escape', '..', `${id}/..`, '', `${id}\0`])
      await expect(store.get(bad)).rejects.toThrow('goes by an id');
  });

test('the folder is its owner’s alone', () => {
  const store = createDiskStore(join(folder, 'documents'));
  for (const path of [store.spool, join(folder, 'documents')]) expect(statSync(path).mode & 0o077).toBe(0);
});

test('a bucket that is busy or away for a moment is asked again, one that stays away is unavailable', async () => {
  const store = kinds.S3!();
  const [id, bytes] = [randomUUID(), randomBytes(100)];
  bucket.failures.push(503, null);
  await store.put(id, spool(store, id, bytes));
  expect(bucket.objects.get(id)?.equals(bytes)).toBe(true);
  bucket.failures.push(503, 503, 503);
  await expect(store.get(id)).rejects.toThrow(StoreUnavailable);
  await bucket.stop();
  await expect(store.remove(id)).rejects.toThrow(StoreUnavailable);
  bucket = await TestBucket.start();
});

test('a bucket takes nothing that was signed with another secret, and a refusal is not tried again', async () => {
  const settings = { ...bucket.settings(folder), secretAccessKey: `${S3_ACCOUNT.secretAccessKey}?` };
  const store = createS3Store(settings);
  const id = randomUUID();
  await expect(store.put(id, spool(store, id, randomBytes(10)))).rejects.toThrow('the store answered 403');
  expect(bucket.objects.size).toBe(0);
});

test('what a broken-off upload left in the spool goes a day later', async () => {
  const store = createDiskStore(join(folder, 'documents'));
  const [old, young] = [randomUUID(), randomUUID()];
  for (const id of [old, young]) spool(store, id, randomBytes(10));
  const now = Date.now();
  const yesterday = new Date(now - 86_400_000 - 60_000);
  utimesSync(join(store.spool, old), yesterday, yesterday);
  await sweepSpool(store, now);
  expect(readdirSync(store.spool)).toEqual([young]);
});
