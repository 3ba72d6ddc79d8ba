import type { Fact, FactSource } from './codes';

/** A fact as it stands: its value, where it comes from, and what proves it. */
export interface FactRecord {
  status: 'confirmed' | 'claimed' | 'disputed';
  value: unknown;
  /** The entry of the timeline that says so. */
  entryId: string;
  source: FactSource;
  /** Document ids. */
  evidence: string[];
  /** The party was read off the evidence, and matched. */
  partySeen: boolean;
  /** While disputed: what the others say. */
  otherValues?: unknown[];
}
export type FactRecords = Partial<Record<Fact, FactRecord>>;
