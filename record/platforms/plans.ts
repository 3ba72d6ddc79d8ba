import type { Instant, PlainDate } from '../../domain/time/instants';
import type { BlockerCode } from '../../domain/applications/state';
import type { Consequence } from '../../domain/platforms/consequences';
import {
  buildDecisionSheet,
  findEarliestLeaveDay,
  planTransition,
  type DecisionSheet,
  type ServiceEntry,
  type TransitionPlan,
} from '../../domain/platforms/plans';
import { resolvePlaybook } from '../../domain/registry/playbook';
import { listUnmetBlockers } from '../../domain/platforms/targets';
import type { Db, Sql } from '../../runtime/database';
import { readCaseload } from './caseloads';
import { readChecklist } from './checklist';
import { readConsequences, type Place, type Surroundings } from './consequences';
import { readFile } from '../applications/provider-file';
import type { Relationship } from './platforms';
import { isInScope, type Principal } from '../kernel/principal';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';

/**
 * Reads the services that the platform performs today, as the client stated them; services without a statement are left
 * out.
 */
const readServices = (sql: Db, principal: Principal, relationshipId: string): Promise<ServiceEntry[]> =>
  sql<ServiceEntry[]>`
    select service, does, notes from platform_services
    where relationship_id = ${relationshipId} and ${isInScope(sql, principal)}`;

/** Puts the list in the place of the one before; returns the version of the relationship after it. */
export const putServices = (
  sql: Sql,
  principal: Principal,
  { id: relationshipId, clientId }: Relationship,
  items: readonly ServiceEntry[],
  precondition: Precondition,
): Promise<number> =>
  sql.begin(async (tx) => {
    const asked = { services: items };
    const revision = { columns: {}, asked, precondition };
    const version = await reviseRow(tx, principal, 'platform_relationship', relationshipId, revision);
    await tx`delete from platform_services where relationship_id = ${relationshipId}`;
    const rows = items.map((item) => ({ clientId, relationshipId, ...item }));
    if (rows.length > 0) await tx`insert into platform_services ${tx(rows)}`;
    return version;
  });

interface PlanInput {
  plan: TransitionPlan;
  today: PlainDate;
}

/** Reads the plan from a platform to direct contracts; for no date in particular, for the earliest without a gap. */
export async function readPlan(
  sql: Db,
  principal: Principal,
  relationship: Relationship,
  { leaveOn, now, ...place }: Place & { leaveOn?: PlainDate | undefined; now: Instant },
): Promise<PlanInput> {
  const readConsequencesOn = (on?: PlainDate) =>
    readConsequences(sql, principal, relationship, { ...place, now, leaveOn: on });
  const first = await readConsequencesOn(leaveOn);
  const { surroundings } = first;
  const { today } = surroundings;
  const earliest = leaveOn ?? findEarliestLeaveDay(first.found, today);
  const { found } = earliest === null || earliest === first.found.leaveOn ? first : await readConsequencesOn(earliest);
  const unmet = new Map<Consequence, BlockerCode[] | null>();
  for (const item of found.items) unmet.set(item, await listUnmet(sql, relationship.providerId, surroundings, item));
  return { plan: planTransition(found, (item) => unmet.get(item)!, today), today };
}

/** Lists what the file lacks for an application of the kind that fits; null if the practice is not known. */
async function listUnmet(
  sql: Db,
  providerId: string,
  { practiceId, locationId, playbooks, timeZone, today }: Surroundings,
  { payerId, state, fits, application }: Consequence,
): Promise<BlockerCode[] | null> {
  const at = practiceId ?? application?.practiceId;
  if (!at) return null;
  const scope = { payerId, state: state ?? '', lineOfBusiness: 'commercial', kind: fits.kind } as const;
  const playbook = resolvePlaybook(playbooks.get(payerId)!, scope, timeZone);
  return listUnmetBlockers(await readFile(sql, { ...scope, providerId, practiceId: at, locationId }, playbook, today));
}

/** Reads what the platform does today beside what direct contracts take. */
export async function readDecisionSheet(
  sql: Db,
  principal: Principal,
  relationship: Relationship,
  request: Place & { now: Instant },
): Promise<DecisionSheet> {
  const { id, clientId, decision } = relationship;
  const [{ plan, today }, services, checklist, caseload] = await Promise.all([
    readPlan(sql, principal, relationship, request),
    readServices(sql, principal, id),
    readChecklist(sql, principal, id),
    readCaseload(sql, principal, clientId),
  ]);
  const clients = new Map(caseload.items.map((item) => [item.payerId, item.clients]));
  return buildDecisionSheet(plan, { decision, services, checklist, clients, today });
}
