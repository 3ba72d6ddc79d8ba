import type { Instant } from '../../domain/time/instants';
import {
  summarizeApplication,
  computeExpectedDecision,
  findDirectApplication,
  findFittingKind,
} from '../../domain/platforms/consequences';
import { countDaysBetween } from '../../domain/time/dates';
import { readPanel } from '../../domain/registry/panels';
import { resolvePlaybook } from '../../domain/registry/playbook';
import {
  estimateDecisionDays,
  rankTargets,
  listUnmetBlockers,
  type CaseloadItem,
  type RankedTarget,
} from '../../domain/platforms/targets';
import { selectUnmergedIds } from '../kernel/one-entry';
import type { Db } from '../../runtime/database';
import { readCaseload, listDaysTaken } from './caseloads';
import { readSurroundings } from './consequences';
import { readFile } from '../applications/provider-file';
import { isInScope, type Principal } from '../kernel/principal';
import { OPENING_KINDS } from '../billing/readiness';

export interface TargetScope {
  clientId: string;
  providerId: string;
  practiceId: string;
  state: string;
}

/** Ranks the payers of the client's caseload and of the provider's platforms for direct contracts in a state. */
export async function rankPayerTargets(
  sql: Db,
  principal: Principal,
  scope: TargetScope,
  now: Instant,
): Promise<RankedTarget[]> {
  const { clientId, providerId, practiceId, state } = scope;
  const [caseload, relationships] = await Promise.all([
    readCaseload(sql, principal, clientId),
    sql<{ id: string; payerIds: string[] }[]>`
      select id, ${selectUnmergedIds(sql, sql`payer_ids`)} as payer_ids from platform_relationships
      where provider_id = ${providerId} and ${isInScope(sql, principal)}`,
  ]);
  const candidates = new Map<string, CaseloadItem>(
    relationships
      .flatMap(({ payerIds }) => payerIds)
      .map((payerId) => [payerId, { payerId, clients: 0, monthlyValue: null, rates: null }]),
  );
  for (const item of caseload.items) candidates.set(item.payerId, item);
  const payerIds = [...candidates.keys()];
  const relationshipIds = relationships.map(({ id }) => id);
  const [known, taken] = await Promise.all([
    readSurroundings(sql, principal, scope, { payerIds, relationshipIds }, { practiceId }, now),
    listDaysTaken(sql, principal, payerIds, OPENING_KINDS),
  ]);
  const targets = [...candidates.values()].map(async (item) => {
    const { payerId } = item;
    const place = { payerId, state, practiceId, locationId: null };
    const fits = findFittingKind(place, known);
    const application = findDirectApplication(place, known);
    const key = { ...place, providerId, kind: fits.kind, lineOfBusiness: 'commercial' as const };
    const playbook = resolvePlaybook(known.playbooks.get(payerId)!, key, known.timeZone);
    const reading = await readFile(sql, key, playbook, known.today);
    return {
      ...item,
      payerName: known.payers.get(payerId)!.name,
      panel: readPanel({ ...place, kind: fits.kind }, known.panels, known.parked, known.today),
      expected: estimateDecisionDays(
        taken.get(payerId) ?? [],
        countDaysBetween(known.today, computeExpectedDecision(now, playbook)),
      ),
      effort: { unmet: listUnmetBlockers(reading), channel: playbook.channel },
      fits,
      application: application && summarizeApplication(application),
    };
  });
  return rankTargets(await Promise.all(targets));
}
