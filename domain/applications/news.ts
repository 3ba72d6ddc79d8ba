import type { ApplicationEvent, EventKind } from './events';

/** Entries after which something else is asked, or more: what was snoozed before them is shown again. */
const NEWS: ReadonlySet<EventKind> = new Set<EventKind>([
  'stage',
  'file',
  'information',
  'contract',
  'confirmation',
  'approval',
  'issue',
  'change',
  'deadline_passed',
  'correction',
  'found_behind',
]);

/**
 * Whether an entry changes what is asked; a contact does if the payer wants something, as its stage is an entry of its
 * own.
 */
export const isNews = (event: ApplicationEvent): boolean =>
  NEWS.has(event.kind) || (event.kind === 'contact' && event.data.outcome === 'information_requested');
