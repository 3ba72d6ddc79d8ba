import type { Rules } from '../registry/application-rules';
import type { BlockerCode } from './state';

/** Describes a blocker in words: what stands in the way, and who clears it. */
export const describeBlocker = (code: BlockerCode, rules: Rules): string => describeBlockers(rules)[code];

const describeBlockers = ({ attestationMaxDays }: Rules): Record<BlockerCode, string> => ({
  npi: 'There is no NPI on file.',
  caqh_id: 'There is no CAQH id on file.',
  licence_in_state: 'No licence for this state is on file and current.',
  malpractice: 'No malpractice policy is on file and current.',
  practice_tin: 'The practice has no TIN on file.',
  practice_address: 'The practice has no address on file.',
  authorisation:
    'No signed authorisation of the provider allows this now: have one signed before contacting the payer.',
  portal_access: 'Access to the payer’s portal is lost: have it restored.',
  not_excluded: 'The provider is excluded: nothing is submitted until that ends or is dismissed.',
  attestation_missing: 'No attestation is on record: only the provider can attest.',
  attestation_lapsed: 'The attestation has lapsed: only the provider can attest again.',
  attestation_stale: `The payer wants an attestation at most ${attestationMaxDays} days old: only the provider can attest again.`,
  attestation_not_authorised: 'The payer may not see the profile: only the provider can authorise it.',
  practice_name_changed: 'The practice’s name has changed since the submission: tell the payer.',
  practice_address_changed: 'The practice’s address has changed since the submission: tell the payer.',
  practice_tin_changed: 'The practice’s TIN has changed since the submission: tell the payer.',
  provider_name_changed: 'The provider’s name has changed since the submission: tell the payer.',
  provider_address_changed: 'The provider’s address has changed since the submission: tell the payer.',
  provider_tin_changed: 'The provider’s TIN has changed since the submission: tell the payer.',
});
