import type { PlainDate } from '../time/instants';
import { areTermsInForce, isInForce, type Term } from '../registry/held-terms';
import {
  FACTS,
  READINESS_REASONS,
  type Fact,
  type FactDemands,
  type LineOfBusiness,
  type ReadinessCaution,
  type ReadinessReason,
} from '../kernel/codes';
import {
  findFactLack,
  findInheritedAgreement,
  findStatusBySource,
  type FactLack,
  type FactRecord,
} from '../kernel/facts';

/** The question about one provider, practice, payer and state. */
export interface ReadinessQuery {
  dateOfService: PlainDate;
  lineOfBusiness?: LineOfBusiness;
  locationId?: string;
}

/** The result of an application that opens a participation; one with nothing on file yet is a span too. */
export interface Span {
  applicationId: string;
  /** The payer asked for, or one that stands for it. */
  payerId: string;
  lineOfBusiness: LineOfBusiness;
  /** Null if it holds for every location. */
  locationId: string | null;
  approved: boolean;
  /** The last day in network, inclusive. */
  effectiveTo: PlainDate | null;
  facts: Partial<Record<Fact, FactRecord>>;
  /** Whether the payer's systems or directory were seen to list the provider. */
  loadedSeen: boolean;
  /** The day since when the practice has another TIN than the one that its contract was confirmed under. */
  tinChangedOn: PlainDate | null;
}

/** The practice's agreement with the payer, by line; each fact names the entry that made it. */
export interface AgreementEvidence {
  id: string;
  /** The payer asked for, or one that stands for it. */
  payerId: string;
  lineOfBusiness: LineOfBusiness;
  contract: { entryId: string } | null;
  claimsRoute: { entryId: string } | null;
  /** The last day, inclusive. */
  endedOn: PlainDate | null;
  /** The contracts and claims routes that stood under it when its end was recorded. */
  endedEntries?: readonly string[];
}

/** Everything on file that bears on the answer, as of the date of service. */
export interface ReadinessEvidence {
  /** All spans of the provider, practice, payer and state, whatever the line; the oldest application first. */
  spans: readonly Span[];
  /** All agreements of the practice, payer and state, whatever the line; the oldest first. */
  agreements: readonly AgreementEvidence[];
  platformCovers: boolean;
  /** The backing that facts need on the date of service. */
  demands: FactDemands;
  /** The terms of all licences in the state, former ones too. */
  licenceTerms: readonly Term[];
  malpracticeCurrent: boolean;
  attestationCurrent: boolean;
  excluded: boolean;
  /** Whether a listing may be this person's, and no user has decided yet. */
  exclusionPossible: boolean;
}

export interface ReadinessAnswer {
  mayBill: boolean;
  /** Every reason against, in the order of the vocabulary; none beside a yes. */
  reasons: ReadinessReason[];
  /** Present only when the answer is yes. */
  cautions: ReadinessCaution[];
  billThrough: 'own' | 'platform' | 'nobody';
  mayRepresentInNetwork: boolean;
  /** The facts of the span that decided: what a yes rests on, what a no is about. */
  facts: Partial<Record<Fact, FactRecord>>;
  /** The facts of the span that decided without a document whose file is stored. */
  factsWithoutDocument: Fact[];
  /** The application whose span decided; null if there is none. */
  applicationId: string | null;
  /** The day from which the answer is yes if nothing else is missing; null while no effective date counts. */
  billableFrom: PlainDate | null;
  /** The terms of the licences in the state, by which the date was judged. */
  licenceTerms: readonly Term[];
}

/** The remedy for each reason. */
const REMEDIES: Record<ReadinessReason, string> = {
  no_application:
    'Open an application for this provider, practice, payer and state; until it is confirmed, do not bill.',
  platform_only:
    'Bill through the platform. To bill directly, open an application under the practice’s own NPI and TIN first.',
  not_approved: 'Follow the application up until the payer approves it.',
  contract_unconfirmed:
    'Get the executed contract, or the payer’s word in writing that none is needed, and confirm it.',
  effective_date_unconfirmed: 'Ask the payer for the effective date and confirm it with its source.',
  before_effective_date: 'Hold the claim, or bill through the platform: the participation begins later.',
  provider_id_unconfirmed: 'Ask the payer for its provider ID, or that there is none, and confirm it.',
  claims_route_unconfirmed: 'Find out where claims go and confirm the route.',
  fact_disputed: 'Sources disagree: choose one of the values and give the reason.',
  scope_ambiguous: 'Name the line of business, and the location where the payer credentials by location.',
  licence_not_current: 'Put a licence in this state on file, with the days from which and through which it holds.',
  excluded: 'Do not bill any payer; have the exclusion checked by a person.',
  participation_ended: 'The participation ended before this date; ask for reinstatement.',
};

const UNCONFIRMED: Record<Fact, ReadinessReason> = {
  contract: 'contract_unconfirmed',
  effectiveDate: 'effective_date_unconfirmed',
  payerProviderId: 'provider_id_unconfirmed',
  claimsRoute: 'claims_route_unconfirmed',
};

/** The remedy for each lack of a fact that is on record but does not count. */
const LACK_REMEDIES: Record<FactLack, string> = {
  party:
    'A platform covers this payer: read off the evidence whose name and tax id it states, and confirm the fact again with both.',
  document: 'Store the file of the document that the fact was read from, and confirm the fact again with it.',
  approval: 'Have a person other than the one who recorded the fact approve it.',
};

/** Finds the remedy for a reason of an answer for a date. */
export function findRemedy(
  reason: ReadinessReason,
  { facts, licenceTerms }: Pick<ReadinessAnswer, 'facts' | 'licenceTerms'>,
  date: PlainDate,
): string {
  if (reason === 'licence_not_current') return findLicenceRemedy(licenceTerms, date) ?? REMEDIES[reason];
  const lacks = FACTS.map((fact) => (UNCONFIRMED[fact] === reason ? facts[fact]?.lacks : undefined)).find(Boolean);
  return lacks ? LACK_REMEDIES[lacks] : REMEDIES[reason];
}

/** Finds the days between which no licence held, and the remedy. */
function findLicenceRemedy(terms: readonly Term[], date: PlainDate): string | null {
  const ended = terms
    .map(({ expiresOn }) => expiresOn)
    .filter((day) => day < date)
    .sort()
    .at(-1);
  const begins = terms
    .flatMap(({ startsOn }) => (startsOn !== undefined && startsOn > date ? [startsOn] : []))
    .sort()[0];
  if (begins && ended)
    return `No licence in this state held after ${ended} and before ${begins}: do not bill these days. If it was renewed without a gap, correct the first day of the term.`;
  if (begins)
    return `The licence in this state begins on ${begins}: do not bill earlier days. If one held before, put it on file.`;
  return ended
    ? `The licence in this state held through ${ended}: renew it and put its new term on file with its first day.`
    : null;
}

/**
 * Decides whether a service may be billed as in network under the practice's own setup. Among several spans one that
 * covers the date and is not over decides, a clear one before others, otherwise the latest. A contract or claims route
 * that rests on an ended agreement ends with it (`participation_ended`); one that the agreement no longer has is
 * unconfirmed.
 */
export function evaluateBillingReadiness(query: ReadinessQuery, evidence: ReadinessEvidence): ReadinessAnswer {
  const { deciding, ambiguous } = selectSpansInScope(
    query,
    evidence.spans.map((span) => demoteUnprovenFacts(span, evidence)),
  );
  const judged = deciding.map((span) => ({ span, reasons: listReasonsAgainst(span, query.dateOfService, evidence) }));
  const isBillableSpan = ({ span, reasons }: (typeof judged)[number]): boolean =>
    isCovering(span, query.dateOfService) && !reasons.includes('participation_ended');
  const decision =
    judged.findLast(({ reasons }) => reasons.length === 0) ?? judged.findLast(isBillableSpan) ?? judged.at(-1);
  // if a newer application is open for the key, a participation that ended is a reason as well
  const ended: ReadinessReason[] =
    decision && !isBillableSpan(decision)
      ? judged.flatMap(({ reasons }) => reasons.filter((reason) => reason === 'participation_ended'))
      : [];
  const ofScope = ambiguous ? 'scope_ambiguous' : evidence.platformCovers ? 'platform_only' : 'no_application';
  const found = new Set<ReadinessReason>(decision ? [...decision.reasons, ...ended] : [ofScope]);
  if (!areTermsInForce(evidence.licenceTerms, query.dateOfService)) found.add('licence_not_current');
  if (evidence.excluded) found.add('excluded');

  const mayBill = found.size === 0;
  return {
    mayBill,
    reasons: READINESS_REASONS.filter((reason) => found.has(reason)),
    cautions: mayBill && decision ? listCautions(decision.span, evidence) : [],
    billThrough: mayBill ? 'own' : evidence.platformCovers ? 'platform' : 'nobody',
    mayRepresentInNetwork: mayBill,
    facts: decision?.span.facts ?? {},
    factsWithoutDocument: decision ? listUndocumented(decision.span) : [],
    applicationId: decision?.span.applicationId ?? null,
    billableFrom: decision ? findBillableFrom(decision.span, evidence.licenceTerms) : null,
    licenceTerms: evidence.licenceTerms,
  };
}

type Facts = ReadinessAnswer['facts'];

/** Demotes the facts of a span that lack the backing that they need: they are claims. */
function demoteUnprovenFacts(span: Span, { demands }: Pick<ReadinessEvidence, 'demands'>): Span & { facts: Facts } {
  const countFact = (name: Fact, fact: FactRecord) => {
    if (fact.status === 'disputed' || findStatusBySource(fact.source) === 'claimed') return fact;
    const lacks = findFactLack(name, { ...fact, documented: isDocumented(fact) }, demands) ?? fact.lacks;
    return lacks ? { ...fact, status: 'claimed' as const, lacks } : fact;
  };
  const facts = Object.fromEntries(
    Object.entries(span.facts).map(([name, fact]) => [name, countFact(name as Fact, fact)]),
  );
  return { ...span, facts };
}

/** Finds the first day in network, if one counts. */
export const findEffectiveFrom = ({ facts: { effectiveDate } }: Span): PlainDate | null =>
  effectiveDate?.status === 'confirmed' ? (effectiveDate.value as PlainDate) : null;

/** Finds the first day in network on which a licence holds; if none ever does, the first day in network. */
function findBillableFrom(span: Span, licences: readonly Term[]): PlainDate | null {
  const from = findEffectiveFrom(span);
  if (from === null || areTermsInForce(licences, from)) return from;
  const begins = licences.flatMap((term) =>
    term.startsOn !== undefined && term.startsOn > from && isInForce(term, term.startsOn) ? [term.startsOn] : [],
  );
  return begins.sort()[0] ?? from;
}

/** Selects the spans that a query is about; a line or location left out is fine while only one exists. */
function selectSpansInScope(
  query: ReadinessQuery,
  spans: readonly Span[],
): { deciding: readonly Span[]; ambiguous: boolean } {
  const { lineOfBusiness, locationId } = query;
  const line = spans.filter((span) => lineOfBusiness === undefined || span.lineOfBusiness === lineOfBusiness);
  const place = line.filter(
    (span) => locationId === undefined || span.locationId === null || span.locationId === locationId,
  );
  const lines = new Set(place.map((span) => span.lineOfBusiness));
  const places = new Set(place.map((span) => span.locationId));
  const ambiguous = lines.size > 1 || (locationId === undefined && places.size > 1);
  return { deciding: ambiguous ? [] : place, ambiguous };
}

function isCovering(span: Span, date: PlainDate): boolean {
  const from = findEffectiveFrom(span);
  return from !== null && from <= date && (span.effectiveTo === null || date <= span.effectiveTo);
}

/** Whether a span is over on a day, by its own last day or by that of an agreement that it rests on. */
export const isOver = (span: Span, date: PlainDate, evidence: ReadinessEvidence): boolean =>
  listReasonsAgainst(span, date, evidence).includes('participation_ended');

function listReasonsAgainst(span: Span, date: PlainDate, evidence: ReadinessEvidence): ReadinessReason[] {
  const from = findEffectiveFrom(span);
  const reasons: (ReadinessReason | null)[] = [
    span.approved ? null : 'not_approved',
    ...FACTS.map((fact) => findReasonAgainstFact(fact, span, date, evidence)),
    from !== null && date < from ? 'before_effective_date' : null,
    span.effectiveTo !== null && date > span.effectiveTo ? 'participation_ended' : null,
  ];
  return reasons.filter((reason) => reason !== null);
}

function findReasonAgainstFact(
  fact: Fact,
  span: Span,
  date: PlainDate,
  { agreements }: ReadinessEvidence,
): ReadinessReason | null {
  const record = span.facts[fact];
  if (record?.status === 'disputed') return 'fact_disputed';
  if (record?.status !== 'confirmed') return UNCONFIRMED[fact];
  if (fact !== 'contract' && fact !== 'claimsRoute') return null;
  // another TIN is another party: until a contract is confirmed under it, there is none
  if (fact === 'contract' && span.tinChangedOn !== null && date >= span.tinChangedOn) return UNCONFIRMED[fact];
  const agreement = findSupportingAgreement(fact, record, span, agreements);
  if (!agreement) return findInheritedAgreement(record.value) === null ? null : UNCONFIRMED[fact];
  return agreement.endedOn !== null && date > agreement.endedOn ? 'participation_ended' : null;
}

/**
 * Finds the agreement that a contract or claims route rests on: the one that it is inherited from; the one that it
 * made; or, of a practice, payer and line that held one already, the first that had not ended by then.
 */
function findSupportingAgreement(
  fact: 'contract' | 'claimsRoute',
  { value, entryId, confirmedOn }: FactRecord,
  { payerId, lineOfBusiness }: Span,
  agreements: readonly AgreementEvidence[],
): AgreementEvidence | undefined {
  const ofScope = agreements.filter((held) => held.payerId === payerId && held.lineOfBusiness === lineOfBusiness);
  const from = findInheritedAgreement(value);
  if (from !== null) return ofScope.find((held) => held.id === from && held[fact] !== null);
  const own = ofScope.find((held) => held[fact]?.entryId === entryId);
  return (
    own ??
    ofScope.find(
      ({ endedOn, endedEntries = [] }) =>
        endedOn === null || endedEntries.includes(entryId) || (confirmedOn !== undefined && confirmedOn <= endedOn),
    )
  );
}

/** Whether a document is behind a fact that has its file: one that was only named proves nothing. */
const isDocumented = ({ stored = [] }: FactRecord): boolean => stored.length > 0;

const listUndocumented = ({ facts }: Span): Fact[] =>
  FACTS.filter((fact) => facts[fact] !== undefined && !isDocumented(facts[fact]));

function listCautions(span: Span, evidence: ReadinessEvidence): ReadinessCaution[] {
  const cautions: [ReadinessCaution, boolean][] = [
    ['not_seen_loaded', !span.loadedSeen],
    ['party_not_seen', span.facts.contract?.partySeen !== true],
    ['no_document', listUndocumented(span).length > 0],
    ['attestation_lapsed', !evidence.attestationCurrent],
    ['malpractice_lapsed', !evidence.malpracticeCurrent],
    ['exclusion_possible', evidence.exclusionPossible],
  ];
  return cautions.filter(([, stands]) => stands).map(([caution]) => caution);
}
