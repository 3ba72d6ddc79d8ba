import type { PlainDate } from '../time/instants';
import { addDays } from '../time/dates';

/** The kinds of data that are kept for a while after a provider or client has left, and are then purged. */
const RETAINED = ['secrets', 'evidence', 'readinessAnswers', 'audit'] as const;
export type RetainedKind = (typeof RETAINED)[number];

/** How long each kind is kept, counted from the last day. */
export interface RetentionSettings {
  secretsPurgeDays: number;
  evidenceKeepYears: number;
  readinessKeepYears: number;
  auditKeepYears: number;
}

/** Auditors and the law ask for what was done in the last six years at least. */
export const AUDIT_LEAST_YEARS = 6;

export const RETENTION_DEFAULTS: RetentionSettings = {
  secretsPurgeDays: 90,
  evidenceKeepYears: 10,
  readinessKeepYears: 10,
  auditKeepYears: 10,
};

const DAYS_PER_YEAR = 365.25;
const countDays = (count: number) => Math.ceil(count * DAYS_PER_YEAR);

/** Computes the first day on which it is no longer kept. */
export const computePurgeDay = (endedOn: PlainDate, what: RetainedKind, settings: RetentionSettings): PlainDate =>
  addDays(endedOn, 1 + KEPT_DAYS[what](settings));

const KEPT_DAYS: Record<RetainedKind, (settings: RetentionSettings) => number> = {
  secrets: ({ secretsPurgeDays }) => secretsPurgeDays,
  evidence: ({ evidenceKeepYears }) => countDays(evidenceKeepYears),
  readinessAnswers: ({ readinessKeepYears }) => countDays(readinessKeepYears),
  audit: ({ auditKeepYears }) => countDays(auditKeepYears),
};
