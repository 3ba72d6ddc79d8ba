import { appendFileSync, existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './processes';

interface Child extends ProcessIdentity {
  name: string;
  /** The signal that asks it to stop. */
  signal: NodeJS.Signals;
}

const locateRecord = (directory: string) => join(directory, 'run.jsonl');

/** Starts the record of what runs on a data directory: its first line names the directory and the owner, each other line a child. */
export function beginRecord(directory: string): void {
  const head = { directory: realpathSync(directory), owner: identify(process.pid) };
  writeFileSync(locateRecord(directory), `${JSON.stringify(head)}\n`);
}

/** Adds a child; a line is appended whole, so that even a kill right after loses none. */
export function recordChild(directory: string, name: string, pid: number, signal: NodeJS.Signals): void {
  appendFileSync(locateRecord(directory), `${JSON.stringify({ name, ...identify(pid), signal } satisfies Child)}\n`);
}

export const hasRecord = (directory: string): boolean => existsSync(locateRecord(directory));

function readRecord(directory: string): { owner?: ProcessIdentity; children: Child[] } {
  if (!hasRecord(directory)) return { children: [] };
  const [head, ...children] = readFileSync(locateRecord(directory), 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  // A copied data directory has the record of another run's processes.
  return head?.directory === realpathSync(directory) ? { owner: head.owner, children } : { children: [] };
}

/** Finds the child of that name that runs now; undefined if none of this record does. */
export function findChild(directory: string, name: string): ProcessIdentity | undefined {
  return readRecord(directory).children.findLast((child) => child.name === name && isAlive(child));
}

/** Whether the process that began the record still runs. */
export function isOwnerAlive(directory: string): boolean {
  const { owner } = readRecord(directory);
  return owner !== undefined && isAlive(owner);
}

/** Asks a process to stop and kills it after `patience` milliseconds; returns when it is gone. */
export async function endChild(child: ProcessIdentity, signal: NodeJS.Signals, patience: number): Promise<void> {
  const began = Date.now();
  sendSignal(child, signal);
  while (isAlive(child)) {
    if (Date.now() - began > patience) sendSignal(child, 'SIGKILL');
    await delay(20);
  }
}

function sendSignal(child: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isAlive(child)) process.kill(child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends what an earlier run on this directory left behind, recognised by pid and start time; returns the names. */
export async function endOrphans(directory: string): Promise<string[]> {
  const orphans = readRecord(directory).children.filter(isAlive);
  await Promise.all(orphans.map((child) => endChild(child, child.signal, 3000)));
  return orphans.map((child) => child.name);
}
