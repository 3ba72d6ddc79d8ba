import type { Instant } from '../../domain/time/instants';
import { toJson, type Db, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { createSecret, hashSecret } from '../../runtime/secrets';
import { recordAudit } from '../kernel/audit';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { buildActor, isInScope, lockKey, type Actor, type Principal } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { isStillShown } from '../kernel/shown-secrets';

/** An address under which one document's file is read without a key, for a while. */
export interface DocumentLink {
  id: string;
  documentId: string;
  clientId: string;
  madeBy: Actor;
  createdAt: Instant;
  expiresAt: Instant;
  revokedAt: Instant | null;
  /** When its file was last read by it. */
  usedAt: Instant | null;
}

const selectLinks = (sql: Db, principal: Principal) => sql`
  select id, document_id, client_id, made_by, created_at, expires_at, revoked_at, used_at from document_links
  where ${isInScope(sql, principal)}`;

/** Makes a link, whose token `findLinkToken` has for a while. Repeated under the same id it changes nothing. */
export const createLink = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  { document, minutes }: { document: { id: string; clientId: string }; minutes: number },
): Promise<DocumentLink> =>
  sql.begin(async (tx) => {
    await lockKey(tx, principal);
    const token = createSecret();
    const made = await tx`
      insert into document_links (id, document_id, client_id, token_hash, token_sealed, made_by, expires_at)
      values (${id}, ${document.id}, ${document.clientId}, ${hashSecret(token)}, ${sealField(keyring, 'documentLink.token', id, token)},
        ${toJson(tx, buildActor(principal))}, now() + make_interval(mins => ${minutes}))
      on conflict (id) do nothing returning id`;
    if (made.length > 0)
      await recordAudit(tx, principal, {
        action: 'document.link',
        subjectType: 'document',
        subjectId: document.id,
        clientId: document.clientId,
        detail: { linkId: id, minutes },
      });
    return (await findLink(tx, principal, document.id, id))!;
  });

/** Finds the token of a link that was just made; null once ten minutes have passed, or it was revoked. */
export async function findLinkToken(sql: Db, keyring: Keyring, id: string): Promise<string | null> {
  const [link] = await sql<{ tokenSealed: string }[]>`
    select token_sealed from document_links
    where id = ${id} and token_sealed is not null and revoked_at is null and ${isStillShown(sql, sql`created_at`)}`;
  return link ? openField(keyring, 'documentLink.token', id, link.tokenSealed) : null;
}

export async function findLink(
  sql: Db,
  principal: Principal,
  documentId: string,
  id: string,
): Promise<DocumentLink | null> {
  const [link] = await sql<DocumentLink[]>`
    ${selectLinks(sql, principal)} and document_id = ${documentId} and id = ${id}`;
  return link ?? null;
}

export const listLinks = (
  sql: Db,
  principal: Principal,
  documentId: string,
  request: PageRequest,
): Promise<Page<DocumentLink>> =>
  readPage(sql, sql`${selectLinks(sql, principal)} and document_id = ${documentId}`, request);

/** Revokes a link: from now on it opens nothing; it stays on record. */
export const revokeLink = (sql: Sql, principal: Principal, { id, documentId, clientId }: DocumentLink): Promise<void> =>
  sql.begin(async (tx) => {
    const revoked = await endLinks(tx, [id]);
    if (revoked === 0) return;
    await recordAudit(tx, principal, {
      action: 'document.link_revoke',
      subjectType: 'document',
      subjectId: documentId,
      clientId,
      detail: { linkId: id },
    });
  });

/** Ends links; returns how many still opened something. */
export async function endLinks(tx: Tx, ids: readonly string[]): Promise<number> {
  const ended = await tx`
    update document_links set revoked_at = now(), token_sealed = null
    where id = any(${[...ids]}::uuid[]) and revoked_at is null returning id`;
  return ended.length;
}

/** Ends what users made by any of their keys. */
export async function endLinksOfUsers(tx: Tx, userIds: readonly string[]): Promise<void> {
  const made = await tx<{ id: string }[]>`
    select id from document_links where revoked_at is null and made_by->>'userId' = any(${[...userIds]}::text[])`;
  await endLinks(
    tx,
    made.map(({ id }) => id),
  );
}

/** A link that is open, with its document. */
export interface OpenedLink {
  id: string;
  madeBy: Actor;
  documentId: string;
  clientId: string;
  name: string;
  containsPhi: boolean;
}

/** Finds what a token opens now; null once the link is over or revoked, or its maker's user no longer sees the client. */
export async function openLink(sql: Db, token: string): Promise<OpenedLink | null> {
  const [link] = await sql<OpenedLink[]>`
    update document_links l set used_at = now() from documents d
    where l.token_hash = ${hashSecret(token)} and l.revoked_at is null and l.expires_at > now() and d.id = l.document_id
      and (l.made_by->>'userId' is null or exists (
        select from users u where u.id::text = l.made_by->>'userId' and u.revoked_at is null
          and (u.client_ids is null or l.client_id = any(u.client_ids))))
    returning l.id, l.made_by, l.document_id, l.client_id, d.name, d.contains_phi`;
  return link ?? null;
}
