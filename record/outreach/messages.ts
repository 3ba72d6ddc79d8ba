import { announceFact } from '../kernel/subscribers';
import type { Delivery } from '../../domain/kernel/codes';
import type { Instant } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Fragment } from '../../runtime/database';

/**
 * The recipient of a message: the id is a provider's, a user's, a client's, a payer's, a platform relationship's, or of
 * the holder of a certificate that certificate's.
 */
export const RECIPIENT_TYPES = ['provider', 'user', 'client', 'payer', 'platform', 'holder'] as const;
export type RecipientType = (typeof RECIPIENT_TYPES)[number];

/** Templates about the renewal of a participation, which ends with its cycle or with the participation. */
export const RENEWAL_TEMPLATES = ['recredentialing_due', 'recredentialing_missed'] as const;

/** A message as it is queued when it falls due; names and addresses are read when it is sent. */
export interface QueuedMessage {
  /** The subject and the instant that made it due: the same key is never sent twice. */
  key: string;
  clientId: string;
  recipientType: RecipientType;
  recipientId: string;
  template: string;
  /** Ids, codes and dates only. */
  data: Record<string, unknown>;
  applicationId?: string;
  /** The entry that asks for it: once that is settled, it is not sent. */
  armedBy?: string;
  notBefore: Instant;
}

/** Queues messages in the transaction that found them due; one that is there already stays as it is. */
export async function queueMessages(tx: Db, messages: readonly QueuedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map(({ data, applicationId = null, armedBy = null, ...rest }) => ({
    ...rest,
    applicationId,
    armedBy,
    data: toJson(tx, data),
  }));
  const queued = await tx<{ recipientId: string }[]>`
    insert into messages ${toRows(tx, rows)} on conflict (key) do nothing returning recipient_id`;
  for (const recipientId of new Set(queued.map((row) => row.recipientId)))
    await announceFact(tx, 'mail queued', recipientId);
}

/** Whether nothing of a message `m` has gone out yet. */
export const hasNotLeft = (sql: Db): Fragment => sql`
  (m.status = 'queued' or m.status = 'batched' and exists (
    select from mail_batches b where b.id = m.batch_id and b.status in ('queued', 'claimed')))`;

/** The state of a message. Only a sent message counts as a question asked, or a notice given. */
export interface MessageStanding {
  delivery: Delivery;
  queuedAt: Instant;
  sentAt: Instant | null;
}

/** Selects how far a message `m` of the batch `b` has come. */
export const selectStanding = (sql: Db): Fragment => sql`
  case
    when m.status = 'sent' then 'sent'
    when m.status in ('settled', 'withheld') or b.status = 'dismissed' then 'dropped'
    when b.status in ('uncertain', 'failed') then b.status
    else 'queued' end as delivery,
  m.not_before as queued_at, case when m.status = 'sent' then b.sent_at end as sent_at`;

/** Amends the messages of a template about a relationship that have not left: they say something else, or nothing. */
export async function amendMessages(
  tx: Db,
  template: string,
  relationshipId: string,
  change: Record<string, unknown> | null,
): Promise<void> {
  await tx`
    update messages m set ${change ? tx`data = data || ${toJson(tx, change)}` : tx`status = 'settled'`}
    where template = ${template} and data->>'relationshipId' = ${relationshipId}
      and ${hasNotLeft(tx)}`;
}

/** Selects the lead of an assignee's work for a client: of the same team if there is one; null if there is no lead. */
export const selectLead = (sql: Db, clientId: Fragment, assignee: Fragment): Fragment => sql`(
  select l.id from users l left join users u on u.id = ${assignee}
  where l.role = 'lead' and l.revoked_at is null and l.id is distinct from ${assignee}
    and (l.client_ids is null or ${clientId} = any(l.client_ids))
  order by (l.team is not distinct from u.team) desc, l.created_at limit 1)`;

/** Whether there is such a recipient within a client; users belong to none. */
export async function isRecipientKnown(
  sql: Db,
  { id: relationshipId, clientId }: { id: string; clientId: string },
  { type, id }: { type: Exclude<RecipientType, 'user' | 'holder'>; id: string },
): Promise<boolean> {
  const found: Record<typeof type, () => Promise<unknown>> = {
    provider: () => sql`select from providers where id = ${id} and client_id = ${clientId}`,
    client: async () => (id === clientId ? [1] : []),
    payer: () => sql`select from payers where id = ${id}`,
    platform: async () => (id === relationshipId ? [1] : []),
  };
  return ((await found[type]()) as unknown[]).length > 0;
}
