import type { AttestationState } from './application/events';
import { addDays } from './dates';

const CYCLE_DAYS = 120;
const ILLINOIS_CYCLE_DAYS = 180;

/** The last day of an attestation: 120 days on, 180 where all current licences are in Illinois (CAQH FAQ). */
export function attestationDueOn(
  attestedOn: string,
  licences: readonly { state: string; expiresOn: string }[],
  today: string,
): string {
  const current = licences.filter((licence) => licence.expiresOn >= today);
  const illinois = current.length > 0 && current.every((licence) => licence.state === 'IL');
  return addDays(attestedOn, illinois ? ILLINOIS_CYCLE_DAYS : CYCLE_DAYS);
}

/** Ready means attested, current through its due day, and authorised for the payer where that is recorded. */
export function attestationState(
  attestation: { dueOn: string; authorizedPayerIds: readonly string[] | null } | null,
  payerId: string,
  today: string,
): AttestationState {
  if (!attestation) return 'missing';
  if (attestation.dueOn < today) return 'lapsed';
  const { authorizedPayerIds } = attestation;
  return authorizedPayerIds && !authorizedPayerIds.includes(payerId) ? 'not_authorised' : 'current';
}
