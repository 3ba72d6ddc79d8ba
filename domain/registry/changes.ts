import type { PlainDate } from '../time/instants';
import type { ApplicationKind, ChangeField, ChangeHandling, LineOfBusiness } from '../kernel/codes';
import { addDays } from '../time/dates';

/** The standing of an application when something changes that it rests on; `agreement`: it made a group's contract. */
export const STANDINGS = ['participating', 'agreement', 'submitted', 'unsubmitted'] as const;
export type ChangeStanding = (typeof STANDINGS)[number];

/**
 * The need that a change creates for an application. `contract`: another TIN is another party, and the payer's contract
 * is with the old one; `tell_payer`: what was submitted no longer says what is on file.
 */
export type ChangeNeed = 'contract' | 'application' | 'notice' | 'tell_payer' | 'nothing';

/** The days within which a program must be notified of a change, as read in November 2026. */
const NOTICE_RULES: Partial<Record<LineOfBusiness, { days: number; citation: string }>> = {
  medicare: { days: 30, citation: '42 CFR 424.516(d)' },
};

/** Finds what a change of a field means for an application, by the payer's playbook. */
export function findChangeNeed(field: ChangeField, standing: ChangeStanding, handling: ChangeHandling): ChangeNeed {
  // a submission that has not left yet leaves with the file as it is then
  if (standing === 'unsubmitted') return 'nothing';
  if (standing === 'submitted') return 'tell_payer';
  if (handling === 'none') return 'nothing';
  if (handling === 'notice') return 'notice';
  if (field === 'tin') return 'contract';
  // there is no application for a change without a provider
  return standing === 'agreement' ? 'notice' : 'application';
}

/** Finds the kind of the application that a need opens; null if it opens none. */
export const findKindForChange = (need: ChangeNeed): ApplicationKind | null =>
  need === 'contract' ? 'add_tin_or_location' : need === 'application' ? 'change' : null;

/** Finds the last day on which notice of a change is in time; null if no rule is known. */
export function findNoticeDueDay(
  line: LineOfBusiness,
  need: ChangeNeed,
  changedOn: PlainDate,
): { dueOn: PlainDate; citation: string } | null {
  const rule = NOTICE_RULES[line];
  return rule && need !== 'nothing' ? { dueOn: addDays(changedOn, rule.days), citation: rule.citation } : null;
}
