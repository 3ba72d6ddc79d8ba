import type { Db, Fragment } from '../../runtime/database';

/** Whether a secret that was made `since` may still be shown, to a retry of the request that made it. */
export const isStillShown = (sql: Db, since: Fragment): Fragment => sql`${since} > now() - interval '10 minutes'`;

/** Forgets the secrets that are no longer shown; from then on only their hashes are left. */
export async function deleteShownSecrets(sql: Db): Promise<void> {
  const isOver = (since: Fragment) => sql`not ${isStillShown(sql, since)}`;
  await sql`update api_keys set key_sealed = null where key_sealed is not null and ${isOver(sql`created_at`)}`;
  await sql`update user_invitations set token_sealed = null where token_sealed is not null and ${isOver(sql`created_at`)}`;
  await sql`update reveals set value_sealed = null where value_sealed is not null and ${isOver(sql`created_at`)}`;
  await sql`update document_links set token_sealed = null where token_sealed is not null and ${isOver(sql`created_at`)}`;
  await sql`update calendar_feeds set token_sealed = null where token_sealed is not null and ${isOver(sql`created_at`)}`;
}
