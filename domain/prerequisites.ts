import type { FileReading, PlainDate } from './application/events';
import { attestationDueOn, attestationState, type Attestation, type LicenceTerm } from './attestation';
import type { ApplicationKind, Prerequisite } from './codes';
import { addDays } from './dates';
import { KIND_RULES } from './playbook';

/** What is on file behind an application: the provider is null for the practice's own. */
export interface ProviderFile {
  provider: {
    npi: string;
    caqhId: string | null;
    licences: readonly LicenceTerm[];
    malpractice: { expiresOn: PlainDate } | null;
  } | null;
  practice: { npi: string | null; hasTin: boolean; address: object | null };
  /** The latest, where there is one. */
  attestation: Attestation | null;
}

/** What an application asks of its file. */
export interface FileDemand {
  requires: readonly Prerequisite[];
  requiresCaqh: boolean;
  state: string;
  payerId: string;
  kind: ApplicationKind;
}

/** A prerequisite as found, and the first day on which the passing of time alone may change it. */
interface Finding {
  met: boolean;
  reason?: 'missing' | 'expired';
  changesOn?: PlainDate;
}

/** Reads a file for what is asked of it, as of a day. Plain JSON. */
export function evaluateFile(file: ProviderFile, demand: FileDemand, today: PlainDate): FileReading {
  const findings = demand.requires.map((code) => ({ code, ...FIND[code](file, demand, today) }));
  const attested = demand.requiresCaqh ? readAttestation(file, demand.payerId, today) : null;
  const changes = [...findings, ...(attested ? [attested] : [])].flatMap(({ changesOn }) => changesOn ?? []);
  return {
    prerequisites: findings.map(({ code, met, reason }) => ({ code, met, ...(reason && { reason }) })),
    attestation: attested && attested.reading,
    changesOn: changes.sort()[0] ?? null,
  };
}

type Find = (file: ProviderFile, demand: FileDemand, today: PlainDate) => Finding;

const present = (value: unknown): Finding => (value ? { met: true } : { met: false, reason: 'missing' });

/** Valid through the latest of its last days. */
function validThrough(lastDays: readonly PlainDate[], today: PlainDate): Finding {
  const last = lastDays.toSorted().at(-1);
  if (!last) return { met: false, reason: 'missing' };
  return today <= last ? { met: true, changesOn: addDays(last, 1) } : { met: false, reason: 'expired' };
}

const FIND: Record<Prerequisite, Find> = {
  npi: ({ provider, practice }, { kind }) => present(KIND_RULES[kind].provider ? provider?.npi : practice.npi),
  caqh_id: ({ provider }) => present(provider?.caqhId),
  licence_in_state: ({ provider }, { state }, today) =>
    validThrough(provider?.licences.filter((l) => l.state === state).map((l) => l.expiresOn) ?? [], today),
  malpractice: ({ provider }, _demand, today) =>
    validThrough(provider?.malpractice ? [provider.malpractice.expiresOn] : [], today),
  practice_tin: ({ practice }) => present(practice.hasTin),
  practice_address: ({ practice }) => present(practice.address),
};

function readAttestation({ attestation, provider }: ProviderFile, payerId: string, today: PlainDate) {
  if (!attestation)
    return { reading: { state: attestationState(null, payerId, today), attestedOn: null, dueOn: null } };
  const { attestedOn } = attestation;
  const licences = provider?.licences ?? [];
  const dueOn = attestationDueOn(attestedOn, licences, today);
  // a licence that runs out can leave Illinois alone, or nothing at all
  const cycleChanges = licences
    .filter((licence) => today <= licence.expiresOn)
    .map((licence) => addDays(licence.expiresOn, 1))
    .filter((day) => attestationDueOn(attestedOn, licences, day) !== dueOn);
  return {
    reading: { state: attestationState({ ...attestation, dueOn }, payerId, today), attestedOn, dueOn },
    changesOn: [...cycleChanges, ...(today <= dueOn ? [addDays(dueOn, 1)] : [])].sort()[0],
  };
}
