import { comparePersonNames, type PersonName } from '../../domain/kernel/names';
import { announceFact, announceTogether, type AnnouncedFact } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import type { RegistryService } from '../../domain/kernel/codes';
import { toJson, toRows, type Db, type Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import { screenProviders } from '../screening/exclusions';
import { keepChanges, type Circumstance } from './file-changes';
import { requestLookups } from '../kernel/registry-requests';
import { saveTerms, type HeldFile, type HeldPatch } from './held-terms';
import {
  selectAttestedOn,
  selectCurrentLicences,
  isWithClient,
  selectRegistryLicences,
  selectRegistryStatement,
} from '../kernel/person-scope';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';

/** A name that a person had before. */
interface FormerName extends PersonName {
  /** The last day on which it was the name. */
  until?: string | null | undefined;
}

export interface ProviderPatch extends Partial<HeldFile> {
  firstName: string | null;
  middleName?: string | null;
  lastName: string;
  suffix?: string | null;
  formerNames?: FormerName[];
  email: string;
  caqhId?: string | null;
  taxonomyCode?: string | null;
}

export interface ProviderInput extends ProviderPatch {
  npi: string;
}

/** The state of asking a service about the person. */
export interface RegistryState {
  name: string;
  mode: 'off' | 'manual' | 'file' | 'api';
  /** Null if the service has not answered. */
  status: string | null;
  said: object | null;
  /** Null if that was before this client had the person. */
  checkedAt: string | null;
  unavailableSince: string | null;
  reason: string | null;
  detail: string | null;
  nextCheckAt: string | null;
}

export interface Provider extends HeldFile {
  id: string;
  clientId: string;
  personId: string;
  /** The client's. */
  timeZone: string;
  npi: string;
  firstName: string | null;
  middleName: string | null;
  lastName: string;
  suffix: string | null;
  formerNames: FormerName[];
  fullName: string;
  email: string;
  caqhId: string | null;
  taxonomyCode: string | null;
  /** Those that a registry knows of. */
  registryLicences: { state: string; number: string }[];
  /** The day on which the person last attested, by a registry or as this client states; null if never. */
  attestedOn: string | null;
  registries: Record<RegistryService, RegistryState>;
  /** The last day, of one that leaves or has left. */
  endedOn: string | null;
  endingId: string | null;
  hereSince: string;
  legalHold: object | null;
  purged: { secrets?: string };
  version: number;
  createdAt: string;
  updatedAt: string;
}

// Statements of registries are the person's; everything else here is this client's own statement, so that two never
// learn of each other.
const selectProviders = (sql: Db, principal: Principal) => sql`
  select p.*, n.npi, c.time_zone,
    (select jsonb_object_agg(s.service, jsonb_build_object(
        'name', coalesce(v.name, s.name), 'mode', coalesce(v.mode, s.mode),
        'status', w.status, 'said', w.said,
        -- a question from before this client had the person would disclose another
        'checkedAt', case when w.said_at >= p.here_since then w.checked_at end,
        'unavailableSince', coalesce(v.unavailable_since, r.failing_since),
        'reason', coalesce(v.reason, r.reason), 'detail', coalesce(v.detail, r.detail),
        'nextCheckAt', case when v.mode = 'api' then greatest(r.next_check_at, v.next_probe_at) end))
      from (values ('caqh', 'manual', 'CAQH'), ('nppes', 'off', 'NPPES')) as s(service, mode, name)
      left join registry_services v on v.service = s.service
      left join registry_records r on r.service = s.service and r.person_id = p.person_id and ${isWithClient(sql)}
      left join lateral ${selectRegistryStatement(sql, sql`s.service`)} w on true) as registries,
    ${selectAttestedOn(sql)} as attested_on,
    ${selectCurrentLicences(sql)} as licences,
    ${selectRegistryLicences(sql)} as registry_licences
  from providers p join persons n on n.id = p.person_id join clients c on c.id = p.client_id
  where ${isInScope(sql, principal, 'p.client_id')}`;

/**
 * Creates a provider. Repeated under the same id it changes nothing; if the client has, or had, the person already,
 * names that provider.
 */
export const createProvider = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  clientId: string,
  input: ProviderInput,
): Promise<{ provider: Provider } | { existingId: string; hasLeft: boolean }> =>
  sql.begin(async (tx) => {
    const { npi, caqhId = null, taxonomyCode = null, formerNames = [], ...rest } = input;
    const [held, name] = splitTerms(rest);
    await tx`insert into persons ${tx({ id: randomUUID(), npi })} on conflict (npi) do nothing`;
    const [person] = await tx<{ id: string }[]>`select id from persons where npi = ${npi}`;
    const row = {
      id,
      clientId,
      personId: person!.id,
      ...name,
      caqhId,
      taxonomyCode,
      formerNames: toJson(tx, formerNames),
    };
    const inserted = await tx`
      insert into providers ${toRows(tx, row)} on conflict do nothing returning id`;
    if (inserted.length > 0) {
      const columns = await saveTerms(tx, keyring, { id, clientId }, held, {});
      if (Object.keys(columns).length > 0) await tx`update providers set ${toRows(tx, columns)} where id = ${id}`;
      await screenProviders(tx, [id]);
      await announceFact(tx, 'provider added', id);
      await requestLookups(tx, person!.id);
      await recordAudit(tx, principal, {
        action: 'provider.create',
        subjectType: 'provider',
        subjectId: id,
        clientId,
        detail: input,
      });
    }
    const [own] = await tx<{ id: string; hasLeft: boolean }[]>`
      select id, ended_on is not null as has_left from providers
      where client_id = ${clientId} and person_id = ${person!.id}`;
    if (own!.id !== id) return { existingId: own!.id, hasLeft: own!.hasLeft };
    return { provider: (await findProvider(tx, principal, id))! };
  });

export async function findProvider(sql: Db, principal: Principal, id: string): Promise<Provider | null> {
  const [provider] = await sql<Provider[]>`${selectProviders(sql, principal)} and p.id = ${id}`;
  return provider ?? null;
}

export const listProviders = (
  sql: Db,
  principal: Principal,
  clientId: string,
  request: PageRequest,
): Promise<Page<Provider>> =>
  readPage(sql, sql`${selectProviders(sql, principal)} and p.client_id = ${clientId}`, request);

export const updateProvider = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  provider: Provider,
  { changedOn, correction, ...patch }: Partial<ProviderPatch> & Circumstance,
  precondition: Precondition,
): Promise<Provider> =>
  sql.begin(async (tx) => {
    const [held, { formerNames, ...rest }] = splitTerms(patch);
    const columns = {
      ...rest,
      ...(formerNames && { formerNames: toJson(tx, formerNames) }),
      ...(await saveTerms(tx, keyring, provider, held, { changedOn, correction })),
    };
    const { id, clientId } = provider;
    // as it is now: another request may have renamed them since
    const [before] = await tx<ProviderName[]>`
      select first_name, middle_name, last_name, suffix from providers where id = ${id} for no key update`;
    await reviseRow(tx, principal, 'provider', id, { columns, asked: patch, precondition });
    await keepChanges(tx, principal, { type: 'provider', id, clientId }, isRenamed(before!, patch) ? ['name'] : [], {
      changedOn,
      correction,
    });
    if (SCREENED_FIELDS.some((field) => field in patch)) await screenProviders(tx, [provider.id]);
    const facts = Object.entries(ANNOUNCED).flatMap(([field, fact]) => (field in patch ? [fact] : []));
    await announceTogether(tx, facts, provider.id);
    return (await findProvider(tx, principal, provider.id))!;
  });

type ProviderName = Pick<Provider, 'firstName' | 'middleName' | 'lastName' | 'suffix'>;

/** Whether a patch gives another name: spelling is none, nor is a middle name or suffix that was not on file. */
function isRenamed(before: ProviderName, patch: Partial<ProviderPatch>): boolean {
  const { firstName, middleName, lastName, suffix } = { ...before, ...patch };
  const after = {
    firstName,
    middleName: before.middleName && middleName,
    lastName,
    suffix: before.suffix && suffix,
  };
  return comparePersonNames(before, after) !== 'same';
}

/** Splits a patch into the fields that have terms, and the rest. */
function splitTerms<P extends HeldPatch>(patch: P): [HeldPatch, Omit<P, keyof HeldFile>] {
  const { licences, formerLicences, malpractice, formerMalpractice, dea, formerDea, ...rest } = patch;
  return [{ licences, formerLicences, malpractice, formerMalpractice, dea, formerDea }, rest];
}

/** The fact that each changed field announces. */
const ANNOUNCED = {
  caqhId: 'provider file changed',
  licences: 'licences changed',
  formerLicences: 'licences changed',
  malpractice: 'provider file changed',
  formerMalpractice: 'provider file changed',
  dea: 'DEA registration changed',
  formerDea: 'DEA registration changed',
} as const satisfies Partial<Record<keyof ProviderPatch, AnnouncedFact>>;

// The fields by which the lists of the excluded are searched.
const SCREENED_FIELDS: (keyof ProviderPatch)[] = ['firstName', 'middleName', 'lastName', 'suffix', 'formerNames'];
