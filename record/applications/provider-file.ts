import { selectEntryIds, selectEntriesIds, selectUnmergedId } from '../kernel/one-entry';
import type { ApplicationKey, FileReading } from '../../domain/applications/events';
import type { PlainDate } from '../../domain/time/instants';
import { computeExclusionTerms, type ExclusionWord } from '../../domain/screening/exclusions';
import type { ResolvedPlaybook } from '../../domain/registry/playbook';
import { evaluateFile, type ProviderFile } from '../../domain/applications/prerequisites';
import type { Db } from '../../runtime/database';
import {
  selectAttestedOn,
  selectExclusionWords,
  selectAllLicences,
  selectProfileAccess,
  selectRegistryLicences,
} from '../kernel/person-scope';
import { isSet, selectSetting } from '../kernel/settings';
import { selectCoveredSince } from '../billing/platform-spans';

/** Reads the file behind an application and evaluates it for a day: codes and dates only. */
export async function readFile(
  sql: Db,
  key: ApplicationKey,
  playbook: ResolvedPlaybook,
  today: PlainDate,
): Promise<FileReading> {
  return computeFileReading(await readProviderFile(sql, key), key, playbook, today);
}

/** Reads the provider's file behind an application. */
export async function readProviderFile(sql: Db, key: ApplicationKey): Promise<ProviderFile> {
  const [row] = await sql<(Omit<ProviderFile, 'exclusions'> & { exclusions: ExclusionWord[] })[]>`
    select
      jsonb_build_object('npi', pr.npi, 'hasTin', pr.tin_sealed is not null, 'address', pr.address) as practice,
      case when p.id is null then null else jsonb_build_object(
        'npi', n.npi, 'caqhId', p.caqh_id, 'malpractice', p.malpractice, 'formerMalpractice', p.former_malpractice,
        'leaves', p.ended_on is not null, 'licences', ${selectAllLicences(sql)},
        'registryLicences', ${selectRegistryLicences(sql)}) end as provider,
      coalesce((
        select jsonb_agg(jsonb_build_object('scopes', u.scopes, 'payerIds', ${selectEntriesIds(sql, sql`u.payer_ids`)}, 'signedOn', u.signed_on,
          'until', u.until, 'revokedOn', u.revoked_on))
        from authorisations u where u.provider_id = p.id), '[]'::jsonb) as authorisations,
      ${isSet(sql, 'authorisationRequired')} as authorisation_required,
      ${selectSetting(sql, 'documentRequired')} as document_required,
      ${selectCoveredSince(sql, sql`p.id`, key.payerId, key.state)} as platform_since,
      ${selectExclusionWords(sql, { personId: sql`p.person_id`, clientId: sql`p.client_id`, practiceIds: sql`array${selectEntryIds(sql, 'practices', sql`pr.id`)}` })}
        as exclusions,
      (select x.status from portal_access x
        where x.practice_id in ${selectEntryIds(sql, 'practices', sql`pr.id`)} and x.payer_ids && array${selectEntryIds(sql, 'payers', key.payerId)} and x.superseded_by is null
        order by x.status desc limit 1) as portal_access,
      coalesce((
        select jsonb_agg(jsonb_build_object('code', c.code, 'at', c.at) order by c.code)
        from (
          select subject_type || '_' || field || '_changed' as code,
            to_char(max(created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
          from file_changes where subject_id in (p.id, pr.id, ${key.practiceId}) group by subject_type, field) c), '[]'::jsonb) as changes,
      case when latest.attested_on is null then null else jsonb_build_object(
        'attestedOn', latest.attested_on,
        'authorizedPayerIds', access.authorized, 'withdrawnPayerIds', access.withdrawn) end as attestation
    from practices pr
    left join providers p on p.id = ${key.providerId}
    left join persons n on n.id = p.person_id
    left join lateral (select ${selectAttestedOn(sql)} as attested_on) latest on true
    left join lateral ${selectProfileAccess(sql)} access on true
    where pr.id = ${selectUnmergedId(sql, 'practices', key.practiceId)}`;
  if (!row) throw new Error(`no practice ${key.practiceId}`);
  return { ...row, exclusions: computeExclusionTerms(row.exclusions) };
}

/** Evaluates a file for a day: codes and dates only. */
export const computeFileReading = (
  file: ProviderFile,
  { state, payerId, kind }: ApplicationKey,
  { requires, requiresCaqh, attestationMaxDays }: ResolvedPlaybook,
  today: PlainDate,
): FileReading => evaluateFile(file, { requires, requiresCaqh, attestationMaxDays, state, payerId, kind }, today);
