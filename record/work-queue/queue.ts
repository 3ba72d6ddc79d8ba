import { selectClientToday, selectDay, selectToday } from '../time/days';
import { selectEntryId, selectEntryIds } from '../kernel/one-entry';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { Stage, Purpose } from '../../domain/kernel/codes';
import { BRIDGE_QUESTIONS } from '../../domain/platforms/bridge';
import type { Playbook } from '../../domain/registry/playbook';
import { UNAUTHORISED_ASKS } from '../../domain/applications/prerequisites';
import { DEADLINE_STEPS, URGENT_DAYS_BEFORE, URGENCIES, type Urgency } from '../../domain/work-queue/ranking';
import type { Db, Fragment } from '../../runtime/database';
import { selectAct } from './acts';
import { joinCover } from '../registry/absence-covers';
import { selectLastDayThrough } from '../billing/platform-spans';
import { isInScope, type Principal } from '../kernel/principal';

/** Something for a person to do now. */
export interface WorkItem {
  applicationId: string;
  clientId: string;
  providerId: string | null;
  payerId: string;
  purpose: Purpose;
  since: Instant;
  dueAt: Instant;
  overdue: boolean;
  stage: Stage;
  attempt: number;
  assignee: string | null;
  /** The user who does the assignee's work for the time being. */
  coveredBy: string | null;
  nextFollowUpAt: Instant | null;
  /** Other applications that the same act settles. */
  alsoFor: string[];
  /** The questions and statements beside the usual ones. */
  ask: string[];
  monthlyValue: number | null;
  /** The reasons for its place, the most urgent first; empty if only money and age count. */
  why: { code: Urgency; on: PlainDate }[];
  /** While it is hidden: the day on which it is back. */
  snoozedUntil: PlainDate | null;
}

export interface QueueFilter {
  applicationId?: string | undefined;
  applicationIds?: readonly string[] | undefined;
  payerId?: string | undefined;
  clientId?: string | undefined;
  /** Includes what this user does for another for the time being, and leaves out what others do for them. */
  assignee?: string | undefined;
  unassigned?: boolean | undefined;
  team?: string | undefined;
  overdue?: boolean | undefined;
  /** Only what is hidden; left out: only what is not. */
  snoozed?: boolean | undefined;
  /** True: only what fits into each user's day; false: only what does not. Days are counted whole, so it takes no filter but by people. */
  today?: boolean | undefined;
}

/** The last item of a page. */
export type QueuePosition = [
  urgency: number,
  urgentOn: PlainDate,
  money: number,
  since: Instant,
  applicationId: string,
  purpose: string,
];

/** A row: the shown fields, and those that rank it and say whose day it is in. */
interface RankedItem extends Omit<WorkItem, 'why'> {
  urgency: number;
  urgentOn: PlainDate;
  money: number;
  /** The row, with the days of its urgencies. */
  presses: Record<string, PlainDate | null>;
}

/** Selects the client's day of each urgency; for a deadline, the day of its last moment. */
const selectUrgencyDays = (sql: Db): Record<Urgency, Fragment> => ({
  payer_deadline: sql`case when w.purpose = any(${[...DEADLINE_STEPS]}) then ${selectDay(sql, sql`(w.due_at - interval '1 millisecond')`, sql`k.time_zone`)} end`,
  statutory_date: sql`a.statutory_on`,
  overdue: sql`case when w.due_at < now() then ${selectDay(sql, sql`w.due_at`, sql`k.time_zone`)} end`,
  needed_by: sql`a.needed_by`,
});

/** Names the column of an urgency. */
const nameColumn = (code: Urgency): string => `presses_${code}`;

/** Selects a column for each urgency: its day while it is urgent, otherwise null. */
const selectPressing = (sql: Db): Fragment[] => {
  const day = selectUrgencyDays(sql);
  return URGENCIES.map(
    (code, place) => sql`${place > 0 ? sql`,` : sql``}
      case when ${day[code]} <= ${selectToday(sql, sql`k.time_zone`)} + ${URGENT_DAYS_BEFORE[code]}::int then ${day[code]} end as ${sql(nameColumn(code))}`,
  );
};

/**
 * Selects what a submission on a bridge has to say; for an application whose payer may not be contacted, the work that
 * remains.
 */
const selectAsk = (sql: Db): Fragment => sql`
  case when i.purpose = 'submit' and exists (
      select from bridges b join platform_relationships r on r.id = b.relationship_id
      where b.application_id = a.id and ${selectLastDayThrough(sql)} >= ${selectClientToday(sql, sql`a.client_id`)})
    then ${[...BRIDGE_QUESTIONS]}::text[] else '{}' end
  || case when a.snapshot->'blockers' @> '[{"code": "authorisation"}]'
    then ${[...UNAUTHORISED_ASKS]}::text[] else '{}' end`;

const rankAll = (sql: Db, principal: Principal, filter: QueueFilter): Fragment => {
  const {
    applicationId,
    applicationIds,
    payerId,
    clientId,
    assignee,
    unassigned,
    team,
    overdue,
    snoozed = false,
  } = filter;
  return sql`
    select w.application_id, (select ${selectEntryId(sql, 'y')} from payers y where y.id = a.payer_id) as payer_id, w.purpose, w.since, w.due_at, w.due_at < now() as overdue,
      cover.covered_by, s.until as snoozed_until, n.id as worker, n.capacity, ${selectAct(sql)} as act, p.*,
      coalesce(${URGENCIES.map((code, place) => sql`case when p.${sql(nameColumn(code))} is not null then ${place}::int end,`)}
        ${URGENCIES.length}::int) as urgency,
      coalesce(${URGENCIES.map((code) => sql`p.${sql(nameColumn(code))},`)} '9999-12-31') as urgent_on,
      -coalesce(a.monthly_value, 0) as money
    from work_items w
    join applications a on a.id = w.application_id
    join clients k on k.id = w.client_id
    ${joinCover(sql, sql`a.assignee`, sql`w.client_id`)}
    left join users n on n.id = coalesce(cover.covered_by, a.assignee)
    left join snoozes s on s.application_id = w.application_id and s.purpose = w.purpose and s.since = w.since
      and s.until > ${selectToday(sql, sql`k.time_zone`)}
    cross join lateral (select ${selectPressing(sql)}) p
    where ${isInScope(sql, principal, 'w.client_id')} and (s.until is not null) = ${snoozed}
      ${applicationId ? sql`and w.application_id = ${applicationId}` : sql``}
      ${applicationIds ? sql`and w.application_id = any(${[...applicationIds]}::uuid[])` : sql``}
      ${payerId ? sql`and a.payer_id in ${selectEntryIds(sql, 'payers', payerId)}` : sql``}
      ${clientId ? sql`and w.client_id = ${clientId}` : sql``}
      ${assignee ? sql`and n.id = ${assignee}` : sql``}
      ${unassigned === undefined ? sql`` : sql`and (a.assignee is null) = ${unassigned}`}
      ${team ? sql`and n.team = ${team}` : sql``}
      ${overdue === undefined ? sql`` : sql`and (w.due_at < now()) = ${overdue}`}`;
};

/** Joins items of one worker that one act settles: the most urgent one stays, with the others' applications. */
const joinActs = (sql: Db, ranked: Fragment): Fragment => sql`
  select one.*, array_remove(one.together, one.application_id) as also_for from (
    select r.*, array_agg(application_id) over act as together,
      row_number() over (partition by act, worker order by ${selectOrder(sql)}) as place
    from (${ranked}) r window act as (partition by act, worker)) one
  where one.place = 1`;

/**
 * Ranks the items that a filter selects. A user without a daily limit, and unassigned work, have room for every item.
 */
const rankItems = (sql: Db, principal: Principal, filter: QueueFilter): Fragment => {
  const all = joinActs(sql, rankAll(sql, principal, filter));
  if (filter.today === undefined) return all;
  return sql`
    select d.* from (
      select a.*, row_number() over (partition by worker order by ${selectOrder(sql)}) as turn from (${all}) a) d
    where (d.turn <= coalesce(d.capacity, d.turn)) = ${filter.today}`;
};

const selectOrder = (sql: Db): Fragment => sql`urgency, urgent_on, money, since, application_id, purpose`;

/** Selects everything that is shown, for the few that are. */
const selectShownItems = (sql: Db, ranked: Fragment, more = sql``): Fragment => sql`
  select ${more} i.application_id, i.payer_id, i.purpose, i.since, i.due_at, i.overdue, i.covered_by, i.snoozed_until,
    i.urgency, i.urgent_on, i.money, i.also_for, to_jsonb(i) as presses, a.client_id, a.provider_id, a.stage, a.assignee,
    a.next_follow_up_at, a.monthly_value, (a.snapshot->>'attempt')::int as attempt, (${selectAsk(sql)}) as ask
  from (${ranked}) i join applications a on a.id = i.application_id
  order by ${selectOrder(sql)}`;

/** Strips what only ranks an item. */
function stripRanking({ urgency: _urgency, urgentOn: _on, money: _money, presses, ...rest }: RankedItem): WorkItem {
  const why = URGENCIES.flatMap((code) => {
    const on = presses[nameColumn(code)];
    return on ? [{ code, on }] : [];
  });
  return { ...rest, why };
}

/** Lists one page of the queue: the most urgent first, then the most money, then the oldest. */
export async function listWork(
  sql: Db,
  principal: Principal,
  filter: QueueFilter,
  { limit, cursor }: { limit: number; cursor?: QueuePosition | undefined },
): Promise<{ items: WorkItem[]; next: QueuePosition | null }> {
  const after = cursor
    ? sql`where (urgency, urgent_on, money, since, application_id, purpose)
        > (${cursor[0]}::int, ${cursor[1]}::date, ${cursor[2]}::int, ${cursor[3]}::timestamptz, ${cursor[4]}::uuid, ${cursor[5]})`
    : sql``;
  const ranked = sql`
    select * from (${rankItems(sql, principal, filter)}) items ${after} order by ${selectOrder(sql)} limit ${limit + 1}`;
  const rows = await sql<RankedItem[]>`${selectShownItems(sql, ranked)}`;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  const next =
    last && ([last.urgency, last.urgentOn, last.money, last.since, last.applicationId, last.purpose] as const);
  return { items: items.map(stripRanking), next: next ? [...next] : null };
}

/** The contact details that a caller needs at hand. */
type CallingHours = Pick<
  Playbook,
  'contacts' | 'callHours' | 'callerVerification' | 'maxPerCall' | 'questions' | 'trackOrder'
>;

/** One payer's part of the queue. */
export type PayerWork = { payerId: string; name: string; count: number; items: WorkItem[] } & CallingHours;

/** Describes every way to reach a payer, those that only a state has among them, and how to talk to it. */
export function describeCalling(playbook: Playbook): CallingHours {
  const { variants = [], callHours, callerVerification, maxPerCall, questions, trackOrder } = playbook;
  const ofStates = variants.flatMap(({ state, contacts = [] }) =>
    contacts.map((contact) => ({ ...(state && { state }), ...contact })),
  );
  const contacts = playbook.contacts || ofStates.length > 0 ? [...(playbook.contacts ?? []), ...ofStates] : undefined;
  return { contacts, callHours, callerVerification, maxPerCall, questions, trackOrder };
}

/**
 * Lists the queue by payer, so that one call covers many: the payer with the most urgent item first, `limit` items for
 * each.
 */
export async function listWorkByPayer(
  sql: Db,
  principal: Principal,
  filter: QueueFilter,
  limit: number,
): Promise<PayerWork[]> {
  const ranked = sql`
    select * from (
      select items.*, count(*) over (partition by payer_id) as count,
        row_number() over (partition by payer_id order by ${selectOrder(sql)}) as position
      from (${rankItems(sql, principal, filter)}) items) grouped
    where position <= ${limit}`;
  // in the queue's order, so that the payer with the most urgent item comes first
  const rows = await sql<(RankedItem & { count: number })[]>`${selectShownItems(sql, ranked, sql`i.count::int,`)}`;
  const payers = await sql<{ id: string; name: string; playbook: Playbook }[]>`
    select y.id, y.name, b.body as playbook
    from payers y join playbooks b on b.payer_id = y.id and b.version = y.playbook_version
    where y.id = any(${rows.map(({ payerId }) => payerId)})`;
  const groups = new Map<string, PayerWork>();
  for (const { count, ...item } of rows) {
    const { payerId } = item;
    const { name, playbook } = payers.find(({ id }) => id === payerId)!;
    if (!groups.has(payerId)) groups.set(payerId, { payerId, name, ...describeCalling(playbook), count, items: [] });
    groups.get(payerId)!.items.push(stripRanking(item));
  }
  return [...groups.values()];
}

/** A user's capacity in a day, and the work there is. */
export interface Load {
  /** Null: unassigned work. */
  assignee: string | null;
  name: string | null;
  team: string | null;
  capacity: number | null;
  items: number;
  overdue: number;
  /** The number of items beyond the user's daily limit; null if no limit is set. */
  notReached: number | null;
}

/** Lists each user's work for the day, absence covers included; the most overloaded user first. */
export const listLoad = (sql: Db, principal: Principal, filter: QueueFilter): Promise<Load[]> => sql<Load[]>`
  select n.id as assignee, n.name, n.team, n.capacity, count(*)::int as items,
    (count(*) filter (where overdue))::int as overdue,
    case when n.capacity is not null then greatest(count(*)::int - n.capacity, 0) end as not_reached
  from (${rankItems(sql, principal, filter)}) items
  left join users n on n.id = items.worker
  group by n.id, n.name, n.team, n.capacity
  order by not_reached desc nulls last, items desc, n.name`;
