import { announceFacts } from './subscribers';
import type { Fact } from '../../domain/kernel/codes';
import type { Letterhead } from '../../domain/kernel/letterhead';
import type { Instant } from '../../domain/time/instants';
import { RETENTION_DEFAULTS } from '../../domain/offboarding/retention';
import { toJson, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAudit } from './audit';
import { buildActor, type Principal } from './principal';

/** The settings of an operator who has set none. */
const DEFAULT_SETTINGS = {
  /** A fact that is confirmed by phone from now on counts only after a second person has approved it. */
  phoneFactsNeedApproval: false,
  /** Nothing is submitted for a provider, and no payer is talked to, before something signed is on record. */
  authorisationRequired: false,
  /** The operator, as mail and papers name it; null: they name the credentialing team. */
  operatorName: null as string | null,
  /** These facts count only with a document whose file is stored. */
  documentRequired: [] as Fact[],
  ...RETENTION_DEFAULTS,
};
export type Settings = typeof DEFAULT_SETTINGS;

export interface SettingsVersion {
  settings: Settings;
  knownFrom: Instant;
}

/** Lists every version of the settings, the latest first: an answer about the past uses those of the past. */
export const listSettingsVersions = (sql: Db): Promise<SettingsVersion[]> =>
  sql<SettingsVersion[]>`select settings, known_from from operator_settings order by id desc`;

/** Finds the settings that held at an instant; now, if none is given. */
export const findSettings = (history: readonly SettingsVersion[], at?: Instant): Settings => ({
  ...DEFAULT_SETTINGS,
  ...history.find(({ knownFrom }) => at === undefined || Date.parse(knownFrom) <= Date.parse(at))?.settings,
});

/** Reads a yes or no of the settings that hold now. */
export const isSet = (sql: Db, name: 'authorisationRequired' | 'phoneFactsNeedApproval'): Fragment => sql`
  coalesce((select (settings->>${name}::text)::boolean from operator_settings order by id desc limit 1), ${DEFAULT_SETTINGS[name]})`;

/** Selects a setting that holds now, as JSON. */
export const selectSetting = (sql: Db, name: keyof Settings): Fragment => sql`
  coalesce((select settings->${name}::text from operator_settings order by id desc limit 1),
    ${toJson(sql, DEFAULT_SETTINGS[name])}::jsonb)`;

/** A change of settings; a setting that is left out stays. */
export type SettingsChange = { [Name in keyof Settings]?: Settings[Name] | undefined };

export const putSettings = (sql: Sql, principal: Principal, change: SettingsChange): Promise<Settings> =>
  sql.begin(async (tx) => {
    // one change after the other
    await tx`lock table operator_settings in exclusive mode`;
    const before = findSettings(await listSettingsVersions(tx));
    const settings = { ...before, ...change };
    await tx`
      insert into operator_settings (settings, set_by)
      values (${toJson(tx, settings)}, ${toJson(tx, buildActor(principal))})`;
    await recordAudit(tx, principal, {
      action: 'settings.update',
      subjectType: 'settings',
      subjectId: '-',
      detail: change,
      change: { before, after: settings },
    });
    if ('documentRequired' in change)
      await announceFacts(
        tx,
        'document demand changed',
        tx`select application_id from network_spans where known_to is null
          union select id from applications where open`,
      );
    // every open application is read anew
    if ('authorisationRequired' in change)
      await announceFacts(
        tx,
        'person file changed',
        tx`select distinct person_id from providers p
          where exists (select from applications a where a.provider_id = p.id and a.open)`,
      );
    // the settings of today decide when a departed provider or client is purged
    if (Object.keys(RETENTION_DEFAULTS).some((name) => name in change))
      await announceFacts(
        tx,
        'keeping of secrets changed',
        tx`select id from clients where ended_on is not null
          union all select id from providers where ended_on is not null`,
      );
    return settings;
  });

export async function readLetterhead(sql: Db): Promise<Letterhead> {
  const [{ operatorName: name }, logo] = [findSettings(await listSettingsVersions(sql)), await findLogo(sql)];
  return { name, logo };
}

export async function findLogo(sql: Db): Promise<Buffer | null> {
  const [row] = await sql<{ image: Buffer }[]>`select image from operator_logo`;
  return row?.image ?? null;
}

/** Puts the operator's logo in the place of the one before, or takes it away. */
export const putLogo = (sql: Sql, principal: Principal, image: Buffer | null): Promise<void> =>
  sql.begin(async (tx) => {
    if (image)
      await tx`
        insert into operator_logo (image) values (${image})
        on conflict (single) do update set image = excluded.image`;
    else await tx`delete from operator_logo`;
    await recordAudit(tx, principal, {
      action: image ? 'settings.logo' : 'settings.logo_removed',
      subjectType: 'settings',
      subjectId: '-',
    });
  });
