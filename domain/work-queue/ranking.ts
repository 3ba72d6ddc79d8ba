import type { Purpose } from '../kernel/codes';

/**
 * The reasons for which an item of the queue is urgent, the most urgent first: late items come after those that cannot
 * be made good once their day has passed.
 */
export const URGENCIES = ['payer_deadline', 'statutory_date', 'overdue', 'needed_by'] as const;
export type Urgency = (typeof URGENCIES)[number];

/**
 * The number of days before its date at which each becomes urgent; urgent items rank by that date, the rest by money
 * and age.
 */
export const URGENT_DAYS_BEFORE: Record<Urgency, number> = {
  payer_deadline: 5,
  statutory_date: 0,
  overdue: 0,
  needed_by: 30,
};

/** Steps whose due date is the payer's deadline; none can be snoozed past it. */
export const DEADLINE_STEPS: readonly Purpose[] = ['provide_information', 'decide_on_appeal'];

/** How long an item can be hidden for. */
export const LONGEST_SNOOZE_DAYS = 14;
