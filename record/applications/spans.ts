import { selectEntryIds } from '../kernel/one-entry';
import { announceFact } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import { FACTS, type Fact } from '../../domain/kernel/codes';
import type { PlainDate } from '../../domain/time/instants';
import { readProof, isSameValue, type FactRecord } from '../../domain/kernel/facts';
import { wasSeenLoaded } from '../../domain/applications/participation';
import { findLackOf, findLastDay, type ApplicationState, type FactState } from '../../domain/applications/state';
import { toJson, toRows, type Db, type Tx } from '../../runtime/database';
import { notifyInheritingApplications } from '../billing/agreements';
import { isEndWithdrawn, listTerminatedParticipations } from './affected-applications';
import { readFactBody } from './commands';

/** Whether the payer approved it, whatever has become of the facts. */
const isApproved = (state: ApplicationState): boolean => state.stage === 'approved' || state.stage === 'confirmed';

/** Collects the basis of a span: while it is unchanged, the span stays. */
const collectBasis = (state: ApplicationState | null) =>
  state ? [isApproved(state), findLastDay(state), state.facts, wasSeenLoaded(state)] : [false, null, {}, false];

/** Keeps the span of an application as its facts stand, and what was known before as it was known; `anew`: whatever changed. */
export async function projectSpan(
  tx: Tx,
  before: ApplicationState | null,
  state: ApplicationState,
  { anew }: { anew: boolean },
): Promise<void> {
  if (!anew && (!state.rules.opensSpan || isSameValue(collectBasis(before), collectBasis(state)))) return;
  const [last] = await tx<{ effectiveTo: PlainDate | null; terminatedOn: PlainDate | null }[]>`
    update network_spans set known_to = ${state.updatedAt} where application_id = ${state.id} and known_to is null
    returning effective_to, terminated_on`;
  const span = await buildSpan(tx, state);
  await announceFact(tx, 'billing basis changed', state.id);
  if (!span) return;
  // a last day that a termination gave stays until the participation has recorded it
  const isEndedAnew = anew || findLastDay(state) !== (before && findLastDay(before));
  const ends = isEndedAnew
    ? { terminatedOn: span.effectiveTo === last?.terminatedOn ? null : (last?.terminatedOn ?? null) }
    : last;
  const facts = toJson(tx, span.facts);
  const row = { ...span, ...ends, applicationId: state.id, facts, knownFrom: state.updatedAt };
  await tx`insert into network_spans ${toRows(tx, row)}`;
}

/** Gives the spans of participations the last day that a termination gives now, before the participations record it. */
export async function terminateSpans(tx: Tx, { id, updatedAt }: ApplicationState): Promise<void> {
  for (const { id: applicationId, given, body } of await listTerminatedParticipations(tx, id)) {
    const on = body?.on ?? null;
    // a step of the participation that is under way writes its span first
    await tx`select from applications where id = ${applicationId} for no key update`;
    await tx`
      with before as (
        update network_spans set known_to = ${updatedAt}
        where application_id = ${applicationId} and known_to is null returning *)
      insert into network_spans (client_id, application_id, provider_id, practice_id, payer_id, state, line_of_business, location_id,
        approved, effective_from, effective_to, facts, loaded_seen, known_from, terminated_on)
      select client_id, application_id, provider_id, practice_id, payer_id, state, line_of_business, location_id,
        approved, effective_from, ${given?.holds ? on : null}::date, facts, loaded_seen, ${updatedAt}::timestamptz,
        ${given?.holds ? null : on}::date from before`;
  }
}

/** Builds the span that an application's facts come to; null if it has none. */
async function buildSpan(sql: Db, state: ApplicationState) {
  if (!state.rules.opensSpan) return null;
  const facts = await readFactRecords(sql, state);
  if (!isApproved(state) && Object.keys(facts).length === 0) return null;
  const { clientId, key } = state;
  const { providerId, practiceId, payerId, state: usState, lineOfBusiness, locationId } = key;
  const effective = facts.effectiveDate;
  return {
    clientId,
    providerId,
    practiceId,
    payerId,
    state: usState,
    lineOfBusiness,
    locationId,
    approved: isApproved(state),
    effectiveFrom: effective?.status === 'confirmed' ? (effective.value as string) : null,
    effectiveTo: (await isEndWithdrawn(sql, state)) ? null : findLastDay(state),
    facts,
    loadedSeen: wasSeenLoaded(state),
  };
}

/** Whether the span on record is the one that follows from an application's facts. */
export async function isSpanAsFolded(sql: Db, state: ApplicationState): Promise<boolean> {
  const [span] = await sql`
    select client_id, provider_id, practice_id, payer_id, state, line_of_business, location_id, approved, effective_from,
      effective_to, facts, loaded_seen
    from network_spans where application_id = ${state.id} and known_to is null`;
  return isSameValue(span ?? null, JSON.parse(JSON.stringify(await buildSpan(sql, state))));
}

async function readFactRecords(tx: Db, state: ApplicationState): Promise<Partial<Record<Fact, FactRecord>>> {
  const records: Partial<Record<Fact, FactRecord>> = {};
  for (const fact of FACTS) {
    const on = state.facts[fact];
    if (on) records[fact] = await readFactRecord(tx, state, fact, on);
  }
  return records;
}

/** Reads a fact as it stands, with its value and proof. */
async function readFactRecord(tx: Db, state: ApplicationState, fact: Fact, on: FactState): Promise<FactRecord> {
  const body = await readFactBody(tx, state, fact, on.entryId);
  const others = await Promise.all(on.against.map((a) => readFactBody(tx, state, fact, a.entryId)));
  const lacks = on.status === 'claimed' && findLackOf(state, fact);
  const { partySeen, partyRead, evidence } = readProof(body);
  return {
    status: on.status,
    value: body.value,
    entryId: on.entryId,
    source: body.source,
    evidence,
    confirmedOn: body.confirmedOn,
    partySeen,
    partyRead,
    ...(on.awaitsApproval && { awaitsApproval: on.awaitsApproval }),
    ...(lacks && { lacks }),
    ...(others.length > 0 && { otherValues: others.map((other) => other.value) }),
  };
}

interface AgreementFact {
  applicationId: string;
  entryId: string;
  value: unknown;
  source: string;
}

/**
 * Keeps the agreement, which the first confirmed contract or claims route of a practice, payer, state and line makes;
 * it stays that application's to correct, and others inherit it.
 */
export async function projectAgreement(
  tx: Tx,
  before: ApplicationState | null,
  state: ApplicationState,
): Promise<void> {
  for (const fact of ['contract', 'claimsRoute'] as const) {
    const on = state.facts[fact];
    if (isSameValue(before?.facts[fact], on)) continue;
    // an issue of one provider leaves the practice's agreement as it is
    if (on?.disprovedBy) continue;
    const body = on?.status === 'confirmed' ? await readFactBody(tx, state, fact, on.entryId) : null;
    const value = body?.value;
    const inherited = typeof value === 'object' && 'inheritedFrom' in value;
    const agreementFact: AgreementFact | null =
      body && on && !inherited ? { applicationId: state.id, entryId: on.entryId, value, source: body.source } : null;
    const column = fact === 'contract' ? tx`contract` : tx`claims_route`;
    const { practiceId, payerId, state: usState, lineOfBusiness } = state.key;
    // two that are confirmed at once make one agreement
    await tx`select pg_advisory_xact_lock(hashtextextended(${`agreement/${practiceId}/${payerId}/${usState}/${lineOfBusiness}`}, 0))`;
    const [last] = await tx<{ id: string; endedOn: string | null }[]>`
      select id, ended_on from agreements
      where practice_id in ${selectEntryIds(tx, 'practices', practiceId)}
        and payer_id in ${selectEntryIds(tx, 'payers', payerId)} and state = ${usState}
        and line_of_business = ${lineOfBusiness}
      order by created_at desc limit 1`;
    // a contract that is confirmed after an agreement has ended is a new one
    if (agreementFact && (!last || (last.endedOn !== null && body!.confirmedOn > last.endedOn)))
      await tx`
        insert into agreements ${toRows(tx, {
          id: randomUUID(),
          clientId: state.clientId,
          practiceId,
          payerId,
          state: usState,
          lineOfBusiness,
          [fact]: toJson(tx, agreementFact),
        })}`;
    else if (last) {
      const changed = await tx`
        update agreements
        set ${column} = ${agreementFact ? toJson(tx, agreementFact) : null}, version = version + 1, updated_at = now()
        where id = ${last.id} and ${agreementFact ? tx`coalesce(${column}->>'applicationId', ${state.id})` : tx`${column}->>'applicationId'`} = ${state.id}
        returning id`;
      if (changed.length > 0) await notifyInheritingApplications(tx, state.key);
    }
  }
}
