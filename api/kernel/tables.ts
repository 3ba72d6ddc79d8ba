import { BadTable } from '../../registries/csv';
import { Problem } from './errors';

/** Answers a file that can't be read with its faults. */
export function refuseTable(error: unknown): never {
  if (!(error instanceof BadTable)) throw error;
  throw new Problem('validation_failed', { errors: [...error.problems] });
}
