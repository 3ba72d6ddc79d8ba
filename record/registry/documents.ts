import { announceFact } from '../kernel/subscribers';
import type { Db, Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';

export interface DocumentInput {
  kind: string;
  name: string;
  /** Of its content, 64 hexadecimal digits. */
  sha256: string;
  expiresOn?: string;
  /** Whose it is. */
  providerId?: string;
  practiceId?: string;
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

/** Repeated under the same id it changes nothing. */
export const createDocument = (
  sql: Sql,
  principal: Principal,
  id: string,
  clientId: string,
  input: DocumentInput,
): Promise<Document> =>
  sql.begin(async (tx) => {
    const { kind, name, sha256, expiresOn = null, providerId = null, practiceId = null } = input;
    const inserted = await tx`
      insert into documents ${tx({ id, clientId, kind, name, sha256, expiresOn, providerId, practiceId })}
      on conflict (id) do nothing returning id`;
    if (inserted.length > 0) {
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
