import { announceFact, announceFacts } from '../kernel/subscribers';
import type { FileType } from '../../domain/registry/file-types';
import type { Instant } from '../../domain/time/instants';
import { toJson, type Db, type Fragment, type Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import type { Principal, Requester } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { selectSetting } from '../kernel/settings';

/** The file of a document, as it lies in the store. */
export interface StoredFile {
  /** Its id there. */
  id: string;
  /** 32 bytes, under which it alone is sealed. */
  key: Buffer;
  size: number;
  type: FileType;
  storedAt: Instant;
}

/** Writes the condition that a file is its document's: all others are on their way into the store or out of it. */
export const isStored = (sql: Db, file: string): Fragment =>
  sql`${sql(file)}.stored_at is not null and ${sql(file)}.purged_at is null`;

/** Tells whether a document has its file, or had it at an instant. */
export type WasStored = (documentId: string, at?: Instant) => boolean;

/** Reads which documents have their files, or had them, in one query for however many. */
export async function readStoredDocuments(sql: Db, ids: readonly string[]): Promise<WasStored> {
  if (ids.length === 0) return () => false;
  const files = await sql<{ documentId: string; storedAt: Instant; purgedAt: Instant | null }[]>`
    select document_id, stored_at, purged_at from document_files
    where document_id = any(${[...new Set(ids)]}::uuid[]) and stored_at is not null`;
  const isAfter = (instant: Instant, at: Instant | undefined) =>
    at !== undefined && Date.parse(instant) > Date.parse(at);
  return (documentId, at) =>
    files.some(
      (file) =>
        file.documentId === documentId &&
        !isAfter(file.storedAt, at) &&
        (file.purgedAt === null || isAfter(file.purgedAt, at)),
    );
}

/** Finds the file of a document; null if none is kept. */
export async function findStoredFile(sql: Db, keyring: Keyring, documentId: string): Promise<StoredFile | null> {
  const [row] = await sql<(Omit<StoredFile, 'key'> & { keySealed: string })[]>`
    select f.id, f.size, f.type, f.stored_at, f.key_sealed from document_files f
    where f.document_id = ${documentId} and ${isStored(sql, 'f')}`;
  if (!row) return null;
  const { keySealed, ...file } = row;
  return { ...file, key: Buffer.from(openField(keyring, 'documentFile.key', file.id, keySealed), 'base64url') };
}

/** Records that a file is on its way into the store, so that what a crash leaves there is found. */
export async function beginFile(
  sql: Db,
  id: string,
  { id: documentId, clientId }: { id: string; clientId: string },
): Promise<void> {
  await sql`insert into document_files ${sql({ id, documentId, clientId })}`;
}

/** Deletes the row of a file that came to nothing, once the store has nothing of it. */
export async function deleteUnstoredFile(sql: Db, id: string): Promise<void> {
  await sql`delete from document_files where id = ${id} and stored_at is null`;
}

/** Makes a file that lies in the store the document's; false if another upload was quicker. */
export const keepFile = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  document: { id: string; clientId: string; providerId: string | null; containsPhi: boolean },
  { id, key, size, type }: Omit<StoredFile, 'storedAt'>,
): Promise<boolean> =>
  sql.begin(async (tx) => {
    // one after the other
    await tx`select from documents where id = ${document.id} for no key update`;
    const kept = await tx`
      update document_files set stored_at = now(), size = ${size}, type = ${type},
        key_sealed = ${sealField(keyring, 'documentFile.key', id, key.toString('base64url'))}
      where id = ${id} and stored_at is null
        and not exists (select from document_files f where f.document_id = ${document.id} and ${isStored(tx, 'f')})
      returning id`;
    if (kept.length === 0) return false;
    await recordAudit(tx, principal, {
      action: 'document.store',
      ...describeDocument(document),
      detail: { size, type, containsPhi: document.containsPhi },
    });
    await announceFacts(
      tx,
      'billing basis changed',
      tx`select application_id from network_spans
        where client_id = ${document.clientId} and known_to is null and ${selectSetting(tx, 'documentRequired')} <> '[]'
          and (jsonb_path_exists(facts, '$.*.evidence[*] ? (@ == $document)', ${toJson(tx, { document: document.id })})
            or jsonb_path_exists(facts, '$.*.value.inheritedFrom'))`,
    );
    // a client or provider that has left is purged of it in its time, also if all else was purged before
    for (const [table, owner] of [
      ['clients', document.clientId],
      ['providers', document.providerId],
    ] as const) {
      const left = await tx`
        update ${tx(table)} set purged = purged - 'documents' where id = ${owner} and ended_on is not null returning id`;
      if (left.length > 0) await announceFact(tx, 'keeping of secrets changed', owner!);
    }
    return true;
  });

const describeDocument = ({ id, clientId }: { id: string; clientId: string }) => ({
  subjectType: 'document',
  subjectId: id,
  clientId,
});

/** Records in the audit log that a file was read, or refused by the scanner. */
export const recordFileUse = (
  sql: Db,
  requester: Requester,
  document: { id: string; clientId: string; containsPhi: boolean },
  { action, detail = {} }: { action: 'document.read' | 'document.refuse'; detail?: object },
): Promise<void> =>
  recordAudit(sql, requester, {
    action,
    ...describeDocument(document),
    outcome: action === 'document.refuse' ? 'refused' : 'done',
    detail: { ...detail, containsPhi: document.containsPhi },
  });

const REMOVED_AT_ONCE = 200;

/** Lists the files that the store is to have no more: purged ones, and those that an upload left a day ago. */
export const listRemovableFiles = async (sql: Db): Promise<string[]> => {
  const rows = await sql<{ id: string }[]>`
    select id from document_files
    where removed_at is null
      and (purged_at is not null or (stored_at is null and started_at < now() - interval '1 day'))
    order by started_at limit ${REMOVED_AT_ONCE}`;
  return rows.map(({ id }) => id);
};

/** Records that the store has nothing of a file any more; for a document's file, the row stays. */
export async function recordRemoval(sql: Db, id: string): Promise<void> {
  await deleteUnstoredFile(sql, id);
  await sql`update document_files set removed_at = now(), removal_failed_at = null where id = ${id}`;
}

/** Records that the store did not remove a file; it is tried again. */
export async function recordFailedRemoval(sql: Db, id: string): Promise<void> {
  await sql`
    update document_files set removal_failed_at = coalesce(removal_failed_at, now()) where id = ${id}`;
}
