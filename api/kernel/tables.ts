import { BadTable } from '../../registries/csv';
import { Problem } from './errors';

/** Answers a file that can't be read with what it lacks. */
export function refuseTable(error: unknown): never {
  if (!(error instanceof BadTable)) throw error;
  const errors = error.missing.map((path) => ({
    path,
    rule: 'column',
    message: 'is a required column',
  }));
  throw new Problem('validation_failed', {
    errors:
      errors.length > 0 ? errors : [{ path: '', rule: 'csv', message: 'must be CSV, text without NUL characters' }],
  });
}
