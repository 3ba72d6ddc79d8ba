import type { Stage } from '../domain/codes';
import type { Instant, PlainDate, Purpose } from '../domain/application/events';
import { BRIDGE_ASKS } from '../domain/bridge';
import type { PayerContact, Playbook } from '../domain/playbook';
import { UNAUTHORISED_ASKS } from '../domain/prerequisites';
import { DEADLINE_STEPS, PRESSES_AHEAD, URGENCIES, type Urgency } from '../domain/ranking';
import type { Db, Fragment } from '../runtime/database';
import { lastDayThrough } from './platform-spans';
import { inScope, type Principal } from './principal';

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
  /** Who does the assignee's work for the time being. */
  coveredBy: string | null;
  nextFollowUpAt: Instant | null;
  /** What to say or ask beside the usual. */
  ask: string[];
  monthlyValue: number | null;
  /** Why it stands where it does, what presses most first; empty where only money and age count. */
  why: { code: Urgency; on: PlainDate }[];
  /** While it is hidden: the day on which it is back. */
  snoozedUntil: PlainDate | null;
}

export interface QueueFilter {
  applicationId?: string | undefined;
  payerId?: string | undefined;
  clientId?: string | undefined;
  /** Also what this user does for another for the time being, and not what others do for him. */
  assignee?: string | undefined;
  unassigned?: boolean | undefined;
  team?: string | undefined;
  overdue?: boolean | undefined;
  /** Only what is hidden; left out: only what is not. */
  snoozed?: boolean | undefined;
  /** What everybody's day has room for, or what it has no room for; needs whole days, so no filter but by people. */
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

type Ranked = WorkItem & {
  urgency: number;
  urgentOn: PlainDate;
  money: number;
  worker: string | null;
  capacity: number | null;
};

/** What presses: of each urgency its place, its date and how far ahead it counts. */
const urgencies = (sql: Db): Fragment => sql`
  (values (0, case when w.purpose = any(${[...DEADLINE_STEPS]}) then w.due_at::date end, ${PRESSES_AHEAD.payer_deadline}::int),
    (1, (a.snapshot->'agenda'->'statutory'->>'dueOn')::date, ${PRESSES_AHEAD.statutory_date}::int),
    (2, a.needed_by, ${PRESSES_AHEAD.needed_by}::int)) as u(place, day, ahead)`;

/** Of a submission on a bridge, what it has to say; of what nobody may talk to the payer about, that. */
const askOf = (sql: Db): Fragment => sql`
  case when w.purpose = 'submit' and exists (
      select from bridges b join platform_relationships r on r.id = b.relationship_id
      where b.application_id = w.application_id and ${lastDayThrough(sql, sql`a.payer_id`)} >= current_date)
    then ${[...BRIDGE_ASKS]}::text[] else '{}' end
  || case when a.snapshot->'blockers' @> '[{"code": "authorisation"}]'
    then ${[...UNAUTHORISED_ASKS]}::text[] else '{}' end`;

const selectAll = (sql: Db, principal: Principal, filter: QueueFilter): Fragment => {
  const { applicationId, payerId, clientId, assignee, unassigned, team, overdue, snoozed = false } = filter;
  return sql`
    select (${askOf(sql)}) as ask, w.application_id, w.client_id, a.provider_id, a.payer_id, w.purpose, w.since, w.due_at,
      w.due_at < now() as overdue, a.stage, (a.snapshot->>'attempt')::int as attempt, a.assignee, c.covered_by,
      a.next_follow_up_at, a.monthly_value, s.until as snoozed_until,
      coalesce(p.urgency, ${URGENCIES.length}::int) as urgency, coalesce(p.urgent_on, '9999-12-31') as urgent_on,
      -coalesce(a.monthly_value, 0) as money, coalesce(p.why, '[]') as why,
      n.id as worker, n.capacity
    from work_items w
    join applications a on a.id = w.application_id
    join clients k on k.id = w.client_id
    left join covers c on c.user_id = a.assignee and current_date between c.from_on and c.until_on
    left join users n on n.id = coalesce(c.covered_by, a.assignee)
    left join snoozes s on s.application_id = w.application_id and s.purpose = w.purpose and s.since = w.since
      and s.until > (now() at time zone k.time_zone)::date
    cross join lateral (
      select min(place) as urgency, (array_agg(day order by place))[1] as urgent_on,
        jsonb_agg(jsonb_build_object('code', (${[...URGENCIES]}::text[])[place + 1], 'on', day) order by place) as why
      from ${urgencies(sql)} where day <= current_date + ahead) p
    where ${inScope(sql, principal, 'w.client_id')} and (s.until is not null) = ${snoozed}
      ${applicationId ? sql`and w.application_id = ${applicationId}` : sql``}
      ${payerId ? sql`and a.payer_id = ${payerId}` : sql``}
      ${clientId ? sql`and w.client_id = ${clientId}` : sql``}
      ${assignee ? sql`and n.id = ${assignee}` : sql``}
      ${unassigned === undefined ? sql`` : sql`and (a.assignee is null) = ${unassigned}`}
      ${team ? sql`and n.team = ${team}` : sql``}
      ${overdue === undefined ? sql`` : sql`and (w.due_at < now()) = ${overdue}`}`;
};

/** The items that a filter asks for. Whoever has no limit, and what nobody has, has room for all. */
const selectItems = (sql: Db, principal: Principal, filter: QueueFilter): Fragment => {
  const all = selectAll(sql, principal, filter);
  if (filter.today === undefined) return all;
  return sql`
    select d.* from (
      select a.*, row_number() over (partition by worker order by ${ORDER(sql)}) as turn from (${all}) a) d
    where (d.turn <= coalesce(d.capacity, d.turn)) = ${filter.today}`;
};

const ORDER = (sql: Db): Fragment => sql`urgency, urgent_on, money, since, application_id, purpose`;

/** Without what only ranks it. */
function shown(ranked: Ranked & { turn?: number }): WorkItem {
  const { urgency: _urgency, urgentOn: _on, money: _money, worker: _worker, capacity: _capacity, ...rest } = ranked;
  const { turn: _turn, ...item } = rest;
  return item;
}

/** One page of the queue: what presses most first, then the most money, then the oldest. */
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
  const rows = await sql<Ranked[]>`
    select * from (${selectItems(sql, principal, filter)}) items ${after} order by ${ORDER(sql)} limit ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  const next =
    last && ([last.urgency, last.urgentOn, last.money, last.since, last.applicationId, last.purpose] as const);
  return { items: items.map(shown), next: next ? [...next] : null };
}

/** One payer's part of the queue, with what a caller needs at hand. */
export type PayerWork = { payerId: string; name: string; count: number; items: WorkItem[] } & Pick<
  Playbook,
  'contacts' | 'callHours' | 'callerVerification' | 'maxPerCall' | 'questions' | 'trackOrder'
>;

/** Every way to reach a payer, those that only a state has among them. */
function contactsOf({ contacts, variants = [] }: Playbook): PayerContact[] | undefined {
  const own = variants.flatMap(({ state, contacts: ofVariant = [] }) =>
    ofVariant.map((contact) => ({ ...(state && { state }), ...contact })),
  );
  return contacts || own.length > 0 ? [...(contacts ?? []), ...own] : undefined;
}

/** The queue by payer, so that one call covers many: the payer with what presses most first, of each `limit` items. */
export async function listWorkByPayer(
  sql: Db,
  principal: Principal,
  filter: QueueFilter,
  limit: number,
): Promise<PayerWork[]> {
  const rows = await sql<
    (Ranked & { count: number; place: number; position: number; name: string; playbook: Playbook })[]
  >`
    select grouped.*, y.name, b.body as playbook
    from (
      select ranked.*, count(*) over (partition by payer_id) as count, min(place) over (partition by payer_id) as first,
        row_number() over (partition by payer_id order by place) as position
      from (
        select items.*, row_number() over (order by ${ORDER(sql)}) as place
        from (${selectItems(sql, principal, filter)}) items) ranked) grouped
    join payers y on y.id = grouped.payer_id
    join playbooks b on b.payer_id = y.id and b.version = y.playbook_version
    where position <= ${limit}
    order by first, position`;
  const payers = new Map<string, PayerWork>();
  for (const { count, name, playbook, position: _, place: _place, ...item } of rows) {
    const { payerId } = item;
    const { callHours, callerVerification, maxPerCall, questions, trackOrder } = playbook;
    const calling = {
      contacts: contactsOf(playbook),
      callHours,
      callerVerification,
      maxPerCall,
      questions,
      trackOrder,
    };
    const fresh = { payerId, name, ...calling, count, items: [] };
    if (!payers.has(payerId)) payers.set(payerId, fresh);
    const { first: _first, ...own } = item as typeof item & { first: number };
    payers.get(payerId)!.items.push(shown(own));
  }
  return [...payers.values()];
}

/** What a user can do in a day, and what there is. */
export interface Load {
  /** Null: what nobody has. */
  assignee: string | null;
  name: string | null;
  team: string | null;
  capacity: number | null;
  items: number;
  overdue: number;
  /** What the day has no room for; null where nobody said how much that is. */
  notReached: number | null;
}

/** Everybody's day, whoever does the work for the time being: who has more than can be reached is first. */
export const loadOf = (sql: Db, principal: Principal, filter: QueueFilter): Promise<Load[]> => sql<Load[]>`
  select n.id as assignee, n.name, n.team, n.capacity, count(*)::int as items,
    (count(*) filter (where overdue))::int as overdue, 
    case when n.capacity is not null then greatest(count(*)::int - n.capacity, 0) end as not_reached
  from (${selectItems(sql, principal, filter)}) items
  left join users n on n.id = coalesce(items.covered_by, items.assignee)
  group by n.id, n.name, n.team, n.capacity
  order by not_reached desc nulls last, items desc, n.name`;
