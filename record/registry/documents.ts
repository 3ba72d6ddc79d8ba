import { announceFact } from '../kernel/subscribers';
import type { Db, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { Duplicate } from '../kernel/duplicate';
import { findUnmergedIds, selectEntryIds } from '../kernel/one-entry';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';

export interface DocumentInput {
  kind: string;
  name: string;
  /** The digest of its content, 64 hexadecimal digits. */
  sha256: string;
  expiresOn?: string;
  /** The owner. */
  providerId?: string;
  practiceId?: string;
  /** Whether it is added beside another that is the same. */
  evenIfExists?: boolean | undefined;
}

export interface Document {
  id: string;
  clientId: string;
  kind: string;
  name: string;
  sha256: string;
  expiresOn: string | null;
  providerId: string | null;
  practiceId: string | null;
  createdAt: string;
}

const selectDocuments = (sql: Db, principal: Principal, clientId: string) => sql`
  select * from documents where client_id = ${clientId} and ${isInScope(sql, principal)}`;

/**
 * Creates a document. Repeated under the same id it changes nothing. Throws a Duplicate if the client has the same
 * document.
 */
export const createDocument = (
  sql: Sql,
  principal: Principal,
  id: string,
  clientId: string,
  input: DocumentInput,
): Promise<Document> =>
  sql.begin(async (tx) => {
    const { kind, name, sha256, expiresOn = null, providerId = null, evenIfExists } = input;
    const practiceId = input.practiceId
      ? (await findUnmergedIds(tx, 'practices', [input.practiceId])).get(input.practiceId)!
      : null;
    const row = { id, clientId, kind, name, sha256, expiresOn, providerId, practiceId };
    // one after the other
    await tx`select from clients where id = ${clientId} for no key update`;
    const inserted = await tx`insert into documents ${tx(row)} on conflict (id) do nothing returning id`;
    if (inserted.length > 0) {
      if (!evenIfExists) await refuseSameFile(tx, row);
      if (providerId && expiresOn) await announceFact(tx, 'expiring document added', providerId);
      await recordAudit(tx, principal, {
        action: 'document.create',
        subjectType: 'document',
        subjectId: id,
        clientId,
        detail: input,
      });
    }
    return (await findDocument(tx, principal, clientId, id))!;
  });

/**
 * Throws a Duplicate if the client has a file as a document of this kind, owner and end date already. As another kind
 * or owner's it is another document; with another end date it takes the place of the one before.
 */
async function refuseSameFile(
  tx: Tx,
  { id, clientId, kind, sha256, expiresOn, providerId, practiceId }: Omit<Document, 'name' | 'createdAt'>,
): Promise<void> {
  const [existing] = await tx<{ id: string }[]>`
    select id from documents
    where client_id = ${clientId} and lower(sha256) = lower(${sha256}) and lower(kind) = lower(${kind})
      and expires_on is not distinct from ${expiresOn}::date and provider_id is not distinct from ${providerId}::uuid
      and ${practiceId === null ? tx`practice_id is null` : tx`practice_id in ${selectEntryIds(tx, 'practices', practiceId)}`}
      and id <> ${id}
    order by created_at, id limit 1`;
  if (existing) throw new Duplicate(existing.id);
}

export async function findDocument(
  sql: Db,
  principal: Principal,
  clientId: string,
  id: string,
): Promise<Document | null> {
  const [document] = await sql<Document[]>`${selectDocuments(sql, principal, clientId)} and id = ${id}`;
  return document ?? null;
}

export const listDocuments = (
  sql: Db,
  principal: Principal,
  clientId: string,
  request: PageRequest,
): Promise<Page<Document>> => readPage(sql, selectDocuments(sql, principal, clientId), request);
