import { STAFF_ROLES, type Role } from '../../domain/kernel/codes';
import type { EventKind } from '../../domain/applications/events';
import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment } from '../../runtime/database';
import { createSystemActor, type Actor, type Principal } from '../kernel/principal';
import { selectStanding, type MessageStanding } from '../outreach/messages';
import { buildMessageKey, MESSAGE_ROLES, type MessageRole } from './outreach-due';

/**
 * An entry as it was made: one that comes from a command has the command's fields, one that followed from another has
 * its own.
 */
export interface TimelineEntry extends Record<string, unknown> {
  id: string;
  at: Instant;
  kind: EventKind;
  actor: Actor;
  /** The entry that this one followed from. */
  causeId?: string;
  struck?: { byId: string; reason: string };
  /** The messages that were written because of it, and whether they have left. */
  messages?: (MessageStanding & { to: MessageRole })[];
  /** Only for a correction: how many readiness answers were yes because of the struck entry, and the latest of them. */
  answers?: { count: number; latest: { at: Instant; question: object }[] };
}

interface Row {
  id: string;
  seq: number;
  at: Instant;
  kind: EventKind;
  causeId: string | null;
  data: Record<string, unknown>;
  actor: Actor | null;
  body: Record<string, unknown> | null;
  own: boolean;
  struckBy: string | null;
  reason: string | null;
  answers: TimelineEntry['answers'] | null;
}

/** The number of answers that are listed among those that rested on a struck entry. */
const LATEST = 100;

const selectRfc3339 = (sql: Db, at: Fragment): Fragment =>
  sql`to_char(${at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const isStaff = (role: Role): boolean => STAFF_ROLES.includes(role);

/** Lists the messages of an entry and their recipients; only staff see the operator's own users. */
async function listMessages(
  sql: Db,
  applicationId: string,
  rows: readonly Row[],
  forStaff: boolean,
): Promise<Map<string, NonNullable<TimelineEntry['messages']>>> {
  const to = MESSAGE_ROLES.filter((one) => forStaff || !['assignee', 'lead'].includes(one));
  const keys = rows.flatMap(({ id, kind, data }) => {
    const key = buildMessageKey(applicationId, { id, kind, data } as Parameters<typeof buildMessageKey>[1]);
    return to.map((one) => ({ entryId: id, to: one, key: `${key}/${one}` }));
  });
  const found = await sql<(MessageStanding & { key: string })[]>`
    select m.key, ${selectStanding(sql)} from messages m left join mail_batches b on b.id = m.batch_id
    where m.application_id = ${applicationId} and m.key = any(${keys.map(({ key }) => key)}::text[])`;
  const standings = new Map(found.map(({ key, ...standing }) => [key, standing]));
  const messages = new Map<string, NonNullable<TimelineEntry['messages']>>();
  for (const { entryId, to: one, key } of keys) {
    const standing = standings.get(key);
    if (standing) messages.set(entryId, [...(messages.get(entryId) ?? []), { to: one, ...standing }]);
  }
  return messages;
}

const SYSTEM = createSystemActor('workflow');

/** Lists one page of an application's timeline, with the state of the messages that its entries wrote. */
export async function listTimelineWithMessages(
  ...asked: Parameters<typeof listTimeline>
): ReturnType<typeof listTimeline> {
  const [sql, { role }, applicationId] = asked;
  const { items, next, rows } = await readTimeline(...asked);
  const messages = await listMessages(sql, applicationId, rows, isStaff(role));
  const added = items.map((item) => (messages.has(item.id) ? { ...item, messages: messages.get(item.id)! } : item));
  return { items: added, next };
}

/** Lists one page of an application's entries in order; `after` is the number of the last one of the page before. */
export async function listTimeline(
  ...asked: Parameters<typeof readTimeline>
): Promise<{ items: TimelineEntry[]; next: number | null }> {
  const { items, next } = await readTimeline(...asked);
  return { items, next };
}

async function readTimeline(
  sql: Db,
  { role }: Principal,
  applicationId: string,
  { limit, after = 0 }: { limit: number; after?: number | undefined },
): Promise<{ items: TimelineEntry[]; next: number | null; rows: readonly Row[] }> {
  // a note among the operator's own people, and the correction of one
  const internal = sql`
    (n.kind = 'note' and n.event->'data'->>'visibility' = 'internal')`;
  const seen = !isStaff(role)
    ? sql`not exists (
          select from events n where n.application_id = e.application_id and ${internal}
            and (n.id = e.id or (e.kind = 'correction' and n.id::text = e.event->'data'->>'strikes')))`
    : sql`true`;
  const rows = await sql<Row[]>`
    select e.id, e.seq, e.at, e.kind, e.cause_id, e.event->'data' as data, c.actor, c.body, c.id = e.id as own,
      e.struck_by, s.body->>'reason' as reason,
      case when e.kind = 'correction' then (
        select jsonb_build_object('count', max(n), 'latest', coalesce(jsonb_agg(
          jsonb_build_object('at', ${selectRfc3339(sql, sql`at`)}, 'question', question) order by id desc), '[]'))
        from (
          select r.*, count(*) over () as n from readiness_answers r
          where r.may_bill and r.entry_ids && array[(e.event->'data'->>'strikes')::uuid] and r.at < e.at
          order by r.id desc limit ${LATEST}) r) end as answers
    from events e
    left join commands c on c.id = e.command_id
    left join commands s on s.id = e.struck_by
    where e.application_id = ${applicationId} and e.seq > ${after} and ${seen}
    order by e.seq limit ${limit + 1}`;
  const items = rows.slice(0, limit);
  return {
    rows: items,
    items: items.map((row) => buildTimelineEntry(row, isStaff(role))),
    next: rows.length > limit ? items.at(-1)!.seq : null,
  };
}

function buildTimelineEntry(row: Row, forStaff: boolean): TimelineEntry {
  const { id, at, kind, causeId, struckBy } = row;
  return {
    id,
    at,
    kind,
    actor: row.actor ?? SYSTEM,
    ...(causeId && { causeId }),
    ...(struckBy && { struck: { byId: struckBy, reason: row.reason ?? '' } }),
    ...(row.answers?.count && { answers: row.answers }),
    ...(row.own ? pickGiven(row, forStaff) : pickDerived(row)),
  };
}

/** Picks the command's own fields; for an opening, the kind of application gives way to the kind of entry. */
function pickGiven({ kind, body }: Row, forStaff: boolean): Record<string, unknown> {
  const { notes, givenBy: _ofTermination, ...fields } = { ...body };
  // notes that the operator's staff wrote down for themselves
  if (notes !== undefined && forStaff) fields.notes = notes;
  if (kind !== 'opened') return fields;
  const { kind: applicationKind, adopt, ...opening } = fields;
  const { notes: _, ...adopted } = { ...(adopt as Record<string, unknown> | undefined) };
  return {
    ...opening,
    applicationKind,
    ...(adopt !== undefined && { adopt: forStaff ? adopt : adopted }),
  };
}

/** Picks what an entry says beyond the command that it followed from. */
function pickDerived({ kind, data, body }: Row): Record<string, unknown> {
  const fields = { ...body, ...(body?.adopt as object | undefined) };
  return Object.fromEntries(Object.entries(SHOWN[kind]?.(data) ?? {}).filter(([name]) => !(name in fields)));
}

type ShowData = (data: Record<string, unknown>) => Record<string, unknown>;
const showAll: ShowData = (data) => data;

/** The parts worth showing of entries that no command carries. */
const SHOWN: Partial<Record<EventKind, ShowData>> = {
  stage: showAll,
  confirmation: ({ fact }) => ({ fact }),
  file: ({ reading }) => {
    const { prerequisites, attestation } = reading as Record<string, unknown>;
    return { prerequisites, attestation };
  },
  nudge: ({ at, ...data }) => ({ ...data, followUpAt: at }),
  escalation: showAll,
  deadline_passed: showAll,
  effective: showAll,
  recredentialing_due: showAll,
  recredentialing_reminder: showAll,
  recredentialing_missed: showAll,
  found_behind: showAll,
  workflow_restarted: showAll,
  replanned: showAll,
  repaired: showAll,
};
