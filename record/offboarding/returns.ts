import { isUnmerged } from '../kernel/one-entry';
import { announceFact } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { FactSource } from '../../domain/kernel/codes';
import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import { screenProviders } from '../screening/exclusions';
import { requestLookups } from '../kernel/registry-requests';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import type { Leaving } from './endings';
import { restoreTin, type Tin } from '../registry/practices';
import { saveTerms, type Dea, type Malpractice } from '../registry/held-terms';

export interface ReturnInput {
  on: PlainDate;
  words?: string | undefined;
  source: FactSource;
  reference: string;
  /** Data that a provider has to give again once it was purged; null and none if there is nothing to give. */
  malpractice?: Malpractice | null | undefined;
  dea?: Dea[] | undefined;
  /** The same for a client; null if a practice's tax id isn't given now. */
  practices?: { id: string; tin: Tin | null }[] | undefined;
}

export interface Return extends Leaving {
  id: string;
  endingId: string;
  on: PlainDate;
  words: string | null;
  source: FactSource;
  reference: string;
  /** The providers who are back by it: the provider, or those who left with the client. */
  providerIds: string[];
  /** Those who left with the client, and whose secrets have been purged meanwhile: each comes back alone. */
  leftOutIds: string[];
  /** Open terminations that the ending began; a person withdraws those that are no longer wanted. */
  terminationIds: string[];
  recordedBy: Actor;
  createdAt: Instant;
}

/** The reason against a return: data that was purged and not given, or a state that allows none. */
export type ReturnRefusal =
  | { refused: 'not_ended' | 'client_ended' }
  | { refused: 'under_way'; endingId: string }
  | { refused: 'purged'; fields: ('malpractice' | 'dea')[]; practiceIds: string[] };

interface Row {
  endedOn: PlainDate | null;
  endingId: string | null;
  secretsPurged: boolean;
}

/**
 * Records that a departed provider or client comes back, or stays after all: the same row goes on, and takes new things
 * again. Finished items of the ending stay done; the others are called off. Repeated under the same id it changes
 * nothing.
 */
export const recordReturn = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  { clientId, providerId }: Leaving,
  input: ReturnInput,
): Promise<{ back: Return } | ReturnRefusal> =>
  sql.begin(async (tx) => {
    // not against the references of others: the step of an ending holds it and needs those
    const [client] = await tx<Row[]>`
      select ended_on, ending_id, purged ? 'secrets' as secrets_purged from clients
      where id = ${clientId} for no key update`;
    const [provider] = providerId
      ? await tx<Row[]>`
          select ended_on, ending_id, purged ? 'secrets' as secrets_purged from providers
          where id = ${providerId} for no key update`
      : [];
    const repeated = await findReturn(tx, principal, id);
    if (repeated) return { back: repeated };
    if (provider && client!.endedOn !== null) return { refused: 'client_ended' };
    const { endingId, secretsPurged } = (provider ?? client)!;
    if (endingId === null) return { refused: 'not_ended' };
    const purged = await listPurged(tx, { clientId, providerId }, secretsPurged, input);
    if (purged.fields.length + purged.practiceIds.length > 0) return { refused: 'purged', ...purged };
    if (!(await cancelEnding(tx, endingId))) return { refused: 'under_way', endingId };

    const { malpractice, dea, practices = [], words = null, ...said } = input;
    const restoredFields = providerId
      ? await saveTerms(tx, keyring, { id: providerId, clientId }, { malpractice, dea }, { changedOn: input.on })
      : {};
    const providers = await tx<{ id: string; personId: string }[]>`
      update providers
      set ${toRows(tx, { ...restoredFields, endedOn: null, endingId: null, purged: toJson(tx, {}) })}, here_since = now(),
        version = version + 1, updated_at = now()
      where ${providerId ? tx`id = ${providerId}` : tx`ending_id = ${endingId} and not purged ? 'secrets'`}
      returning id, person_id`;
    if (!providerId) await bringClientBack(tx, keyring, { clientId, endingId }, practices);
    const row = { id, clientId, providerId, endingId, ...said, words, providerIds: providers.map((one) => one.id) };
    await tx`insert into returns ${toRows(tx, { ...row, recordedBy: toJson(tx, buildActor(principal)) })}`;
    for (const { id: back, personId } of providers) await resumeWork(tx, back, personId);
    await recordAudit(tx, principal, {
      action: providerId ? 'provider.return' : 'client.return',
      subjectType: providerId ? 'provider' : 'client',
      subjectId: providerId ?? clientId,
      clientId,
      detail: { ...input, returnId: id, endingId },
    });
    return { back: (await findReturn(tx, principal, id))! };
  });

export async function findReturn(sql: Db, principal: Principal, id: string): Promise<Return | null> {
  const [back] = await sql<Return[]>`
    select r.id, r.client_id, r.provider_id, r.ending_id, r."on", r.words, r.source, r.reference, r.provider_ids,
      r.recorded_by, r.created_at, array(
        select p.id from providers p where p.ending_id = r.ending_id and r.provider_id is null order by p.created_at, p.id) as left_out_ids,
      array(
        select t.id from ending_items i join applications t on t.id = (i.result->>'applicationId')::uuid
        where i.ending_id = r.ending_id and t.open and t.provider_id = any(r.provider_ids)
        order by i.position) as termination_ids
    from returns r where r.id = ${id} and ${isInScope(sql, principal)}`;
  return back ?? null;
}

/** Lists the purged data that is not given with the return. */
async function listPurged(
  tx: Tx,
  { clientId, providerId }: Leaving,
  secretsPurged: boolean,
  { malpractice, dea, practices = [] }: ReturnInput,
): Promise<Pick<ReturnRefusal & { refused: 'purged' }, 'fields' | 'practiceIds'>> {
  if (!secretsPurged) return { fields: [], practiceIds: [] };
  if (providerId)
    return {
      fields: [...(malpractice === undefined ? (['malpractice'] as const) : []), ...(dea ? [] : (['dea'] as const))],
      practiceIds: [],
    };
  const without = await tx<{ id: string }[]>`
    select id from practices
    where client_id = ${clientId} and tin_sealed is null and ${isUnmerged(tx, 'practices')}
      and id <> all(${practices.map((one) => one.id)}::uuid[])
    order by created_at, id`;
  return { fields: [], practiceIds: without.map((one) => one.id) };
}

/** Stops an ending where it is; false if something of it is being done at the moment. */
async function cancelEnding(tx: Tx, endingId: string): Promise<boolean> {
  await tx`select from endings where id = ${endingId} for no key update`;
  const [queued] = await tx`select from ending_items where ending_id = ${endingId} and status = 'queued' limit 1`;
  if (queued) return false;
  await tx`
    update ending_items set status = 'called_off', settled_at = now()
    where ending_id = ${endingId} and status = 'waiting'`;
  await tx`update endings set done_at = now() where id = ${endingId} and done_at is null`;
  await announceFact(tx, 'ending changed', endingId);
  return true;
}

/**
 * Brings back the client itself, its tax ids as far as they are given, and the users that its ending shut out; keys and
 * webhooks are made anew.
 */
async function bringClientBack(
  tx: Tx,
  keyring: Keyring,
  { clientId, endingId }: { clientId: string; endingId: string },
  practices: readonly { id: string; tin: Tin | null }[],
): Promise<void> {
  await tx`
    update clients set ended_on = null, ending_id = null, purged = '{}', version = version + 1, updated_at = now()
    where id = ${clientId}`;
  for (const { id, tin } of practices) if (tin) await restoreTin(tx, keyring, id, tin);
  await tx`update users set revoked_at = null, ending_id = null where ending_id = ${endingId}`;
  await announceFact(tx, 'keeping of secrets changed', clientId);
}

/** Resumes the work that stopped for a person with this client. */
async function resumeWork(tx: Tx, providerId: string, personId: string): Promise<void> {
  await screenProviders(tx, [providerId]);
  await announceFact(tx, 'provider file changed', providerId);
  await requestLookups(tx, personId);
  await announceFact(tx, 'keeping of secrets changed', providerId);
}
