import { z } from 'zod';
import { buildActionRow } from '../../api/applications/applications-actions';
import type { Draft } from '../../domain/applications/events';

// Checked by tsc: it refuses a row whose schema gives another body than the action's, and with it these lines if it did not.

const text = z.string();
const confirmation = z.strictObject({ value: text, source: z.literal('letter'), reference: text, confirmedOn: text });

export const fits = buildActionRow(
  'notes',
  'Add a note',
  z.strictObject({ text, visibility: z.enum(['internal', 'client']) }),
);

export const refused = [
  // @ts-expect-error -- a field that the entry is written from is missing
  buildActionRow('notes', 'Add a note', z.strictObject({ text })),
  // @ts-expect-error -- a field may be left out that the entry is written from
  buildActionRow('pause', 'Pause the application', z.strictObject({ reason: text.optional() })),
  // @ts-expect-error -- a word that is none of its codes
  buildActionRow('loading', 'Loaded', z.strictObject({ status: text, seenOn: text, source: text, reference: text })),
  // @ts-expect-error -- the body of another action
  buildActionRow('restoration', 'Go back', z.strictObject({ entryId: text, reason: text })),
  // @ts-expect-error -- the fact, which the route adds, is missing
  buildActionRow('confirmations', 'Confirm a fact', confirmation),
];

export const drafts: Draft[] = [
  { kind: 'withdrawal', data: {} },
  // @ts-expect-error -- a field of an entry that has none
  { kind: 'withdrawal', data: { until: '2026-01-01' } },
  // @ts-expect-error -- a field that another entry has
  { kind: 'appeal', data: { filedOn: '2026-01-01', until: '2026-01-01' } },
];
