import { selectUnmergedId, selectUnmergedIds } from '../kernel/one-entry';
import { announceFact } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { computeChase } from '../../domain/time/calendar';
import type { Duration } from '../../domain/time/duration';
import {
  UNANSWERED_LIMIT,
  DEFAULT_CADENCE,
  findOpenQuestions,
  type DatedAnswer,
  type OpenQuestion,
} from '../../domain/platforms/inquiry';
import { assessAnswers } from '../../domain/platforms/platform';
import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import {
  amendMessages,
  queueMessages,
  selectStanding,
  type MessageStanding,
  type RecipientType,
} from '../outreach/messages';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { createTasks, settleTasks } from '../kernel/tasks';

export interface InquiryInput {
  cadence?: Duration;
  /** The recipient of the questions; the provider if it is left out. */
  recipient?: { type: RecipientType; id: string; email?: string };
}

/** An inquiry as it stands. */
interface Inquiry {
  id: string;
  recipientType: RecipientType;
  recipientId: string;
  cadence: Duration;
  nextAskAt: Instant | null;
  openedBy: Actor;
  openedAt: Instant;
  closedBy: Actor | null;
  closedAt: Instant | null;
  closedReason: string | null;
}

const TEMPLATE = 'platform_inquiry';

/** The part of a relationship that is asked about. */
interface InquirySubject {
  id: string;
  clientId: string;
  providerId: string;
  payerIds: readonly string[];
  states: readonly string[] | null;
}

/** Opens an inquiry, or changes how an open one asks. Repeated under the same id it changes nothing. */
export async function openInquiry(
  tx: Tx,
  principal: Principal,
  id: string,
  { id: relationshipId, clientId, providerId }: InquirySubject,
  { cadence, recipient }: InquiryInput,
): Promise<void> {
  const changes = {
    ...(cadence && { cadence: toJson(tx, cadence) }),
    // a new recipient is asked at once
    ...(recipient && { recipientType: recipient.type, recipientId: recipient.id, nextAskAt: null }),
  };
  const row = {
    id,
    clientId,
    relationshipId,
    recipientType: 'provider',
    recipientId: providerId,
    cadence: toJson(tx, DEFAULT_CADENCE),
    openedBy: toJson(tx, buildActor(principal)),
    ...changes,
  };
  const opened = await tx`
    insert into inquiries ${toRows(tx, row)} on conflict do nothing returning id`;
  if (recipient?.email)
    await tx`update platform_relationships set contact_email = ${recipient.email} where id = ${relationshipId}`;
  if (opened.length === 0 && Object.keys(changes).length > 0) {
    await tx`
      update inquiries set ${toRows(tx, changes)} where relationship_id = ${relationshipId} and closed_at is null`;
    if (recipient) await amendMessages(tx, TEMPLATE, relationshipId, null);
  }
  await announceFact(tx, 'platform questions changed', relationshipId);
}

/** Closes an inquiry at a user's request. */
export const askOpenQuestions = (
  sql: Sql,
  principal: Principal,
  id: string,
  relationship: InquirySubject,
  input: InquiryInput,
): Promise<void> =>
  sql.begin(async (tx) => {
    await openInquiry(tx, principal, id, relationship, input);
    await recordAudit(tx, principal, {
      action: 'inquiry.open',
      subjectType: 'platform_relationship',
      subjectId: relationship.id,
      clientId: relationship.clientId,
      detail: input,
    });
  });

export const closeInquiry = (
  sql: Sql,
  principal: Principal,
  relationship: InquirySubject,
  reason: string,
): Promise<void> => sql.begin((tx) => closeOpenInquiry(tx, principal, relationship, reason));

/** Closes the inquiry of a relationship, if one is open; its messages that have not left stay here. */
export async function closeOpenInquiry(
  tx: Tx,
  principal: Principal,
  { id: relationshipId, clientId }: Pick<InquirySubject, 'id' | 'clientId'>,
  reason: string,
): Promise<void> {
  const closed = await tx`
    update inquiries
    set closed_at = now(), closed_by = ${toJson(tx, buildActor(principal))}, closed_reason = ${reason},
      next_ask_at = null
    where relationship_id = ${relationshipId} and closed_at is null returning id`;
  if (closed.length === 0) return;
  await amendMessages(tx, TEMPLATE, relationshipId, null);
  await settleTasks(tx, relationshipId, 'platform_inquiry');
  await recordAudit(tx, principal, {
    action: 'inquiry.close',
    subjectType: 'platform_relationship',
    subjectId: relationshipId,
    clientId,
    detail: { reason },
  });
  await announceFact(tx, 'platform questions changed', relationshipId);
}

/** Changes the platform's terms: answers from before that day are asked again. */
export const changeTerms = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: relationshipId, clientId }: InquirySubject,
  { on, reason }: { on: PlainDate; reason: string },
): Promise<void> =>
  sql.begin(async (tx) => {
    const recordedBy = toJson(tx, buildActor(principal));
    const row = { id, clientId, relationshipId, changedOn: on, reason, recordedBy };
    await tx`insert into platform_terms_changes ${toRows(tx, row)} on conflict (id) do nothing`;
    await recordAudit(tx, principal, {
      action: 'platform_relationship.terms_changed',
      subjectType: 'platform_relationship',
      subjectId: relationshipId,
      clientId,
      detail: { on, reason },
    });
    await announceFact(tx, 'platform questions changed', relationshipId);
  });

type InquiryNow = Inquiry & {
  /** The number of messages that have left since something was last open, and when the last one did. */
  asked: number;
  askedAt: Instant | null;
  /** Every message since then, as far as it has come; the latest first. */
  asks: MessageStanding[];
  status: 'open' | 'answered' | 'closed';
  openQuestions: OpenQuestion[];
  asksAgainAt: Instant | null;
};

/** Finds the latest inquiry of a relationship, and what is open now; null if none was ever opened. */
export async function findInquiry(
  sql: Db,
  principal: Principal,
  relationship: InquirySubject,
  now: Instant,
): Promise<InquiryNow | null> {
  const [inquiry] = await sql<(Inquiry & { timeZone: string; queued: number })[]>`
    select i.id, i.recipient_type, i.recipient_id, i.cadence, i.asked as queued, i.next_ask_at, i.opened_by,
      i.opened_at, i.closed_by, i.closed_at, i.closed_reason, c.time_zone
    from inquiries i join clients c on c.id = i.client_id
    where i.relationship_id = ${relationship.id} and ${isInScope(sql, principal, 'i.client_id')}
    order by i.opened_at desc limit 1`;
  if (!inquiry) return null;
  const { timeZone, queued, ...shown } = inquiry;
  const [{ open, asksAgainAt }, asks] = await Promise.all([
    listQuestions(sql, relationship, now, timeZone),
    listAsks(sql, relationship.id, queued),
  ]);
  const sent = asks.filter(({ delivery }) => delivery === 'sent');
  const status = shown.closedAt !== null ? 'closed' : open.length > 0 ? 'open' : 'answered';
  return {
    ...shown,
    status,
    asked: sent.length,
    askedAt: sent[0]?.sentAt ?? null,
    asks: asks.map(({ delivery, queuedAt, sentAt }) => ({ delivery, queuedAt, sentAt })),
    openQuestions: open,
    asksAgainAt,
  };
}

/** Lists the `latest` last messages of a relationship's inquiry, the latest first. */
const listAsks = (sql: Db, relationshipId: string, latest: number) => sql<
  (MessageStanding & { recipientId: string })[]
>`
  select ${selectStanding(sql)}, m.recipient_id
  from messages m left join mail_batches b on b.id = m.batch_id
  where m.template = ${TEMPLATE} and m.data->>'relationshipId' = ${relationshipId}
  order by m.not_before desc, m.id limit ${latest}`;

async function listQuestions(sql: Db, { id, payerIds, states }: InquirySubject, now: Instant, timeZone: string) {
  const [answers, [terms]] = await Promise.all([
    sql<DatedAnswer[]>`
      select question, answer, ${selectUnmergedId(sql, 'payers', sql`payer_id`)} as payer_id, state, parts, items, notice_days, answered_on
      from platform_answers where relationship_id = ${id} and superseded_by is null order by created_at, id`,
    sql<{ changedOn: PlainDate | null }[]>`
      select max(changed_on) as changed_on from platform_terms_changes where relationship_id = ${id}`,
  ]);
  return findOpenQuestions(assessAnswers(payerIds, states ?? [], answers), answers, terms!.changedOn, now, timeZone);
}

/** Asks what is open and due to be asked, once; returns when to look again. */
export async function askQuestions(tx: Tx, relationshipId: string, now: Instant): Promise<{ next: Instant | null }> {
  const [inquiry] = await tx<(Inquiry & InquirySubject & { timeZone: string; inquiryId: string; asked: number })[]>`
    select i.*, i.id as inquiry_id, r.id, r.provider_id, ${selectUnmergedIds(tx, tx`r.payer_ids`)} as payer_ids,
      r.states, c.time_zone
    from inquiries i
    join platform_relationships r on r.id = i.relationship_id
    join clients c on c.id = i.client_id
    where i.relationship_id = ${relationshipId} and i.closed_at is null
    for no key update of i`;
  if (!inquiry) return { next: null };
  const { inquiryId, clientId, timeZone, cadence, recipientType, recipientId } = inquiry;
  const { open, asksAgainAt } = await listQuestions(tx, inquiry, now, timeZone);
  // answers may have come since a message was queued
  await amendMessages(tx, TEMPLATE, relationshipId, open.length > 0 ? { questions: open } : null);
  if (open.length === 0) {
    await tx`update inquiries set asked = 0, next_ask_at = null where id = ${inquiryId}`;
    await settleTasks(tx, relationshipId, 'platform_inquiry');
    return { next: asksAgainAt };
  }
  if (inquiry.nextAskAt !== null && inquiry.nextAskAt > now)
    return { next: [inquiry.nextAskAt, ...(asksAgainAt ? [asksAgainAt] : [])].sort()[0]! };

  const next = computeChase({ at: now }, cadence, { timeZone });
  const asks = await listAsks(tx, relationshipId, inquiry.asked);
  const sent = asks.filter(({ delivery }) => delivery === 'sent');
  // a message that still waits to leave asks the same: one mail is enough
  if (asks.some(({ delivery, recipientId: to }) => delivery === 'queued' && to === recipientId)) {
    await tx`update inquiries set next_ask_at = ${next} where id = ${inquiryId}`;
    return { next };
  }
  await tx`update inquiries set asked = asked + 1, next_ask_at = ${next} where id = ${inquiryId}`;
  const key = `platform_inquiry/${inquiryId}/${now}`;
  const asked = sent.filter((one) => one.recipientId === recipientId).length + 1;
  const data = { relationshipId, asked, questions: open };
  await queueMessages(tx, [{ key, clientId, recipientType, recipientId, template: TEMPLATE, data, notBefore: now }]);
  if (sent.length + 1 >= UNANSWERED_LIMIT)
    await createTasks(tx, [
      {
        // once since something was last open
        key: `platform_inquiry/${inquiryId}/${asks.at(-1)!.queuedAt}/in_vain`,
        clientId,
        kind: 'platform_inquiry',
        subjectType: 'platform_relationship',
        subjectId: relationshipId,
        data: { asked: sent.length },
        dueAt: next,
      },
    ]);
  return { next };
}
