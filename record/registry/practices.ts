import { announceFact } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import { CHANGE_FIELDS, type ChangeField } from '../../domain/kernel/codes';
import { compareAddresses } from '../../domain/kernel/addresses';
import { hasKnownPrefix, normalizeTin, type TinType } from '../../domain/kernel/identifiers';
import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import { Duplicate } from '../kernel/duplicate';
import { selectEntryIds, isUnmerged } from '../kernel/one-entry';
import { screenPractices } from '../screening/exclusions';
import { keepChanges, type Circumstance } from './file-changes';
import { isInScope, type Principal } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';
import { runUnlessViolated } from '../kernel/constraint-violation';

interface Address {
  line1: string;
  line2?: string;
  city: string;
  state: string;
  postalCode: string;
}

export interface Tin {
  type: TinType;
  value: string;
}

interface Billing {
  clearinghouse?: string;
  billingNpi?: string;
}

interface LocationInput {
  /** Only for one that is there already. */
  id?: string;
  name?: string;
  address: Address;
}

export interface PracticeInput {
  legalName: string;
  tin: Tin;
  npi?: string | null;
  address: Address;
  locations?: LocationInput[];
  billing?: Billing | null;
  /** Whether it is added beside another with its tax id. */
  evenIfExists?: boolean | undefined;
}

export interface Practice {
  id: string;
  clientId: string;
  legalName: string;
  /** `purged` if only its last four digits are left. */
  tin: { type: Tin['type']; last4: string; purged?: true };
  /** The EIN, sealed: it is shown in full to staff. Null where the tax id is another. */
  einSealed: string | null;
  npi: string | null;
  address: Address;
  locations: { id: string; name: string | null; address: Address }[];
  billing: Billing | null;
  /** The one that stands for it. */
  mergedInto: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

const selectPractices = (sql: Db, principal: Principal) => sql`
  select p.id, p.client_id, p.legal_name, p.npi, p.address, p.billing, p.merged_into, p.version, p.created_at,
    p.updated_at, jsonb_strip_nulls(jsonb_build_object('type', p.tin_type, 'last4', p.tin_last4,
      'purged', case when p.tin_sealed is null then true end)) as tin,
    case when p.tin_type = 'ein' then p.tin_sealed end as ein_sealed,
    coalesce((
      select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'address', l.address) order by l.position)
      from locations l where l.practice_id = p.id), '[]') as locations
  from practices p where ${isInScope(sql, principal, 'p.client_id')}`;

/**
 * Creates a practice. Repeated under the same id it changes nothing. Throws a Duplicate if the client has one with this
 * tax id.
 */
export const createPractice = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  clientId: string,
  input: PracticeInput,
): Promise<Practice> =>
  sql.begin(async (tx) => {
    const { locations = [], tin, legalName, npi = null, address, billing = null, evenIfExists } = input;
    const row = { id, clientId, legalName, npi, address, billing, ...buildTinColumns(keyring, id, tin) };
    // one after the other
    await tx`select from clients where id = ${clientId} for no key update`;
    const inserted = await tx`
      insert into practices ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    if (inserted.length > 0) {
      if (!evenIfExists) await refuseSharedTin(tx, { id, clientId }, hashTin(keyring, tin));
      await placeLocations(tx, clientId, id, locations);
      await screenPractices(tx, [id]);
      await recordAudit(tx, principal, {
        action: 'practice.create',
        subjectType: 'practice',
        subjectId: id,
        clientId,
        detail: input,
      });
    }
    return (await findPractice(tx, principal, id))!;
  });

/** Throws a Duplicate if another practice of the client has a tax id. */
async function refuseSharedTin(
  tx: Tx,
  { id, clientId }: Pick<Practice, 'id' | 'clientId'>,
  tinHashes: readonly Buffer[],
): Promise<void> {
  const [existing] = await tx<{ id: string }[]>`
    select id from practices p
    where client_id = ${clientId} and tin_hash in ${tx(tinHashes)} and ${isUnmerged(tx, 'p')}
      and id not in ${selectEntryIds(tx, 'practices', id)}
    order by created_at, id limit 1`;
  if (existing) throw new Duplicate(existing.id);
}

export async function findPractice(sql: Db, principal: Principal, id: string): Promise<Practice | null> {
  const [practice] = await sql<Practice[]>`${selectPractices(sql, principal)} and p.id = ${id}`;
  return practice ?? null;
}

export const listPractices = (
  sql: Db,
  principal: Principal,
  clientId: string,
  request: PageRequest,
): Promise<Page<Practice>> =>
  readPage(sql, sql`${selectPractices(sql, principal)} and p.client_id = ${clientId}`, request);

/** Lists the ids of all practices of a client. */
export async function listPracticeIds(sql: Db, clientId: string): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`select id from practices where client_id = ${clientId}`;
  return new Set(rows.map(({ id }) => id));
}

/**
 * Changes a practice. Returns null, and changes nothing, if a location would go that applications refer to. Throws a
 * Duplicate if another practice of the client has the tax id that it would get.
 */
export const updatePractice = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  { id, clientId }: Practice,
  { changedOn, correction, ...patch }: Partial<PracticeInput> & Circumstance,
  precondition: Precondition,
): Promise<Practice | null> =>
  runUnlessViolated('foreign_key', () =>
    sql.begin(async (tx) => {
      const { tin, locations, evenIfExists, ...columns } = patch;
      // one after the other
      if (tin) await tx`select from clients where id = ${clientId} for no key update`;
      const changed = await listChangedFields(tx, keyring, id, patch);
      await reviseRow(tx, principal, 'practice', id, {
        columns: { ...columns, ...(tin && buildTinColumns(keyring, id, tin)) },
        asked: patch,
        precondition,
      });
      if (tin && changed.includes('tin') && !evenIfExists)
        await refuseSharedTin(tx, { id, clientId }, hashTin(keyring, tin));
      if (locations) await placeLocations(tx, clientId, id, locations);
      if (SCREENED_FIELDS.some((field) => field in patch)) await screenPractices(tx, [id]);
      await keepChanges(tx, principal, { type: 'practice', id, clientId }, changed, { changedOn, correction });
      if (FILE_FIELDS.some((field) => field in patch)) await announceFact(tx, 'practice file changed', id);
      return (await findPractice(tx, principal, id))!;
    }),
  );

// The fields by which a practice is found in a list of the excluded.
const SCREENED_FIELDS: (keyof PracticeInput)[] = ['legalName', 'npi', 'address', 'locations'];
// The fields of a practice that an application's file contains.
const FILE_FIELDS: (keyof PracticeInput)[] = ['tin', 'npi', 'address', 'locations'];

/**
 * Lists the fields of a practice that payers have on file and a patch changes; an address that is only written
 * otherwise is none.
 */
async function listChangedFields(
  tx: Tx,
  keyring: Keyring,
  id: string,
  { legalName, tin, address, locations }: Partial<PracticeInput>,
): Promise<ChangeField[]> {
  const [held] = await tx<
    { legalName: string; tinHash: Uint8Array | null; address: Address; places: Record<string, Address> }[]
  >`
    select legal_name, tin_hash, address, coalesce((
      select jsonb_object_agg(l.id, l.address) from locations l where l.practice_id = p.id), '{}') as places
    from practices p where p.id = ${id} for no key update`;
  const { places } = held!;
  const moved =
    (address !== undefined && compareAddresses(address, held!.address) !== 'same') ||
    (locations !== undefined &&
      (locations.length !== Object.keys(places).length ||
        locations.some(({ id: placeId = '', address: to }) => {
          const from = places[placeId];
          return !from || compareAddresses(to, from) !== 'same';
        })));
  // a field that was purged is given again, not changed
  const other =
    tin !== undefined && held!.tinHash !== null && !hashTin(keyring, tin).some((hash) => hash.equals(held!.tinHash!));
  return CHANGE_FIELDS.filter(
    (field) => ({ name: legalName !== undefined && legalName !== held!.legalName, address: moved, tin: other })[field],
  );
}

/** Gives a practice its tax id again once it was purged. */
export async function restoreTin(tx: Tx, keyring: Keyring, id: string, tin: Tin): Promise<void> {
  const columns = buildTinColumns(keyring, id, tin);
  await tx`
    update practices set ${toRows(tx, columns)}, version = version + 1, updated_at = now()
    where id = ${id} and tin_sealed is null`;
  await announceFact(tx, 'practice file changed', id);
}

/** Hashes a tax id under each key: a row may be on any of them while keys change. */
const hashTin = (keyring: Keyring, { value }: Tin): Buffer[] => keyring.computeLookupHashes(normalizeTin(value));

/** Opens a practice's tax id from what is kept of it. */
export const openTin = (keyring: Keyring, practiceId: string, sealed: string): string =>
  openField(keyring, 'practice.tin', practiceId, sealed);

function buildTinColumns(keyring: Keyring, practiceId: string, { type, value }: Tin) {
  const digits = normalizeTin(value);
  return {
    tinType: type,
    tinSealed: sealField(keyring, 'practice.tin', practiceId, value),
    tinHash: keyring.computeLookupHash(digits),
    tinHashKey: keyring.readKeyId(),
    tinLast4: digits.slice(-4),
    tinPrefixKnown: type !== 'ein' || hasKnownPrefix(value),
  };
}

/**
 * Replaces the practice's locations by these, in this order: those with an id stay, others are new, those left out go.
 */
async function placeLocations(tx: Tx, clientId: string, practiceId: string, locations: LocationInput[]): Promise<void> {
  const rows = locations.map(({ id = randomUUID(), name = null, address }, position) => ({
    id,
    clientId,
    practiceId,
    position,
    name,
    address: toJson(tx, { ...address }),
  }));
  await tx`
    delete from locations where practice_id = ${practiceId} and id <> all(${rows.map((row) => row.id)}::uuid[])`;
  if (rows.length > 0)
    await tx`
      insert into locations ${tx(rows)}
      on conflict (id) do update
        set position = excluded.position, name = excluded.name, address = excluded.address
        where locations.practice_id = excluded.practice_id`;
}
