import type { Instant } from '../domain/application/events';
import { armedEntries, type ApplicationState } from '../domain/application/state';
import { localDate } from '../domain/calendar';
import { mayContact, type Authorisation } from '../domain/prerequisites';
import { DIGEST_MS, sendingTime } from '../domain/sending';
import type { Db, Fragment, Sql, Tx } from '../runtime/database';
import type { RecipientType } from './outreach';
import { giveTasks } from './tasks';

/** What decides whether a message still has to be sent, and may be. */
interface Reason {
  id: string;
  recipientType: RecipientType;
  armedBy: string | null;
  snapshot: ApplicationState | null;
  timeZone: string;
  /** What the application's provider signed. */
  authorisations: Authorisation[];
}

interface Waiting extends Reason {
  clientId: string;
  notBefore: Instant;
}

/** Reads a reason of the message `m`, joined with its client `c` and application `a`. */
const reasonOf = (sql: Db): Fragment => sql`
  m.id, m.recipient_type, m.armed_by, a.snapshot, c.time_zone, coalesce((
    select jsonb_agg(jsonb_build_object('scopes', u.scopes, 'payerIds', u.payer_ids, 'signedOn', u.signed_on,
      'until', u.until, 'revokedOn', u.revoked_on))
    from authorisations u where u.provider_id = a.provider_id), '[]') as authorisations`;

/** What a step of the outreach to one recipient comes to: a batch to be sent now, and when to look again. */
export interface OutreachStep {
  next: Instant | null;
  send?: { kind: 'mail' | 'webhook'; id: string; fairnessKey: string };
}

/** Puts what is due for a recipient into one batch, drops what was settled meanwhile; answers when to look again. */
export async function dueMail(tx: Tx, recipientId: string, now: Instant): Promise<OutreachStep> {
  const [unsent] = await tx<{ id: string; clientId: string }[]>`
    select id, client_id from mail_batches
    where recipient_id = ${recipientId} and status in ('queued', 'claimed', 'transmitting')
    order by created_at limit 1 for update`;
  if (unsent) return { next: now, send: { kind: 'mail', id: unsent.id, fairnessKey: unsent.clientId } };
  const waiting = await tx<Waiting[]>`
    select ${reasonOf(tx)}, m.client_id, m.not_before
    from messages m join clients c on c.id = m.client_id left join applications a on a.id = m.application_id
    where m.recipient_id = ${recipientId} and m.status = 'queued'
    order by m.not_before, m.id for update of m`;
  const kept = await stillToBeSent(
    tx,
    waiting.filter(({ notBefore }) => notBefore <= now),
    now,
  );
  const [first, ...rest] = waiting.filter((message) => message.notBefore > now || kept.includes(message));
  if (!first) return { next: null };
  const opens = sendingTime([first.notBefore, now].sort()[1]!, first.timeZone, recipientId);
  const at = [opens, new Date(Date.parse(first.notBefore) + DIGEST_MS).toISOString()].sort()[1]!;
  if (at > now) return { next: at };
  const due = [first, ...rest].filter(({ clientId, notBefore }) => clientId === first.clientId && notBefore <= now);
  const { clientId, recipientType } = first;
  const [batch] = await tx<{ id: string }[]>`
    insert into mail_batches ${tx({ clientId, recipientType, recipientId })} returning id`;
  await tx`
    update messages set status = 'batched', batch_id = ${batch!.id} where id = any(${due.map(({ id }) => id)}::uuid[])`;
  return { next: now, send: { kind: 'mail', id: batch!.id, fairnessKey: clientId } };
}

/** Those that still have to be sent, and may be; the others never will be. */
async function stillToBeSent<T extends Reason>(tx: Tx, messages: readonly T[], now: Instant): Promise<T[]> {
  const kept = messages.filter((message) => !isSettled(message) && !isWithheld(message, now));
  for (const status of ['settled', 'withheld']) {
    const ids = messages.filter((one) => !kept.includes(one) && (status === 'settled') === isSettled(one));
    if (ids.length > 0)
      await tx`update messages set status = ${status} where id = any(${ids.map(({ id }) => id)}::uuid[])`;
  }
  return kept;
}

/** Whether nobody has to be told any more: what armed it has been settled. */
function isSettled({ armedBy, snapshot }: Reason): boolean {
  if (armedBy === null || snapshot === null) return false;
  return !armedEntries(snapshot).includes(armedBy);
}

/** Whether the payer may not be talked to: what the provider signed has ended. */
const isWithheld = ({ recipientType, snapshot, authorisations, timeZone }: Reason, now: Instant): boolean =>
  recipientType === 'payer' &&
  snapshot !== null &&
  !mayContact(authorisations, snapshot.key.payerId, localDate(now, timeZone));

/** Everything that a batch says and to whom, as it is when it is sent; the address is null where none is known. */
export interface ClaimedMail {
  id: string;
  recipientType: RecipientType;
  address: string | null;
  messages: {
    template: string;
    data: Record<string, unknown>;
    providerName: string | null;
    payerName: string | null;
    state: string | null;
    npi: string | null;
    practiceName: string | null;
    referenceNumber: string | null;
    platform: string | null;
    /** By id, of the platform's payers. */
    payerNames: Record<string, string> | null;
  }[];
}

/**
 * Claims a batch before anything of it leaves; null where it is settled, or nothing of it has to be said any more. One that was transmitting when its sender was
 * lost may have arrived: it is put before a person and never repeated by itself.
 */
export const claimMail = (sql: Sql, batchId: string): Promise<ClaimedMail | null> =>
  sql.begin(async (tx) => {
    const [batch] = await tx<{ status: string; clientId: string; recipientType: RecipientType; recipientId: string }[]>`
      select status, client_id, recipient_type, recipient_id from mail_batches where id = ${batchId} for update`;
    if (batch?.status === 'transmitting') await markUncertain(tx, batchId, batch.clientId, 'the sender was lost');
    if (!batch || !['queued', 'claimed'].includes(batch.status)) return null;
    const reasons = await tx<Reason[]>`
      select ${reasonOf(tx)} from messages m join clients c on c.id = m.client_id
      left join applications a on a.id = m.application_id
      where m.batch_id = ${batchId} and m.status = 'batched' for update of m`;
    const kept = await stillToBeSent(tx, reasons, new Date().toISOString());
    if (kept.length === 0) {
      await tx`update mail_batches set status = 'dismissed' where id = ${batchId}`;
      return null;
    }
    await tx`update mail_batches set status = 'claimed', attempts = attempts + 1 where id = ${batchId}`;
    const messages = await tx<ClaimedMail['messages']>`
      select m.template, m.data, p.first_name || ' ' || p.last_name as provider_name, y.name as payer_name, a.state,
        n.npi, pr.legal_name as practice_name, a.reference_number, r.platform,
        (select jsonb_object_agg(o.id, o.name) from payers o where o.id = any(r.payer_ids)) as payer_names
      from messages m
      left join applications a on a.id = m.application_id
      left join payers y on y.id = a.payer_id
      left join practices pr on pr.id = a.practice_id
      left join platform_relationships r on r.id::text = m.data->>'relationshipId'
      left join providers p on p.id = coalesce(a.provider_id, r.provider_id)
      left join persons n on n.id = p.person_id
      where m.batch_id = ${batchId} and m.status = 'batched' order by m.not_before, m.id`;
    const { recipientType } = batch;
    return { id: batchId, recipientType, address: await addressOf(tx, batch), messages };
  });

/** Where a recipient is written to. */
async function addressOf(
  sql: Db,
  { recipientType, recipientId }: { recipientType: RecipientType; recipientId: string },
): Promise<string | null> {
  const found: Record<RecipientType, () => Promise<{ email: string | null }[]>> = {
    provider: () => sql`select email from providers where id = ${recipientId}`,
    client: () => sql`select contact_email as email from clients where id = ${recipientId}`,
    user: () => sql`select email from users where id = ${recipientId}`,
    payer: () => sql`
      select c->>'email' as email
      from payers y join playbooks b on b.payer_id = y.id and b.version = y.playbook_version,
        jsonb_array_elements(b.body->'contacts') c
      where y.id = ${recipientId} and c->>'email' is not null limit 1`,
    platform: () => sql`select contact_email as email from platform_relationships where id = ${recipientId}`,
  };
  const [row] = await found[recipientType]();
  return row?.email ?? null;
}

/** The first byte is about to leave: from now on it may have arrived. */
export const transmitting = async (sql: Sql, batchId: string): Promise<void> => {
  await sql`update mail_batches set status = 'transmitting' where id = ${batchId} and status = 'claimed'`;
};

/** What came of a batch; what nobody can be sure of, or will never go, is put before a person. */
export const settleMail = (
  sql: Sql,
  batchId: string,
  outcome: 'sent' | 'later' | 'never' | 'uncertain',
  error: string | null,
): Promise<void> =>
  sql.begin(async (tx) => {
    const [batch] = await tx<{ clientId: string }[]>`
      select client_id from mail_batches where id = ${batchId} for update`;
    if (outcome === 'uncertain') return markUncertain(tx, batchId, batch!.clientId, error);
    const status = { sent: 'sent', later: 'claimed', never: 'failed' }[outcome];
    await tx`
      update mail_batches
      set status = ${status}, last_error = ${error}, sent_at = ${outcome === 'sent' ? tx`now()` : tx`sent_at`}
      where id = ${batchId}`;
    if (outcome === 'sent')
      await tx`update messages set status = 'sent' where batch_id = ${batchId} and status = 'batched'`;
    if (outcome === 'never') await askSomebody(tx, batchId, batch!.clientId, 'message_failed');
  });

async function markUncertain(tx: Tx, batchId: string, clientId: string, error: string | null): Promise<void> {
  await tx`update mail_batches set status = 'uncertain', last_error = ${error} where id = ${batchId}`;
  await askSomebody(tx, batchId, clientId, 'message_uncertain');
}

const askSomebody = (tx: Tx, batchId: string, clientId: string, kind: 'message_uncertain' | 'message_failed') =>
  giveTasks(tx, [
    {
      key: `${kind}/${batchId}`,
      clientId,
      kind,
      subjectType: 'mail',
      subjectId: batchId,
      dueAt: new Date().toISOString(),
    },
  ]);

/** What would have gone out, where no mail server is set. */
export async function keepLocally(
  sql: Sql,
  mail: { to: string; subject: string; text: string; html: string },
): Promise<void> {
  const { to: recipient, ...rest } = mail;
  await sql`insert into local_mailbox ${sql({ recipient, ...rest })}`;
}
