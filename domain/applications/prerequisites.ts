import type { Authorisation } from '../registry/authorisation';
import type { FileChange, FileReading } from './events';
import type { PlainDate } from '../time/instants';
import {
  computeAttestationDueOn,
  evaluateAttestation,
  computeFreshThrough,
  listKnownLicences,
  type Attestation,
  type LicenceTerm,
} from '../registry/attestation';
import type {
  ApplicationKind,
  AuthorisationScope,
  Fact,
  FactDemands,
  Prerequisite,
  UnmetReason,
} from '../kernel/codes';
import { addDays } from '../time/dates';
import { areTermsInForce, listTurningDays, type Term } from '../registry/held-terms';
import { isExcludedOn, type ExclusionTerm } from '../screening/exclusions';
import { UPKEEP_PREREQUISITES, KIND_RULES } from '../registry/playbook';

/** The data on file behind an application; the provider is null for the practice's own. */
export interface ProviderFile {
  provider: {
    npi: string;
    caqhId: string | null;
    /** Former ones included, as one may still hold. */
    licences: readonly LicenceTerm[];
    /** Those that a registry knows of. */
    registryLicences?: readonly { state: string }[];
    malpractice: Term | null;
    formerMalpractice?: readonly Term[];
    /** Whether they leave or have left. */
    leaves?: boolean;
  } | null;
  practice: { npi: string | null; hasTin: boolean; address: object | null };
  /** The authorisations that the provider signed; empty if none is on record. */
  authorisations: readonly Authorisation[];
  /** Whether the operator's policy demands an authorisation. */
  authorisationRequired: boolean;
  /** Whether the practice has working access to a portal of the payer; null if none is on record. */
  portalAccess: 'active' | 'lost' | null;
  /** The person's confirmed exclusions, and the practice's. */
  exclusions: readonly ExclusionTerm[];
  /** The latest, if there is one. */
  attestation: Attestation | null;
  /** The latest change of each thing that payers have on file. */
  changes?: readonly FileChange[];
  /**
   * The day since when a platform has covered the payer in the state: -infinity if it is unknown, null if no platform
   * has or will.
   */
  platformSince?: string | null;
  /** The facts that need a document, by the operator's policy. */
  documentRequired?: readonly Fact[];
}

/** Submission and contact need all of these scopes for a payer. */
const NEEDED_SCOPES: readonly AuthorisationScope[] = ['submit_applications', 'contact_payers'];

/** The work that an application's users still see while the operator may not talk to its payer. */
export const UNAUTHORISED_ASKS = [
  'Do not contact the payer: nothing that the provider signed allows it now. Have it signed first.',
] as const;

/** The demands that an application makes of its file. */
export interface FileDemand {
  requires: readonly Prerequisite[];
  requiresCaqh: boolean;
  attestationMaxDays: number | null;
  state: string;
  payerId: string;
  kind: ApplicationKind;
}

/** A prerequisite as found, and the first day on which the passing of time alone may change it. */
interface Finding {
  met: boolean;
  reason?: UnmetReason;
  changesOn?: PlainDate;
}

/** Reads a file for what is asked of it, as of a day. Plain JSON. */
export function evaluateFile(file: ProviderFile, demand: FileDemand, today: PlainDate): FileReading {
  const findings = listAskedPrerequisites(file, demand).map((code) => ({ code, ...FIND[code](file, demand, today) }));
  const attested =
    demand.requiresCaqh && !isRosterTermination(file, demand) ? readAttestation(file, demand, today) : null;
  const { platformSince, documentRequired = [] } = file;
  const changes = [
    ...[...findings, ...(attested ? [attested] : [])].flatMap(({ changesOn }) => changesOn ?? []),
    ...(platformSince && platformSince > today ? [platformSince] : []),
  ];
  const demands: FactDemands = {
    ...(platformSince && platformSince <= today && { party: true }),
    ...(documentRequired.length > 0 && { documents: [...documentRequired] }),
  };
  return {
    prerequisites: findings.map(({ code, met, reason }) => ({ code, met, ...(reason && { reason }) })),
    attestation: attested && attested.reading,
    changesOn: changes.sort()[0] ?? null,
    ...(file.changes?.length && { changes: [...file.changes] }),
    ...(Object.keys(demands).length > 0 && { demands }),
  };
}

/**
 * Whether the application only removes a departed provider from a payer's roster: their file may never be kept current
 * again.
 */
const isRosterTermination = ({ provider }: ProviderFile, { kind }: FileDemand): boolean =>
  kind === 'termination' && provider?.leaves === true;

/**
 * Lists what the playbook requires, and what policy demands or what must hold once something of its kind is on record.
 */
function listAskedPrerequisites(file: ProviderFile, demand: FileDemand): Prerequisite[] {
  const { provider, authorisations, authorisationRequired, portalAccess, exclusions } = file;
  const { kind } = demand;
  const requires = isRosterTermination(file, demand)
    ? demand.requires.filter((code) => !UPKEEP_PREREQUISITES.includes(code))
    : demand.requires;
  const onRecord: Prerequisite[] = [
    ...(provider && (authorisations.length > 0 || authorisationRequired) ? (['authorisation'] as const) : []),
    ...(portalAccess ? (['portal_access'] as const) : []),
    // an excluded provider has to leave all the sooner
    ...(exclusions.length > 0 && kind !== 'termination' ? (['not_excluded'] as const) : []),
  ];
  return [...requires, ...onRecord.filter((code) => !requires.includes(code))];
}

type Find = (file: ProviderFile, demand: FileDemand, today: PlainDate) => Finding;

const checkPresence = (value: unknown): Finding => (value ? { met: true } : { met: false, reason: 'missing' });

/** Checks validity through the latest of some last days. */
function checkLastDay(lastDays: readonly PlainDate[], today: PlainDate): Finding {
  const last = lastDays.toSorted().at(-1);
  if (!last) return { met: false, reason: 'missing' };
  if (today > last) return { met: false, reason: 'expired' };
  return { met: true, ...(last < FOREVER && { changesOn: addDays(last, 1) }) };
}

/** Checks whether some term holds today, and finds the next day on which that changes. */
function checkTerms(terms: readonly Term[], today: PlainDate): Finding {
  if (terms.length === 0) return { met: false, reason: 'missing' };
  const met = areTermsInForce(terms, today);
  const changesOn = listTurningDays(terms).find((day) => day > today && areTermsInForce(terms, day) !== met);
  const begins = terms.some(({ startsOn }) => startsOn !== undefined && startsOn > today);
  return { met, ...(!met && { reason: begins ? 'not_begun' : 'expired' }), ...(changesOn && { changesOn }) };
}

const FIND: Record<Prerequisite, Find> = {
  npi: ({ provider, practice }, { kind }) => checkPresence(KIND_RULES[kind].provider ? provider?.npi : practice.npi),
  caqh_id: ({ provider }) => checkPresence(provider?.caqhId),
  licence_in_state: ({ provider }, { state }, today) =>
    checkTerms(provider?.licences.filter((licence) => licence.state === state) ?? [], today),
  malpractice: ({ provider }, _demand, today) =>
    checkTerms(
      [...(provider?.malpractice ? [provider.malpractice] : []), ...(provider?.formerMalpractice ?? [])],
      today,
    ),
  practice_tin: ({ practice }) => checkPresence(practice.hasTin),
  practice_address: ({ practice }) => checkPresence(practice.address),
  authorisation: ({ authorisations }, { payerId }, today) =>
    checkLastDay(listLastDays(authorisations, NEEDED_SCOPES, payerId), today),
  portal_access: ({ portalAccess }) => checkPresence(portalAccess === 'active'),
  not_excluded: ({ exclusions }, _demand, today) => {
    const isNotExcludedOn = (day: PlainDate) => !exclusions.some((term) => isExcludedOn(term, day));
    const met = isNotExcludedOn(today);
    const days = exclusions.flatMap(({ from, reinstatedOn }) => [from, ...(reinstatedOn ? [reinstatedOn] : [])]);
    const changesOn = days.sort().find((day) => day > today && isNotExcludedOn(day) !== met);
    return { met, ...(changesOn && { changesOn }) };
  },
};

const FOREVER: PlainDate = '9999-12-30';

/** Finds the last day on which an authorisation holds: the day before it was revoked, or its end. */
const findLastDay = ({ until, revokedOn }: Authorisation): PlainDate =>
  [until ?? FOREVER, revokedOn ? addDays(revokedOn, -1) : FOREVER].sort()[0]!;

/**
 * Lists the last day on which all of the scopes hold for a payer, signed on one paper or on several; none if one never
 * did.
 */
function listLastDays(
  authorisations: readonly Authorisation[],
  scopes: readonly AuthorisationScope[],
  payerId: string,
): PlainDate[] {
  const ends = scopes.map(
    (scope) =>
      authorisations
        .filter((one) => one.scopes.includes(scope) && (one.payerIds === null || one.payerIds.includes(payerId)))
        .map(findLastDay)
        .sort()
        .at(-1) ?? null,
  );
  return ends.includes(null) ? [] : [(ends as PlainDate[]).sort()[0]!];
}

/** Whether a payer may be talked to about a provider on a day: as was signed, once something was or has to be. */
export const mayContact = (
  { authorisations, authorisationRequired }: Pick<ProviderFile, 'authorisations' | 'authorisationRequired'>,
  payerId: string,
  today: PlainDate,
): boolean =>
  (authorisations.length === 0 && !authorisationRequired) ||
  checkLastDay(listLastDays(authorisations, ['contact_payers'], payerId), today).met;

function readAttestation(
  { attestation, provider }: ProviderFile,
  { payerId, attestationMaxDays }: FileDemand,
  today: PlainDate,
) {
  if (!attestation)
    return { reading: { state: evaluateAttestation(null, payerId, today), attestedOn: null, dueOn: null } };
  const { attestedOn } = attestation;
  const licences = listKnownLicences(provider?.licences ?? [], provider?.registryLicences);
  const dueOn = computeAttestationDueOn(attestedOn, licences, today);
  const fresh =
    attestationMaxDays === null ? {} : { freshThrough: computeFreshThrough(attestedOn, attestationMaxDays) };
  // a licence that runs out can leave Illinois alone, or nothing at all
  const cycleChanges = listTurningDays(licences.filter((one) => one.expiresOn !== null)).filter(
    (day) => day > today && computeAttestationDueOn(attestedOn, licences, day) !== dueOn,
  );
  // once it has lapsed, its age no longer matters
  const ends = [dueOn, ...Object.values(fresh)]
    .filter((last) => today <= last && last <= dueOn)
    .map((last) => addDays(last, 1));
  return {
    reading: {
      state: evaluateAttestation({ ...attestation, dueOn, ...fresh }, payerId, today),
      attestedOn,
      dueOn,
      ...fresh,
    },
    changesOn: [...cycleChanges, ...ends].sort()[0],
  };
}
