import { isSameAgreement } from '../applications/same-key';
import { announceFact, announceFacts } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { EndingReason, FactSource, Stage } from '../../domain/kernel/codes';
import { toLocalDate, startOfDay } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import {
  listLeavingItems,
  type EndingTerms,
  type Leaver,
  type LeavingAction,
  type LeavingAgreement,
  type LeavingApplication,
  type LeavingCause,
  type LeavingItem,
} from '../../domain/offboarding/endings';
import { readClock } from '../../runtime/clock';
import { toJson, toRows, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { endEndpoints } from '../outreach/webhooks';
import { RETENTION } from './retention';
import { UPKEEP_REMINDER } from '../upkeep/upkeep';
import { shutOutUsers } from './user-endings';

/** The provider of a client, or the client, that leaves. */
export interface Leaving {
  clientId: string;
  providerId: string | null;
}

export interface EndingInput extends EndingTerms {
  reason: EndingReason;
  words?: string | undefined;
  source: FactSource;
  reference: string;
}

/** An item as it is shown: with the names of what it is about. */
export interface NamedItem extends LeavingItem {
  providerId: string | null;
  providerName: string | null;
  practiceId: string | null;
  practiceName: string | null;
  payerId: string | null;
  payerName: string | null;
  platform: string | null;
  state: string | null;
  lineOfBusiness: string | null;
}

export interface EndingItem extends NamedItem {
  /** `called_off`: they stayed, or came back, before it was done. */
  status: 'waiting' | 'queued' | 'done' | 'refused' | 'called_off';
  /**
   * The result: for a termination the application and its stage; for a hand-over the digest of its evidence; for a
   * refusal the reason.
   */
  result: { applicationId?: string; stage?: Stage; evidenceSha256?: string; problem?: string } | null;
  settledAt: Instant | null;
}

/** The number of accesses that are closed once the last day has passed. */
export interface AccessCounts {
  apiKeys: number;
  users: number;
  webhooks: number;
  messages: number;
}

export interface Ending extends Leaving, Omit<EndingInput, 'words'> {
  id: string;
  clientName: string;
  providerName: string | null;
  words: string | null;
  status: 'waiting' | 'running' | 'done' | 'called_off';
  /** The number of items in each status. */
  counts: Partial<Record<EndingItem['status'], number>>;
  items: EndingItem[];
  access: AccessCounts | null;
  recordedBy: Actor;
  createdAt: Instant;
  doneAt: Instant | null;
  /** The first day back, if the provider or client has returned since. */
  returnedOn: PlainDate | null;
}

/** Lists what an ending would do today, without doing any of it. */
export async function previewEnding(
  sql: Db,
  leaving: Leaving,
  terms: EndingTerms,
  now: Instant,
): Promise<{ items: NamedItem[]; access: AccessCounts }> {
  const today = toLocalDate(now, await readTimeZone(sql, leaving.clientId));
  const items = listLeavingItems(terms, await readLeaver(sql, leaving), today);
  return { items: await addNames(sql, items), access: await countAccess(sql, leaving) };
}

interface EndedSubject {
  endedOn: PlainDate | null;
  endingId: string | null;
}

/**
 * Records once that a provider or client leaves; the relay carries out what follows. Returns the existing ending if
 * there is one. Repeated under the same id it changes nothing.
 */
export const recordEnding = (
  sql: Sql,
  principal: Principal,
  id: string,
  { clientId, providerId }: Leaving,
  { words = null, ...input }: Omit<EndingInput, 'words'> & { words?: string | null | undefined },
): Promise<{ ending: Ending } | { existingId: string | undefined }> =>
  sql.begin(async (tx) => {
    const [client] = await tx<
      EndedSubject[]
    >`select ended_on, ending_id from clients where id = ${clientId} for no key update`;
    const [provider] = providerId
      ? await tx<EndedSubject[]>`select ended_on, ending_id from providers where id = ${providerId} for no key update`
      : [];
    const repeated = await findEnding(tx, principal, id);
    if (repeated) return { ending: repeated };
    const before = [client, provider].find((one) => one && one.endedOn !== null);
    if (before) return { existingId: before.endingId ?? undefined };
    await tx`
      insert into endings ${toRows(tx, { id, clientId, providerId, ...input, words, recordedBy: toJson(tx, buildActor(principal)) })}`;
    const ended = { endedOn: input.on, endingId: id };
    if (!providerId)
      await tx`update clients set ${tx(ended)}, version = version + 1, updated_at = now() where id = ${clientId}`;
    await tx`
      update providers set ${tx(ended)}, version = version + 1, updated_at = now()
      where ended_on is null and ${providerId ? tx`id = ${providerId}` : tx`client_id = ${clientId}`}`;
    // an open termination asks for fewer prerequisites once its provider leaves
    await announceFacts(tx, 'provider file changed', tx`select id from providers where ending_id = ${id}`);
    await recordAudit(tx, principal, {
      action: providerId ? 'provider.end' : 'client.end',
      subjectType: providerId ? 'provider' : 'client',
      subjectId: providerId ?? clientId,
      clientId,
      detail: { ...input, endingId: id },
    });
    const { on, applications, terminate } = input;
    const today = toLocalDate(readClock(), await readTimeZone(tx, clientId));
    await planItems(tx, { id, clientId, providerId, on, applications, terminate }, today);
    await announceFact(tx, 'ending changed', id);
    return { ending: (await findEnding(tx, principal, id))! };
  });

const selectEndings = (sql: Db, principal: Principal): Fragment => sql`
  select e.id, e.client_id, c.name as client_name, e.provider_id, p.full_name as provider_name,
    e."on", e.reason, e.words, e.applications, e.terminate, e.source, e.reference, e.recorded_by, e.created_at,
    e.access, e.done_at,
    (select r."on" from returns r
      where r.ending_id = e.id and r.provider_id is not distinct from e.provider_id) as returned_on,
    coalesce((select jsonb_object_agg(s.status, s.count) from (
      select status, count(*) from ending_items i where i.ending_id = e.id group by status) s), '{}') as counts,
    case
      when e.done_at is not null then case when e.access is null then 'called_off' else 'done' end
      when e.access is null and not exists (
        select from ending_items i
        where i.ending_id = e.id and (i.status = 'queued' or (i.status = 'waiting' and i."when" = 'now'))) then 'waiting'
      else 'running' end as status
  from endings e join clients c on c.id = e.client_id left join providers p on p.id = e.provider_id
  where ${isInScope(sql, principal, 'e.client_id')}`;

export async function findEnding(sql: Db, principal: Principal, id: string): Promise<Ending | null> {
  const [ending] = await sql<Omit<Ending, 'items'>[]>`${selectEndings(sql, principal)} and e.id = ${id}`;
  if (!ending) return null;
  const rows = await sql<KeptItem[]>`
    select i.action, i.subject_id, i.because, i."when", i.notice, i.status, i.settled_at,
      case when t.id is null then i.result else i.result || jsonb_build_object('stage', t.stage) end as result
    from ending_items i left join applications t on t.id = (i.result->>'applicationId')::uuid
    where i.ending_id = ${id} order by i.position`;
  const items = await addNames(
    sql,
    rows.map(({ notice, ...item }) => ({ ...item, ...notice })),
  );
  return { ...ending, items };
}

/** Lists endings in order of recording, without their items; `open`: those with something left to do. */
export const listEndings = (
  sql: Db,
  principal: Principal,
  { clientId, providerId, open }: EndingFilter,
  request: PageRequest,
): Promise<Page<Omit<Ending, 'items'>>> =>
  readPage(
    sql,
    sql`${selectEndings(sql, principal)}
      ${clientId ? sql`and e.client_id = ${clientId}` : sql``}
      ${providerId ? sql`and e.provider_id = ${providerId}` : sql``}
      ${open === undefined ? sql`` : sql`and (e.done_at is null) = ${open}`}`,
    request,
  );

export interface EndingFilter {
  clientId?: string | undefined;
  providerId?: string | undefined;
  open?: boolean | undefined;
}

type KeptItem = Omit<EndingItem, keyof NamedItem> &
  Pick<LeavingItem, 'action' | 'subjectId' | 'because' | 'when'> & {
    notice: Pick<LeavingItem, 'noticeDays' | 'noticeBy' | 'lastDay'> | null;
  };

interface EndingRow extends Leaving, EndingTerms {
  id: string;
  timeZone: string;
  access: AccessCounts | null;
}

/**
 * Takes the step of an ending: plans what there is to do, also what has arisen since, gives the relay what is due, and
 * closes access once the last day has passed. Returns when that is; done when nothing is left.
 */
export async function advanceEnding(tx: Tx, endingId: string, now: Instant): Promise<{ next: Instant | null }> {
  const [ending] = await tx<EndingRow[]>`
    select e.id, e.client_id, e.provider_id, e."on", e.applications, e.terminate, e.access, c.time_zone
    from endings e join clients c on c.id = e.client_id
    where e.id = ${endingId} and e.done_at is null for no key update of e`;
  if (!ending) return { next: null };
  const { id, clientId, timeZone } = ending;
  const over = startOfDay(addDays(ending.on, 1), timeZone);
  const isOver = over <= now;
  await planItems(tx, ending, toLocalDate(now, timeZone));
  const due = await tx<{ id: string }[]>`
    update ending_items set status = 'queued'
    where ending_id = ${id} and status = 'waiting' ${isOver ? tx`` : tx`and "when" = 'now'`} returning id`;
  const dueIds = due.map((item) => item.id);
  if (due.length > 0) await announceFacts(tx, 'ending item due', tx`select unnest(${dueIds}::uuid[])`);
  if (!isOver) return { next: over };
  if (ending.access === null) await closeAccess(tx, ending);
  const [left] = await tx`select from ending_items where ending_id = ${id} and status in ('waiting', 'queued') limit 1`;
  if (left) return { next: null };
  await tx`update endings set done_at = ${now} where id = ${id}`;
  await recordAudit(tx, RETENTION, { action: 'ending.complete', subjectType: 'ending', subjectId: id, clientId });
  await announceFacts(
    tx,
    'keeping of secrets changed',
    ending.providerId
      ? tx`select ${ending.providerId}::uuid`
      : tx`
      select ${clientId}::uuid union all select id from providers where client_id = ${clientId}`,
  );
  return { next: null };
}

async function planItems(tx: Tx, ending: Omit<EndingRow, 'timeZone' | 'access'>, today: PlainDate): Promise<void> {
  const known = await tx<{ id: string; subjectId: string }[]>`
    select id, subject_id from ending_items where ending_id = ${ending.id}`;
  // work that the ending itself does, and the terminations that it opened, are not kept
  const ours = new Set(known.flatMap(({ id, subjectId }) => [id, subjectId]));
  const items = listLeavingItems(ending, await readLeaver(tx, ending), today).filter(
    ({ action, subjectId }) => action !== 'keep' || !ours.has(subjectId),
  );
  if (items.length === 0) return;
  const rows = items.map(({ action, subjectId, because, when, noticeDays, noticeBy, lastDay }) => ({
    endingId: ending.id,
    clientId: ending.clientId,
    action,
    subjectId,
    because,
    when,
    notice: noticeBy ? toJson(tx, { ...(noticeDays !== undefined && { noticeDays }), noticeBy, lastDay }) : null,
    status: action === 'keep' ? 'done' : 'waiting',
  }));
  await tx`
    insert into ending_items ${toRows(tx, rows)} on conflict (ending_id, action, subject_id) do nothing`;
}

/** An item to do, with the ending's terms. */
export interface DueItem {
  id: string;
  endingId: string;
  clientId: string;
  action: LeavingAction;
  because: LeavingCause;
  subjectId: string;
  notice: { noticeDays?: number; noticeBy: PlainDate; lastDay: PlainDate } | null;
  on: PlainDate;
  reason: EndingReason;
  source: FactSource;
  reference: string;
  recordedBy: Actor;
}

/** Finds an item that is to be done; null if it was done. */
export async function findDueItem(sql: Db, id: string): Promise<DueItem | null> {
  const [item] = await sql<DueItem[]>`
    select i.id, i.ending_id, i.client_id, i.action, i.because, i.subject_id, i.notice, e."on", e.reason, e.source,
      e.reference, e.recorded_by
    from ending_items i join endings e on e.id = i.ending_id where i.id = ${id} and i.status = 'queued'`;
  return item ?? null;
}

/** Records the result of an item, and announces it to its ending. */
export const settleItem = (
  sql: Sql,
  { id, endingId }: Pick<DueItem, 'id' | 'endingId'>,
  status: 'done' | 'refused',
  result: EndingItem['result'],
): Promise<void> =>
  sql.begin(async (tx) => {
    // one after the other: the last of them sees that it is
    await tx`select from endings where id = ${endingId} for no key update`;
    const settled = await tx`
      update ending_items set status = ${status}, result = ${result && toJson(tx, result)}, settled_at = now()
      where id = ${id} and status = 'queued' returning id`;
    if (settled.length === 0) return;
    const [left] = await tx`select from ending_items where ending_id = ${endingId} and status = 'queued' limit 1`;
    if (!left) await announceFact(tx, 'ending changed', endingId);
  });

async function readTimeZone(sql: Db, clientId: string): Promise<string> {
  const [client] = await sql<{ timeZone: string }[]>`select time_zone from clients where id = ${clientId}`;
  return client!.timeZone;
}

/** Reads the applications and agreements of the leaving provider or client that are still under way. */
async function readLeaver(sql: Db, { clientId, providerId }: Leaving): Promise<Leaver> {
  const applications = await sql<LeavingApplication[]>`
    select a.id, a.open, c.body->'value' as contract, jsonb_build_object('providerId', a.provider_id,
        'practiceId', a.practice_id, 'payerId', a.payer_id, 'state', a.state, 'lineOfBusiness', a.line_of_business,
        'kind', a.kind, 'locationId', a.location_id) as key,
      exists (
        select from applications t
        where t.open and t.kind = 'termination' and t.id <> a.id and t.provider_id = a.provider_id
          and ${isSameAgreement(sql, 't', 'a')} and t.location_id is not distinct from a.location_id) as terminating,
      (select (k.body->>'termNoticeDays')::int
        from events e join commands k on k.id = e.id
        where e.kind = 'contract' and e.struck_by is null and k.body ? 'termNoticeDays'
          and (e.application_id = a.id or e.application_id = (
            select (g.contract->>'applicationId')::uuid from agreements g
            where ${isSameAgreement(sql, 'g', 'a')} and g.ended_on is null
            order by g.created_at desc limit 1))
        order by e.at desc limit 1) as notice_days
    from applications a
    left join network_spans s on s.application_id = a.id and s.known_to is null
    left join lateral (
      select case when s.facts->'contract'->>'status' = 'confirmed' then
        jsonb_build_object('value', s.facts->'contract'->'value') end as body) c on true
    where a.client_id = ${clientId} ${providerId ? sql`and a.provider_id = ${providerId}` : sql``}
      and (a.open or (a.stage = 'confirmed' and s.id is not null and s.effective_to is null))
    order by a.created_at, a.id`;
  const agreements = providerId
    ? []
    : await sql<LeavingAgreement[]>`
        select id, practice_id, payer_id, state, line_of_business from agreements
        where client_id = ${clientId} and ended_on is null order by created_at, id`;
  const platformRelationships = await sql<{ id: string }[]>`
    select id from platform_relationships
    where client_id = ${clientId} and ended_on is null ${providerId ? sql`and provider_id = ${providerId}` : sql``}
    order by created_at, id`;
  return { applications, agreements, platformRelationships };
}

/** Adds to items who and what they are about. */
async function addNames<T extends { subjectId: string }>(
  sql: Db,
  items: readonly T[],
): Promise<(T & Omit<NamedItem, keyof LeavingItem>)[]> {
  const ids = items.map(({ subjectId }) => subjectId);
  type About = Omit<NamedItem, keyof LeavingItem> & { id: string };
  const abouts = await sql<About[]>`
    select s.*, p.full_name as provider_name, pr.legal_name as practice_name, y.name as payer_name
    from (
      select id, provider_id, practice_id, payer_id, state, line_of_business, null as platform from applications
      union all
      select id, null, practice_id, payer_id, state, line_of_business, null from agreements
      union all
      select id, provider_id, null, null, null, null, platform from platform_relationships) s
    left join providers p on p.id = s.provider_id left join practices pr on pr.id = s.practice_id
    left join payers y on y.id = s.payer_id
    where s.id = any(${ids}::uuid[])`;
  const byId = new Map(abouts.map(({ id, ...about }) => [id, about]));
  return items.map((item) => ({ ...item, ...byId.get(item.subjectId)! }));
}

/** Selects the keys, users, webhooks and mail that reach only the leaving provider or client. */
function selectAccess(sql: Db, { clientId, providerId }: Leaving): Record<keyof AccessCounts, Fragment> {
  const only = providerId ? sql`false` : sql`client_ids <@ ${[clientId]}::uuid[] and cardinality(client_ids) > 0`;
  const theirs = providerId
    ? sql`(recipient_id = ${providerId} or recipient_id in (
        select id from platform_relationships where provider_id = ${providerId}))`
    : sql`client_id = ${clientId} and recipient_type in ('provider', 'client', 'platform')`;
  return {
    apiKeys: sql`api_keys where ${only} and revoked_at is null`,
    users: sql`users where ${only} and revoked_at is null`,
    webhooks: sql`webhook_endpoints where ${only} and ended_at is null`,
    // reminders are taken back by their upkeep, so that they are given again to who returns
    messages: sql`messages where ${theirs} and template <> ${UPKEEP_REMINDER} and status = 'queued'`,
  };
}

async function countAccess(sql: Db, leaving: Leaving): Promise<AccessCounts> {
  const { apiKeys, users, webhooks, messages } = selectAccess(sql, leaving);
  const [counts] = await sql<AccessCounts[]>`
    select (select count(*) from ${apiKeys}) as api_keys, (select count(*) from ${users}) as users,
      (select count(*) from ${webhooks}) as webhooks, (select count(*) from ${messages}) as messages`;
  return counts!;
}

/** Revokes access that was theirs alone, stops their mail, and has upkeep check whether another client has the person. */
async function closeAccess(tx: Tx, ending: EndingRow): Promise<void> {
  const { id, clientId, providerId } = ending;
  const access = await countAccess(tx, ending);
  const those = selectAccess(tx, ending);
  const selectIds = (table: Fragment) => tx`(select id from ${table})`;
  await tx`update api_keys set revoked_at = now() where id in ${selectIds(those.apiKeys)}`;
  const users = await tx<{ id: string }[]>`select id from ${those.users}`;
  await shutOutUsers(
    tx,
    users.map((user) => user.id),
    { endingId: id },
  );
  await endEndpoints(tx, tx`select id from ${those.webhooks}`);
  await tx`update messages set status = 'settled' where id in ${selectIds(those.messages)}`;
  const providers = tx`
    (select id from providers where ${providerId ? tx`id = ${providerId}` : tx`client_id = ${clientId}`})`;
  await tx`
    update tasks set closed_at = now()
    where kind = 'registry_mismatch' and closed_at is null and subject_id in ${providers}`;
  // their upkeep takes back what waits
  await announceFacts(tx, 'provider file changed', tx`select id from providers where id in ${providers}`);
  await tx`update endings set access = ${toJson(tx, access)} where id = ${id}`;
}
