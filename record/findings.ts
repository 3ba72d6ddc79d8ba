import type { PlainDate } from '../domain/application/events';
import { findings, type CheckedFile, type Finding } from '../domain/consistency';
import type { Db } from '../runtime/database';
import { inScope, type Principal } from './principal';

export type ProviderFinding = Finding & { providerId: string };

/** Everything that doesn't fit together in the files of a client's providers, or of one of them. */
export async function findingsOf(
  sql: Db,
  principal: Principal,
  clientId: string,
  today: PlainDate,
  { providerId, practiceId }: { providerId?: string; practiceId?: string } = {},
): Promise<ProviderFinding[]> {
  const files = await sql<(CheckedFile & { providerId: string })[]>`
    select p.id as provider_id,
      jsonb_build_object('npi', n.npi, 'firstName', p.first_name, 'lastName', p.last_name,
        'taxonomyCode', p.taxonomy_code, 'malpractice', p.malpractice, 'dea', p.dea,
        'licences', coalesce((
          select jsonb_agg(jsonb_build_object('state', l.state, 'number', l.number, 'expiresOn', l.expires_on)
            order by l.state, l.number)
          from licences l where l.provider_id = p.id), '[]')) as provider,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', pr.id, 'npi', pr.npi, 'npiIsColleagues', exists (
            select from providers o join persons h on h.id = o.person_id
            where o.client_id = p.client_id and o.id <> p.id and h.npi = pr.npi), 'tinType', pr.tin_type, 'address', pr.address,
          'places', coalesce((
            select jsonb_agg(o.address order by o.position) from locations o where o.practice_id = pr.id), '[]'))
          order by pr.created_at)
        from practices pr
        where pr.id in (select a.practice_id from applications a where a.provider_id = p.id)), '[]') as practices,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', a.id, 'practiceId', a.practice_id, 'state', a.state)
          order by a.created_at, a.id)
        from applications a where a.provider_id = p.id and a.open), '[]') as applications,
      coalesce((
        select jsonb_agg(s.body || jsonb_build_object('source', s.source) order by s.source)
        from (
          select distinct on (source) source, body from registry_snapshots
          where provider_id = p.id order by source, taken_on desc, created_at desc) s), '[]') as snapshots
    from providers p join persons n on n.id = p.person_id
    where p.client_id = ${clientId} and ${inScope(sql, principal, 'p.client_id')}
      ${providerId ? sql`and p.id = ${providerId}` : sql``}
    order by p.created_at, p.id`;
  return files
    .flatMap(({ providerId: id, ...file }) => findings(file, today).map((finding) => ({ providerId: id, ...finding })))
    .filter((finding) => practiceId === undefined || finding.practiceId === practiceId);
}
