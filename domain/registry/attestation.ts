import type { AttestationState } from './application-rules';
import type { PlainDate } from '../time/instants';
import { addDays } from '../time/dates';
import { isInForce, type Term } from './held-terms';

/** A licence as far as its days matter. */
export interface LicenceTerm extends Term {
  state: string;
}

/** A licence on which a cycle rests; without an end if only a registry knows of it. */
export type CycleLicence = LicenceTerm | { state: string; expiresOn: null };

/**
 * Lists the licences on which a person's cycle rests at a client: those on its file, and those that a registry knows of
 * in states of which the file says nothing.
 */
export const listKnownLicences = (
  onFile: readonly LicenceTerm[],
  ofRegistry: readonly { state: string }[] = [],
): CycleLicence[] => [
  ...onFile,
  ...ofRegistry
    .filter(({ state }) => !onFile.some((one) => one.state === state))
    .map(({ state }) => ({ state, expiresOn: null })),
];

/** The latest attestation, and who may see the profile. */
export interface Attestation {
  attestedOn: PlainDate;
  /** null if it is not recorded. */
  authorizedPayerIds: readonly string[] | null;
  /** The payers from which it was taken back. */
  withdrawnPayerIds?: readonly string[];
}

const CYCLE_DAYS = 120;
const ILLINOIS_CYCLE_DAYS = 180;

/**
 * Computes the last day on which an attestation is valid: 120 days on, 180 if all licences current on `asOf` are
 * Illinois's. A licence with an unknown end may be current elsewhere, and is no proof for Illinois.
 */
export function computeAttestationDueOn(
  attestedOn: PlainDate,
  licences: readonly CycleLicence[],
  asOf: PlainDate,
): PlainDate {
  const current = licences.filter((one) => one.expiresOn === null || isInForce(one, asOf));
  const illinoisOnly =
    current.some(({ expiresOn }) => expiresOn !== null) && current.every((licence) => licence.state === 'IL');
  return addDays(attestedOn, illinoisOnly ? ILLINOIS_CYCLE_DAYS : CYCLE_DAYS);
}

/** Computes the last day on which an attestation is fresh enough for a payer that wants it at most `maxDays` old. */
export const computeFreshThrough = (attestedOn: PlainDate, maxDays: number): PlainDate => addDays(attestedOn, maxDays);

/** Evaluates an attestation for a payer on a day; without `freshThrough` the payer takes what CAQH takes. */
export function evaluateAttestation(
  attestation: (Attestation & { dueOn: PlainDate; freshThrough?: PlainDate }) | null,
  payerId: string,
  today: PlainDate,
): AttestationState {
  if (!attestation) return 'missing';
  if (today > attestation.dueOn) return 'lapsed';
  if (attestation.freshThrough && today > attestation.freshThrough) return 'stale';
  const { authorizedPayerIds, withdrawnPayerIds = [] } = attestation;
  const maySee = authorizedPayerIds ? authorizedPayerIds.includes(payerId) : !withdrawnPayerIds.includes(payerId);
  return maySee ? 'current' : 'not_authorised';
}
