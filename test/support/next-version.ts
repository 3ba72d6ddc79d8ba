import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type * as Dispatch from '../../dispatch/dispatch';
import type * as Reduce from '../../domain/applications/reduce';
import type * as Schedule from '../../domain/applications/schedule';
import type * as Run from '../../record/applications/application-run';
import type * as Step from '../../record/applications/recording-step';

/** A line of the rules that a next version writes otherwise. */
export interface Edit {
  file: 'reduce' | 'schedule' | 'transitions';
  from: string;
  to: string;
}

const root = resolve(__dirname, '../..');
/** The folders of the record's side; the workflows that run stay those of today. */
const ROOMS = ['domain', 'record', 'runtime', 'dispatch', 'workflows'];

/** The record's side of a next version: a copy of the code with edits, loaded beside today's. */
export async function loadNextVersion(edits: readonly Edit[]) {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-next-'));
  for (const room of ROOMS) cpSync(join(root, room), join(directory, room), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const { file, from, to } of edits) {
    const path = join(directory, `domain/applications/${file}.ts`);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) throw new Error(`${file}.ts has ${parts.length - 1} times: ${from}`);
    writeFileSync(path, parts.join(to));
  }
  const { foldEvents: fold, RULES_VERSION }: typeof Reduce = await import(
    join(directory, 'domain/applications/reduce')
  );
  const { computeAgenda, computeProgress }: typeof Schedule = await import(
    join(directory, 'domain/applications/schedule')
  );
  return {
    rules: { RULES_VERSION, fold, computeAgenda, computeProgress },
    /** Loads the functions that work on the record by these rules. */
    async recordSide() {
      const { recordStep }: typeof Step = await import(join(directory, 'record/applications/recording-step'));
      const { readRun }: typeof Run = await import(join(directory, 'record/applications/application-run'));
      const { createDispatch }: typeof Dispatch = await import(join(directory, 'dispatch/dispatch'));
      return { recordStep, readRun, createDispatch };
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

export type NextVersion = Awaited<ReturnType<typeof loadNextVersion>>;
export type RecordSide = Awaited<ReturnType<NextVersion['recordSide']>>;
