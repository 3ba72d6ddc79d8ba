import type { GivenFact } from '../../domain/applications/bodies';
import type { Fact, LineOfBusiness } from '../../domain/kernel/codes';
import {
  listFactProblems,
  findInheritedAgreement,
  listOtherParty,
  type FactValue,
  type Party,
  type SeenDetails,
} from '../../domain/kernel/facts';
import { findFactHolder, type Parties } from '../../record/applications/parties';
import type { Sql } from '../../runtime/database';
import { Problem, type FieldError } from '../kernel/errors';
import { listDocumentErrors } from '../kernel/references';
import { FACT_MESSAGES } from '../billing/fact-schemas';
import { UNKNOWN_REFERENCE } from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';

/** The context of a confirmation: the application's key, its parties and its playbook. */
export interface FactContext {
  /** Null while it is being adopted. */
  applicationId: string | null;
  clientId: string;
  practiceId: string;
  payerId: string;
  state: string;
  lineOfBusiness: LineOfBusiness;
  locationId: string | null;
  ground: Parties;
}

/**
 * Refuses confirmations that break a rule, each bad field named under `path`, with other bad fields beside them; then
 * evidence that names another party.
 */
export async function checkFacts(
  sql: Sql,
  against: FactContext,
  facts: { fact: Fact; given: GivenFact; path: string }[],
  beside: FieldError[],
): Promise<void> {
  const found = await Promise.all(facts.map((one) => listFactErrors(sql, against, one)));
  refuseErrors([...beside, ...found.flat()]);
  const party = buildParty(against);
  const errors = facts.flatMap(({ given, path }) =>
    listOtherParty(given.seen ?? {}, party).map((field) => ({
      path: `${path}seen.${field}`,
      rule: 'wrong_party',
      message: OTHER_PARTY[field],
    })),
  );
  if (errors.length > 0) throw new Problem('wrong_party', { errors });
}

async function listFactErrors(
  sql: Sql,
  against: FactContext,
  { fact, given, path }: { fact: Fact; given: GivenFact; path: string },
): Promise<FieldError[]> {
  const { evidence = [], rep, ...rest } = given;
  const contractBases = against.ground.playbook?.contractBases ?? [];
  return [
    ...listFactProblems(fact, { ...rest, ...(rep && { rep }) }, { contractBases }).map((problem) => ({
      path: path + problem.path,
      rule: problem.rule,
      message: FACT_MESSAGES[problem.rule],
    })),
    ...(await listDocumentErrors(sql, against.clientId, `${path}evidence`, evidence)),
    ...(await listInheritanceErrors(sql, against, fact, given.value, path)),
  ];
}

async function listInheritanceErrors(
  sql: Sql,
  against: FactContext,
  fact: Fact,
  value: FactValue,
  path: string,
): Promise<FieldError[]> {
  const from = findInheritedAgreement(value);
  if (from === null || (fact !== 'contract' && fact !== 'claimsRoute')) return [];
  const holder = await findFactHolder(sql, from, fact, against);
  const at = `${path}value.inheritedFrom`;
  if (!holder) return [{ path: at, ...UNKNOWN_REFERENCE }];
  if (holder.applicationId !== against.applicationId) return [];
  return [
    {
      path: at,
      rule: 'inherits_from_itself',
      message: 'must not be an agreement that this application itself created',
    },
  ];
}

const OTHER_PARTY: Record<keyof SeenDetails, string> = {
  partyName: 'must be the legal name of the application’s practice',
  tinLast4: 'must be the last four digits of the TIN of the application’s practice',
  npi: 'must be the NPI of the application’s practice or provider',
  locationId: 'must be the location of the application, or one of its practice where it has none',
};

function buildParty({ ground, locationId }: FactContext): Party {
  const { practice, provider } = ground;
  const { legalName, otherNames, tinLast4, npi, locationIds } = practice!;
  const npis = [npi, provider?.npi].filter((one) => one !== null && one !== undefined);
  return { legalName, otherNames, tinLast4, npis, locationIds: locationId === null ? locationIds : [locationId] };
}
