import type { PlainDate } from '../time/instants';
import type { ApplicationState } from '../applications/state';
import { addDays } from '../time/dates';

/** The questions to ask when an application is submitted while its provider stays on a platform. */
export const BRIDGE_QUESTIONS = [
  'Say that the request adds a direct participation and replaces nothing: the participation through the platform goes on.',
] as const;

/** The events of an application after which a check shows whether the platform still works. */
const CHECK_OCCASIONS = ['submission', 'effective_date'] as const;
export type CheckOccasion = (typeof CHECK_OCCASIONS)[number];

const AFTER_SUBMISSION_DAYS = 14;

/** Plans when to check whether the platform still works, as far as the application has come. */
export function planPlatformChecks({
  submittedOn,
  facts,
}: Pick<ApplicationState, 'submittedOn' | 'facts'>): { occasion: CheckOccasion; dueOn: PlainDate }[] {
  const { effectiveDate } = facts;
  const effectiveOn = effectiveDate?.status === 'confirmed' ? effectiveDate.effectiveOn : undefined;
  return [
    ...(submittedOn ? [{ occasion: 'submission' as const, dueOn: addDays(submittedOn, AFTER_SUBMISSION_DAYS) }] : []),
    ...(effectiveOn ? [{ occasion: 'effective_date' as const, dueOn: effectiveOn }] : []),
  ];
}
