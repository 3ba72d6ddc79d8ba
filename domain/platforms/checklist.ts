import type { PlainDate } from '../time/instants';

/** The things of its own that a practice needs before it leaves a platform. */
export const CHECKLIST_ITEMS = [
  'intake',
  'eligibility_checks',
  'claims',
  'website',
  'referral_channels',
  'client_notices',
  'platform_notice',
] as const;
export type ChecklistItem = (typeof CHECKLIST_ITEMS)[number];

export interface ChecklistEntry {
  item: ChecklistItem;
  owner: string | null;
  due: PlainDate | null;
  doneOn: PlainDate | null;
  note: string | null;
}
