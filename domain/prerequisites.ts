import type { FileReading } from './application/events';
import { attestationDueOn, attestationState } from './attestation';
import type { ApplicationKind, Prerequisite } from './codes';
import { addDays } from './dates';

/** What is on file behind an application. */
export interface ProviderFile {
  provider: {
    npi: string;
    caqhId: string | null;
    licences: { state: string; number: string; expiresOn: string }[];
    malpractice: { expiresOn: string } | null;
  } | null;
  practice: { npi: string | null; hasTin: boolean; address: object | null };
  attestation: { attestedOn: string; authorizedPayerIds: string[] | null } | null;
}

export interface Demands {
  requires: readonly Prerequisite[];
  requiresCaqh: boolean;
  state: string;
  payerId: string;
  kind: ApplicationKind;
}

/** Valid through the last of these days; none: never had one. */
type Validity = { until: string | null } | boolean;

const CHECKS: Record<Prerequisite, (file: ProviderFile, demands: Demands) => Validity> = {
  npi: ({ provider, practice }, { kind }) => (kind === 'new_group' ? practice.npi !== null : provider !== null),
  caqh_id: ({ provider }) => Boolean(provider?.caqhId),
  licence_in_state: ({ provider }, { state }) => ({
    until: latest((provider?.licences ?? []).filter((l) => l.state === state).map((l) => l.expiresOn)),
  }),
  malpractice: ({ provider }) => ({ until: provider?.malpractice?.expiresOn ?? null }),
  practice_tin: ({ practice }) => practice.hasTin,
  practice_address: ({ practice }) => practice.address !== null,
};

const latest = (dates: string[]): string | null => dates.sort().at(-1) ?? null;

/** Holds what is demanded against the file, on a day; both licence and cover are valid through their last day. */
export function evaluateFile(file: ProviderFile, demands: Demands, today: string): FileReading {
  const ends: string[] = [];
  const prerequisites = demands.requires.map((code) => {
    const validity = CHECKS[code](file, demands);
    if (typeof validity === 'boolean')
      return validity ? { code, met: true } : { code, met: false, reason: 'missing' as const };
    if (validity.until === null) return { code, met: false, reason: 'missing' as const };
    if (validity.until < today) return { code, met: false, reason: 'expired' as const };
    ends.push(validity.until);
    return { code, met: true };
  });
  const attestation = demands.requiresCaqh ? attested(file, demands, today) : null;
  if (attestation?.dueOn && attestation.dueOn >= today) ends.push(attestation.dueOn);
  const next = ends.sort()[0];
  return { prerequisites, attestation, changesOn: next ? addDays(next, 1) : null };
}

function attested(
  { provider, attestation }: ProviderFile,
  { payerId }: Demands,
  today: string,
): FileReading['attestation'] {
  const given = attestation && {
    ...attestation,
    dueOn: attestationDueOn(attestation.attestedOn, provider?.licences ?? [], today),
  };
  return {
    state: attestationState(given, payerId, today),
    attestedOn: given?.attestedOn ?? null,
    dueOn: given?.dueOn ?? null,
  };
}
