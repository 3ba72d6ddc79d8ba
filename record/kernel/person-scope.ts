import { selectDay } from '../time/days';
import { selectEntriesIds } from './one-entry';
import type { Db, Fragment } from '../../runtime/database';

// A row about a person belongs to the person if a registry stated it, and to one client if that client stated
// it. Every query that reads such rows uses these conditions to select those that count.

/**
 * Writes the condition that a row counts at a client: it is no client's, and so counts with every one, or it is this
 * one's.
 */
export const isCountedAt = (sql: Db, row: string, clientId: Fragment): Fragment =>
  sql`(${sql(row)}.client_id is null or ${sql(row)}.client_id = ${clientId})`;

/** Writes the condition that an instant is before the person of the provider `p` left that client, if they did. */
const isWhileWithClient = (sql: Db, at: Fragment): Fragment => sql`
  (p.ended_on is null
    or ${at} < (p.ended_on + 1)::timestamp at time zone (select c.time_zone from clients c where c.id = p.client_id))`;

/** Writes the condition that the person of the provider `p` has not left that client. */
export const isWithClient = (sql: Db): Fragment => isWhileWithClient(sql, sql`now()`);

/**
 * Writes the condition that a row counts for the provider `p`: its client's statements and what registries stated, but
 * nothing from after the person left that client.
 */
export const isCountedFor = (sql: Db, row: string, saidAt: string): Fragment => sql`
  (${sql(row)}.client_id = p.client_id
    or ${sql(row)}.client_id is null and ${isWhileWithClient(sql, sql`${sql(row)}.${sql(saidAt)}`)})`;

/**
 * Selects the day of the latest attestation that counts for the provider `p`, among those `a` for which `which` holds.
 */
export const selectAttestedOn = (sql: Db, which: Fragment = sql`true`): Fragment => sql`
  (select max(a.attested_on) from attestations a
    where a.person_id = p.person_id and ${isCountedFor(sql, 'a', 'recorded_at')} and ${which})`;

/**
 * Selects a service's latest statement that counts for the provider `p`: its own answer, which is of the day on which
 * it came, or a CAQH export that the client gave, which is of the day that it names.
 */
export const selectRegistryStatement = (sql: Db, service: Fragment): Fragment => sql`
  (select w.status, w.said, w.checked_at, w.said_at
    from (
      select r.status, r.said, r.checked_at, r.said_at from registry_records r
      where r.service = ${service} and r.person_id = p.person_id and r.status is not null
        and ${isWhileWithClient(sql, sql`r.said_at`)}
      union all
      select t.status, t.said, t.checked_at, t.said_at from caqh_statements t
      where ${service} = 'caqh' and t.person_id = p.person_id and t.client_id = p.client_id) w
    order by
      case when w.said ? 'pull' then ${selectDay(sql, sql`w.said_at`, 'UTC')} else (w.said->>'statusOn')::date end
        desc nulls last,
      w.said_at desc nulls last limit 1)`;

/**
 * Selects the latest answers of CAQH and NPPES about the person of the provider `p`: of each source, as far as it
 * counts there.
 */
export const selectLatestSnapshots = (sql: Db): Fragment => sql`
  (select distinct on (s.source) s.source, s.taken_on, s.body from registry_snapshots s
    where (s.provider_id = p.id or s.person_id = p.person_id) and ${isCountedFor(sql, 's', 'created_at')}
    order by s.source, s.taken_on desc, s.created_at desc)`;

/** Selects the licences that the provider `p` has on file now. */
export const selectCurrentLicences = (sql: Db): Fragment => sql`
  coalesce((
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('state', l.state, 'number', l.number, 'issuedOn', l.issued_on,
      'startsOn', l.starts_on, 'expiresOn', l.expires_on)) order by l.state, l.number)
    from licences l where l.provider_id = p.id), '[]'::jsonb)`;

/** Selects the same with those before them, one of which may still hold. */
export const selectAllLicences = (sql: Db): Fragment => sql`(${selectCurrentLicences(sql)} || p.former_licences)`;

/**
 * Selects which payers may see the CAQH profile of the provider `p`, as far as that is on record, for `lateral`:
 * `authorized` is null if no list is, and `withdrawn` has those from whom it was taken back. A list adds to those
 * before it; everything from before CAQH itself said that the provider authorises nobody is over.
 */
export const selectProfileAccess = (sql: Db): Fragment => sql`
  (with caqh as (
      select w.said_at from ${selectRegistryStatement(sql, sql`'caqh'`)} w where w.status = 'not_authorised'),
    lists as (
      select a.authorized_payer_ids as payer_ids, a.attested_on as "on", a.recorded_at from attestations a
      where a.person_id = p.person_id and ${isCountedFor(sql, 'a', 'recorded_at')} and a.authorized_payer_ids is not null
        and a.recorded_at > coalesce((select said_at from caqh), '-infinity')),
    acts as (
      select unnest(${selectEntriesIds(sql, sql`l.payer_ids`)}) as payer_id, true as may_see, l."on", l.recorded_at from lists l
      union all
      select unnest(${selectEntriesIds(sql, sql`d.payer_ids`)}), false, d.withdrawn_on, d.recorded_at from access_withdrawals d
      where d.person_id = p.person_id and ${isCountedFor(sql, 'd', 'recorded_at')}),
    latest as (
      select distinct on (payer_id) payer_id, may_see from acts order by payer_id, "on" desc, recorded_at desc)
  select
    case when exists (select from lists) or exists (select from caqh)
      then coalesce(jsonb_agg(payer_id) filter (where may_see), '[]'::jsonb) end as authorized,
    coalesce(jsonb_agg(payer_id) filter (where not may_see), '[]'::jsonb) as withdrawn
  from latest)`;

/**
 * Selects the licences that NPPES knows of the person of the provider `p`, by the latest answer for which `which`
 * holds.
 */
export const selectRegistryLicences = (sql: Db, which: Fragment = sql`true`): Fragment => sql`
  coalesce((
    select s.body->'licences' from registry_snapshots s
    where s.person_id = p.person_id and s.source = 'nppes' and ${isCountedFor(sql, 's', 'created_at')} and ${which}
    order by s.taken_on desc, s.created_at desc limit 1), '[]'::jsonb)`;

/**
 * Selects the statements (domain/screening/exclusions.ts) on a person that count at a client, and those on practices,
 * each of which has one client only; as they were known when `known` holds of the statement `s`.
 */
export const selectExclusionWords = (
  sql: Db,
  { personId, clientId, practiceIds }: { personId: Fragment; clientId: Fragment; practiceIds: Fragment },
  known: Fragment = sql`s.known_to is null`,
): Fragment => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('exclusionId', s.exclusion_id, 'status', s.status, 'decided', s.decided,
      'excludedOn', s.excluded_on, 'reinstatedOn', s.reinstated_on) order by s.excluded_on, s.id)
    from exclusions x join exclusion_standings s on s.exclusion_id = x.id
    where (x.person_id = ${personId} and ${isCountedAt(sql, 's', clientId)} or x.practice_id = any(${practiceIds}))
      and ${known}), '[]'::jsonb)`;
