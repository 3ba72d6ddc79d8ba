import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginRecord, endOrphans } from '../../../local/run-record';
import { bringUp } from '../../support/bring-up';
import { eventually } from '../../support/eventually';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  beginRecord(directory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A server as a script of Node's, which may use `port`. */
const serverOf = (scripts: string[]) => (port: number) => ({
  name: 'server',
  launch: { file: process.execPath, args: ['-e', `const port = ${port}; ${scripts.shift()}`] },
  signal: 'SIGTERM' as const,
});
const LISTENS = 'require("node:http").createServer((_, res) => res.end("here")).listen(port, "127.0.0.1")';
const TAKEN = 'console.error("the port is taken"); process.exit(1)';
const MUTE = 'setInterval(() => undefined, 1000)';

const answers = (port: number) => eventually(async () => (await fetch(`http://127.0.0.1:${port}`)).text());
/** Waits for nothing that the signal does not tell. */
const forGood = (_port: number, signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('a server that ends, or keeps silent, is tried again on another port', async () => {
  const tried: number[] = [];
  const planOn = serverOf([TAKEN, MUTE, LISTENS]);
  const ready = (port: number, signal: AbortSignal) => {
    tried.push(port);
    return tried.length < 3 ? forGood(port, signal) : answers(port);
  };
  expect(await bringUp(directory, planOn, ready, { within: 2000 })).toBe('here');
  expect(new Set(tried).size).toBe(3);
  // one runs; those that were given up are gone
  expect(await endOrphans(directory)).toEqual(['server']);
});

test('one that never starts fails with what it logged, and leaves nothing', async () => {
  const planOn = serverOf([TAKEN, TAKEN, TAKEN]);
  await expect(bringUp(directory, planOn, forGood)).rejects.toThrow('the port is taken');
  expect(await endOrphans(directory)).toEqual([]);
});
