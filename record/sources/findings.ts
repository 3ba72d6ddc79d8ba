import { selectEntryId, selectEntryIds, selectUnmergedId, isUnmerged } from '../kernel/one-entry';
import type { PlainDate } from '../../domain/time/instants';
import {
  listProviderFindings,
  listPracticeFindings,
  type CheckedFile,
  type CheckedPractice,
  type Finding,
} from '../../domain/sources/findings';
import type { Db, Fragment } from '../../runtime/database';
import { selectCurrentLicences, selectLatestSnapshots, selectRegistryStatement } from '../kernel/person-scope';
import { isInScope, type Principal } from '../kernel/principal';

/** A finding; without a provider in the file of a practice that none applies for. */
export type FiledFinding = Finding & { providerId: string | null };

/**
 * Lists everything that doesn't fit together in the files of a client's providers and practices, or of one provider.
 */
export async function listFindings(
  sql: Db,
  principal: Principal,
  clientId: string,
  today: PlainDate,
  { providerId }: { providerId?: string } = {},
): Promise<FiledFinding[]> {
  const [files, practices] = await Promise.all([
    readFiles(sql, principal, clientId, providerId),
    providerId ? [] : readPracticesAlone(sql, principal, clientId),
  ]);
  const labelFindings = (id: string | null, found: Finding[]) =>
    found.map((finding) => ({ providerId: id, ...finding }));
  return [
    ...files.flatMap(({ providerId: id, ...file }) => labelFindings(id, listProviderFindings(file, today))),
    ...practices.flatMap(({ applicationIds, practice }) =>
      labelFindings(null, listPracticeFindings(practice, applicationIds, today)),
    ),
  ];
}

const readFiles = (
  sql: Db,
  principal: Principal,
  clientId: string,
  providerId: string | undefined,
): Promise<(CheckedFile & { providerId: string })[]> => sql`
  select p.id as provider_id,
    jsonb_build_object('npi', n.npi, 'firstName', p.first_name, 'middleName', p.middle_name,
      'lastName', p.last_name, 'suffix', p.suffix,
      'taxonomyCode', p.taxonomy_code, 'malpractice', p.malpractice, 'dea', p.dea,
      'licences', ${selectCurrentLicences(sql)}, 'formerLicences', p.former_licences,
      'documents', ${selectExpiring(sql, sql`d.provider_id = p.id`)},
      'authorised', exists (select from authorisations u where u.provider_id = p.id),
      'npiNotInForce', exists (
        select from ${selectRegistryStatement(sql, sql`'nppes'`)} w where w.status in ('not_found', 'deactivated'))) as provider,
    coalesce((
      select jsonb_agg(${selectPracticeOnFile(sql, sql`o.id <> p.id`)} order by pr.created_at)
      from practices pr
      where pr.id in (
        select ${selectUnmergedId(sql, 'practices', sql`a.practice_id`)} from applications a where a.provider_id = p.id)), '[]') as practices,
    coalesce((
      select jsonb_agg(jsonb_build_object('id', a.id, 'practiceId', ${selectUnmergedId(sql, 'practices', sql`a.practice_id`)}, 'state', a.state)
        order by a.created_at, a.id)
      from applications a where a.provider_id = p.id and a.open), '[]') as applications,
    coalesce((
      select jsonb_agg(s.body || jsonb_build_object('source', s.source) order by s.source)
      from ${selectLatestSnapshots(sql)} s), '[]') as snapshots,
    coalesce((
      select jsonb_agg(jsonb_build_object('applicationId', a.id, 'state', a.state, 'on', s.effective_from)
        order by a.created_at, a.id)
      from network_spans s join applications a on a.id = s.application_id
      where a.provider_id = p.id and s.known_to is null and s.effective_from is not null), '[]') as effective,
    coalesce((
      select jsonb_agg(jsonb_build_object('applicationId', a.id, 'route', c.route, 'own', y.electronic_payer_ids)
        order by a.created_at, a.id)
      from network_spans s
      join applications a on a.id = s.application_id
      join payers asked on asked.id = a.payer_id
      join payers y on y.id = ${selectEntryId(sql, 'asked')}
      cross join lateral (select s.facts->'claimsRoute'->'value' as value) v
      cross join lateral (
        select coalesce((
          select g.claims_route->'value' from agreements g where g.id = (v.value->>'inheritedFrom')::uuid), v.value)
          as route) c
      where a.provider_id = p.id and s.known_to is null and c.route ? 'payerId'), '[]') as routes
  from providers p join persons n on n.id = p.person_id
  where p.client_id = ${clientId} and ${isInScope(sql, principal, 'p.client_id')}
    ${providerId ? sql`and p.id = ${providerId}` : sql``}
  order by p.created_at, p.id`;

/** Reads the practices that no provider applies for, with what is open for themselves. */
const readPracticesAlone = (
  sql: Db,
  principal: Principal,
  clientId: string,
): Promise<{ practice: CheckedPractice; applicationIds: string[] }[]> => sql`
  select ${selectPracticeOnFile(sql, sql`true`)} as practice,
    array(select a.id from applications a where a.practice_id in ${selectIdsOfPractice(sql)} and a.open order by a.created_at, a.id)
      as application_ids
  from practices pr
  where pr.client_id = ${clientId} and ${isInScope(sql, principal, 'pr.client_id')} and ${isUnmerged(sql, 'pr')}
    and not exists (select from applications a where a.practice_id in ${selectIdsOfPractice(sql)} and a.provider_id is not null)
  order by pr.created_at, pr.id`;

/**
 * Selects the data that is checked of the practice `pr`; its NPI is compared with those of its client's providers `o`.
 */
const selectPracticeOnFile = (sql: Db, meant: Fragment): Fragment => sql`
  jsonb_build_object('id', pr.id, 'npi', pr.npi, 'tinType', pr.tin_type, 'tinPrefixKnown', pr.tin_prefix_known, 'address', pr.address,
    'npiIsColleagues', exists (
      select from providers o join persons h on h.id = o.person_id
      where o.client_id = pr.client_id and h.npi = pr.npi and ${meant}),
    'places', coalesce((
      select jsonb_agg(o.address order by o.position) from locations o where o.practice_id in ${selectIdsOfPractice(sql)}), '[]'),
    'documents', ${selectExpiring(sql, sql`d.practice_id in ${selectIdsOfPractice(sql)} and d.provider_id is null`)},
    'portals', coalesce((
      select jsonb_agg(jsonb_build_object('portal', w.portal, 'owners',
          (w.second_factor_owner is not null)::int
          + (select count(*) from users u where u.id = any(w.second_factor_user_ids) and u.revoked_at is null))
        order by lower(w.portal))
      from portal_access w
      where w.practice_id in ${selectIdsOfPractice(sql)} and w.superseded_by is null and w.status = 'active'
        and (w.second_factor_owner is not null or w.second_factor_user_ids <> '{}')), '[]'))`;

/** Selects the ids of all that are one with the practice `pr`. */
const selectIdsOfPractice = (sql: Db): Fragment => selectEntryIds(sql, 'practices', sql`pr.id`);

const selectExpiring = (sql: Db, whose: Fragment): Fragment => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('kind', d.kind, 'expiresOn', d.expires_on) order by d.created_at, d.id)
    from documents d where ${whose} and d.expires_on is not null), '[]')`;
