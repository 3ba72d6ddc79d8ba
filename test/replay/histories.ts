import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Raised when workflows change so that recorded histories would take another path; the older ones stay and replay. */
export const VERSION = 'v1';

const folder = join(__dirname, 'histories');

export interface Recorded {
  /** `<workflow>/<version>/<life>`, with the number of the run where there are several. */
  name: string;
  history: unknown;
}

/** Every recorded history. */
export function recordedHistories(): Recorded[] {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return files
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      history: JSON.parse(readFileSync(join(folder, file), 'utf8')),
    }));
}

/** Writes a history that is new; throws where there is one already: histories are never recorded again. */
export function record({ name, history }: Recorded): void {
  const file = join(folder, `${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(history, null, 1)}\n`, { flag: 'wx' });
}
