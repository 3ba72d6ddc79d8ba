import { Budgets } from '../../../api/kernel/budgets';
import type { BudgetUse } from '../../../record/kernel/request-budgets';

const LIMITS = { perMinute: 60, burst: 30 };

function create(limits = LIMITS) {
  const clock = { ms: 0 };
  const budgets = new Budgets(limits, () => clock.ms);
  const spend = (cost: number, caller = 'one') => budgets.spend(caller, cost).wait;
  return { clock, budgets, spend };
}

test('a caller who has rested may spend the whole budget at once, and then waits for as long as the next cost takes', () => {
  const { spend } = create();
  expect([spend(10), spend(20), spend(1), spend(20)]).toEqual([0, 0, 1, 20]);
});

test('a budget fills with time, and never beyond its whole', () => {
  const { clock, budgets, spend } = create();
  spend(30);
  clock.ms = 10_000;
  expect(budgets.spend('one', 4)).toEqual({ wait: 0, left: 6 });
  expect(spend(7)).toBe(1);
  clock.ms = 3_600_000;
  expect([spend(30), spend(1)]).toEqual([0, 1]);
});

test('what is refused costs nothing', () => {
  const { clock, spend } = create();
  spend(30);
  for (let n = 0; n < 100; n += 1) expect(spend(5)).toBe(5);
  clock.ms = 5_000;
  expect(spend(5)).toBe(0);
});

test('one caller’s spending is not another’s', () => {
  const { spend } = create();
  spend(30);
  expect([spend(1), spend(30, 'other')]).toEqual([1, 0]);
});

test('what costs more than a whole budget needs a whole one', () => {
  const { clock, spend } = create();
  expect([spend(100), spend(1)]).toEqual([0, 71]);
  clock.ms = 100_000;
  expect([spend(1), spend(100)]).toEqual([0, 1]);
});

/** Stands for request_budgets, of processes that settle at the same instant. */
function createLedger() {
  const all = new Map<string, number>();
  return async (uses: BudgetUse[]) =>
    uses.map(({ caller, used }) => {
      all.set(caller, (all.get(caller) ?? 0) + used);
      return { caller, used: all.get(caller)! };
    });
}

test('processes tell each other what they let through: together no more than what was left, each, between settlements', async () => {
  const ledger = createLedger();
  const [first, second] = [create(), create()];
  first.spend(20);
  second.spend(20);
  await first.budgets.settle(ledger);
  await second.budgets.settle(ledger);
  // 40 of 30 were let through: the second knows, and the first hears of it when it next settles
  expect(second.spend(1)).toBe(11);
  expect([first.spend(10), first.spend(1)]).toEqual([0, 1]);
  await first.budgets.settle(ledger);
  expect(first.spend(1)).toBe(21);
});

test('what was spent while budgets are settled counts, and what was not settled is settled later', async () => {
  const { budgets, spend } = create();
  spend(10);
  await expect(budgets.settle(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  const settled: BudgetUse[][] = [];
  const settle = async (uses: BudgetUse[]) => {
    settled.push(uses);
    spend(5);
    return uses;
  };
  await budgets.settle(settle);
  await budgets.settle(async (uses) => {
    settled.push(uses);
    return [{ caller: 'one', used: 15 }];
  });
  await budgets.settle(settle);
  expect(settled).toEqual([[{ caller: 'one', used: 10 }], [{ caller: 'one', used: 5 }]]);
  expect([spend(15), spend(1)]).toEqual([0, 1]);
});
