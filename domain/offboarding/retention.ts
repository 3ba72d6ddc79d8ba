import type { PlainDate } from '../time/instants';
import { addDays } from '../time/dates';

/** What is kept for a while after a provider or client has left, and is then purged. */
const RETAINED = ['secrets', 'evidence', 'readinessAnswers', 'audit'] as const;
export type Retained = (typeof RETAINED)[number];

/** For how long, from the last day on. */
export interface RetentionSettings {
  secretsPurgeDays: number;
  evidenceKeepYears: number;
  readinessKeepYears: number;
  auditKeepYears: number;
}

export const RETENTION_DEFAULTS: RetentionSettings = {
  secretsPurgeDays: 90,
  evidenceKeepYears: 10,
  readinessKeepYears: 10,
  auditKeepYears: 10,
};

const DAYS_PER_YEAR = 365.25;
const years = (count: number) => Math.ceil(count * DAYS_PER_YEAR);

/** The first day on which it is no longer kept. */
export const computePurgeDay = (endedOn: PlainDate, what: Retained, settings: RetentionSettings): PlainDate =>
  addDays(endedOn, 1 + KEPT_DAYS[what](settings));

const KEPT_DAYS: Record<Retained, (settings: RetentionSettings) => number> = {
  secrets: ({ secretsPurgeDays }) => secretsPurgeDays,
  evidence: ({ evidenceKeepYears }) => years(evidenceKeepYears),
  readinessAnswers: ({ readinessKeepYears }) => years(readinessKeepYears),
  audit: ({ auditKeepYears }) => years(auditKeepYears),
};
