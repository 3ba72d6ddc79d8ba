import type { PlainDate } from '../time/instants';
import { compareBusinessNames } from './business-names';
import type { ContractBasis, Fact, FACT_LACKS, FactDemands, FactSource } from './codes';

/** Held by the practice's agreement, whose id it is. */
interface InheritedValue {
  inheritedFrom: string;
}

/** The value of each fact, as the HTTP contract writes it. */
export interface FactValues {
  contract: 'executed' | { none: true; basis: ContractBasis; saidBy: string } | InheritedValue;
  effectiveDate: PlainDate;
  payerProviderId: string | { none: true; saidBy: string };
  claimsRoute:
    | { clearinghouse: string; payerId: string; eraEnrolled?: boolean }
    | { portal: string }
    | { paperAddress: unknown }
    | InheritedValue;
}
export type FactValue = FactValues[Fact];

/** A fact as it stands on file. */
export interface FactRecord<F extends Fact = Fact> {
  status: 'confirmed' | 'claimed' | 'disputed';
  value: FactValues[F];
  /** The timeline entry that the value comes from. */
  entryId: string;
  source: FactSource;
  /** Ids of documents. */
  evidence: string[];
  /** Those of them whose file is stored; left out where nobody asked. */
  stored?: string[];
  /** Missing of what was recorded before it was kept. */
  confirmedOn?: PlainDate;
  /** Whether a name or a tax id was read off the evidence. */
  partySeen: boolean;
  /** Whether both were. */
  partyRead?: boolean;
  /** It was confirmed by phone, and a second person has yet to approve it. */
  awaitsApproval?: true;
  /** Why it is only claimed though its source counts. */
  lacks?: FactLack;
  /** While disputed: what other sources say. */
  otherValues?: FactValues[F][];
}

/** The details that were read off the evidence of a fact. */
export interface SeenDetails {
  partyName?: string;
  tinLast4?: string;
  npi?: string;
  locationId?: string;
}

/**
 * The proof behind a fact: whether a name or a tax id was read off its evidence, whether both were, and its documents.
 */
export interface Proof {
  partySeen: boolean;
  partyRead: boolean;
  evidence: string[];
}

export function readProof({ seen = {}, evidence = [] }: { seen?: SeenDetails; evidence?: string[] }): Proof {
  const read = [seen.partyName, seen.tinLast4].filter((one) => one !== undefined).length;
  return { partySeen: read > 0, partyRead: read === 2, evidence };
}

/** Combines the proof of a fact that an agreement holds: its own, and that of what the agreement holds. */
export const addProofs = (own: Proof, held: Proof | undefined): Proof =>
  held
    ? {
        partySeen: own.partySeen || held.partySeen,
        partyRead: own.partyRead || held.partyRead,
        evidence: [...new Set([...own.evidence, ...held.evidence])],
      }
    : own;

/** A lack of a fact that keeps it from counting, and that the operator can mend. */
export type FactLack = (typeof FACT_LACKS)[number];

/** The facts that a platform holds too, under its own name. */
const HELD_BY_PARTIES: readonly Fact[] = ['contract', 'claimsRoute'];

/** The knowledge about a fact's backing. */
interface FactBacking {
  partyRead?: boolean;
  documented?: boolean;
  awaitsApproval?: true;
}

export function findFactLack(
  fact: Fact,
  { partyRead = false, documented = false, awaitsApproval }: FactBacking,
  { party, documents = [] }: FactDemands,
): FactLack | null {
  if (party && HELD_BY_PARTIES.includes(fact) && !partyRead) return 'party';
  if (documents.includes(fact) && !documented) return 'document';
  // last: what mends the others is a fact of its own to approve
  return awaitsApproval ? 'approval' : null;
}

/** The party that an application is for, as evidence may name it. */
export interface Party {
  legalName: string;
  /** Names of practices that are one with it. */
  otherNames?: readonly string[];
  tinLast4: string;
  /** The provider's and the practice's. */
  npis: readonly string[];
  /** The application's; all of the practice's if the payer doesn't credential by location. */
  locationIds: readonly string[];
}

export interface FactProblem {
  path: 'source' | 'rep' | 'reference' | 'value.basis';
  rule: 'contract_never_by_phone' | 'phone_needs_rep' | 'phone_needs_reference' | 'basis_not_in_playbook';
}

/** Lists everything that a confirmation breaks of the rules on sources and values; none if it may be recorded. */
export function listFactProblems(
  fact: Fact,
  given: { value: FactValue; source: FactSource; rep?: string; reference?: string },
  playbook: { contractBases: readonly ContractBasis[] },
): FactProblem[] {
  const { value, source, rep, reference } = given;
  const phone = source === 'phone';
  const basis = typeof value === 'object' && 'basis' in value ? value.basis : null;
  const problems: (FactProblem | false)[] = [
    phone && fact === 'contract' && { path: 'source', rule: 'contract_never_by_phone' },
    phone && !rep && { path: 'rep', rule: 'phone_needs_rep' },
    phone && !reference && { path: 'reference', rule: 'phone_needs_reference' },
    basis !== null && !playbook.contractBases.includes(basis) && { path: 'value.basis', rule: 'basis_not_in_playbook' },
  ];
  return problems.filter((problem) => problem !== false);
}

/** Finds how a fact stands on one source alone: a client's word is a claim. */
export const findStatusBySource = (source: FactSource): 'confirmed' | 'claimed' =>
  source === 'client_word' ? 'claimed' : 'confirmed';

/** Whether a fact awaits a second person's approval, as the operator wants it when the fact is recorded. */
export const isApprovalNeeded = (source: FactSource, phoneFactsNeedApproval: boolean): boolean =>
  phoneFactsNeedApproval && source === 'phone';

/** Finds the agreement that a value rests on, or null if it stands by itself. */
export const findInheritedAgreement = (value: FactValue): string | null =>
  typeof value === 'object' && 'inheritedFrom' in value ? value.inheritedFrom : null;

/** Lists what was seen on the evidence and names another party; empty if all that was seen agrees. */
export function listOtherParty(seen: SeenDetails, party: Party): (keyof SeenDetails)[] {
  const names = [party.legalName, ...(party.otherNames ?? [])];
  const agrees: Record<keyof SeenDetails, boolean> = {
    partyName: names.some((name) => compareBusinessNames(seen.partyName ?? name, name) === 'same'),
    tinLast4: seen.tinLast4 === undefined || seen.tinLast4 === party.tinLast4,
    npi: seen.npi === undefined || party.npis.includes(seen.npi),
    locationId: seen.locationId === undefined || party.locationIds.includes(seen.locationId),
  };
  return (Object.keys(agrees) as (keyof SeenDetails)[]).filter((field) => !agrees[field]);
}

/** Whether two plain JSON values are equal, in whatever order their keys stand. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameValue(one[name], other[name]))
  );
}
