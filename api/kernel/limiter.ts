import { Readable } from 'node:stream';
import type { RequestHandler, Response } from 'express';
import type { AccessCounter } from './access-counter';
import { Budgets, type BudgetLimits } from './budgets';
import { HEAVY_COST, HEAVY_WORK } from './costs';
import { Problem } from './errors';
import { FairQueue } from './fair-queue';
import type { Answer } from './idempotency';
import { nameNetwork } from './wrong-keys';

/** The budget of an address without a key: each page costs one, and health nothing. */
const OF_AN_ADDRESS: BudgetLimits = { perMinute: 3_000, burst: 3_000 };
/** The seconds to wait where too much heavy work of the caller waits already: about what that takes. */
const HEAVY_WAIT = 5;

/** Bounds what a caller may have of this process: by a budget, and by turns for what is heavy. */
export class Limiter {
  private readonly queue = new FairQueue(HEAVY_WORK);

  /** Without budgets nothing is bounded by cost. */
  constructor(
    private readonly counter: AccessCounter,
    private readonly budgets: Budgets | undefined,
  ) {}

  /** Takes a cost from a caller's budget, or refuses (429). */
  spend(caller: string, cost: number, res: Response): void {
    if (!this.budgets) return;
    const { perMinute, burst } = this.budgets.limits;
    const { wait, left } = this.budgets.spend(caller, cost);
    res.set('RateLimit-Policy', `"key";q=${burst};w=${Math.ceil((burst / perMinute) * 60)}`);
    res.set('RateLimit', `"key";r=${left}${wait > 0 ? `;t=${wait}` : ''}`);
    if (wait > 0) throw this.refuse(caller, wait);
  }

  /** Works in the caller's turn where the cost is heavy, up to the end of an answer that is streamed; else at once. */
  async run(caller: string, cost: number, res: Response, work: () => Promise<Answer>): Promise<Answer> {
    if (cost < HEAVY_COST) return work();
    const gone = new AbortController();
    res.once('close', () => gone.abort(new Problem('unavailable')));
    const turn = this.queue.takeTurn(caller, gone.signal);
    if (!turn) throw this.refuse(caller, HEAVY_WAIT);
    const endTurn = await turn;
    let streamed = false;
    try {
      const answer = await work();
      streamed = answer.body instanceof Readable;
      if (answer.body instanceof Readable) answer.body.once('close', endTurn);
      return answer;
    } finally {
      if (!streamed) endTurn();
    }
  }

  private refuse(caller: string, seconds: number): Problem {
    this.counter.count(caller, 'limited');
    return new Problem('too_many_requests', {}, { 'Retry-After': String(seconds) });
  }
}

/** Requests that were counted by their keys, and the questions of a balancer, of which none is to go unanswered. */
const COUNTED_OTHERWISE = /^\/(v1\/|healthz$|readyz$)/;

/** Limits how much an address may ask for without a key, in the memory of this process. */
export function limitAddresses(): RequestHandler {
  const budgets = new Budgets(OF_AN_ADDRESS);
  return (req, _res, next) => {
    if (COUNTED_OTHERWISE.test(req.path)) return next();
    const { wait } = budgets.spend(nameNetwork(req.socket.remoteAddress ?? ''), 1);
    if (wait > 0) throw new Problem('too_many_requests', {}, { 'Retry-After': String(wait) });
    next();
  };
}
