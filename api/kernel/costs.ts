import { availableParallelism } from 'node:os';
import type { FairLimits } from './fair-queue';
import type { Route } from './route';

/** The cost of a request by its kind, out of its caller's budget; a route may say that one costs more. */
const COST = { read: 1, list: 2, write: 3 };

/** The cost of drawing a paper, or writing a table. */
export const PAPER_COST = 20;
/** The cost from which a request waits for its caller's turn. */
export const HEAVY_COST = 10;

export const computeBaseCost = ({ method, path }: Route): number =>
  method !== 'get' ? COST.write : path.endsWith('}') ? COST.read : COST.list;

/** Computes the cost of one request with several questions. */
export const computeBatchCost = (items: number): number => Math.max(COST.list, Math.ceil(items / 20));
/** Computes the cost of one action for several applications. */
export const computeBulkCost = (items: number): number => COST.write * items;
/** Computes the cost of taking in a file by its bytes. */
export const computeFileCost = (file: Buffer): number => Math.max(COST.write, Math.ceil(file.length / 10_000));

/** One caller's heavy work has half of the processors, so that what others ask for goes on. */
const perCaller = Math.max(1, Math.floor(availableParallelism() / 2));
export const HEAVY_WORK: FairLimits = { atOnce: 4 * perCaller, perCaller, mostWaiting: 50 };
