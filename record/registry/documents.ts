import { announceFact } from '../kernel/subscribers';
import type { FileType } from '../../domain/registry/file-types';
import type { Instant } from '../../domain/time/instants';
import type { Db, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { Duplicate } from '../kernel/duplicate';
import { findUnmergedIds, selectEntryIds } from '../kernel/one-entry';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { isStored } from './document-files';

export interface DocumentInput {
  kind: string;
  name: string;
  /** The digest of its content, 64 hexadecimal digits. */
  sha256: string;
  expiresOn?: string;
  /** The owner. */
  providerId?: string;
  practiceId?: string;
  /** Whether there is health information of patients in it. */
  containsPhi?: boolean | undefined;
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
  containsPhi: boolean;
  createdAt: string;
  /** Its file; null where none is kept: not yet, or no longer. */
  content: { storedAt: Instant; size: number; type: FileType } | null;
  /** When its file was purged. */
  contentPurgedAt: Instant | null;
}

/** A document as it is read. */
type DocumentRow = Omit<Document, 'content'> & {
  storedAt: Instant | null;
  size: number | null;
  type: FileType | null;
};

const selectDocuments = (sql: Db, principal: Principal) => sql`
  select d.*, f.stored_at, f.size, f.type,
    case when f.id is null then (
      select max(p.purged_at) from document_files p where p.document_id = d.id and p.stored_at is not null) end as content_purged_at
  from documents d left join document_files f on f.document_id = d.id and ${isStored(sql, 'f')}
  where ${isInScope(sql, principal, 'd.client_id')}`;

const buildDocument = ({ storedAt, size, type, ...row }: DocumentRow): Document => ({
  ...row,
  content: storedAt === null ? null : { storedAt, size: size!, type: type! },
});

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
    const { kind, name, sha256, expiresOn = null, providerId = null, containsPhi = false, evenIfExists } = input;
    const practiceId = input.practiceId
      ? (await findUnmergedIds(tx, 'practices', [input.practiceId])).get(input.practiceId)!
      : null;
    const row = { id, clientId, kind, name, sha256, expiresOn, providerId, practiceId, containsPhi };
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
    return (await findDocument(tx, principal, id))!;
  });

/**
 * Throws a Duplicate if the client has a file as a document of this kind, owner and end date already. As another kind
 * or owner's it is another document; with another end date it takes the place of the one before.
 */
async function refuseSameFile(
  tx: Tx,
  {
    id,
    clientId,
    kind,
    sha256,
    expiresOn,
    providerId,
    practiceId,
  }: Pick<Document, 'id' | 'clientId' | 'kind' | 'sha256' | 'expiresOn' | 'providerId' | 'practiceId'>,
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

export async function findDocument(sql: Db, principal: Principal, id: string): Promise<Document | null> {
  const [row] = await sql<DocumentRow[]>`${selectDocuments(sql, principal)} and d.id = ${id}`;
  return row ? buildDocument(row) : null;
}

export async function listDocuments(
  sql: Db,
  principal: Principal,
  clientId: string,
  request: PageRequest,
): Promise<Page<Document>> {
  const query = sql`${selectDocuments(sql, principal)} and d.client_id = ${clientId}`;
  const { items, next } = await readPage<DocumentRow>(sql, query, request);
  return { items: items.map(buildDocument), next };
}
