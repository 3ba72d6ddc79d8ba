import type { AttestationState, PlainDate } from './application/events';
import { addDays } from './dates';

/** A licence as far as its end matters: valid through `expiresOn`. */
export interface LicenceTerm {
  state: string;
  expiresOn: PlainDate;
}

/** The latest attestation; `authorizedPayerIds` is null where it is not recorded who may see the profile. */
export interface Attestation {
  attestedOn: PlainDate;
  authorizedPayerIds: readonly string[] | null;
}

const CYCLE_DAYS = 120;
const ILLINOIS_CYCLE_DAYS = 180;

/** The last day on which an attestation is valid: 120 days on, 180 where all licences current on `asOf` are Illinois's. */
export function attestationDueOn(attestedOn: PlainDate, licences: readonly LicenceTerm[], asOf: PlainDate): PlainDate {
  const current = licences.filter((licence) => asOf <= licence.expiresOn);
  const illinoisOnly = current.length > 0 && current.every((licence) => licence.state === 'IL');
  return addDays(attestedOn, illinoisOnly ? ILLINOIS_CYCLE_DAYS : CYCLE_DAYS);
}

/** The last day on which an attestation is fresh enough for a payer that wants it at most so many days old. */
export const freshThrough = (attestedOn: PlainDate, maxDays: number): PlainDate => addDays(attestedOn, maxDays);

/** How an attestation stands for a payer on a day; without `freshThrough` the payer takes what CAQH takes. */
export function attestationState(
  attestation: (Attestation & { dueOn: PlainDate; freshThrough?: PlainDate }) | null,
  payerId: string,
  today: PlainDate,
): AttestationState {
  if (!attestation) return 'missing';
  if (today > attestation.dueOn) return 'lapsed';
  if (attestation.freshThrough && today > attestation.freshThrough) return 'stale';
  const { authorizedPayerIds } = attestation;
  return authorizedPayerIds && !authorizedPayerIds.includes(payerId) ? 'not_authorised' : 'current';
}
