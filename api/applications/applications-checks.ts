import type { GivenFact } from '../../domain/applications/bodies';
import type { Fact, LineOfBusiness } from '../../domain/kernel/codes';
import {
  listFactProblems,
  findInheritedAgreement,
  findPartyProblem,
  type FactValue,
  type Seen,
} from '../../domain/kernel/facts';
import { findFactHolder, type Parties } from '../../record/applications/parties';
import type { Sql } from '../../runtime/database';
import { Problem, type FieldError } from '../kernel/errors';
import { documentErrors } from '../kernel/references';
import { FACT_MESSAGES } from '../billing/fact-schemas';
import { UNKNOWN_REFERENCE } from '../kernel/schemas';
import { refuse } from '../kernel/validation';

/** What a confirmation is held against: the application's key, and what stands behind it. */
export interface Against {
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

/** Refuses confirmations that break a rule, each bad field named under `path`; then evidence that names somebody else. */
export async function checkFacts(
  sql: Sql,
  against: Against,
  facts: { fact: Fact; given: GivenFact; path: string }[],
): Promise<void> {
  refuse((await Promise.all(facts.map((one) => factErrors(sql, against, one)))).flat());
  const wrong = facts.filter(({ given }) => given.seen && namesAnother(given.seen, against));
  if (wrong.length > 0)
    throw new Problem('wrong_party', {
      errors: wrong.map(({ path }) => ({
        path: `${path}seen`,
        rule: 'wrong_party',
        message: 'must match the practice, provider and location of the application',
      })),
    });
}

async function factErrors(
  sql: Sql,
  against: Against,
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
    ...(await documentErrors(sql, against.clientId, `${path}evidence`, evidence)),
    ...(await inheritanceErrors(sql, against, fact, given.value, path)),
  ];
}

async function inheritanceErrors(
  sql: Sql,
  against: Against,
  fact: Fact,
  value: FactValue,
  path: string,
): Promise<FieldError[]> {
  const from = findInheritedAgreement(value);
  if (from === null || (fact !== 'contract' && fact !== 'claimsRoute')) return [];
  const today = new Date().toISOString().slice(0, 10);
  const holder = await findFactHolder(sql, from, fact, against, today);
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

function namesAnother(seen: Seen, { ground, locationId }: Against): boolean {
  const { practice, provider } = ground;
  const npis = [practice!.npi, provider?.npi].filter((npi) => npi !== null && npi !== undefined);
  const party = { legalName: practice!.legalName, tinLast4: practice!.tinLast4, npis, locationId };
  const elsewhere = seen.locationId !== undefined && !practice!.locationIds.includes(seen.locationId);
  return elsewhere || findPartyProblem(seen, party) !== null;
}
