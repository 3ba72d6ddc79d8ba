import { announce } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import { FACTS, type Fact } from '../../domain/kernel/codes';
import { sameValue, type FactRecord } from '../../domain/kernel/facts';
import { wasSeenLoaded } from '../../domain/applications/participation';
import type { ApplicationState, FactState } from '../../domain/applications/state';
import { json, rowsOf, type Tx } from '../../runtime/database';
import { notifyInheritingApplications } from '../billing/agreements';
import { factBody } from './commands';

/** Approved by the payer, whatever has become of the facts. */
const approved = (state: ApplicationState): boolean => state.stage === 'approved' || state.stage === 'confirmed';

/** What a span is made from: unchanged, the span stays. */
const basis = (state: ApplicationState | null) =>
  state ? [approved(state), state.participationEndedOn, state.facts, wasSeenLoaded(state)] : [false, null, {}, false];

/** Keeps the span of an application as its facts stand, and what was known before as it was known. */
export async function projectSpan(tx: Tx, before: ApplicationState | null, state: ApplicationState): Promise<void> {
  if (!state.rules.opensSpan || sameValue(basis(before), basis(state))) return;
  await tx`
    update network_spans set known_to = ${state.updatedAt} where application_id = ${state.id} and known_to is null`;
  const facts = await readFactRecords(tx, state);
  await announce(tx, 'billing basis changed', state.id);
  if (!approved(state) && Object.keys(facts).length === 0) return;
  const effective = facts.effectiveDate;
  await tx`
    insert into network_spans ${tx({
      clientId: state.clientId,
      applicationId: state.id,
      providerId: state.key.providerId,
      practiceId: state.key.practiceId,
      payerId: state.key.payerId,
      state: state.key.state,
      lineOfBusiness: state.key.lineOfBusiness,
      locationId: state.key.locationId,
      approved: approved(state),
      effectiveFrom: effective?.status === 'confirmed' ? (effective.value as string) : null,
      effectiveTo: state.participationEndedOn,
      facts: json(tx, facts),
      loadedSeen: wasSeenLoaded(state),
      knownFrom: state.updatedAt,
    })}`;
}

async function readFactRecords(tx: Tx, state: ApplicationState): Promise<Partial<Record<Fact, FactRecord>>> {
  const records: Partial<Record<Fact, FactRecord>> = {};
  for (const fact of FACTS) {
    const on = state.facts[fact];
    if (on) records[fact] = await readFactRecord(tx, state, fact, on);
  }
  return records;
}

/** A fact as it stands, with its value and proof. */
async function readFactRecord(tx: Tx, state: ApplicationState, fact: Fact, on: FactState): Promise<FactRecord> {
  const body = await factBody(tx, state, fact, on.entryId);
  const others = await Promise.all(on.against.map((a) => factBody(tx, state, fact, a.entryId)));
  return {
    status: on.status,
    value: body.value,
    entryId: on.entryId,
    source: body.source,
    evidence: body.evidence ?? [],
    confirmedOn: body.confirmedOn,
    partySeen: body.seen !== undefined,
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
 * The first confirmed contract or claims route of a practice, payer, state and line makes the agreement; it stays that
 * application's to correct, and others inherit it.
 */
export async function projectAgreement(
  tx: Tx,
  before: ApplicationState | null,
  state: ApplicationState,
): Promise<void> {
  for (const fact of ['contract', 'claimsRoute'] as const) {
    const on = state.facts[fact];
    if (sameValue(before?.facts[fact], on)) continue;
    // what goes wrong for one provider leaves the practice's agreement as it is
    if (on?.disprovedBy) continue;
    const body = on?.status === 'confirmed' ? await factBody(tx, state, fact, on.entryId) : null;
    const value = body?.value;
    const inherited = typeof value === 'object' && 'inheritedFrom' in value;
    const held: AgreementFact | null =
      body && on && !inherited ? { applicationId: state.id, entryId: on.entryId, value, source: body.source } : null;
    const column = fact === 'contract' ? tx`contract` : tx`claims_route`;
    const { practiceId, payerId, state: usState, lineOfBusiness } = state.key;
    // two that are confirmed at once make one agreement
    await tx`select pg_advisory_xact_lock(hashtextextended(${`agreement/${practiceId}/${payerId}/${usState}/${lineOfBusiness}`}, 0))`;
    const [last] = await tx<{ id: string; endedOn: string | null }[]>`
      select id, ended_on from agreements
      where practice_id = ${practiceId} and payer_id = ${payerId} and state = ${usState}
        and line_of_business = ${lineOfBusiness}
      order by created_at desc limit 1`;
    // what is confirmed after an agreement has ended is a new one
    if (held && (!last || (last.endedOn !== null && body!.confirmedOn > last.endedOn)))
      await tx`
        insert into agreements ${rowsOf(tx, {
          id: randomUUID(),
          clientId: state.clientId,
          practiceId,
          payerId,
          state: usState,
          lineOfBusiness,
          [fact]: json(tx, held),
        })}`;
    else if (last) {
      const changed = await tx`
        update agreements
        set ${column} = ${held ? json(tx, held) : null}, version = version + 1, updated_at = now()
        where id = ${last.id} and ${held ? tx`coalesce(${column}->>'applicationId', ${state.id})` : tx`${column}->>'applicationId'`} = ${state.id}
        returning id`;
      if (changed.length > 0) await notifyInheritingApplications(tx, state.key);
    }
  }
}
