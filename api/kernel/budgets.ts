import type { BudgetUse } from '../../record/kernel/request-budgets';
import { keepLatest } from './latest';

/** How much may be spent, in units of cost: in a minute for ever, and at once by a caller who has rested. */
export interface BudgetLimits {
  perMinute: number;
  burst: number;
}

/** The result of spending. */
export interface Spending {
  /** The whole seconds that the caller has to wait; 0: it was spent. */
  wait: number;
  /** How much could be spent now. */
  left: number;
}

interface Budget {
  used: number;
  /** When it was so much, in milliseconds. */
  at: number;
  /** The part that was used here and is not settled with other processes. */
  unsettled: number;
}

/**
 * A budget for each caller, counted in the memory of this process: use wears off with time. The use that other processes
 * let through is added whenever the budgets are settled.
 */
export class Budgets {
  private readonly budgets = new Map<string, Budget>();

  constructor(
    readonly limits: BudgetLimits,
    private readonly readTime: () => number = () => performance.now(),
  ) {}

  spend(caller: string, cost: number): Spending {
    const { burst, perMinute } = this.limits;
    const budget = this.readBudget(caller);
    // a cost beyond any budget needs a whole one
    const over = budget.used + Math.min(cost, burst) - burst;
    if (over <= 0) {
      budget.used += cost;
      budget.unsettled += cost;
    }
    keepLatest(this.budgets, caller, budget);
    return {
      wait: over > 0 ? Math.ceil((over / perMinute) * 60) : 0,
      left: Math.max(0, Math.floor(burst - budget.used)),
    };
  }

  /** Gives `settle` the use since the last time, and goes on from its answer; where it fails, it is given it later. */
  async settle(settle: (uses: BudgetUse[]) => Promise<readonly BudgetUse[]>): Promise<void> {
    const uses: BudgetUse[] = [];
    for (const [caller, budget] of this.budgets) {
      if (budget.unsettled > 0) uses.push({ caller, used: budget.unsettled });
      else if (this.readBudget(caller).used === 0) this.budgets.delete(caller);
    }
    if (uses.length === 0) return;
    const settled = new Map((await settle(uses)).map(({ caller, used }) => [caller, used]));
    for (const { caller, used } of uses) {
      const budget = this.readBudget(caller);
      budget.unsettled = Math.max(0, budget.unsettled - used);
      budget.used = (settled.get(caller) ?? 0) + budget.unsettled;
      this.budgets.set(caller, budget);
    }
  }

  private readBudget(caller: string): Budget {
    const at = this.readTime();
    const { used, at: before, unsettled } = this.budgets.get(caller) ?? { used: 0, at, unsettled: 0 };
    return { used: Math.max(0, used - ((at - before) / 60_000) * this.limits.perMinute), at, unsettled };
  }
}
