import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { openSync, closeSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identify, type ProcessIdentity } from './processes';
import { endChild, recordChild } from './run-record';

const TRIES_BEFORE_READY = 5;
const BACKOFF = { first: 200, most: 10_000 };
const STEADY_AFTER = 60_000;
const LOG_KEPT = 10_000_000;
const TAIL_LINES = 15;
const LOOK_EVERY = 250;

export interface ChildPlan {
  name: string;
  file: string;
  args: string[];
  options?: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env'>;
  /** Whether the child gets a channel, by which it can end itself when this process is gone. */
  channel?: boolean;
  /** The signal that asks it to stop, and the milliseconds until it is killed. */
  stop: { signal: NodeJS.Signals; patience: number };
  /**
   * The text in its log that says that it runs on and will never be ready: it is ended, and started again like any that
   * ended.
   */
  hopeless?: RegExp;
  /** Run before each spawn. */
  prepare?: () => Promise<void> | void;
}

/** A supervised process in a group of its own: it is started again whenever it ends, until it is stopped. */
export class Child {
  /** Rejects when the child keeps ending before it was ever ready. */
  readonly failed: Promise<never>;
  readonly log: string;
  private fail!: (reason: Error) => void;
  private current: ProcessIdentity | undefined;
  private running: ChildProcess | undefined;
  private stopping = false;
  private ready = false;
  private ends = 0;
  private again: NodeJS.Timeout | undefined;
  private logStart: number | undefined;
  /** The place in the log at which the output of the running process begins. */
  private logNow = 0;
  private looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly plan: ChildPlan,
    private readonly directory: string,
  ) {
    this.log = join(directory, 'logs', `${plan.name}.log`);
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
  }

  async start(): Promise<void> {
    try {
      await this.plan.prepare?.();
    } catch (error) {
      return this.handleEnd((error as Error).message, 0);
    }
    if (this.stopping) return;
    const log = this.openLog();
    const began = Date.now();
    const child = spawn(this.plan.file, this.plan.args, {
      ...this.plan.options,
      detached: true,
      stdio: ['ignore', log, log, ...(this.plan.channel ? (['ipc'] as const) : [])],
    });
    closeSync(log);
    if (child.pid !== undefined) {
      recordChild(this.directory, this.plan.name, child.pid, this.plan.stop.signal);
      this.current = identify(child.pid);
    }
    if (this.plan.hopeless && !this.ready)
      this.looking = setInterval(() => this.endIfHopeless(this.plan.hopeless!, child), LOOK_EVERY);
    this.running = child;
    const handleExit = (how: string, lived: number) => {
      if (this.running === child) this.handleEnd(how, lived);
    };
    child.once('error', (error) => handleExit(error.message, 0));
    child.once('exit', (code, signal) => handleExit(signal ?? `code ${code}`, Date.now() - began));
  }

  /** Marks the child as ready: it is started again as often as it takes. */
  markReady(): void {
    this.ready = true;
    clearInterval(this.looking);
  }

  /** Expects the child to end, and does not start it again. */
  expectEnd(): void {
    this.stopping = true;
    clearTimeout(this.again);
    clearInterval(this.looking);
  }

  /** Stops it and starts it anew at once: an end that was asked for counts as none. */
  async restart(): Promise<void> {
    clearTimeout(this.again);
    this.running = undefined;
    this.ends = 0;
    const { signal, patience } = this.plan.stop;
    if (this.current) await endChild(this.current, signal, patience);
    await this.start();
  }

  async stop(): Promise<void> {
    this.expectEnd();
    const { signal, patience } = this.plan.stop;
    if (this.current) await endChild(this.current, signal, patience);
  }

  private endIfHopeless(hopeless: RegExp, child: ChildProcess): void {
    if (hopeless.test(readFileSync(this.log).subarray(this.logNow).toString())) child.kill('SIGKILL');
  }

  private handleEnd(how: string, lived: number): void {
    clearInterval(this.looking);
    if (this.stopping) return;
    this.ends = lived > STEADY_AFTER ? 1 : this.ends + 1;
    if (!this.ready && this.ends >= TRIES_BEFORE_READY) {
      return this.fail(
        new Error(`${this.plan.name} does not start (${how}). The end of ${this.log}:\n${this.readTail()}`),
      );
    }
    const wait = Math.min(BACKOFF.first * 2 ** (this.ends - 1), BACKOFF.most);
    if (this.ready) console.log(`${this.plan.name} ended (${how}); starting it again in ${wait / 1000} s.`);
    this.again = setTimeout(() => void this.start(), wait);
  }

  private openLog(): number {
    mkdirSync(dirname(this.log), { recursive: true });
    const size = statSync(this.log, { throwIfNoEntry: false })?.size ?? 0;
    const full = size > LOG_KEPT;
    if (full) renameSync(this.log, `${this.log}.1`);
    this.logStart = full ? 0 : (this.logStart ?? size);
    this.logNow = full ? 0 : size;
    return openSync(this.log, 'a', 0o600);
  }

  /** The last lines that it logged in this run. */
  private readTail(): string {
    const text = readFileSync(this.log).subarray(this.logStart).toString().trimEnd();
    return text.split('\n').slice(-TAIL_LINES).join('\n');
  }
}
