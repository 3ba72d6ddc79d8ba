import type { SpawnSyncOptions, SpawnSyncReturns } from 'node:child_process';

export interface ProcessIdentity {
  pid: number;
  startedAt: string | undefined;
}
export function identify(pid: number): ProcessIdentity;
export function isAlive(identity: ProcessIdentity): boolean;
export function takeLock(file: string): ProcessIdentity | undefined;
export function releaseLock(file: string): void;
export function commandLine(pid: number): string;
export function workingDirectory(pid: number): string | undefined;
export function runToEnd(program: string, args: string[], options?: SpawnSyncOptions): SpawnSyncReturns<string>;
