import { maskIdentifier, normalizeTin } from '../../domain/kernel/identifiers';
import { toJson, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { listDataKeys, settleRotation, type DataKey } from '../kernel/data-keys';
import { listSealedFields, type SealedField, type SealedFieldName } from '../kernel/sealed-fields';
import { renameReminders } from '../upkeep/upkeep';

/** Rows that are sealed anew in one transaction. */
const AT_ONCE = 200;
/** The seconds after which no request is under way that sealed with the key before. */
const SETTLED_AFTER_SECONDS = 60;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

/** The progress of one key towards sealing everything. */
export interface KeyRotation extends DataKey {
  /** Rows of each field that are sealed by another key, or not at all. */
  fields: { field: SealedFieldName; left: number }[];
  /** The keys before it, with whether something may still be sealed by each. */
  earlier: (Pick<DataKey, 'id' | 'masterId' | 'madeAt'> & { used: boolean })[];
}

/** Finds the newest data key, and what is left to be sealed by it; null if there is none. */
export async function findRotation(sql: Db): Promise<KeyRotation | null> {
  const [newest, ...others] = await listDataKeys(sql);
  if (!newest) return null;
  const fields = await countLeft(sql, newest.id);
  const used = newest.sealedAllAt === null;
  return { ...newest, fields, earlier: others.map(({ id, masterId, madeAt }) => ({ id, masterId, madeAt, used })) };
}

const countLeft = (sql: Db, keyId: string): Promise<KeyRotation['fields']> =>
  Promise.all(
    listSealedFields().map(async ([field, one]) => {
      const [{ left }] = await sql<[{ left: number }]>`
        select count(*) as left from ${sql(one.table)} where ${isElsewhere(sql, one, keyId)}`;
      return { field, left };
    }),
  );

/** Builds the condition that a row holds something that another key sealed, or that is not sealed yet. */
function isElsewhere(sql: Db, { column, form, index }: SealedField, keyId: string): Fragment {
  const prefix = `${keyId}.`;
  if (form === 'text') {
    const isIndexed = index ? sql`or ${sql(index.keyColumn)} is distinct from ${keyId}` : sql``;
    return sql`${sql(column)} is not null and (not starts_with(${sql(column)}, ${prefix}) ${isIndexed})`;
  }
  if (form === 'string') return sql`not starts_with(${sql(column)} #>> '{}', ${prefix})`;
  const { shown, sealed } = form;
  return sql`(
    jsonb_path_exists(${sql(column)}, ${`$.**."${sealed}" ? (!(@ starts with $prefix))`}::jsonpath, ${toJson(sql, { prefix })})
    or jsonb_path_exists(${sql(column)}, ${`$.** ? (exists(@."${shown}") && !exists(@."${sealed}"))`}::jsonpath))`;
}

/** The result of a pass over all fields. */
interface Pass {
  /** The key that it sealed with. */
  keyId: string;
  /** Rows that it sealed. */
  sealed: number;
  /** Whether that is a data key by which everything is sealed. */
  complete: boolean;
  /** The keys that were found to be used no more. */
  retired: DataKey[];
}

/**
 * Seals with the key that seals now whatever another one sealed, or nobody. Workers may do it side by side; a row that a request
 * holds is left to the next pass. A pass that was broken off is begun again, and goes past what is done.
 */
export async function sealEverything(
  sql: Sql,
  keyring: Keyring,
  { signal, settledAfterSeconds = SETTLED_AFTER_SECONDS }: { signal: AbortSignal; settledAfterSeconds?: number },
): Promise<Pass> {
  const keyId = keyring.readKeyId();
  let sealed = await clearHashes(sql);
  for (const [name, field] of listSealedFields()) {
    let after: string | undefined = FIRST_KEY;
    while (after !== undefined && !signal.aborted) {
      const keys: string[] = await sealSome(sql, keyring, [name, field], after);
      sealed += keys.length;
      after = keys.length === AT_ONCE ? keys.at(-1) : undefined;
    }
  }
  const [newest, ...others] = await listDataKeys(sql);
  const wasAll = newest?.id === keyId && sealed === 0 && !signal.aborted;
  if (!wasAll || newest.sealedAllAt !== null) return { keyId, sealed, complete: wasAll, retired: [] };
  const complete = await isSettled(sql, newest, settledAfterSeconds);
  if (complete) await settleRotation(sql, keyId);
  return { keyId, sealed, complete, retired: complete ? others : [] };
}

async function isSettled(sql: Db, { id }: DataKey, afterSeconds: number): Promise<boolean> {
  const [settled] = await sql`
    select from data_keys where id = ${id} and seals_from <= now() - make_interval(secs => ${afterSeconds})`;
  return settled !== undefined && (await countLeft(sql, id)).every(({ left }) => left === 0);
}

/** Forgets hashes of bodies by an earlier version: no other key could take them over, as the body is not kept. */
async function clearHashes(sql: Sql): Promise<number> {
  const cleared = await sql`update idempotency_keys set body_hash = null where body_hash is not null`;
  return cleared.count;
}

/** Seals the next rows anew; returns their keys. */
const sealSome = (
  sql: Sql,
  keyring: Keyring,
  [name, field]: [SealedFieldName, SealedField],
  after: string,
): Promise<string[]> =>
  sql.begin(async (tx) => {
    const { table, key, column } = field;
    const rows = await tx<{ key: string; value: unknown }[]>`
      select ${tx(key)} as key, ${tx(column)} as value from ${tx(table)}
      where ${isElsewhere(tx, field, keyring.readKeyId())} and ${tx(key)} > ${after}
      order by ${tx(key)} limit ${AT_ONCE} for no key update skip locked`;
    await Promise.all(
      rows.map(({ key: id, value }) => {
        const sealed = tx`${tx(column)} = ${sealValue(tx, keyring, field, id, value)}`;
        return tx`update ${tx(table)} set ${sealed} ${sealIndex(tx, keyring, field, id, value)} where ${tx(key)} = ${id}`;
      }),
    );
    for (const { key: id, value } of rows) await FOLLOWS[name]?.(tx, id, value);
    return rows.map((row) => row.key);
  });

function sealValue(sql: Db, keyring: Keyring, { form, name }: SealedField, id: string, value: unknown) {
  const sealAgain = (sealed: string) => keyring.seal(keyring.open(sealed, name(id)), name(id));
  if (form === 'text') return sealAgain(value as string);
  if (form === 'string') return toJson(sql, sealAgain(value as string));
  const { shown, sealed } = form;
  const sealOne = (one: Record<string, string>): Record<string, string> => {
    const number = one[sealed] === undefined ? one[shown] : keyring.open(one[sealed], name(id));
    return number === undefined
      ? one
      : { ...one, [shown]: maskIdentifier(number), [sealed]: keyring.seal(number, name(id)) };
  };
  const held = value as Record<string, string> | Record<string, string>[];
  return toJson(sql, Array.isArray(held) ? held.map(sealOne) : sealOne(held));
}

function sealIndex(sql: Db, keyring: Keyring, { index, name }: SealedField, id: string, value: unknown): Fragment {
  if (!index) return sql``;
  const hash = keyring.computeLookupHash(normalizeTin(keyring.open(value as string, name(id))));
  return sql`, ${sql(index.column)} = ${hash}, ${sql(index.keyColumn)} = ${keyring.readKeyId()}`;
}

type HeldPolicy = { policyNumber?: string; policyNumberSealed?: string; expiresOn: string };
type HeldDea = { state: string; number: string; numberSealed?: string; expiresOn: string };

/** The changes that follow once a number is sealed that stood in clear: its reminders go by its shown part. */
const FOLLOWS: Partial<Record<SealedFieldName, (tx: Tx, id: string, value: unknown) => Promise<void>>> = {
  'provider.malpractice': async (tx, id, value) => {
    const { policyNumber: name, policyNumberSealed, expiresOn: dueOn } = value as HeldPolicy;
    if (name === undefined || policyNumberSealed !== undefined) return;
    await renameReminders(tx, id, { kind: 'malpractice', state: null, name, dueOn }, maskIdentifier(name));
  },
  'provider.dea': async (tx, id, value) => {
    for (const { state, number, numberSealed, expiresOn: dueOn } of value as HeldDea[])
      if (numberSealed === undefined)
        await renameReminders(tx, id, { kind: 'dea', state, name: number, dueOn }, maskIdentifier(number));
  },
};
