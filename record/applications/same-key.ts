import type { ApplicationKey } from '../../domain/applications/events';
import type { Db, Fragment } from '../../runtime/database';
import { selectEntryIds } from '../kernel/one-entry';

/**
 * Writes the condition that an application is for this key, or for one that a merge of payers or practices made the
 * same.
 */
export const hasKey = (sql: Db, alias: string, key: ApplicationKey): Fragment => {
  const a = sql(alias);
  return sql`(
    ${a}.provider_id is not distinct from ${key.providerId}
    and ${a}.practice_id in ${selectEntryIds(sql, 'practices', key.practiceId)}
    and ${a}.payer_id in ${selectEntryIds(sql, 'payers', key.payerId)}
    and ${a}.state = ${key.state} and ${a}.line_of_business = ${key.lineOfBusiness} and ${a}.kind = ${key.kind}
    and ${a}.location_id is not distinct from ${key.locationId ?? null})`;
};

/**
 * Writes the condition that two applications, or what is kept under the same columns, have one practice, payer, state
 * and line.
 */
export const isSameAgreement = (sql: Db, one: string, other: string): Fragment => sql`(
  ${sql(one)}.practice_id in ${selectEntryIds(sql, 'practices', sql`${sql(other)}.practice_id`)}
  and ${sql(one)}.payer_id in ${selectEntryIds(sql, 'payers', sql`${sql(other)}.payer_id`)}
  and ${sql(one)}.state = ${sql(other)}.state and ${sql(one)}.line_of_business = ${sql(other)}.line_of_business)`;
