import { randomBytes } from 'node:crypto';
import type { Instant } from '../../domain/time/instants';
import { toJson, type Db, type Sql, type Tx } from '../../runtime/database';
import { createKeyWrapper, type KeyWrapper, type WrappedKey } from '../../runtime/key-wrapper';
import { buildKeyring, parseKeys, type Keyring, type SealingKeys } from '../../runtime/keyring';
import { recordAudit } from './audit';
import { buildActor, createSystemPrincipal, type Actor, type Principal } from './principal';

/** The description of a key that seals. */
export interface DataKey {
  id: string;
  /** The master key that wraps it. */
  masterId: string;
  madeBy: Actor;
  madeAt: Instant;
  sealsFrom: Instant;
  /** Null while something may be sealed by another. */
  sealedAllAt: Instant | null;
}

/** The principal of keys that are made without a request. */
const SYSTEM = createSystemPrincipal('keys');

/** Any number that nothing else locks: keys are made and wrapped one after the other. */
const LOCK = 7_203_513;
/** How often a process asks for keys that others made, and by when each has asked, its late ones included. */
const ASKED_EVERY_MS = 10_000;
const KNOWN_AFTER = '1 minute';
/** By then an older version, which opens nothing that a data key sealed, is no longer among the processes. */
const FIRST_SEALS_AFTER = '1 hour';

/** Lists the data keys, the newest first. */
export const listDataKeys = (sql: Db): PromiseLike<DataKey[]> => sql<DataKey[]>`
  select id, master_id, made_by, made_at, seals_from, sealed_all_at from data_keys order by made_at desc, id desc`;

const nameKey = (id: string): string => `data_keys/${id}`;

/**
 * Makes the first data key where there is none, and wraps anew what another master key wrapped than the one that wraps now.
 * A new master key brings a new data key as well, unless one is only just being taken up. Throws where a master key is not to be had.
 */
const prepareDataKeys = (sql: Sql, wrapper: KeyWrapper): Promise<void> =>
  sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    const [newest] = await listDataKeys(tx);
    if (!newest) {
      const [{ isNew }] = await tx<[{ isNew: boolean }]>`
        select not exists (select from practices) and not exists (select from applications)
          and not exists (select from idempotency_keys) and not exists (select from webhook_endpoints) as is_new`;
      await makeDataKey(tx, wrapper, SYSTEM, isNew ? '0' : FIRST_SEALS_AFTER);
      return;
    }
    const elsewhere = await tx<(WrappedKey & { id: string })[]>`
      select id, master_id, wrapped from data_keys where master_id <> ${wrapper.masterId} order by id`;
    for (const { id, ...kept } of elsewhere) {
      const again = await wrapper.wrapKey(await wrapper.unwrapKey(kept, nameKey(id)), nameKey(id));
      await tx`update data_keys set master_id = ${again.masterId}, wrapped = ${again.wrapped} where id = ${id}`;
      await recordAudit(tx, SYSTEM, {
        action: 'data_key.wrap',
        subjectType: 'data_key',
        subjectId: id,
        detail: { masterId: again.masterId, before: kept.masterId },
      });
    }
    if (elsewhere.length > 0 && newest.sealedAllAt) await makeDataKey(tx, wrapper, SYSTEM, KNOWN_AFTER);
  });

/** Makes a key by which everything is to be sealed; returns the one that is being taken up, where there is one. */
export const startRotation = (sql: Sql, wrapper: KeyWrapper, principal: Principal): Promise<DataKey> =>
  sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    const [newest] = await listDataKeys(tx);
    if (!newest?.sealedAllAt && newest) return newest;
    await makeDataKey(tx, wrapper, principal, KNOWN_AFTER);
    return (await listDataKeys(tx))[0]!;
  });

async function makeDataKey(tx: Tx, wrapper: KeyWrapper, principal: Principal, sealsAfter: string): Promise<void> {
  const id = `data-${randomBytes(6).toString('hex')}`;
  const { masterId, wrapped } = await wrapper.wrapKey(randomBytes(32), nameKey(id));
  await tx`
    insert into data_keys (id, master_id, wrapped, made_by, seals_from)
    values (${id}, ${masterId}, ${wrapped}, ${toJson(tx, buildActor(principal))}, now() + ${sealsAfter}::interval)`;
  await recordAudit(tx, principal, {
    action: 'data_key.make',
    subjectType: 'data_key',
    subjectId: id,
    detail: { masterId },
  });
}

/** Marks that nothing is sealed by any other key. */
export async function settleRotation(sql: Db, id: string): Promise<void> {
  await sql`update data_keys set sealed_all_at = now() where id = ${id} and sealed_all_at is null`;
}

/** A keyring that learns of keys which other processes make. */
export interface SharedKeyring {
  keyring: Keyring;
  /** Asks for new keys at once. */
  refreshKeys(): Promise<void>;
  stop(): void;
}

/**
 * Opens the data keys. Until the first of them seals, and for what was sealed before, `masters` are those of ENCRYPTION_KEYS.
 * New keys are asked for while the process runs; `onError` is called if that fails, and the keys that are known go on.
 */
export async function openKeyring(
  sql: Sql,
  wrapper: KeyWrapper,
  masters: SealingKeys,
  { everyMs = ASKED_EVERY_MS, onError }: { everyMs?: number; onError: (error: unknown) => void },
): Promise<SharedKeyring> {
  await prepareDataKeys(sql, wrapper);
  let keys = await readKeys(sql, wrapper, masters);
  const refreshKeys = async () => void (keys = await readKeys(sql, wrapper, keys));
  const timer = setInterval(() => void refreshKeys().catch(onError), everyMs).unref();
  return { keyring: buildKeyring(() => keys), refreshKeys, stop: () => clearInterval(timer) };
}

/** Reads the keyring as it is at the moment, for a program that does not run on. */
export async function readKeyring(sql: Sql, encryptionKeys: string): Promise<Keyring> {
  const keys = await readKeys(sql, createKeyWrapper(encryptionKeys), parseKeys(encryptionKeys));
  return buildKeyring(() => keys);
}

/** Adds the keys that were made since to those that are known; the latest whose time has come seals. */
async function readKeys(sql: Sql, wrapper: KeyWrapper, known: SealingKeys): Promise<SealingKeys> {
  const rows = await sql<(WrappedKey & { id: string; seals: boolean })[]>`
    select id, master_id, wrapped, seals_from <= now() as seals from data_keys order by made_at, id`;
  const all = new Map(known.all);
  for (const { id, ...kept } of rows) if (!all.has(id)) all.set(id, await wrapper.unwrapKey(kept, nameKey(id)));
  return { sealing: rows.findLast(({ seals }) => seals)?.id ?? known.sealing, all };
}
