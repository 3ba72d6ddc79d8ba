import type { PlainDate } from '../time/instants';
import { addDays } from '../time/dates';

/** The kinds of data that are kept for a while after a provider or client has left, and are then purged. */
const RETAINED = ['secrets', 'evidence', 'readinessAnswers', 'documents', 'audit'] as const;
export type RetainedKind = (typeof RETAINED)[number];

/** How long each kind is kept, counted from the last day. */
export interface RetentionSettings {
  secretsPurgeDays: number;
  evidenceKeepYears: number;
  readinessKeepYears: number;
  auditKeepYears: number;
  /** Files of documents, but for those of the kinds that are kept for another time. */
  documentKeepYears: number;
  documentKindKeepYears: { kind: string; years: number }[];
}

/** Auditors and the law ask for what was done in the last six years at least. */
export const AUDIT_LEAST_YEARS = 6;

export const RETENTION_DEFAULTS: RetentionSettings = {
  secretsPurgeDays: 90,
  evidenceKeepYears: 10,
  readinessKeepYears: 10,
  auditKeepYears: 10,
  documentKeepYears: 10,
  documentKindKeepYears: [],
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
  // the first of any kind
  documents: ({ documentKeepYears, documentKindKeepYears }) =>
    countDays(Math.min(documentKeepYears, ...documentKindKeepYears.map(({ years }) => years))),
  audit: ({ auditKeepYears }) => countDays(auditKeepYears),
};

/** Computes the first day on which the file of a document of a kind is no longer kept. */
export function computeFilePurgeDay(endedOn: PlainDate, kind: string, settings: RetentionSettings): PlainDate {
  const ofKind = settings.documentKindKeepYears.find((one) => one.kind.toLowerCase() === kind.toLowerCase());
  return addDays(endedOn, 1 + countDays(ofKind?.years ?? settings.documentKeepYears));
}
