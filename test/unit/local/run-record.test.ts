import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isAlive } from '../../../local/processes';
import { beginRecord, endOrphans, findChild, isOwnerAlive, recordChild } from '../../../local/run-record';

const STUBBORN = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
const MEEK = "setInterval(() => {}, 1000); console.log('up')";

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'record-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function run(program: string) {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return identify(child.pid!);
}

test('what an earlier run left behind is ended, also what does not stop by itself', async () => {
  const [meek, stubborn] = [await run(MEEK), await run(STUBBORN)];
  beginRecord(folder);
  recordChild(folder, 'meek', meek.pid, 'SIGTERM');
  recordChild(folder, 'stubborn', stubborn.pid, 'SIGTERM');
  expect(await endOrphans(folder)).toEqual(['meek', 'stubborn']);
  expect([meek, stubborn].map(isAlive)).toEqual([false, false]);
  expect(await endOrphans(folder)).toEqual([]);
});

test('a process that merely has the recorded pid is left alone', async () => {
  const other = await run(MEEK);
  beginRecord(folder);
  const line = { name: 'gone', pid: other.pid, startedAt: 'an earlier start', signal: 'SIGTERM' };
  appendFileSync(join(folder, 'run.jsonl'), `${JSON.stringify(line)}\n`);
  expect(await endOrphans(folder)).toEqual([]);
  expect(isAlive(other)).toBe(true);
});

test('the record in a copied directory is of other processes', async () => {
  const child = await run(MEEK);
  beginRecord(folder);
  recordChild(folder, 'original', child.pid, 'SIGTERM');
  const copy = `${folder}-copy`;
  cpSync(folder, copy, { recursive: true });
  expect(await endOrphans(copy)).toEqual([]);
  expect(isOwnerAlive(copy)).toBe(false);
  expect(isAlive(child)).toBe(true);
  rmSync(copy, { recursive: true });
});

test('a line that was cut off does not hide the others', async () => {
  const child = await run(MEEK);
  beginRecord(folder);
  recordChild(folder, 'whole', child.pid, 'SIGTERM');
  appendFileSync(join(folder, 'run.jsonl'), '{"name":"cut');
  expect(await endOrphans(folder)).toEqual(['whole']);
});

test('a child is found by its name while it runs, and not the one that it replaced', async () => {
  const [former, now] = [await run(MEEK), await run(MEEK)];
  beginRecord(folder);
  for (const { pid } of [former, now]) recordChild(folder, 'worker', pid, 'SIGTERM');
  expect(findChild(folder, 'worker')).toMatchObject(now);
  expect(findChild(folder, 'api')).toBeUndefined();
  for (const child of children) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(findChild(folder, 'worker')).toBeUndefined();
});

test('the owner of a record is known while it runs', () => {
  expect(isOwnerAlive(folder)).toBe(false);
  beginRecord(folder);
  expect(isOwnerAlive(folder)).toBe(true);
  const head = { directory: realpathSync(folder), owner: { pid: process.pid, startedAt: 'an earlier start' } };
  writeFileSync(join(folder, 'run.jsonl'), `${JSON.stringify(head)}\n`);
  expect(isOwnerAlive(folder)).toBe(false);
});
