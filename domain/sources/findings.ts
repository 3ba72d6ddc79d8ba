import type { PlainDate } from '../time/instants';
import type { LicenceTerm } from '../registry/attestation';
import { areTermsInForce } from '../registry/held-terms';
import { compareAddresses, type Place } from '../kernel/addresses';
import { compareLicenceNumbers, readLicenceLetters } from '../kernel/licence-numbers';
import { findNearest, type Likeness } from '../kernel/likeness';
import type { TinType } from '../kernel/identifiers';
import { comparePersonNames, type PersonName } from '../kernel/names';

/** The statement of an outside source about a provider. */
export interface Snapshot {
  source: 'caqh' | 'nppes';
  /** The owner of the NPI: NPI-1 a person, NPI-2 an organisation. */
  enumerationType?: 'NPI-1' | 'NPI-2' | undefined;
  firstName?: string | undefined;
  middleName?: string | undefined;
  lastName?: string | undefined;
  suffix?: string | undefined;
  taxonomyCode?: string | undefined;
  address?: Place | undefined;
  licences?: readonly { state: string; number: string }[] | undefined;
}

/** The entry of NPPES under an NPI, or that it has none, or none any more. */
export type NppesRecord =
  { status: 'found'; snapshot: Omit<Snapshot, 'source'> } | { status: 'not_found' | 'deactivated' };

/** Something with a last day; a later one of its kind takes its place. */
interface Expiring {
  kind: string;
  expiresOn: PlainDate;
}

export interface CheckedPractice {
  id: string;
  npi: string | null;
  /** Whether its NPI is a type 1 NPI: that of another of the client's providers. */
  npiIsColleagues: boolean;
  tinType: TinType;
  /** Whether the IRS was known to assign the EIN's prefix. */
  tinPrefixKnown: boolean;
  address: Place;
  places: readonly Place[];
  documents: readonly Expiring[];
  /** Portals that need a second factor, with how many of its owners still have access. */
  portals: readonly { portal: string; owners: number }[];
}

/** A provider and the practices as they are on file, with the open applications of both. */
export interface CheckedFile {
  provider: {
    npi: string;
    firstName: string | null;
    middleName: string | null;
    lastName: string;
    suffix: string | null;
    taxonomyCode: string | null;
    licences: readonly (LicenceTerm & { number: string })[];
    formerLicences?: readonly LicenceTerm[];
    malpractice: { expiresOn: PlainDate } | null;
    dea: readonly { state: string; expiresOn: PlainDate }[];
    documents: readonly Expiring[];
    /** Whether anything is on record that the provider signed, in force or not. */
    authorised: boolean;
    /** Whether NPPES, if it was asked, has nothing in force under the NPI. */
    npiNotInForce: boolean;
  };
  /** The practices that the provider applies for. */
  practices: readonly CheckedPractice[];
  applications: readonly { id: string; practiceId: string; state: string }[];
  /** The latest of each source. */
  snapshots: readonly Snapshot[];
  /** The effective dates that payers gave. */
  effective?: readonly { applicationId: string; state: string; on: PlainDate }[];
  /** The electronic claims routes of participations, each with all ids of its payer. */
  routes: readonly { applicationId: string; route: ElectronicId; own: readonly ElectronicId[] }[];
}

/** The route of claims: a clearinghouse, and the payer's id there. */
interface ElectronicId {
  clearinghouse: string;
  payerId: string;
}

export const FINDING_CODES = [
  'npi_not_in_force',
  'npi_is_an_organisations',
  'own_npi_is_group_npi',
  'colleagues_npi_is_group_npi',
  'group_npi_missing',
  'ein_prefix_unknown',
  'no_licence_in_state',
  'no_location_in_state',
  'licence_expired',
  'licence_begins_after_effective_date',
  'malpractice_missing',
  'malpractice_expired',
  'dea_expired',
  'document_expired',
  'authorisation_missing',
  'taxonomy_missing',
  'taxonomy_against_licence',
  'name_differs',
  'name_written_differently',
  'taxonomy_differs',
  'address_differs',
  'address_written_differently',
  'names_disagree',
  'addresses_disagree',
  'licence_differs',
  'second_factor_of_one',
  'claims_route_not_payers',
] as const;
type FindingCode = (typeof FINDING_CODES)[number];

export const SEVERITIES = ['error', 'warning', 'note'] as const;
type Severity = (typeof SEVERITIES)[number];

/** Something in the file that payers stumble over. */
export interface Finding {
  code: FindingCode;
  severity: Severity;
  /** The subject: a state, a source, a portal, a kind of document. */
  about: string | null;
  practiceId: string | null;
  /** The remedy. */
  fix: string;
  /** The open applications that it touches. */
  applicationIds: string[];
}

const FIXES: Record<FindingCode, readonly [Severity, string]> = {
  npi_not_in_force: [
    'error',
    'NPPES has nothing in force under this NPI: check the number, or have the provider reactivate it.',
  ],
  npi_is_an_organisations: [
    'error',
    'NPPES has an organisation under this NPI: put the provider’s own type 1 NPI on file.',
  ],
  own_npi_is_group_npi: ['error', 'Put the practice’s own type 2 NPI on file, or none: the provider’s is on it now.'],
  colleagues_npi_is_group_npi: [
    'error',
    'Put the practice’s own type 2 NPI on file, or none: it has a provider’s type 1 NPI now.',
  ],
  group_npi_missing: ['warning', 'An entity with an EIN usually needs a type 2 NPI: get one, and put it on file.'],
  ein_prefix_unknown: [
    'warning',
    'The IRS is not known to assign EINs with this prefix: check the number against its letter (CP 575).',
  ],
  no_licence_in_state: ['error', 'Put a licence for this state on file, or withdraw the applications in it.'],
  no_location_in_state: [
    'warning',
    'The practice has no location in this state: add one, or check that the payer takes telehealth only.',
  ],
  licence_expired: ['error', 'Renew the licence and put its new expiry on file.'],
  licence_begins_after_effective_date: [
    'warning',
    'The licence in this state begins after the effective date, and the days between are not billable: check both dates, or put the licence of before on file.',
  ],
  malpractice_missing: ['error', 'Put the malpractice policy on file.'],
  malpractice_expired: ['error', 'Renew the malpractice policy and put its new expiry on file.'],
  dea_expired: ['warning', 'Renew the DEA registration of this state and put its new expiry on file.'],
  document_expired: ['warning', 'Have a new one of this kind, and put it on file with its expiry.'],
  authorisation_missing: [
    'error',
    'Have the provider sign that you may submit applications and contact payers, and put that on file.',
  ],
  taxonomy_missing: ['warning', 'Put the taxonomy code on file as NPPES has it.'],
  taxonomy_against_licence: [
    'warning',
    'The licence and the taxonomy code name different professions: correct the one that is wrong.',
  ],
  name_differs: ['error', 'The name differs from this source: correct it there or here, in the same words everywhere.'],
  name_written_differently: [
    'warning',
    'This source has more of the name, or less: have the same words, initials and suffix everywhere.',
  ],
  taxonomy_differs: ['warning', 'The taxonomy code differs from this source: correct it there or here.'],
  address_differs: ['warning', 'The practice address differs from this source: update it there or here.'],
  address_written_differently: [
    'note',
    'This source has more of the address, or less, such as the suite: have it in full here and there.',
  ],
  names_disagree: [
    'warning',
    'CAQH and NPPES have different names: payers hold one against the other, so correct it there.',
  ],
  addresses_disagree: [
    'warning',
    'CAQH and NPPES have different practice addresses: payers hold one against the other, so update it there.',
  ],
  second_factor_of_one: [
    'warning',
    'Give the second factor of this portal to a second person, and put both on file: a person who leaves takes theirs along.',
  ],
  licence_differs: [
    'warning',
    'This source names another licence, by number or by state: correct it there or here, by what the board says.',
  ],
  claims_route_not_payers: [
    'warning',
    'Claims go to an electronic payer id that is not this payer’s: correct the route, or add the id to the payer.',
  ],
};

/** Licence abbreviations that say which profession it is, by the taxonomy code of that profession (NUCC). */
const PROFESSIONS: Record<string, readonly string[]> = {
  '106H00000X': ['LMFT', 'LCMFT', 'MFT'],
  '1041C0700X': ['LCSW', 'LICSW', 'LISW', 'LCSWR', 'CSW'],
  '101YM0800X': ['LMHC', 'LPC', 'LPCC', 'LCPC', 'LCMHC'],
  '103TC0700X': ['PSY', 'LP'],
};

type TouchedRecords = Partial<Pick<Finding, 'about' | 'practiceId' | 'applicationIds'>>;

const buildFinding = (code: FindingCode, touched: TouchedRecords): Finding => ({
  code,
  severity: FIXES[code][0],
  about: null,
  practiceId: null,
  fix: FIXES[code][1],
  applicationIds: [],
  ...touched,
});

/** Lists what doesn't fit together in a practice's own file, for every provider that applies for it, as of a day. */
export function listPracticeFindings(
  { id: practiceId, npi, npiIsColleagues, tinType, tinPrefixKnown, documents, portals }: CheckedPractice,
  applicationIds: string[],
  today: PlainDate,
): Finding[] {
  const of = { practiceId, applicationIds };
  return [
    ...(npiIsColleagues ? [buildFinding('colleagues_npi_is_group_npi', of)] : []),
    ...(tinPrefixKnown ? [] : [buildFinding('ein_prefix_unknown', of)]),
    ...(npi === null && tinType === 'ein' ? [buildFinding('group_npi_missing', of)] : []),
    ...listExpired(documents, today).map((about) => buildFinding('document_expired', { ...of, about })),
    ...portals.flatMap(({ portal: about, owners }) =>
      owners < 2 ? [buildFinding('second_factor_of_one', { ...of, about })] : [],
    ),
  ];
}

/** Lists everything in a provider's file that doesn't fit together, as of a day. */
export function listProviderFindings(
  { provider, practices, applications, snapshots, routes, effective = [] }: CheckedFile,
  today: PlainDate,
): Finding[] {
  const applicationIds = applications.map(({ id }) => id);
  const states = groupByState(applications);
  const { licences, malpractice, taxonomyCode, dea, documents, authorised } = provider;
  const found: Finding[] = [];
  const addFinding = (code: FindingCode, touched: TouchedRecords = {}) =>
    found.push(buildFinding(code, { applicationIds, ...touched }));

  for (const practice of practices) {
    const own = applications.filter(({ practiceId }) => practiceId === practice.id);
    const of = { practiceId: practice.id, applicationIds: own.map(({ id }) => id) };
    if (practice.npi === provider.npi) addFinding('own_npi_is_group_npi', of);
    found.push(...listPracticeFindings(practice, of.applicationIds, today));
    const at = new Set([practice.address, ...practice.places].map(({ state }) => state));
    for (const [state, ids] of groupByState(own))
      if (!at.has(state)) addFinding('no_location_in_state', { ...of, about: state, applicationIds: ids });
  }
  for (const [state, ids] of states)
    if (!licences.some((licence) => licence.state === state))
      addFinding('no_licence_in_state', { about: state, applicationIds: ids });
  const groupByKind = (held: readonly { state: string; expiresOn: PlainDate }[]) =>
    held.map(({ state: kind, expiresOn }) => ({ kind, expiresOn }));
  for (const about of listExpired(groupByKind(licences), today))
    addFinding('licence_expired', { about, applicationIds: states.get(about) ?? [] });
  for (const { applicationId, state, on } of effective) {
    const terms = [...licences, ...(provider.formerLicences ?? [])].filter((licence) => licence.state === state);
    if (!areTermsInForce(terms, on) && terms.some(({ startsOn }) => startsOn !== undefined && startsOn > on))
      addFinding('licence_begins_after_effective_date', { about: state, applicationIds: [applicationId] });
  }
  if (!malpractice) addFinding('malpractice_missing');
  else if (malpractice.expiresOn < today) addFinding('malpractice_expired');
  for (const about of listExpired(groupByKind(dea), today))
    addFinding('dea_expired', { about, applicationIds: states.get(about) ?? [] });
  for (const about of listExpired(documents, today)) addFinding('document_expired', { about });
  if (!authorised) addFinding('authorisation_missing');
  if (!taxonomyCode) addFinding('taxonomy_missing');
  else
    for (const { state, number } of licences) {
      const named = Object.keys(PROFESSIONS).filter((code) => PROFESSIONS[code]!.includes(readLicenceLetters(number)));
      if (named.length > 0 && PROFESSIONS[taxonomyCode] && !named.includes(taxonomyCode))
        addFinding('taxonomy_against_licence', { about: state });
    }
  if (provider.npiNotInForce) addFinding('npi_not_in_force', { about: 'nppes' });
  for (const snapshot of snapshots)
    for (const code of compareWithSource(snapshot)) addFinding(code, { about: snapshot.source });
  for (const { applicationId, route, own } of routes)
    if (!isOwnRoute(route, own))
      addFinding('claims_route_not_payers', { about: route.payerId, applicationIds: [applicationId] });
  const [one, other] = snapshots.filter(({ enumerationType }) => enumerationType !== 'NPI-2');
  if (one && other) {
    if (comparePersonNames(buildName(one), buildName(other)) === 'differs') addFinding('names_disagree');
    if (one.address && other.address && compareAddresses(one.address, other.address) === 'differs')
      addFinding('addresses_disagree');
  }
  return found;

  /**
   * Builds the name that a source gives: parts that it leaves out are as on file; a middle name that only it has says
   * nothing against the file.
   */
  function buildName({ middleName, ...named }: Partial<Snapshot>): PersonName {
    const { firstName, lastName, suffix } = { ...provider, ...named };
    return { firstName, middleName: provider.middleName && (middleName ?? provider.middleName), lastName, suffix };
  }

  function compareWithSource({ enumerationType, ...snapshot }: Snapshot): FindingCode[] {
    // the other checks would compare another person's record
    if (enumerationType === 'NPI-2') return ['npi_is_an_organisations'];
    const { taxonomyCode: theirs, address, licences: named = [] } = snapshot;
    const places = practices.flatMap((practice) => [practice.address, ...practice.places]);
    const name = comparePersonNames(buildName(snapshot), buildName({}));
    const place = address && places.length > 0 ? findNearest([address], places, compareAddresses) : 'same';
    return [
      ...NAME_FINDINGS[name],
      ...(theirs === undefined || !taxonomyCode || theirs === taxonomyCode ? [] : (['taxonomy_differs'] as const)),
      ...ADDRESS_FINDINGS[place],
      ...(doLicencesAgree(licences, named) ? [] : (['licence_differs'] as const)),
    ];
  }
}

const NAME_FINDINGS: Record<Likeness, readonly FindingCode[]> = {
  same: [],
  alike: ['name_written_differently'],
  differs: ['name_differs'],
};
const ADDRESS_FINDINGS: Record<Likeness, readonly FindingCode[]> = {
  same: [],
  alike: ['address_written_differently'],
  differs: ['address_differs'],
};

/**
 * Whether a route is one of the payer's: by its ids at that clearinghouse, else by all; for a payer without ids, any
 * is.
 */
function isOwnRoute(route: ElectronicId, own: readonly ElectronicId[]): boolean {
  const normalizeId = (text: string) => text.trim().toUpperCase();
  const there = own.filter(({ clearinghouse }) => normalizeId(clearinghouse) === normalizeId(route.clearinghouse));
  const known = there.length > 0 ? there : own;
  return known.length === 0 || known.some(({ payerId }) => normalizeId(payerId) === normalizeId(route.payerId));
}

/** Lists the kinds of which none is left that has not expired. */
const listExpired = (held: readonly Expiring[], today: PlainDate): string[] => {
  const current = new Set(held.filter(({ expiresOn }) => expiresOn >= today).map(({ kind }) => kind));
  return [...new Set(held.map(({ kind }) => kind))].filter((kind) => !current.has(kind));
};

type Licences = readonly { state: string; number: string }[];

/** Whether one of a source's licences is on file in each state that both know; at least one, if both know any. */
function doLicencesAgree(onFile: Licences, named: Licences): boolean {
  const both = onFile.filter(({ state }) => named.some((one) => one.state === state));
  if (both.length === 0) return onFile.length === 0 || named.length === 0;
  return both.every(({ state }) =>
    selectInState(both, state).some((one) => selectInState(named, state).some((other) => isLicenceLike(one, other))),
  );
}

export const selectInState = <T extends { state: string }>(licences: readonly T[], state: string): T[] =>
  licences.filter((licence) => licence.state === state);

/** Whether two numbers may be one licence's: sources often leave out the letters. */
export const isLicenceLike = (one: { number: string }, other: { number: string }): boolean =>
  compareLicenceNumbers(one.number, other.number) !== 'differs';

const groupByState = (applications: readonly { id: string; state: string }[]): Map<string, string[]> => {
  const states = new Map<string, string[]>();
  for (const { id, state } of applications) states.set(state, [...(states.get(state) ?? []), id]);
  return states;
};
