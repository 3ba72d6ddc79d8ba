import type { Db, Fragment } from '../runtime/database';

// What is on record of a person belongs to the person where a registry said it, and to one client where it was stated
// under that client. Whatever reads rows about a person asks here which of them count.

/** The condition that a row counts at a client: it is no client's, and so counts with every one, or it is this one's. */
export const countsAt = (sql: Db, row: string, clientId: Fragment): Fragment =>
  sql`(${sql(row)}.client_id is null or ${sql(row)}.client_id = ${clientId})`;

/**
 * The words (domain/exclusions.ts) on a person that count at a client, and those on practices, each of which has one
 * client only; as they were known when `known` holds of the word `s`.
 */
export const exclusionWords = (
  sql: Db,
  { personId, clientId, practiceIds }: { personId: Fragment; clientId: Fragment; practiceIds: Fragment },
  known: Fragment = sql`s.known_to is null`,
): Fragment => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('exclusionId', s.exclusion_id, 'status', s.status, 'decided', s.decided,
      'excludedOn', s.excluded_on, 'reinstatedOn', s.reinstated_on) order by s.excluded_on, s.id)
    from exclusions x join exclusion_standings s on s.exclusion_id = x.id
    where (x.person_id = ${personId} and ${countsAt(sql, 's', clientId)} or x.practice_id = any(${practiceIds}))
      and ${known}), '[]'::jsonb)`;
