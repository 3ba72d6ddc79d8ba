import { createHash } from 'node:crypto';
import type { Instant, Purpose } from '../domain/application/events';
import type { Db, Sql } from '../runtime/database';
import type { Keyring } from '../runtime/keyring';
import { audit } from './audit';
import type { Principal } from './principal';

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Makes the secret of a user's feed; a new one ends the old. A retry under the same command id makes the same. */
export const createFeed = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  userId: string,
  commandId: string,
): Promise<string> =>
  sql.begin(async (tx) => {
    const token = keyring.derive('calendar feed', commandId).toString('base64url');
    await tx`
      insert into calendar_feeds ${tx({ userId, tokenHash: hashOf(token) })}
      on conflict (user_id) do update set token_hash = excluded.token_hash, created_at = now()`;
    await audit(tx, principal, { action: 'user.calendar_feed', subjectType: 'user', subjectId: userId });
    return token;
  });

/** Something with a date that a user has to think of. */
export interface Appointment {
  applicationId: string;
  purpose: Purpose | 'follow_up';
  at: Instant;
  payer: string;
  state: string;
  /** Null where no provider is concerned. */
  provider: string | null;
}

/** What a feed's secret opens: the user's open items by when they are due, and the follow-ups ahead; null for no feed. */
export async function appointmentsOf(sql: Db, token: string): Promise<Appointment[] | null> {
  const [feed] = await sql<{ userId: string }[]>`
    select f.user_id from calendar_feeds f where f.token_hash = ${hashOf(token)}`;
  if (!feed) return null;
  return sql<Appointment[]>`
    select d.*, y.name as payer, a.state, p.first_name || ' ' || p.last_name as provider
    from (
      select application_id, purpose, due_at as at from work_items
      union all
      select id, 'follow_up', next_follow_up_at from applications
      where open and next_follow_up_at > now()) d
    join applications a on a.id = d.application_id
    join users u on u.id = ${feed.userId} and (u.client_ids is null or a.client_id = any(u.client_ids))
    join payers y on y.id = a.payer_id
    left join providers p on p.id = a.provider_id
    left join covers c on c.user_id = a.assignee and current_date between c.from_on and c.until_on
    where coalesce(c.covered_by, a.assignee) = u.id
    order by d.at, d.application_id, d.purpose limit 2000`;
}
