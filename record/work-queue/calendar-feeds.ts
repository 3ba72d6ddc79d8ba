import { findWindowStart } from '../../domain/time/calendar';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { Purpose } from '../../domain/kernel/codes';
import { toJson, type Db, type Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { hashSecret, createSecret } from '../../runtime/secrets';
import { recordAudit } from '../kernel/audit';
import { selectAct } from './acts';
import { joinCover } from '../registry/absence-covers';
import { buildActor, isInScope, lockKey, selectCommonClients, type Principal } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { isStillShown } from '../kernel/shown-secrets';

/**
 * Makes a user's feed, whose token `findFeedToken` has for a while; a new one ends the old. A retry changes nothing.
 */
export const createFeed = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  userId: string,
  commandId: string,
): Promise<void> =>
  sql.begin(async (tx) => {
    await lockKey(tx, principal);
    const token = createSecret();
    const row = {
      userId,
      commandId,
      tokenHash: hashSecret(token),
      tokenSealed: sealField(keyring, 'calendarFeed.token', commandId, token),
      madeBy: toJson(tx, buildActor(principal)),
      clientIds: principal.clientIds,
    };
    const made = await tx`
      insert into calendar_feeds ${tx(row)}
      on conflict (user_id) do update set ${tx(row)}, created_at = now()
      where calendar_feeds.command_id <> ${commandId}
      returning user_id`;
    if (made.length > 0)
      await recordAudit(tx, principal, { action: 'user.calendar_feed', subjectType: 'user', subjectId: userId });
  });

/** Finds the token of a feed that a command just made; null once ten minutes have passed, or another took its place. */
export async function findFeedToken(sql: Db, keyring: Keyring, commandId: string): Promise<string | null> {
  const [feed] = await sql<{ tokenSealed: string }[]>`
    select token_sealed from calendar_feeds
    where command_id = ${commandId} and token_sealed is not null and ${isStillShown(sql, sql`created_at`)}`;
  return feed ? openField(keyring, 'calendarFeed.token', commandId, feed.tokenSealed) : null;
}

/** Something with a date that a user has to think of. */
export interface Appointment {
  applicationId: string;
  purpose: Purpose | 'follow_up';
  at: Instant;
  payer: string;
  state: string;
  /** Null if no provider is concerned. */
  provider: string | null;
}

/** A feed that a token opens: it shows the clients that its maker saw then and its user may see now; null is every client. */
interface CalendarFeed {
  userId: string;
  clientIds: string[] | null;
}

/** Finds the feed of a token; null where it opens none, or its user has no access any more. */
export async function findFeed(sql: Db, token: string): Promise<CalendarFeed | null> {
  const [feed] = await sql<CalendarFeed[]>`
    select f.user_id, ${selectCommonClients(sql, sql`f.client_ids`, sql`u.client_ids`)} as client_ids
    from calendar_feeds f join users u on u.id = f.user_id
    where f.token_hash = ${hashSecret(token)} and u.revoked_at is null`;
  return feed ?? null;
}

/**
 * Lists what a feed shows: the open items of its user, one for each act, by when they are due, or are back after a
 * snooze, and the follow-ups ahead.
 */
export async function listAppointments(sql: Db, feed: CalendarFeed): Promise<Appointment[]> {
  const rows = await sql<(Appointment & { snoozedUntil: PlainDate | null; timeZone: string; act: string })[]>`
    select * from (
    select distinct on (d.act) d.*, k.time_zone, y.name as payer, a.state, p.full_name as provider
    from (
      select w.application_id, w.purpose, w.due_at as at, s.until as snoozed_until, ${selectAct(sql)} as act
      from work_items w join applications a on a.id = w.application_id left join snoozes s
        on s.application_id = w.application_id and s.purpose = w.purpose and s.since = w.since
      union all
      select id, 'follow_up', next_follow_up_at, null, 'follow_up/' || id from applications
      where open and next_follow_up_at > now()) d
    join applications a on a.id = d.application_id
    join clients k on k.id = a.client_id
    join payers y on y.id = a.payer_id
    left join providers p on p.id = a.provider_id
    ${joinCover(sql, sql`a.assignee`, sql`a.client_id`)}
    where coalesce(cover.covered_by, a.assignee) = ${feed.userId} and ${isInScope(sql, feed, 'a.client_id')}
    order by d.act, d.at, d.application_id) one
    order by at, application_id, purpose limit 2000`;
  return rows.map(({ snoozedUntil, timeZone, act: _act, at, ...rest }) => {
    const back = snoozedUntil && findWindowStart(snoozedUntil, { timeZone });
    return { ...rest, at: back && back > at ? back : at };
  });
}
