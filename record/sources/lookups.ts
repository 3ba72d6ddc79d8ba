import { selectClientDay } from '../time/days';
import { announceFact, announceFacts } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { computeAttestationDueOn } from '../../domain/registry/attestation';
import {
  findAttestedOn,
  findCaqhStanding,
  planNextCaqhCheck,
  type CaqhAnswer,
  type CaqhStatement,
  type CaqhStanding,
} from '../../domain/sources/caqh';
import type { RegistryService } from '../../domain/kernel/codes';
import { addMilliseconds, toUtcDate } from '../../domain/time/dates';
import type { NppesRecord } from '../../domain/sources/findings';
import { computeBackOff, PACE_MS, computeSpread, WAVE_MS } from '../../domain/outreach/pacing';
import { toJson, toRows, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import { deriveUuid } from '../../runtime/uuid';
import { isCaqhApiOn, updateRoster } from './caqh-roster';
import { OPERATOR_ID } from '../screening/exclusions';
import { listFindings } from './findings';
import { LOOKUPS, WATCHES } from '../kernel/registry-requests';
import type { OutreachStep } from '../outreach/mail';
import { isCountedAt } from '../kernel/person-scope';
import { createSystemPrincipal, type Principal } from '../kernel/principal';
import { recordAttestation, recordRegistryAttestation } from '../registry/attestations';
import { keepRegistrySnapshot } from '../registry/snapshots';
import { findProvider } from '../registry/providers';
import { createTasks, settleTasks } from '../kernel/tasks';

export type RegistryMode = 'off' | 'manual' | 'file' | 'api';

/** Why a service has not answered; registries/http.ts. */
export interface LookupTrouble {
  kind: 'unavailable' | 'unauthorised' | 'nonsense';
  detail: string;
}

/** The identity in whose name each service's answers are kept. */
const REGISTRY_PRINCIPALS: Record<RegistryService, Principal> = {
  caqh: createSystemPrincipal('caqh', 'CAQH'),
  nppes: createSystemPrincipal('nppes', 'NPPES'),
};

const NPPES_EVERY_DAYS = 30;
const UNKNOWN_NPI_EVERY_DAYS = 7;
const DAY_MS = 86_400_000;

type Service = RegistryService | 'leie';

/** Puts on record which services are asked, and by what name people know them; one that was not asked begins to be. */
export const setServices = (
  sql: Sql,
  services: Partial<Record<Service, { mode: RegistryMode; name: string }>>,
): Promise<void> =>
  sql.begin(async (tx) => {
    for (const [service, { mode, name }] of Object.entries(services) as [Service, never][]) {
      const [before] = await tx<{ mode: RegistryMode }[]>`
        select mode from registry_services where service = ${service} for no key update`;
      await tx`
        insert into registry_services ${tx({ service, mode, name })}
        on conflict (service) do update set mode = excluded.mode, name = excluded.name`;
      if (mode !== 'api' || before?.mode === 'api') continue;
      if (service === 'leie') await announceFact(tx, 'exclusion list wanted', OPERATOR_ID);
      else await announceFacts(tx, LOOKUPS[service], tx`select distinct person_id from providers`);
    }
  });

/**
 * Writes the condition that a client has the person: one who has left every client is not asked about, and nothing is
 * kept about them.
 */
const isHere = (sql: Db, at: Instant): Fragment => sql`
  coalesce(ended_on >= ${selectClientDay(sql, at, sql`providers.client_id`)}, true)`;

interface ServiceState {
  mode: RegistryMode;
  unavailableSince: Instant | null;
  failures: number;
  nextProbeAt: Instant | null;
  nextSlotAt: Instant | null;
}

const lockService = async (tx: Tx, service: RegistryService): Promise<ServiceState | undefined> =>
  (
    await tx<ServiceState[]>`
      select mode, unavailable_since, failures, next_probe_at, next_slot_at from registry_services
      where service = ${service} for no key update`
  )[0];

/** Has NPPES asked for a person when it is due; returns when to look again. */
export const checkDueNppes = (tx: Tx, personId: string, now: Instant): Promise<OutreachStep> =>
  checkDueQuestion(tx, 'nppes', personId, now);

/** Has CAQH asked likewise; roster requests under way go first. */
export async function checkDueCaqh(tx: Tx, personId: string, now: Instant): Promise<OutreachStep> {
  if (await isCaqhApiOn(tx)) await updateRoster(tx, personId, await hasClient(tx, personId, now));
  const [request] = await tx<{ id: string; nextAt: Instant }[]>`
    select id, next_at from caqh_roster_requests where person_id = ${personId} and settled_at is null
    order by next_at, id limit 1 for no key update`;
  if (!request || request.nextAt > now) {
    const step = await checkDueQuestion(tx, 'caqh', personId, now);
    return request && !step.send ? { next: [step.next, request.nextAt].filter(Boolean).sort()[0]! } : step;
  }
  const service = await lockService(tx, 'caqh');
  if (service?.mode !== 'api') return { next: null };
  const wait = computeWait(service, personId, now);
  if (wait) return { next: wait };
  await takeTurn(tx, 'caqh', service, personId, now);
  return { next: now, send: { kind: 'caqhRoster', id: request.id, fairnessKey: 'caqh' } };
}

/** Computes when a service that is away may be called again; null if that is now. */
const computeWait = (
  { unavailableSince, nextProbeAt }: ServiceState,
  personId: string,
  now: Instant,
): Instant | null =>
  unavailableSince !== null && nextProbeAt !== null && nextProbeAt > now
    ? addMilliseconds(nextProbeAt, computeSpread(personId, WAVE_MS))
    : null;

/** Notes that a call goes out now: while the service is away it is the one that tries, and the others wait on. */
async function takeTurn(
  tx: Tx,
  service: RegistryService,
  { unavailableSince, failures }: ServiceState,
  personId: string,
  now: Instant,
): Promise<void> {
  const probing = unavailableSince !== null;
  if (probing)
    await tx`
      update registry_services set next_probe_at = ${addMilliseconds(now, computeBackOff(failures, service))} where service = ${service}`;
  await tx`
    insert into registry_records ${tx({ service, personId, askedAt: now, probing })}
    on conflict (service, person_id) do update set asked_at = excluded.asked_at, probing = excluded.probing, in_turn = false`;
}

/** Whether any client still has the person. */
async function hasClient(tx: Tx, personId: string, now: Instant): Promise<boolean> {
  const [one] = await tx`
    select from providers where person_id = ${personId} and ${isHere(tx, now)} limit 1`;
  return one !== undefined;
}

async function checkDueQuestion(
  tx: Tx,
  service: RegistryService,
  personId: string,
  now: Instant,
): Promise<OutreachStep> {
  const state = await lockService(tx, service);
  if (state?.mode !== 'api') return { next: null };
  if (!(await hasClient(tx, personId, now))) return { next: null };
  const [record] = await tx<{ nextCheckAt: Instant | null; inTurn: boolean }[]>`
    select next_check_at, in_turn from registry_records where service = ${service} and person_id = ${personId} for no key update`;
  const due = record?.nextCheckAt ?? now;
  if (due > now) return { next: due };
  const wait = computeWait(state, personId, now);
  if (wait) return { next: wait };
  if (state.unavailableSince === null && !record?.inTurn) {
    const slot = [state.nextSlotAt ?? now, now].sort()[1]!;
    await tx`update registry_services set next_slot_at = ${addMilliseconds(slot, PACE_MS)} where service = ${service}`;
    if (slot > now) {
      await tx`
        insert into registry_records ${tx({ service, personId, nextCheckAt: slot, inTurn: true })}
        on conflict (service, person_id) do update set next_check_at = excluded.next_check_at, in_turn = true`;
      return { next: slot };
    }
  }
  await takeTurn(tx, service, state, personId, now);
  return { next: now, send: { kind: WATCHES[service], id: personId, fairnessKey: service } };
}

/** Finds the person whom a question is about, and when it was asked by the workflow's clock. */
export async function findLookupSubject(
  sql: Db,
  service: RegistryService,
  personId: string,
): Promise<{ npi: string; at: Instant } | null> {
  const [subject] = await sql<{ npi: string; at: Instant }[]>`
    select n.npi, r.asked_at as at
    from persons n join registry_records r on r.person_id = n.id and r.service = ${service}
    where n.id = ${personId} and r.asked_at is not null`;
  return subject ?? null;
}

/** Marks that the service answered: if it was away, it is back. */
async function markServiceBack(tx: Tx, service: RegistryService): Promise<void> {
  const back = await tx`
    update registry_services set unavailable_since = null, reason = null, detail = null, failures = 0, next_probe_at = null
    where service = ${service} and unavailable_since is not null returning service`;
  if (back.length > 0)
    await tx`
      update tasks set closed_at = now()
      where kind = 'registry_access' and closed_at is null and data->>'service' = ${service}`;
}

const ANSWERED = { failingSince: null, failures: 0, reason: null, detail: null, probing: false };

/** Keeps that a question was not answered: this person is asked again later, and so is the service. */
export const keepLookupTrouble = (
  sql: Sql,
  service: RegistryService,
  personId: string,
  at: Instant,
  { kind, detail }: LookupTrouble,
): Promise<void> =>
  sql.begin(async (tx) => {
    const state = await lockService(tx, service);
    const [record] = await tx<{ failures: number; probing: boolean }[]>`
      select failures, probing from registry_records where service = ${service} and person_id = ${personId} for no key update`;
    if (!state || !record) return;
    const { failures } = record;
    await tx`
      update registry_records
      set failing_since = coalesce(failing_since, ${at}), failures = ${failures + 1}, reason = ${kind}, detail = ${detail},
        next_check_at = ${addMilliseconds(at, computeBackOff(failures + 1, personId))}, probing = false
      where service = ${service} and person_id = ${personId}`;
    // if several calls were under way when it went away, one counts
    if (state.unavailableSince !== null && !record.probing) return;
    await tx`
      update registry_services
      set unavailable_since = coalesce(unavailable_since, ${at}), reason = ${kind}, detail = ${detail},
        failures = failures + 1, next_probe_at = ${addMilliseconds(at, computeBackOff(state.failures + 1, service))}
      where service = ${service}`;
    if (kind === 'unauthorised')
      await createTasks(tx, [
        {
          key: `registry_access/${service}/${state.unavailableSince ?? at}`,
          clientId: null,
          kind: 'registry_access',
          subjectType: 'registry_service',
          subjectId: personId,
          data: { service },
          dueAt: at,
        },
      ]);
  });

/** Keeps what CAQH answered about a person. */
export async function keepCaqh(
  sql: Sql,
  personId: string,
  at: Instant,
  { said, pull }: { said: CaqhAnswer; pull: 'readable' | 'not_on_roster' | 'not_current' | null },
): Promise<void> {
  const standing = pull === null || pull === 'readable' ? findCaqhStanding(said) : pull;
  const fresh = pull === 'not_current' ? null : await findNewAttestation(sql, personId, null, at, said);
  if (fresh) await attestByRegistry(sql, REGISTRY_PRINCIPALS.caqh, personId, fresh);
  await sql.begin(async (tx) => {
    await markServiceBack(tx, 'caqh');
    await keepStanding(tx, personId, at, standing, { ...said, pull });
  });
}

/** Keeps what an export of CAQH's portal says of a person, for every client. */
export async function keepExportedRow(
  sql: Sql,
  principal: Principal,
  personId: string,
  at: Instant,
  said: CaqhStatement,
): Promise<void> {
  const fresh = await findNewAttestation(sql, personId, null, at, said);
  if (fresh) await attestByRegistry(sql, principal, personId, fresh);
  await sql.begin((tx) => keepStanding(tx, personId, at, findCaqhStanding(said), said));
}

const attestByRegistry = (sql: Sql, principal: Principal, personId: string, on: PlainDate): Promise<void> =>
  recordRegistryAttestation(sql, principal, deriveUuid(['caqh', personId, on]), personId, on);

/** Keeps the same for one client: as its provider's statement. */
export async function keepStatement(
  sql: Sql,
  principal: Principal,
  { id: providerId, clientId, personId }: { id: string; clientId: string; personId: string },
  at: Instant,
  said: CaqhStatement,
): Promise<void> {
  const fresh = await findNewAttestation(sql, personId, clientId, at, said);
  const provider = await findProvider(sql, principal, providerId);
  if (fresh && provider)
    await recordAttestation(sql, principal, deriveUuid(['caqh', providerId, fresh]), provider, {
      attestedOn: fresh,
      source: 'caqh',
    });
  const row = { clientId, personId, status: findCaqhStanding(said), said: toJson(sql, said), checkedAt: at };
  await sql.begin(async (tx) => {
    await tx`
      insert into caqh_statements ${tx(row)}
      on conflict (client_id, person_id) do update
        set status = excluded.status, said = excluded.said, checked_at = excluded.checked_at, said_at = now()`;
    await announceFact(tx, 'provider file changed', providerId);
  });
}

async function keepStanding(
  tx: Tx,
  personId: string,
  at: Instant,
  standing: CaqhStanding,
  said: object,
): Promise<void> {
  const [before] = await tx<{ status: string | null }[]>`
    select status from registry_records where service = 'caqh' and person_id = ${personId} for no key update`;
  const nextCheckAt = planNextCaqhCheck(
    { standing, dueOn: await findAttestationDueOn(tx, personId, at), id: personId },
    at,
  );
  const row = { ...ANSWERED, status: standing, said: toJson(tx, said), checkedAt: at, nextCheckAt };
  await tx`
    insert into registry_records ${toRows(tx, { service: 'caqh', personId })} on conflict do nothing`;
  await tx`
    update registry_records set ${toRows(tx, row)}, said_at = now()
    where service = 'caqh' and person_id = ${personId}`;
  if (before?.status !== standing) await announceFact(tx, 'person file changed', personId);
}

/**
 * Finds the day of an attestation that CAQH shows and that no registry has stated before, nor, if it is for one client,
 * that client; null if there is none.
 */
export async function findNewAttestation(
  sql: Db,
  personId: string,
  clientId: string | null,
  at: Instant,
  said: CaqhStatement,
): Promise<PlainDate | null> {
  const shown = findAttestedOn(said, at);
  const [known] = await sql<{ on: PlainDate | null }[]>`
    select max(a.attested_on) as "on" from attestations a
    where a.person_id = ${personId} and ${isCountedAt(sql, 'a', sql`${clientId}::uuid`)}`;
  return shown !== null && shown > (known!.on ?? '') ? shown : null;
}

/** Finds when an attestation runs out by registries' statements alone, so that the next CAQH check discloses no client's file. */
async function findAttestationDueOn(tx: Db, personId: string, at: Instant): Promise<PlainDate | null> {
  const [row] = await tx<{ attestedOn: PlainDate | null }[]>`
    select max(a.attested_on) as attested_on from attestations a where a.person_id = ${personId} and a.client_id is null`;
  return row!.attestedOn && computeAttestationDueOn(row!.attestedOn, [], toUtcDate(at));
}

/** Saves the NPPES record of a person's NPI and compares each client's file with it; a mismatch becomes a task. */
export async function keepNppes(sql: Sql, personId: string, at: Instant, answer: NppesRecord): Promise<void> {
  const takenOn = toUtcDate(at);
  const providers = await sql<{ id: string; clientId: string; today: PlainDate }[]>`
    select id, client_id, ${selectClientDay(sql, at, sql`providers.client_id`)} as today
    from providers where person_id = ${personId} and ${isHere(sql, at)} order by id`;
  if (answer.status === 'found') {
    const { snapshot } = answer;
    const [latest] = await sql<{ same: boolean }[]>`
      select body = ${toJson(sql, snapshot)} as same from registry_snapshots
      where person_id = ${personId} and source = 'nppes' order by taken_on desc, created_at desc limit 1`;
    const kept = { source: 'nppes' as const, takenOn, ...snapshot };
    if (!latest?.same)
      await keepRegistrySnapshot(sql, REGISTRY_PRINCIPALS.nppes, deriveUuid(['nppes', personId, at]), personId, kept);
  }
  await sql.begin(async (tx) => {
    await markServiceBack(tx, 'nppes');
    const days = answer.status === 'found' ? NPPES_EVERY_DAYS : UNKNOWN_NPI_EVERY_DAYS;
    const nextCheckAt = addMilliseconds(at, days * DAY_MS + computeSpread(personId, DAY_MS));
    const row = { ...ANSWERED, status: answer.status, checkedAt: at, nextCheckAt };
    await tx`
      update registry_records set ${toRows(tx, row)}, said_at = now()
      where service = 'nppes' and person_id = ${personId}`;
    for (const provider of providers)
      await createMismatchTask(tx, provider, deriveUuid(['nppes', provider.id, at]), at);
  });
}

/** Creates a task for differences between a file and NPPES, not for notes; once nothing differs, the task is closed. */
async function createMismatchTask(
  sql: Db,
  { id, clientId, today }: { id: string; clientId: string; today: PlainDate },
  key: string,
  at: Instant,
): Promise<void> {
  const codes = (await listFindings(sql, REGISTRY_PRINCIPALS.nppes, clientId, today, { providerId: id }))
    .filter(({ about, severity }) => about === 'nppes' && severity !== 'note')
    .map(({ code }) => code);
  if (codes.length === 0) return settleTasks(sql, id, 'registry_mismatch');
  const [open] = await sql`
    select from tasks where subject_id = ${id} and kind = 'registry_mismatch' and closed_at is null`;
  if (open) return;
  await createTasks(sql, [
    {
      key: `registry_mismatch/${key}`,
      clientId,
      kind: 'registry_mismatch',
      subjectType: 'provider',
      subjectId: id,
      data: { source: 'nppes', codes },
      dueAt: at,
    },
  ]);
}
