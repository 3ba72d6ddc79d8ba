import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from '../../local/http';
import { root } from '../../local/paths';
import { findFreePort } from '../../local/ports';
import { removeDataDirectory } from '../../local/postgres-location';
import { eventually } from './eventually';

/** Everything that runs on a data directory: whatever has it in its arguments or its environment. */
export function listProcesses(directory: string): { pid: number; command: string }[] {
  return execFileSync('ps', ['axeww', '-o', 'pid=,args='], { encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\n')
    .filter((line) => line.includes(directory))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }));
}

export function killAll(directory: string): void {
  for (const { pid } of listProcesses(directory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It was gone first.
    }
  }
}

/** A data directory that nobody has used, with a free port; `remove` ends whatever still runs on it. */
export async function createPlace(): Promise<{ directory: string; port: number; remove: () => void }> {
  const directory = join(realpathSync(mkdtempSync(join(tmpdir(), 'countersign-'))), 'data');
  const remove = () => {
    killAll(directory);
    removeDataDirectory(directory);
    rmSync(join(directory, '..'), { recursive: true, force: true });
  };
  return { directory, port: await findFreePort(), remove };
}

/** One `npm start`, or `npm run dev`, in a group of its own as in a terminal's foreground. */
export class StartedSystem {
  output = '';
  private readonly npm: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(
    readonly directory: string,
    readonly port: number,
    env: NodeJS.ProcessEnv = {},
    {
      checkout = root,
      user,
      script = 'start',
    }: { checkout?: string; user?: { uid: number; gid: number } | undefined; script?: 'start' | 'dev' } = {},
  ) {
    this.npm = spawn('npm', ['run', script], {
      ...user,
      cwd: checkout,
      detached: true,
      env: { ...process.env, SAMPLE_DATA: 'off', ...env, DATA_DIR: directory, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.npm.stdout!, this.npm.stderr!]) stream.on('data', (chunk) => (this.output += chunk));
    this.ended = new Promise((resolve) => this.npm.once('exit', resolve));
  }

  /** Waits until it says that it is ready. */
  async ready(): Promise<this> {
    let over = false;
    void this.ended.then(() => (over = true));
    await eventually(() => over || this.output.includes('is ready after'), { within: 120_000 });
    if (over) throw new Error(`npm start ended:\n${this.output}`);
    return this;
  }

  /** Ctrl-C: the signal reaches npm, its shell and the supervisor. */
  interrupt(): void {
    process.kill(-this.npm.pid!, 'SIGINT');
  }

  /** As a service manager would: npm alone gets the signal. */
  terminate(): void {
    this.npm.kill('SIGTERM');
  }

  /** The pid of a child, or of the supervisor itself, as the run record has it now. */
  pidOf(name: 'supervisor' | 'postgres' | 'temporal' | 'worker' | 'api'): number {
    const [head, ...children] = readFileSync(join(this.directory, 'run.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return name === 'supervisor' ? head.owner.pid : children.findLast((child) => child.name === name).pid;
  }

  /** The answer of /readyz, or undefined where nothing answers. */
  async readiness(): Promise<{ status: number; runId?: string } | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/readyz`);
      return { ...((await response.json()) as { runId?: string }), status: response.status };
    } catch {
      return undefined;
    }
  }

  /** The API with the admin key. */
  api(): Api {
    const file = join(this.directory, 'admin-key');
    const key = existsSync(file) ? readFileSync(file, 'utf8').trim() : process.env.ADMIN_API_KEY!;
    return createApi(`http://127.0.0.1:${this.port}`, key);
  }
}
