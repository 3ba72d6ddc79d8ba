import type { PlainDate } from '../time/instants';
import type { StatutoryDate } from './application-rules';
import { addDays } from '../time/dates';
import type { ApplicationKind, LineOfBusiness } from '../kernel/codes';

/** The time within which a state's law wants a decision on a complete application; to press with, never to promise. */
export interface StatutoryClock {
  days: number;
  citation: string;
}

/** The clocks as read in November 2026; confirm before relying on one. Contracting and loading are not in them. */
export const STATUTORY_CLOCKS: Readonly<Record<string, StatutoryClock>> = {
  AZ: { days: 60, citation: 'ARS 20-3453' },
  CA: { days: 60, citation: 'Cal. Ins. Code 10144.56 (behavioral health)' },
  MN: { days: 45, citation: 'Minn. Stat. 62Q.097' },
  NC: { days: 60, citation: 'N.C. Gen. Stat. 58-3-230' },
  NY: { days: 60, citation: 'N.Y. Ins. Law 4803; Pub. Health Law 4406-d' },
  OH: { days: 90, citation: 'Ohio Rev. Code 3963.06' },
  RI: { days: 45, citation: 'R.I. Gen. Laws 27-20-70' },
  WA: { days: 90, citation: 'RCW 48.43.750' },
  WY: { days: 60, citation: 'Wyo. Stat. 26-56-102' },
};

/** Lines that no state's law is about. */
const FEDERAL: readonly LineOfBusiness[] = ['medicare', 'medicare_advantage', 'tricare'];

/** Kinds in which nobody is credentialed. */
const NOT_CREDENTIALING: readonly ApplicationKind[] = ['new_group', 'change', 'termination'];

/**
 * Finds the day by which the payer owes a decision; null without evidence of a complete receipt, or if no clock is
 * known.
 */
export function findStatutoryDate(
  { state, lineOfBusiness, kind }: { state: string; lineOfBusiness: LineOfBusiness; kind: ApplicationKind },
  completeOn: PlainDate | null,
): StatutoryDate | null {
  const clock = STATUTORY_CLOCKS[state];
  if (!clock || completeOn === null) return null;
  if (FEDERAL.includes(lineOfBusiness) || NOT_CREDENTIALING.includes(kind)) return null;
  return { ...clock, state, from: completeOn, dueOn: addDays(completeOn, clock.days) };
}
