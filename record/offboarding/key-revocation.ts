import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import type { Principal } from '../kernel/principal';
import { endEndpoints } from '../outreach/webhooks';
import { listReaches, revokeKeys } from '../registry/api-keys';
import { endLinks } from '../registry/document-links';

/** Something that works on by itself for the key, or the signed-in user, that made it. */
export interface MadeByKey {
  what: 'api_key' | 'calendar_feed' | 'webhook_endpoint' | 'cover' | 'document_link';
  /** For a feed, its user’s. */
  id: string;
  /** The key or user that made it: the one that is asked about, or a key that comes from it. */
  madeBy: string;
}

/**
 * Selects what keys, or users who were signed in, made and that has not ended, and the same for keys that they made, as far
 * as the principal may end it.
 */
const selectMade = (sql: Db, { clientIds }: Principal, makerIds: Fragment): Fragment => {
  const within = clientIds === null ? sql`true` : sql`made.client_ids <@ ${clientIds}::uuid[]`;
  return sql`
    with recursive makers as (
      ${makerIds}
      union
      select k.id from api_keys k
      join makers on k.created_by->>'type' in ('key', 'user') and k.created_by->>'id' = makers.id::text)
    select made.what, made.id, made.maker->>'id' as made_by from (
      select 'api_key' as what, id, created_by as maker, client_ids from ${listReaches(sql)} k where revoked_at is null
      union all
      select 'calendar_feed', user_id, made_by, client_ids from calendar_feeds
      union all
      select 'webhook_endpoint', id, created_by, client_ids from webhook_endpoints where ended_at is null
      union all
      select 'cover', id, made_by, client_ids from covers
      union all
      select 'document_link', id, made_by, array[client_id] from document_links
      where revoked_at is null and expires_at > now()) made
    where made.maker->>'type' in ('key', 'user') and made.maker->>'id' in (select id::text from makers) and ${within}`;
};

export const listMade = (sql: Db, principal: Principal, keyId: string): Promise<MadeByKey[]> =>
  listMadeBy(sql, principal, sql`select ${keyId}::uuid as id`);

/** Lists the same for a user: by all of their keys, revoked ones included, and while they were signed in. */
export const listMadeByUser = (sql: Db, principal: Principal, userId: string): Promise<MadeByKey[]> =>
  listMadeBy(sql, principal, sql`select id from api_keys where user_id = ${userId} union select ${userId}::uuid`);

const listMadeBy = (sql: Db, principal: Principal, makerIds: Fragment): Promise<MadeByKey[]> =>
  sql<MadeByKey[]>`select * from (${selectMade(sql, principal, makerIds)}) m order by what, id`;

/** Revokes a key: from now on neither it nor what it made opens anything, unless that is kept; it stays on record. */
export const revokeKey = (
  sql: Sql,
  principal: Principal,
  id: string,
  { keepsCreatedItems }: { keepsCreatedItems: boolean },
): Promise<void> =>
  sql.begin(async (tx) => {
    const revoked = await revokeKeys(tx, [id]);
    const ended: MadeByKey[] = [];
    // a key that is being closed may be making another: each round waits for that, and finds it in the next
    for (let made = await listOpen(); made.length > 0; made = await listOpen()) {
      await endMade(tx, made);
      ended.push(...made);
    }
    if (revoked.length + ended.length === 0) return;
    await recordAudit(tx, principal, {
      action: 'api_key.revoke',
      subjectType: 'api_key',
      subjectId: id,
      ...(ended.length > 0 && { detail: { ended } }),
    });

    async function listOpen(): Promise<MadeByKey[]> {
      return keepsCreatedItems ? [] : listMade(tx, principal, id);
    }
  });

async function endMade(tx: Tx, made: readonly MadeByKey[]): Promise<void> {
  const selectCreatedItems = (what: MadeByKey['what']): string[] =>
    made.flatMap((one) => (one.what === what ? one.id : []));
  await revokeKeys(tx, selectCreatedItems('api_key'));
  await endEndpoints(tx, tx`select unnest(${selectCreatedItems('webhook_endpoint')}::uuid[])`);
  await tx`delete from calendar_feeds where user_id = any(${selectCreatedItems('calendar_feed')}::uuid[])`;
  await tx`delete from covers where id = any(${selectCreatedItems('cover')}::uuid[])`;
  await endLinks(tx, selectCreatedItems('document_link'));
}
