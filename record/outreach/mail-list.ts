import { announceFact } from '../kernel/subscribers';
import type { Instant } from '../../domain/time/instants';
import type { Db, Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { listCoveredUsers, selectWorker } from '../registry/absence-covers';
import { isInScope, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { findUser, type User } from '../registry/users';
import { settleTasks } from '../kernel/tasks';

export interface MailBatch {
  id: string;
  /** Null: a digest to a colleague, about several clients; only who sees all is shown it. */
  clientId: string | null;
  recipientType: string;
  recipientId: string;
  status: string;
  attempts: number;
  lastError: string | null;
  createdAt: Instant;
  sentAt: Instant | null;
  templates: string[];
}

const selectBatches = (sql: Db, principal: Principal) => sql`
  select b.id, b.client_id, b.recipient_type, b.recipient_id, b.status, b.attempts, b.last_error, b.created_at, b.sent_at,
    array(select m.template from messages m where m.batch_id = b.id order by m.not_before, m.id) as templates
  from mail_batches b where ${isInScope(sql, principal, 'b.client_id')}`;

export const listMail = (
  sql: Db,
  principal: Principal,
  { status, recipientId }: { status?: string | undefined; recipientId?: string | undefined },
  request: PageRequest,
): Promise<Page<MailBatch>> =>
  readPage(
    sql,
    sql`${selectBatches(sql, principal)} ${status ? sql`and b.status = ${status}` : sql``}
      ${recipientId ? sql`and b.recipient_id = ${recipientId}` : sql``}`,
    request,
  );

export async function findMail(sql: Db, principal: Principal, id: string): Promise<MailBatch | null> {
  const [batch] = await sql<MailBatch[]>`${selectBatches(sql, principal)} and b.id = ${id}`;
  return batch ?? null;
}

/** Records a person's decision on mail that may have arrived, or cannot be delivered: it is sent again, or dropped. */
export const decideOnMail = (
  sql: Sql,
  principal: Principal,
  { id, clientId, recipientId }: MailBatch,
  what: 'resend' | 'dismiss',
): Promise<MailBatch> =>
  sql.begin(async (tx) => {
    const decided = await tx`
      update mail_batches set status = ${what === 'resend' ? 'queued' : 'dismissed'}, deferred_at = null
      where id = ${id} and status in ('uncertain', 'failed') returning id`;
    if (decided.length > 0) {
      await settleTasks(tx, id, 'message_uncertain');
      await settleTasks(tx, id, 'message_failed');
      await recordAudit(tx, principal, { action: `mail.${what}`, subjectType: 'mail', subjectId: id, clientId });
      if (what === 'resend') await announceFact(tx, 'mail queued', recipientId);
    }
    return (await findMail(tx, principal, id))!;
  });

/** A message to a user, as it stands in the inbox. */
export interface InboxItem {
  id: string;
  clientId: string;
  template: string;
  data: Record<string, unknown>;
  applicationId: string | null;
  createdAt: Instant;
  readAt: Instant | null;
}

const selectInbox = (sql: Db, principal: Principal) => sql`
  select id, client_id, template, data, application_id, created_at, read_at from messages
  where recipient_type = 'user' and not_before <= now() and status <> 'settled' and ${isInScope(sql, principal)}
    and ${selectWorker(sql, sql`messages.recipient_id`, sql`messages.client_id`)} is not null`;

export const listInbox = (
  sql: Db,
  principal: Principal,
  userId: string,
  unread: boolean | undefined,
  request: PageRequest,
): Promise<Page<InboxItem>> =>
  readPage(
    sql,
    sql`${selectInbox(sql, principal)} and (recipient_id = ${userId} or
        recipient_id in ${listCoveredUsers(sql, userId)}
        and ${selectWorker(sql, sql`messages.recipient_id`, sql`messages.client_id`)} = ${userId})
      ${unread === undefined ? sql`` : sql`and (read_at is null) = ${unread}`}`,
    request,
  );

export async function findInboxItem(sql: Db, principal: Principal, id: string): Promise<InboxItem | null> {
  const [item] = await sql<InboxItem[]>`${selectInbox(sql, principal)} and id = ${id}`;
  return item ?? null;
}

/** Finds the user to whom it was sent. */
export async function findRecipient(sql: Db, principal: Principal, itemId: string): Promise<User | null> {
  const [message] = await sql<{ recipientId: string }[]>`select recipient_id from messages where id = ${itemId}`;
  return message ? findUser(sql, principal, message.recipientId) : null;
}

export async function readInboxItem(sql: Db, id: string): Promise<void> {
  await sql`update messages set read_at = coalesce(read_at, now()) where id = ${id}`;
}

export interface LocalMail {
  recipient: string;
  subject: string;
  text: string;
  html: string;
  at: Instant;
}

/**
 * Lists the mail that would have gone out if a mail server were set; the latest first. Mail of several clients, or of
 * none, is only for those who see every client.
 */
export async function listLocalMail(
  sql: Db,
  principal: Principal,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: LocalMail[]; next: string | null }> {
  const rows = await sql<(LocalMail & { mailId: string })[]>`
    select mail_id, recipient, subject, text, html, at from local_mailbox
    where ${isInScope(sql, principal)}
      ${cursor === undefined ? sql`` : sql`and id < (select id from local_mailbox where mail_id = ${cursor})`}
    order by id desc limit ${limit + 1}`;
  const items = rows.slice(0, limit).map(({ mailId: _, ...mail }) => mail);
  return { items, next: rows.length > limit ? rows[limit - 1]!.mailId : null };
}
