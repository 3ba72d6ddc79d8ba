import { selectEntryId, selectEntriesIds } from '../kernel/one-entry';
import { selectDay } from '../time/days';
import { announceFact } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { listArmedEntries, isHeld, type ApplicationState } from '../../domain/applications/state';
import { toLocalDate } from '../../domain/time/calendar';
import { mayContact } from '../../domain/applications/prerequisites';
import type { Authorisation } from '../../domain/registry/authorisation';
import type { SentKind } from '../../domain/kernel/codes';
import { BURST_MS, computeMailingTime, listPaces, type MailOutcome } from '../../domain/outreach/mailing-hours';
import { readClock } from '../../runtime/clock';
import type { Db, Fragment, Sql, Tx } from '../../runtime/database';
import { RENEWAL_TEMPLATES, type RecipientType } from './messages';
import { selectWorker } from '../registry/absence-covers';
import { findServiceName } from '../kernel/registry-requests';
import { isSet, findSettings, listSettingsVersions } from '../kernel/settings';
import { createTasks, settleTasks } from '../kernel/tasks';

/** The facts that decide whether a message still has to be sent, and may be. */
interface Reason {
  id: string;
  recipientType: RecipientType;
  template: string;
  armedBy: string | null;
  /** Only for a message about a participation's renewal: the beginning of its cycle. */
  cycleFrom: PlainDate | null;
  snapshot: ApplicationState | null;
  timeZone: string;
  /** The authorisations that the application's provider signed. */
  authorisations: Authorisation[];
  /** Whether one has to be signed: by the operator's policy, or as the playbook has it. */
  authorisationRequired: boolean;
  /** The last day of a recipient who leaves or has left. */
  recipientLeftOn: PlainDate | null;
  /**
   * Only for a message to a user: the user who does their work of its client now; null if they may not see that client.
   */
  worker: string | null;
}

interface WaitingMessage extends Reason {
  clientId: string;
  notBefore: Instant;
  /** The application's. */
  state: string | null;
}

/** Reads a reason of the message `m`, joined with its client `c` and application `a`. */
const findReason = (sql: Db): Fragment => sql`
  m.id, m.recipient_type, m.template, m.armed_by, a.snapshot,
  case when m.template = any(${[...RENEWAL_TEMPLATES]}) then m.data->>'from' end as cycle_from, c.time_zone, coalesce((
    select jsonb_agg(jsonb_build_object('scopes', u.scopes, 'payerIds', ${selectEntriesIds(sql, sql`u.payer_ids`)}, 'signedOn', u.signed_on,
      'until', u.until, 'revokedOn', u.revoked_on))
    from authorisations u where u.provider_id = a.provider_id), '[]') as authorisations,
  a.provider_id is not null and (${isSet(sql, 'authorisationRequired')}
    or a.snapshot->'file'->'prerequisites' @> '[{"code": "authorisation"}]') as authorisation_required,
  case when m.recipient_type = 'user' then ${selectWorker(sql, sql`m.recipient_id`, sql`m.client_id`)} end as worker,
  case when m.recipient_type = 'user' then
    (select ${selectDay(sql, sql`u.revoked_at`, sql`c.time_zone`)} - 1 from users u where u.id = m.recipient_id and u.work_to is null)
  when m.recipient_type in ('provider', 'client', 'platform') then coalesce(
    (select p.ended_on from providers p where p.id = m.recipient_id),
    (select p.ended_on from platform_relationships r join providers p on p.id = r.provider_id
      where r.id = m.recipient_id), c.ended_on) end as recipient_left_on`;

/** The number of messages in one mail: the others go into the next. */
const MOST_AT_ONCE = 100;

/** Selects a message with the facts that decide on it. */
const selectDecisionRows = (sql: Db): Fragment => sql`
  messages m
  join clients c on c.id = m.client_id
  left join applications a on a.id = m.application_id`;

/** The result of a step of the outreach to one recipient: a batch to be sent now, and when to look again. */
export interface OutreachStep {
  next: Instant | null;
  send?: { kind: SentKind; id: string; fairnessKey: string };
}

/**
 * Puts what is due for a recipient into one batch, and drops messages that were settled meanwhile; returns when to look
 * again.
 */
export async function batchDueMail(tx: Tx, recipientId: string, now: Instant): Promise<OutreachStep> {
  const [unsent] = await tx<{ id: string; clientId: string | null }[]>`
    select id, client_id from mail_batches
    where recipient_id = ${recipientId} and status in ('queued', 'claimed', 'transmitting')
    order by created_at limit 1 for no key update`;
  if (unsent) return { next: now, send: buildSend(unsent) };
  const queued = await tx<WaitingMessage[]>`
    select ${findReason(tx)}, m.client_id, m.not_before, a.state
    from ${selectDecisionRows(tx)}
    where m.recipient_id = ${recipientId} and m.status = 'queued'
    order by m.not_before, m.id for no key update of m`;
  // the end of the hold or the pause signals this recipient's workflow
  const waiting = queued.filter((message) => !isSilenced(message));
  const kept = await dropSettledMessages(
    tx,
    waiting.filter(({ notBefore }) => notBefore <= now),
    now,
  );
  const [first, ...rest] = waiting.filter((message) => message.notBefore > now || kept.includes(message));
  if (!first) return { next: null };
  const at = computeMailingTime(first.notBefore, now, first.timeZone, recipientId);
  if (at > now) return { next: at };
  const due = [first, ...rest]
    .filter((message) => message.notBefore <= now && isSameMail(first, message))
    .slice(0, MOST_AT_ONCE);
  const { recipientType } = first;
  // users get one mail for all of their clients
  const clientId = due.every((message) => message.clientId === first.clientId) ? first.clientId : null;
  const [batch] = await tx<{ id: string }[]>`
    insert into mail_batches ${tx({ clientId, recipientType, recipientId })} returning id`;
  await tx`
    update messages set status = 'batched', batch_id = ${batch!.id} where id = any(${due.map(({ id }) => id)}::uuid[])`;
  return { next: now, send: buildSend({ id: batch!.id, clientId }) };
}

const buildSend = ({ id, clientId }: { id: string; clientId: string | null }): OutreachStep['send'] => ({
  kind: 'mail',
  id,
  fairnessKey: clientId ?? 'operator',
});

/** Whether two messages to one recipient may be in one mail: clients are kept apart, and a payer's states. */
const isSameMail = (one: WaitingMessage, other: WaitingMessage): boolean =>
  (one.recipientType === 'user' && one.worker === other.worker) ||
  (one.clientId === other.clientId && (one.recipientType !== 'payer' || one.state === other.state));

/** Drops messages that will never be sent; returns the others, which still have to be sent and may be. */
async function dropSettledMessages<T extends Reason>(tx: Tx, messages: readonly T[], now: Instant): Promise<T[]> {
  const kept = messages.filter((message) => !isSettled(message) && !isWithheld(message, now));
  for (const status of ['settled', 'withheld']) {
    const ids = messages.filter((one) => !kept.includes(one) && (status === 'settled') === isSettled(one));
    if (ids.length > 0)
      await tx`update messages set status = ${status} where id = any(${ids.map(({ id }) => id)}::uuid[])`;
  }
  return kept;
}

/** The templates that wait while the application is paused. */
const PAUSED_TEMPLATES = ['escalation', 'payer_follow_up'];

/**
 * Whether the application is paused, and the message is about the chase; or the record was restored and the lost
 * entries are still missing, so that it may have been sent before.
 */
const isSilenced = ({ snapshot, template }: Reason): boolean =>
  snapshot !== null && (isHeld(snapshot) || (snapshot.paused !== null && PAUSED_TEMPLATES.includes(template)));

/** Whether the message is no longer needed: what armed it is settled, or the cycle that it is about is over. */
function isSettled({ armedBy, cycleFrom, snapshot }: Reason): boolean {
  if (snapshot === null) return false;
  if (cycleFrom !== null) return snapshot.agenda.recredentialing?.from !== cycleFrom;
  return armedBy !== null && !listArmedEntries(snapshot).includes(armedBy);
}

/**
 * Whether the payer may not be contacted, as nothing that was signed allows it; a user may not see the client that it
 * is about; or the recipient has left.
 */
function isWithheld({ recipientType, snapshot, timeZone, recipientLeftOn, worker, ...signed }: Reason, now: Instant) {
  const today = toLocalDate(now, timeZone);
  if (recipientType === 'user' && worker === null) return true;
  if (recipientLeftOn !== null && recipientLeftOn < today) return true;
  return recipientType === 'payer' && snapshot !== null && !mayContact(signed, snapshot.key.payerId, today);
}

/** The content and recipient of a batch, as it is when it is sent; the address is null if none is known. */
export interface ClaimedMail {
  id: string;
  /** The number of this attempt; a later claim takes the mail away from it. */
  attempt: number;
  /** Null: it belongs to several clients, or to a person's own upkeep. */
  clientId: string | null;
  recipientType: RecipientType;
  address: string | null;
  /** The name that it addresses. */
  recipientName: string | null;
  /** The name by which people know CAQH. */
  caqhName: string;
  /** The name of the operator that sends it. */
  operatorName: string | null;
  messages: {
    template: string;
    data: Record<string, unknown>;
    clientName: string;
    providerName: string | null;
    payerName: string | null;
    state: string | null;
    npi: string | null;
    practiceId: string | null;
    practiceName: string | null;
    referenceNumber: string | null;
    platform: string | null;
    /** Maps the ids of the platform's payers to their names. */
    payerNames: Record<string, string> | null;
    /** Sealed; only an EIN, and only if the payer's playbook says that its mail names it. */
    tinSealed: string | null;
    documentKind: string | null;
  }[];
}

interface Batch {
  id: string;
  status: string;
  clientId: string | null;
  recipientType: RecipientType;
  recipientId: string;
  sendAt: Instant | null;
}

/** The turn of a mail has not come yet. */
export interface MailTurn {
  waitMs: number;
}

/**
 * Claims a batch before anything of it leaves; null if it is settled, or none of its messages is still needed. One that
 * was transmitting when its sender was lost may have arrived: it is put before a person and never repeated by itself.
 * With a pace, each takes its turn among what goes to the same place.
 */
export const claimMail = (
  sql: Sql,
  batchId: string,
  { paced }: { paced: boolean },
): Promise<ClaimedMail | MailTurn | null> =>
  sql.begin(async (tx) => {
    const [batch] = await tx<Batch[]>`
      select id, status, client_id, recipient_type, recipient_id, send_at
      from mail_batches where id = ${batchId} for no key update`;
    if (batch?.status === 'transmitting') await markUncertain(tx, batchId, 'the sender was lost');
    if (!batch || !['queued', 'claimed'].includes(batch.status)) return null;
    const reasons = await tx<Reason[]>`
      select ${findReason(tx)} from ${selectDecisionRows(tx)}
      where m.batch_id = ${batchId} and m.status = 'batched' for no key update of m`;
    const silenced = reasons.filter(isSilenced);
    if (silenced.length > 0)
      await tx`
        update messages set status = 'queued', batch_id = null where id = any(${silenced.map(({ id }) => id)}::uuid[])`;
    const kept = await dropSettledMessages(
      tx,
      reasons.filter((one) => !silenced.includes(one)),
      readClock(),
    );
    if (kept.length === 0) {
      await tx`update mail_batches set status = 'dismissed' where id = ${batchId}`;
      return null;
    }
    const { recipientType } = batch;
    const worker = kept[0]!.worker;
    // an absence cover has begun or ended since: these go to another user
    const others = kept.filter((message) => message.worker !== worker);
    if (others.length > 0) {
      await tx`
        update messages set status = 'queued', batch_id = null
        where id = any(${others.map(({ id }) => id)}::uuid[])`;
      await announceFact(tx, 'mail queued', batch.recipientId);
    }
    const recipient = await findRecipient(tx, batch, worker);
    const address = recipient?.email ?? null;
    const waitMs = paced && address !== null ? await takeTurn(tx, batch, address) : 0;
    if (waitMs > 0) return { waitMs };
    const [claimed] = await tx<{ attempts: number }[]>`
      update mail_batches set status = 'claimed', attempts = attempts + 1, send_at = null
      where id = ${batchId} returning attempts`;
    const messages = await tx<ClaimedMail['messages']>`
      select m.template, m.data, c.name as client_name, p.full_name as provider_name, y.name as payer_name, a.state,
        n.npi, pr.id as practice_id, pr.legal_name as practice_name, a.reference_number, r.platform, d.kind as document_kind,
        (select jsonb_object_agg(o.id, s.name) from payers o join payers s on s.id = ${selectEntryId(tx, 'o')}
          where o.id = any(${selectEntriesIds(tx, tx`r.payer_ids`)})) as payer_names,
        case when ${recipientType} = 'payer' and pr.tin_type = 'ein' and (b.body->>'tinByMail')::boolean
          then pr.tin_sealed end as tin_sealed
      from messages m
      join clients c on c.id = m.client_id
      left join applications a on a.id = m.application_id
      left join payers y on y.id = a.payer_id
      left join playbooks b on b.payer_id = y.id and b.version = y.playbook_version
      left join practices pr on pr.id = a.practice_id
      left join platform_relationships r on r.id::text = m.data->>'relationshipId'
      left join documents d on d.id::text = m.data->>'documentId'
      left join providers p on p.id = coalesce(a.provider_id, r.provider_id, (m.data->>'providerId')::uuid)
      left join persons n on n.id = p.person_id
      where m.batch_id = ${batchId} and m.status = 'batched' order by m.not_before, m.id`;
    const caqhName = await findServiceName(tx, 'caqh');
    const { operatorName } = findSettings(await listSettingsVersions(tx));
    const { clientId } = batch;
    const recipientName = recipient?.name ?? null;
    const names = { recipientName, caqhName, operatorName };
    return { id: batchId, attempt: claimed!.attempts, clientId, recipientType, address, ...names, messages };
  });

/**
 * Takes a turn; returns how long a mail still waits for it. A turn is given once, so that no mail overtakes another.
 */
async function takeTurn(tx: Tx, { id, recipientType, sendAt }: Batch, address: string): Promise<number> {
  const turn = sendAt ?? (await findNextTurn(tx, recipientType, address));
  const waitMs = Date.parse(turn) - Date.now();
  if (waitMs > 0 && sendAt === null) await tx`update mail_batches set send_at = ${turn} where id = ${id}`;
  return Math.max(0, waitMs);
}

async function findNextTurn(tx: Tx, recipientType: RecipientType, address: string): Promise<Instant> {
  const turns: Instant[] = [];
  for (const { name, everyMs } of listPaces(recipientType, address)) {
    const every = tx`make_interval(secs => ${everyMs / 1000})`;
    const quiet = tx`now() - make_interval(secs => ${BURST_MS / 1000})`;
    const [row] = await tx<{ turn: Instant }[]>`
      insert into destinations (name, next_at) values (${name}, ${quiet} + ${every})
      on conflict (name) do update set next_at = greatest(destinations.next_at, ${quiet}) + ${every}
      returning next_at - ${every} as turn`;
    turns.push(row!.turn);
  }
  return turns.sort().at(-1)!;
}

/** Finds a recipient's address and name; mail to an absent user goes to the user who covers them. */
async function findRecipient(
  sql: Db,
  { id, recipientType, recipientId }: Pick<Batch, 'id' | 'recipientType' | 'recipientId'>,
  worker: string | null,
): Promise<Recipient | undefined> {
  const found: Record<RecipientType, () => Promise<Recipient[]>> = {
    provider: () => sql`select email, full_name as name from providers where id = ${recipientId}`,
    client: () => sql`select contact_email as email, name from clients where id = ${recipientId}`,
    user: () => sql`select email, name from users where id = ${worker}`,
    payer: () => sql`
      select k->>'email' as email, y.name
      from payers y join playbooks b on b.payer_id = y.id and b.version = y.playbook_version,
        jsonb_array_elements(b.body->'contacts') with ordinality as c(k, place),
        (select a.state from messages m join applications a on a.id = m.application_id where m.batch_id = ${id} limit 1) s
      where y.id = ${recipientId} and k->>'email' is not null and coalesce(k->>'state', s.state) = s.state
      order by k->>'state' is null, c.place limit 1`,
    platform: () =>
      sql`select contact_email as email, platform as name from platform_relationships where id = ${recipientId}`,
    holder: () => sql`
      select holder->>'email' as email, holder->>'name' as name from certificates where id = ${recipientId}`,
  };
  const [row] = await found[recipientType]();
  return row;
}

interface Recipient {
  email: string | null;
  name: string;
}

/**
 * Marks that the first byte is about to leave: from now on it may have arrived. Throws if another attempt has claimed
 * it since.
 */
export async function markTransmitting(sql: Sql, { id, attempt }: Attempt): Promise<void> {
  const mine = await sql`
    update mail_batches set status = 'transmitting'
    where id = ${id} and status = 'claimed' and attempts = ${attempt} returning id`;
  if (mine.length === 0) throw new Error('another sender has it');
}

type Attempt = Pick<ClaimedMail, 'id' | 'attempt'>;

/** The days for which a mail that a server will not take is tried, as mail servers do. */
const DEFERRED_DAYS = 5;

/**
 * Settles the result of an attempt, and whether it is to be tried again; a mail whose delivery is uncertain, or that
 * will never go, is put before a person. If a later attempt has begun, this one's result counts only if it says that the mail left.
 */
export const settleMail = (
  sql: Sql,
  { id, attempt }: Attempt,
  outcome: 'sent' | MailOutcome,
  error: string | null,
): Promise<'again' | 'settled'> =>
  sql.begin(async (tx) => {
    const [batch] = await tx<{ status: string; attempts: number }[]>`
      select status, attempts from mail_batches where id = ${id} for no key update`;
    const open = ['claimed', 'transmitting', ...(outcome === 'sent' ? ['uncertain'] : [])];
    if (!batch || batch.attempts !== attempt || !open.includes(batch.status)) return 'settled';
    switch (outcome) {
      case 'sent':
        await tx`update mail_batches set status = 'sent', last_error = null, sent_at = now() where id = ${id}`;
        await tx`update messages set status = 'sent' where batch_id = ${id} and status = 'batched'`;
        if (batch.status === 'uncertain') await settleTasks(tx, id, 'message_uncertain');
        return 'settled';
      case 'uncertain':
        await markUncertain(tx, id, error);
        return 'settled';
      case 'never':
        await failBatch(tx, id, error);
        return 'settled';
      default: {
        const [deferred] = await tx<{ over: boolean }[]>`
          update mail_batches
          set status = 'claimed', last_error = ${error},
            deferred_at = ${outcome === 'deferred' ? tx`coalesce(deferred_at, now())` : null}
          where id = ${id}
          returning coalesce(deferred_at < now() - make_interval(days => ${DEFERRED_DAYS}), false) as over`;
        if (!deferred!.over) return 'again';
        await failBatch(tx, id, error);
        return 'settled';
      }
    }
  });

async function failBatch(tx: Tx, batchId: string, error: string | null): Promise<void> {
  await tx`update mail_batches set status = 'failed', last_error = ${error} where id = ${batchId}`;
  await createMailTask(tx, batchId, 'message_failed');
}

async function markUncertain(tx: Tx, batchId: string, error: string | null): Promise<void> {
  await tx`update mail_batches set status = 'uncertain', last_error = ${error} where id = ${batchId}`;
  await createMailTask(tx, batchId, 'message_uncertain');
}

async function createMailTask(tx: Tx, batchId: string, kind: 'message_uncertain' | 'message_failed'): Promise<void> {
  // one that failed, was sent again and failed again is a new task
  const [about] = await tx<{ clientId: string | null; attempts: number }[]>`
    select m.client_id, b.attempts from mail_batches b left join messages m on m.batch_id = b.id
    where b.id = ${batchId} order by m.not_before, m.id limit 1`;
  const { clientId, attempts } = about!;
  const key = `${kind}/${batchId}/${attempts}`;
  await createTasks(tx, [{ key, clientId, kind, subjectType: 'mail', subjectId: batchId, dueAt: readClock() }]);
}

/** Keeps the mail that would have gone out if a mail server were set. */
export async function keepLocally(
  sql: Sql,
  clientId: string | null,
  mail: { to: string; subject: string; text: string; html: string },
): Promise<void> {
  const { to: recipient, ...rest } = mail;
  await sql`insert into local_mailbox ${sql({ clientId, recipient, ...rest })}`;
}
