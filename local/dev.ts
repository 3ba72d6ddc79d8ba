import { execFile } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Environment } from '../runtime/config';
import { migrateDatabase } from '../runtime/migrate';
import { root } from './paths';
import type { Run } from './run';
import { superviseRun, waitUntilReady, type RunningSystem } from './supervisor';

const LOOK_EVERY = 400;
const NOT_RUN = new Set(['test', 'bench', 'local']);
/** The ports on which debuggers find them. */
const INSPECT = { api: 9229, worker: 9230 };

type Program = keyof typeof INSPECT;

/** Sources that only one of the two loads; any other may be in both. */
const ONLY: Record<Program, RegExp> = {
  api: /^(api|papers)\//,
  worker: /^(worker|activities|outreach\/(templates|webhook\.)|workflows\/(?!messages|search-attributes))/,
};
const OTHER: Record<Program, Program> = { api: 'worker', worker: 'api' };

/** Selects the programs that have to start anew when these sources change. */
export function selectPrograms(changed: string[]): Program[] {
  const programs = Object.keys(ONLY) as Program[];
  return programs.filter((program) => changed.some((source) => !ONLY[OTHER[program]].test(source)));
}

/**
 * Runs `npm run dev`: the parts of `npm start`; when a source changes, it builds and restarts the processes that use it.
 */
export async function runDevelopment(env: Environment): Promise<void> {
  // A debugger stops the event loop for as long as it likes.
  await superviseRun({ WATCHDOG_SECONDS: 'off', ...env }, { inspect: INSPECT, watchSystem: watchSources });
}

async function watchSources(run: Run, system: RunningSystem): Promise<void> {
  console.log(`Sources are watched. Debuggers: API on ${INSPECT.api}, worker on ${INSPECT.worker}.`);
  const logs = Object.keys(INSPECT).map((name) => new LogTail(join(system.dataDirectory, 'logs', `${name}.log`)));
  let sources = readSources();
  let pending: string[] = [];
  let awaited = new AbortController();
  while (!run.ending.aborted) {
    await delay(LOOK_EVERY, undefined, { signal: run.ending }).catch(() => undefined);
    for (const log of logs) log.print();
    const now = readSources();
    const written = listDifferences(sources, now);
    sources = now;
    if (written.length === 0 || run.ending.aborted) continue;
    // Also the changes that a failed build left behind.
    const changed = (pending = [...new Set([...pending, ...written])]);
    awaited.abort();
    awaited = new AbortController();
    const began = Date.now();
    const programs = selectPrograms(changed);
    try {
      await promisify(execFile)(process.execPath, [join(root, 'local', 'build.js')], { cwd: root });
      if (changed.some((source) => source.startsWith('runtime/migrations/'))) await migrateDatabase(system.databaseUrl);
      await Promise.all(programs.map((program) => run.restart(program)));
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      console.error(`${(stderr || message).trimEnd()}\nWhat was built before goes on.`);
      continue;
    }
    pending = [];
    console.log(`${describeChanges(changed)} changed: ${programs.join(' and ')} started anew.`);
    if (programs.includes('api'))
      void waitUntilReady(system.readinessUrl, system.runId, AbortSignal.any([run.ending, awaited.signal])).then(
        () => console.log(`Ready again after ${((Date.now() - began) / 1000).toFixed(1)} s.`),
        () => undefined,
      );
  }
}

const describeChanges = (changed: string[]) => (changed.length > 3 ? `${changed.length} sources` : changed.join(', '));

type Times = Map<string, number>;

/**
 * Reads when each source was last written. It looks by itself, as notices of the file system get lost on shared and
 * network disks.
 */
function readSources(): Times {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { include: string[] };
  const times: Times = new Map();
  const readFolder = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) readFolder(name);
      else times.set(name, statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    }
  };
  for (const room of include) if (!NOT_RUN.has(room)) readFolder(room);
  return times;
}

/** Lists the sources that are new, written since, or gone. */
function listDifferences(before: Times, now: Times): string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((source) => before.get(source) !== now.get(source));
}

/** Prints what a program logs from now on. */
class LogTail {
  private printed: number;

  constructor(private readonly file: string) {
    this.printed = this.measureSize();
  }

  print(): void {
    const size = this.measureSize();
    if (size < this.printed) this.printed = 0;
    if (size === this.printed) return;
    const text = Buffer.alloc(size - this.printed);
    const file = openSync(this.file, 'r');
    readSync(file, text, 0, text.length, this.printed);
    closeSync(file);
    this.printed = size;
    process.stdout.write(text);
  }

  private measureSize(): number {
    return statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
  }
}
