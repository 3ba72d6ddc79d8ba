import type { Instant } from '../domain/application/events';
import type { Db } from '../runtime/database';

/** Whom a message is for: the id is a provider's, a user's, a client's, a payer's or a platform relationship's. */
export const RECIPIENT_TYPES = ['provider', 'user', 'client', 'payer', 'platform'] as const;
export type RecipientType = (typeof RECIPIENT_TYPES)[number];

/** A message as whoever finds it due queues it; names and addresses are read when it is sent. */
export interface QueuedMessage {
  /** What it is about and the instant that made it due: the same key is never sent twice. */
  key: string;
  clientId: string;
  recipientType: RecipientType;
  recipientId: string;
  template: string;
  /** Ids, codes and dates only. */
  data: Record<string, unknown>;
  applicationId?: string;
  notBefore: Instant;
}

/** Queues messages in the transaction that found them due; one that is there already stays as it is. */
export async function queueMessages(tx: Db, messages: readonly QueuedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map(({ data, applicationId = null, ...rest }) => ({
    ...rest,
    applicationId,
    data: tx.json(data as never),
  }));
  await tx`insert into messages ${tx(rows as never)} on conflict (key) do nothing`;
}
