import type { Purpose } from '../kernel/codes';

/**
 * What makes an item of the queue urgent, the most urgent first: before what is late comes only what cannot be made good once
 * its day has passed.
 */
export const URGENCIES = ['payer_deadline', 'statutory_date', 'overdue', 'needed_by'] as const;
export type Urgency = (typeof URGENCIES)[number];

/** How many days before its date each becomes urgent; urgent items rank by that date, the rest by money and age. */
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
