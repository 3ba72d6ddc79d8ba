import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import { buildActor, lockKey, type Principal } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';
import { isStillShown } from '../kernel/shown-secrets';
import { DEA_NUMBERS, openNumber, POLICY_NUMBERS, type HeldFile } from './held-terms';
import { openTin } from './practices';
import type { Provider } from './providers';

/** A secret that is shown in full, once and with a reason. */
interface Reveal {
  clientId: string;
  subjectType: 'practice' | 'provider';
  subjectId: string;
  /** A path in what is shown of the subject. */
  field: string;
  /** Null in a call, which is the reason. */
  reason: string | null;
  callId?: string;
  applicationId?: string;
}

/**
 * Records that a value is shown to the principal; `findRevealedValue` has it for a while. Repeated under the same id it changes
 * nothing.
 */
export async function recordReveal(
  tx: Tx,
  keyring: Keyring,
  principal: Principal,
  id: string,
  reveal: Reveal,
  value: string,
): Promise<void> {
  await lockKey(tx, principal);
  const { clientId, subjectType, subjectId, field, reason, callId, applicationId } = reveal;
  const row = {
    id,
    clientId,
    subjectType,
    subjectId,
    field,
    reason,
    callId: callId ?? null,
    applicationId: applicationId ?? null,
    revealedBy: toJson(tx, buildActor(principal)),
    valueSealed: sealField(keyring, 'reveal.value', id, value),
  };
  const made = await tx`insert into reveals ${toRows(tx, row)} on conflict (id) do nothing returning id`;
  if (made.length > 0)
    await recordAudit(tx, principal, {
      action: `${subjectType}.reveal`,
      subjectType,
      subjectId,
      clientId,
      detail: { field, reason, ...(callId !== undefined && { callId, applicationId }) },
    });
}

/** Finds the value that a command revealed; null once ten minutes have passed. */
export async function findRevealedValue(sql: Db, keyring: Keyring, id: string): Promise<string | null> {
  const [reveal] = await sql<{ valueSealed: string }[]>`
    select value_sealed from reveals
    where id = ${id} and value_sealed is not null and ${isStillShown(sql, sql`created_at`)}`;
  return reveal ? openField(keyring, 'reveal.value', id, reveal.valueSealed) : null;
}

/** Reads a practice's tax id; null if it was purged. */
export async function readTin(sql: Db, keyring: Keyring, practiceId: string): Promise<string | null> {
  const [practice] = await sql<{ tinSealed: string | null }[]>`
    select tin_sealed from practices where id = ${practiceId}`;
  return practice?.tinSealed ? openTin(keyring, practiceId, practice.tinSealed) : null;
}

/** Reads the number at a path of a provider, as `dea.0.number`; null if there is none. */
export function readNumber(keyring: Keyring, provider: HeldFile & Pick<Provider, 'id'>, path: string): string | null {
  const [list, place = '0'] = path.split('.');
  const { malpractice, formerMalpractice, dea, formerDea } = provider;
  const policies = { malpractice: malpractice ? [malpractice] : [], formerMalpractice };
  const registrations = { dea, formerDea };
  const policy = policies[list as keyof typeof policies]?.[list === 'malpractice' ? 0 : Number(place)];
  const registration = registrations[list as keyof typeof registrations]?.[Number(place)];
  if (policy) return openNumber(keyring, POLICY_NUMBERS, provider.id, policy) ?? null;
  return registration ? openNumber(keyring, DEA_NUMBERS, provider.id, registration)! : null;
}

/** Reveals a value outside of calls, in a transaction of its own. */
export const revealValue = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  reveal: Reveal & { reason: string },
  value: string,
): Promise<void> => sql.begin((tx) => recordReveal(tx, keyring, principal, id, reveal, value));
