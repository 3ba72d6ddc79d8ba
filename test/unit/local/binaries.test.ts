import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Binary, BINARIES, downloadBinary, fetchIntoCache } from '../../../local/binaries';
import { cacheDirectory } from '../../../local/paths';

const PROGRAM = '#!/bin/sh\necho started\n';
const PLATFORM = `${process.platform}-${process.arch}`;
const never = new AbortController().signal;

/** A program of no use, fetched under a name that nothing else has. */
const binary = (content: string): Binary => ({
  what: 'a server',
  executable: 'countersign-test-program',
  version: `0.0.${process.pid}`,
  sha256: { [PLATFORM]: createHash('sha256').update(content).digest('hex') },
  pypi: 'none',
  download: 'cli',
  otherwise: '',
});

const kept = join(cacheDirectory, `countersign-test-program-0.0.${process.pid}`);
const leavings = () => readdirSync(cacheDirectory).filter((name) => /^countersign-test-program-(?!0\.0\.)/.test(name));

let folder: string;
let server: Server | undefined;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'binaries-'))));
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true });
  rmSync(kept, { force: true });
});

function archive(): Buffer {
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'countersign-test-program'), PROGRAM);
  writeFileSync(join(folder, 'in', 'LICENSE'), 'MIT');
  execFileSync('tar', ['-czf', join(folder, 'packed'), '-C', join(folder, 'in'), '.']);
  return readFileSync(join(folder, 'packed'));
}

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers as Temporal's place for downloads does: first where the archive is, then the archive. */
const serveDownloads = (packed: Buffer, asked: string[] = []): Promise<string> =>
  serve((request, response) => {
    asked.push(request.url!);
    if (request.url === '/packed.tar.gz') response.end(packed);
    else response.end(JSON.stringify({ archiveUrl: `http://${request.headers.host}/packed.tar.gz` }));
  });

test('a downloaded program is kept when its checksum is the one that is written down', async () => {
  const asked: string[] = [];
  const from = await serveDownloads(archive(), asked);
  const wanted = binary(PROGRAM);
  expect(await fetchIntoCache(wanted, (into) => downloadBinary(wanted, into, never, from))).toBe(kept);
  expect(readFileSync(kept, 'utf8')).toBe(PROGRAM);
  expect(asked[0]).toMatch(/^\/cli\/v0\.0\.\d+\?arch=(amd64|arm64)&platform=(linux|darwin)$/);
  expect(leavings()).toEqual([]);
});

test('a program with another checksum is not kept, and the error says which it has', async () => {
  const from = await serveDownloads(archive());
  const wanted = binary(`${PROGRAM}exit 0\n`);
  await expect(fetchIntoCache(wanted, (into) => downloadBinary(wanted, into, never, from))).rejects.toThrow(
    /^countersign-test-program has the checksum [0-9a-f]{64}, which is not that of 0\.0\.\d+$/,
  );
  expect(existsSync(kept)).toBe(false);
  expect(leavings()).toEqual([]);
});

test('for a platform without a checksum nothing is kept', async () => {
  const wanted: Binary = { ...binary(PROGRAM), sha256: {} };
  const fetched = fetchIntoCache(wanted, async (into) => writeFileSync(join(into, wanted.executable), PROGRAM));
  await expect(fetched).rejects.toThrow(
    `no checksum of ${wanted.executable} ${wanted.version} is known for ${PLATFORM}`,
  );
  expect(existsSync(kept)).toBe(false);
});

test('a refused download says who answered what', async () => {
  const from = await serve((_, response) => response.writeHead(403).end());
  const fetched = downloadBinary(binary(PROGRAM), folder, never, from);
  await expect(fetched).rejects.toThrow(/^127\.0\.0\.1:\d+ answered 403$/);
});

test('a stop ends a download that sends nothing', async () => {
  const stop = new AbortController();
  const from = await serve(() => stop.abort(new Error('stopped')));
  await expect(downloadBinary(binary(PROGRAM), folder, stop.signal, from)).rejects.toThrow('stopped');
});

test.each(Object.values(BINARIES))('$executable has a checksum for each platform that we support', ({ sha256 }) => {
  const checksums = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].map(
    (platform) => sha256[platform as keyof typeof sha256],
  );
  for (const checksum of checksums) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(checksums).size).toBe(4);
});
