import { z } from 'zod';
import { Duplicate } from '../../record/kernel/duplicate';
import { Problem, type ProblemType } from './errors';

/** The field by which a caller says that a second one is meant. */
export const evenIfExists = z.boolean().optional().meta({
  description:
    'true: adds it although the same seems to be on file already; without it, that answers 409 with `existingId`',
});

/** Adds something; if the record has it already, returns which one that is. */
export async function addOnce<T>(problem: ProblemType, add: () => Promise<T>): Promise<T> {
  try {
    return await add();
  } catch (error) {
    if (error instanceof Duplicate) throw new Problem(problem, { existingId: error.existingId });
    throw error;
  }
}
