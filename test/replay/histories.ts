import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Progress } from '../../domain/applications/progress';

/** Raised when workflows change so that recorded histories would take another path; the older ones stay and replay. */
export const VERSION = 'v1';

/** The page for a person who broke this test. */
export const PAGE = 'docs/changing-a-workflow.md';

const folder = join(__dirname, 'histories');
const progressFolder = join(__dirname, 'progress');

export interface RecordedHistory {
  /** `<workflow>/<version>/<life>`, with the number of the run where there are several. */
  name: string;
  /** The workflow's own id: its payloads open under no other. */
  workflowId: string;
  history: unknown;
}

/** Every recorded history. */
export function readHistories(): RecordedHistory[] {
  return readAll<Omit<RecordedHistory, 'name'>>(folder).map(([name, content]) => ({ name, ...content }));
}

/** Writes a history that is new; throws where there is one already: histories are never recorded again. */
export function storeHistory({ name, ...content }: RecordedHistory): void {
  write(join(folder, `${name}.json`), content, 'wx');
}

/** Reads what each recorded run of an application knew in the end, by the name of its history. */
export const readStoredProgress = (): [name: string, progress: Progress][] => readAll<Progress>(progressFolder);

/** Stores what a run knew in the end; throws where that is stored already. */
export const storeProgress = (name: string, progress: Progress): void =>
  write(join(progressFolder, `${name}.json`), progress, 'wx');

/** Every JSON file in a folder, by its path there. */
export function readAll<T>(from: string): [name: string, content: T][] {
  const files = existsSync(from) ? readdirSync(from, { recursive: true, encoding: 'utf8' }) : [];
  return files
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => [file.replace(/\.json$/, ''), JSON.parse(readFileSync(join(from, file), 'utf8')) as T]);
}

/** Writes JSON; `wx` only where there is no file yet. */
export function write(file: string, content: unknown, flag: 'w' | 'wx'): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`, { flag });
}
