import { selectClientDay } from '../time/days';
import { areOneEntry, selectEntryId, selectUnmergedId, selectUnmergedIds, isUnmerged } from '../kernel/one-entry';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { toLocalDate } from '../../domain/time/calendar';
import type { ReadinessReason } from '../../domain/kernel/codes';
import {
  assessConsequences,
  type Consequences,
  type DirectApplication,
  type Expectation,
  type GivenAnswer,
  type KnownFacts,
  type LiveAgreement,
} from '../../domain/platforms/consequences';
import type { Panel, ParkedApplication } from '../../domain/registry/panels';
import { resolvePlaybook, type Playbook } from '../../domain/registry/playbook';
import { evaluateBillingReadiness } from '../../domain/billing/readiness';
import type { Db, Fragment } from '../../runtime/database';
import { readChecklist } from './checklist';
import type { Relationship } from './platforms';
import { isInScope, type Principal } from '../kernel/principal';
import { OPENING_KINDS, readReadinessEvidence } from '../billing/readiness';

/** The place at which a direct participation is wanted; left out: at any practice, or at the client's only one. */
export interface Place {
  practiceId?: string | undefined;
  locationId?: string | undefined;
}

/** The record about a provider and payers, as far as leaving a platform or applying directly goes. */
export interface Surroundings extends KnownFacts {
  timeZone: string;
  practiceId: string | null;
  locationId: string | null;
  playbooks: Map<string, Playbook>;
  payers: Map<string, Expectation>;
}

/** Reads the surroundings of payers, none of which was merged into another, in their order; `answers` are those of the given relationships. */
export async function readSurroundings(
  sql: Db,
  principal: Principal,
  { clientId, providerId }: { clientId: string; providerId: string },
  { payerIds, relationshipIds }: { payerIds: readonly string[]; relationshipIds: readonly string[] },
  { practiceId, locationId }: Place,
  now: Instant,
): Promise<Surroundings> {
  const payers = sql`any(${[...payerIds]}::uuid[])`;
  // the record of a payer that was merged is the record of the one asked for
  const selectAskedPayers = (payerId: Fragment) => sql`
    join payers y on y.id = ${payerId} join payers asked on asked.id = ${payers} and ${areOneEntry(sql, 'y', 'asked')}`;
  const [[client], answers, playbooks, applications, agreements, panels, parked] = await Promise.all([
    sql<{ timeZone: string; practiceIds: string[]; practiceId: string | null }[]>`
      select time_zone, array(
        select id from practices p where p.client_id = c.id and ${isUnmerged(sql, 'p')} order by id limit 2) as practice_ids,
        (select ${selectEntryId(sql, 'p')} from practices p where p.id = ${practiceId ?? null} and p.client_id = c.id) as practice_id
      from clients c where id = ${clientId} and ${isInScope(sql, principal, 'c.client_id')}`,
    sql<GivenAnswer[]>`
      select a.id, question, answer, ${selectUnmergedId(sql, 'payers', sql`a.payer_id`)} as payer_id, state, parts, items, notice_days, words,
        jsonb_build_object('id', r.id, 'payerIds', ${selectUnmergedIds(sql, sql`r.payer_ids`)}, 'states', r.states) as relationship
      from platform_answers a join platform_relationships r on r.id = a.relationship_id
      where a.relationship_id = any(${[...relationshipIds]}::uuid[]) and superseded_by is null
        and ${isInScope(sql, principal, 'a.client_id')}
      order by a.created_at, a.id`,
    sql<{ id: string; name: string; playbook: Playbook }[]>`
      select y.id, y.name, b.body as playbook
      from payers y join playbooks b on b.payer_id = y.id and b.version = y.playbook_version where y.id = ${payers}`,
    sql<(DirectApplication & { expectedDecisionAt: Instant | null })[]>`
      select a.id, asked.id as payer_id, ${selectEntryId(sql, 'pr')} as practice_id, a.location_id, a.state, a.line_of_business, a.kind, a.stage, a.open,
        a.submitted_on, (a.snapshot->'agenda'->>'expectedDecisionAt')::timestamptz as expected_decision_at,
        s.effective_from as effective_on, s.effective_to as ended_on
      from applications a join practices pr on pr.id = a.practice_id ${selectAskedPayers(sql`a.payer_id`)}
      left join network_spans s on s.application_id = a.id and s.known_to is null
      where a.provider_id = ${providerId} and a.kind = any(${OPENING_KINDS})
        and ${isInScope(sql, principal, 'a.client_id')}
      order by a.created_at, a.id`,
    sql<LiveAgreement[]>`
      select g.id, ${selectEntryId(sql, 'pr')} as practice_id, asked.id as payer_id, g.state
      from agreements g join practices pr on pr.id = g.practice_id ${selectAskedPayers(sql`g.payer_id`)}
      where g.client_id = ${clientId} and (ended_on is null or ended_on >= ${selectClientDay(sql, now, clientId)})
        and contract is not null and ${isInScope(sql, principal, 'g.client_id')}
      order by g.created_at, g.id`,
    sql<Panel[]>`
      select distinct on (asked.id, state, kind) asked.id as payer_id, state, kind, status, source, as_of
      from payer_panels l ${selectAskedPayers(sql`l.payer_id`)}
      order by asked.id, state, kind, as_of desc, l.payer_id = asked.id desc`,
    sql<(Omit<ParkedApplication, 'since'> & { since: Instant })[]>`
      select a.id as application_id, asked.id as payer_id, state, kind, (snapshot->>'stageSince')::timestamptz as since
      from applications a ${selectAskedPayers(sql`a.payer_id`)}
      where stage = 'panel_closed' and ${isInScope(sql, principal, 'a.client_id')}`,
  ]);
  const { timeZone, practiceIds, practiceId: given } = client!;
  const bodies = new Map(playbooks.map(({ id, playbook }) => [id, playbook]));
  return {
    now,
    today: toLocalDate(now, timeZone),
    timeZone,
    practiceId: given ?? (practiceIds.length === 1 ? practiceIds[0]! : null),
    locationId: locationId ?? null,
    answers,
    applications: applications.map(({ expectedDecisionAt, ...application }) => ({
      ...application,
      expectedDecisionOn: expectedDecisionAt && toLocalDate(expectedDecisionAt, timeZone),
    })),
    agreements,
    panels,
    parked: parked.map((one) => ({ ...one, since: toLocalDate(one.since, timeZone) })),
    playbooks: bodies,
    payers: new Map(
      payerIds.map((id) => {
        const { name, playbook } = playbooks.find((one) => one.id === id)!;
        return [id, { name, ...resolvePlaybook(playbook, USUAL, timeZone) }];
      }),
    ),
  };
}

/** The scope of a payer in general: no state, and no other kind or line, makes a difference. */
const USUAL = { kind: 'new_individual', state: '', lineOfBusiness: 'commercial' } as const;

/** Reads the reasons of billing readiness against billing each application's scope on a day. */
async function readReadinessReasons(
  sql: Db,
  principal: Principal,
  providerId: string,
  applications: readonly DirectApplication[],
  dateOfService: PlainDate,
): Promise<Map<string, ReadinessReason[]>> {
  const requests = applications.map(({ practiceId, payerId, state, lineOfBusiness, locationId }) => ({
    providerId,
    practiceId,
    payerId,
    state,
    lineOfBusiness,
    dateOfService,
    ...(locationId && { locationId }),
  }));
  const found = requests.length > 0 ? await readReadinessEvidence(sql, principal, requests) : [];
  return new Map(
    found.flatMap((one, i) =>
      'evidence' in one
        ? [[applications[i]!.id, evaluateBillingReadiness(requests[i]!, one.evidence).reasons] as const]
        : [],
    ),
  );
}

/** Reads the consequences of leaving a platform on a date, or today, with the data behind them. */
export async function readConsequences(
  sql: Db,
  principal: Principal,
  relationship: Relationship,
  { leaveOn: named, now, ...place }: Place & { leaveOn?: PlainDate | undefined; now: Instant },
): Promise<{ found: Consequences; surroundings: Surroundings }> {
  const { id, providerId, payerIds, states } = relationship;
  const scope = { payerIds, relationshipIds: [id] };
  const [surroundings, checklist] = await Promise.all([
    readSurroundings(sql, principal, relationship, scope, place, now),
    readChecklist(sql, principal, id),
  ]);
  const leaveOn = named ?? surroundings.today;
  const readinessReasons = await readReadinessReasons(sql, principal, providerId, surroundings.applications, leaveOn);
  return {
    found: assessConsequences({ ...surroundings, states: states ?? [], leaveOn, checklist, readinessReasons }),
    surroundings,
  };
}
