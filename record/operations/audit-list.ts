import type { Instant, PlainDate } from '../../domain/time/instants';
import type { Db } from '../../runtime/database';
import { isInScope, type Actor, type Principal } from '../kernel/principal';

/** An entry of the audit log; of its fields, whatever is secret was masked when it was written. */
export interface ListedEntry {
  number: number;
  at: Instant;
  clientId: string | null;
  actor: Actor;
  action: string;
  subjectType: string;
  subjectId: string;
  outcome: 'done' | 'refused';
  detail: object | null;
  before: object | null;
  after: object | null;
  requestId: string | null;
  callerRequestId: string | null;
  /** Null until it is linked. */
  link: { place: number; entryHash: string; hash: string } | null;
}

export interface EntryFilter {
  clientId?: string | undefined;
  /** A user, or a key that belongs to none. */
  actor?: string | undefined;
  action?: string | undefined;
  subjectType?: string | undefined;
  subject?: string | undefined;
  outcome?: 'done' | 'refused' | undefined;
  from?: PlainDate | undefined;
  until?: PlainDate | undefined;
}

/**
 * Lists the entries after one, in the order in which they were written; those of no client only for callers who see
 * every client.
 */
export const listEntries = (
  sql: Db,
  principal: Principal,
  filter: EntryFilter,
  { after, limit }: { after: number; limit: number },
): Promise<ListedEntry[]> => {
  const { clientId, actor, action, subjectType, subject, outcome, from, until } = filter;
  return sql<ListedEntry[]>`
    select e.id as number, e.at, e.client_id, e.actor, e.action, e.subject_type, e.subject_id, e.outcome, e.detail,
      e.before, e.after, e.request_id, e.caller_request_id,
      case when l.id is not null then jsonb_build_object('place', l.place, 'entryHash', encode(l.entry_hash, 'hex'),
        'hash', encode(l.hash, 'hex')) end as link
    from audit_log e left join audit_links l on l.entry_id = e.id
    where e.id > ${after} and ${isInScope(sql, principal, 'e.client_id')}
      ${clientId ? sql`and e.client_id = ${clientId}` : sql``}
      ${actor ? sql`and coalesce(e.actor->>'userId', e.actor->>'id') = ${actor}` : sql``}
      ${action ? sql`and e.action = ${action}` : sql``}
      ${subjectType ? sql`and e.subject_type = ${subjectType}` : sql``}
      ${subject ? sql`and e.subject_id = ${subject}` : sql``}
      ${outcome ? sql`and e.outcome = ${outcome}` : sql``}
      ${from ? sql`and e.at >= ${from}::date at time zone 'UTC'` : sql``}
      ${until ? sql`and e.at < ${until}::date at time zone 'UTC'` : sql``}
    order by e.id limit ${limit}`;
};

export interface ListedRoot {
  number: number;
  at: Instant;
  hash: string;
}

/** Lists the roots after one, in their order. */
export const listRoots = (sql: Db, { after, limit }: { after: number; limit: number }): Promise<ListedRoot[]> =>
  sql<ListedRoot[]>`
    select id as number, at, encode(hash, 'hex') as hash from audit_roots where id > ${after} order by id limit ${limit}`;
