import type { Fact, TrackOrder } from '../kernel/codes';
import type { PlainDate } from '../time/instants';

/** The demands of the pinned playbook and the kind on this application. */
export interface Rules {
  requiresCaqh: boolean;
  facts: Fact[];
  opensSpan: boolean;
  endsSpan: boolean;
  trackOrder?: TrackOrder;
  /** The most days that an attestation may be old for the payer. */
  attestationMaxDays?: number;
}

/** `stale`: CAQH takes it for current, and the payer wants a fresher one. */
export type AttestationState = 'current' | 'missing' | 'lapsed' | 'stale' | 'not_authorised';

/** The day by which a state's law wants a decision; to press with, never to promise. */
export interface StatutoryDate {
  state: string;
  days: number;
  citation: string;
  /** The day on which the receipt of a complete application was evidenced. */
  from: PlainDate;
  dueOn: PlainDate;
}
