import { announceFact, announceFacts } from '../kernel/subscribers';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { toLocalDate, startOfDay } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import {
  AUDIT_LEAST_YEARS,
  computeFilePurgeDay,
  computePurgeDay,
  type RetainedKind,
  type RetentionSettings,
} from '../../domain/offboarding/retention';
import { readClock } from '../../runtime/clock';
import { toJson, type Db, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, createSystemPrincipal, isInScope, type Actor, type Principal } from '../kernel/principal';
import { findSettings, listSettingsVersions } from '../kernel/settings';
import { isStored } from '../registry/document-files';

/** The identity in whose name scheduled purges are done. */
export const RETENTION = createSystemPrincipal('leaving');

/** The kinds of subjects that are purged, each by a watch of its own: a client, or a provider of one. */
type Kind = 'client' | 'provider';
const TABLES = { client: 'clients', provider: 'providers' } as const;

interface Departure {
  kind: Kind;
  id: string;
  clientId: string;
  timeZone: string;
  endedOn: PlainDate;
  held: boolean;
  purged: Partial<Record<RetainedKind, Instant>>;
}

/** The amount that was purged, and from when on more of it may be. */
interface PurgeResult {
  counts: Record<string, number>;
  more?: Instant | null;
}

/** The settings and the time by which a purge decides what is due. */
interface Terms {
  settings: RetentionSettings;
  now: Instant;
}

/**
 * Purges files whose time is over, each by the kind of its document: it opens no more, the store removes it, and the document stays
 * with its hash.
 */
async function purgeFiles(
  tx: Tx,
  { kind, id, endedOn, timeZone }: Departure,
  { settings, now }: Terms,
): Promise<PurgeResult> {
  const files = await tx<{ id: string; kind: string }[]>`
    select f.id, d.kind from document_files f join documents d on d.id = f.document_id
    where ${kind === 'client' ? tx`d.client_id` : tx`d.provider_id`} = ${id} and ${isStored(tx, 'f')}`;
  const dues = files.map((file) => ({
    id: file.id,
    due: startOfDay(computeFilePurgeDay(endedOn, file.kind, settings), timeZone),
  }));
  const over = dues.filter(({ due }) => due <= now).map((file) => file.id);
  await tx`update document_files set purged_at = ${now}, key_sealed = null where id = any(${over}::uuid[])`;
  const later = dues.filter(({ due }) => due > now).map(({ due }) => due);
  return { counts: { files: over.length }, more: later.sort()[0] ?? null };
}

/**
 * Purges each kind of data, and returns the amount; what stays is what makes the record readable. A practice's billing
 * setup is free form, and may name accounts.
 */
const PURGE: Record<
  Kind,
  Partial<Record<RetainedKind, (tx: Tx, left: Departure, by: Terms) => Promise<PurgeResult>>>
> = {
  client: {
    async secrets(tx, { id }) {
      const practices = await tx`
        update practices set tin_sealed = null, tin_hash = null, billing = null
        where client_id = ${id} and (tin_sealed is not null or billing is not null)`;
      const portals = await tx`
        update portal_access set secret_kept_in = null where client_id = ${id} and secret_kept_in is not null`;
      const webhooks = await tx`
        update webhook_endpoints set secret_sealed = null, earlier_secret_sealed = null
        where client_ids <@ ${[id]}::uuid[] and cardinality(client_ids) > 0 and ended_at is not null
          and secret_sealed is not null`;
      return { counts: { practices: practices.count, portals: portals.count, webhooks: webhooks.count } };
    },
    async evidence(tx, { id }) {
      return { counts: { files: (await tx`delete from evidence_files where client_id = ${id}`).count } };
    },
    async readinessAnswers(tx, { id }) {
      const answers = await tx`delete from readiness_answers where client_id = ${id}`;
      const earlier = await tx`delete from earlier_rows where client_id = ${id}`;
      const certificates = await tx`delete from certificates where client_id = ${id}`;
      return { counts: { answers: answers.count, earlier: earlier.count, certificates: certificates.count } };
    },
    documents: purgeFiles,
    // entries that are younger than the database lets go wait for their own time; the entry that says so, and the
    // hashes, stay
    async audit(tx, { id }) {
      const [counts] = await tx<[{ entries: number; through: number }]>`
        with gone as (delete from audit_log a where client_id = ${id} and may_leave_audit_log(a) returning a.id)
        select count(*) as entries, coalesce(max(id), 0) as through from gone`;
      const [rest] = await tx<{ more: Instant | null }[]>`
        select min(at) + make_interval(years => ${AUDIT_LEAST_YEARS}) as more from audit_log
        where client_id = ${id} and action <> 'retention.purge'`;
      return { counts, more: rest!.more };
    },
  },
  provider: {
    async secrets(tx, { id }) {
      const provider = await tx`
        update providers set malpractice = without_numbers(malpractice), dea = '[]', former_dea = '[]',
          former_malpractice = without_numbers(former_malpractice)
        where id = ${id}`;
      const snapshots = await tx`
        update registry_snapshots set body = '{}' where provider_id = ${id} and source = 'caqh' and body <> '{}'`;
      return { counts: { providers: provider.count, snapshots: snapshots.count } };
    },
    documents: purgeFiles,
  },
};

/** The days after which it is looked again whether something is still open that may need a secret. */
const AGAIN_DAYS = 7;

/** Purges the data of a departed provider or client whose retention has passed, once each; returns when the next is due. */
export async function purgeDueData(tx: Tx, subject: string, now: Instant): Promise<{ next: Instant | null }> {
  const left = await readDeparture(tx, subject);
  // the release of a hold, a new setting and an ending each announce it again
  if (!left || left.held) return { next: null };
  const settings = findSettings(await listSettingsVersions(tx));
  const { kind, id, clientId, timeZone, endedOn, purged } = left;
  const nexts: Instant[] = [];
  for (const [name, purge] of Object.entries(PURGE[kind])) {
    const what = name as RetainedKind;
    if (purged[what]) continue;
    const due = startOfDay(computePurgeDay(endedOn, what, settings), timeZone);
    if (due > now) nexts.push(due);
    else if (await isNeeded(tx, left))
      nexts.push(startOfDay(addDays(toLocalDate(now, timeZone), AGAIN_DAYS), timeZone));
    else {
      const { counts, more } = await purge(tx, left, { settings, now });
      const tomorrow = startOfDay(addDays(toLocalDate(now, timeZone), 1), timeZone);
      if (more) nexts.push(more > tomorrow ? more : tomorrow);
      else
        await tx`
          update ${tx(TABLES[kind])} set purged = purged || ${toJson(tx, { [what]: now })}, version = version + 1
          where id = ${id}`;
      if (more && Object.values(counts).every((count) => count === 0)) continue;
      const detail = { what, ...counts };
      await recordAudit(tx, RETENTION, {
        action: 'retention.purge',
        subjectType: kind,
        subjectId: id,
        clientId,
        detail,
      });
    }
  }
  return { next: nexts.sort()[0] ?? null };
}

async function readDeparture(tx: Tx, subject: string): Promise<Departure | null> {
  const [client] = await tx<Departure[]>`
    select 'client' as kind, id, id as client_id, time_zone, ended_on, legal_hold is not null as held, purged
    from clients where id = ${subject} and ended_on is not null for no key update`;
  if (client) return client;
  const [provider] = await tx<Departure[]>`
    select 'provider' as kind, p.id, p.client_id, c.time_zone, p.ended_on, p.purged,
      coalesce(p.legal_hold, c.legal_hold) is not null as held
    from providers p join clients c on c.id = p.client_id
    where p.id = ${subject} and p.ended_on is not null for no key update of p`;
  return provider ?? null;
}

/** Whether an application is open: a termination under way still needs the tax id. */
async function isNeeded(tx: Tx, { kind, id }: Departure): Promise<boolean> {
  const rows = await tx`
    select from applications where open and ${kind === 'client' ? tx`client_id` : tx`provider_id`} = ${id} limit 1`;
  return rows.length > 0;
}

export interface Hold {
  reason: string;
  setBy: Actor;
  setAt: Instant;
}

export const findHold = async (sql: Db, principal: Principal, kind: Kind, id: string): Promise<Hold | null> => {
  const [row] = await sql<{ legalHold: Hold | null }[]>`
    select legal_hold from ${sql(TABLES[kind])} where id = ${id} and ${isInScope(sql, principal)}`;
  return row?.legalHold ?? null;
};

/** Places a provider or client under a legal hold, which stops all purging, or releases it with `null`. */
export const putHold = (
  sql: Sql,
  principal: Principal,
  kind: Kind,
  { id, clientId }: { id: string; clientId: string },
  { hold, reason }: { hold: boolean; reason: string },
): Promise<Hold | null> =>
  sql.begin(async (tx) => {
    const legalHold = hold ? { reason, setBy: buildActor(principal), setAt: readClock() } : null;
    await tx`
      update ${tx(TABLES[kind])}
      set legal_hold = ${legalHold && toJson(tx, legalHold)}, version = version + 1, updated_at = now()
      where id = ${id}`;
    await recordAudit(tx, principal, {
      action: hold ? 'legal_hold.set' : 'legal_hold.release',
      subjectType: kind,
      subjectId: id,
      clientId,
      detail: { reason },
    });
    await announceFact(tx, 'keeping of secrets changed', id);
    if (kind === 'client')
      await announceFacts(
        tx,
        'keeping of secrets changed',
        tx`select id from providers where client_id = ${id} and ended_on is not null`,
      );
    return legalHold;
  });
