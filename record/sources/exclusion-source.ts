import { addMilliseconds, toInstant } from '../../domain/time/dates';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { computeListDueAt, computeListOutAt, findMonth, addOneMonth } from '../../domain/screening/exclusions';
import { computeBackOff } from '../../domain/outreach/pacing';
import type { Db, Sql, Tx } from '../../runtime/database';
import { findLatestList, OPERATOR_ID } from '../screening/exclusions';
import type { OutreachStep } from '../outreach/mail';
import type { RegistryMode, LookupTrouble } from './lookups';
import { createTasks } from '../kernel/tasks';

/** The state of fetching the exclusion list. */
export interface ListSource {
  /** `api` if it is fetched. */
  mode: RegistryMode;
  unavailableSince: Instant | null;
  reason: LookupTrouble['kind'] | null;
  detail: string | null;
  checkedAt: Instant | null;
  nextCheckAt: Instant | null;
}

interface KeptSource extends ListSource {
  failures: number;
  askedAt: Instant | null;
  etag: string | null;
}

const AGAIN_MS = 86_400_000;

async function readSource(sql: Db): Promise<KeptSource | null> {
  const [source] = await sql<KeptSource[]>`
    select mode, unavailable_since, reason, detail, failures, asked_at, checked_at, etag, next_probe_at as next_check_at
    from registry_services where service = 'leie'`;
  return source ?? null;
}

/** Reads the month of the list on file, the one that is waited for, and how fetching it goes. */
export async function readListState(
  sql: Db,
  now: Instant,
): Promise<ListSource & { month: PlainDate | null; awaited: PlainDate; dueAt: Instant }> {
  const month = (await findLatestList(sql))?.month ?? null;
  const { failures: _, askedAt: _at, etag: _etag, ...source } = (await readSource(sql)) ?? NO_SOURCE;
  const awaited = findAwaitedMonth(month, now);
  const next = [computeFirstLookAt(month, awaited), source.nextCheckAt ?? now].sort()[1]!;
  return {
    ...source,
    nextCheckAt: source.mode === 'api' ? next : null,
    month,
    awaited,
    dueAt: computeListDueAt(awaited),
  };
}

const NO_SOURCE: KeptSource = {
  mode: 'off',
  unavailableSince: null,
  reason: null,
  detail: null,
  failures: 0,
  askedAt: null,
  checkedAt: null,
  etag: null,
  nextCheckAt: null,
};

function findAwaitedMonth(month: PlainDate | null, now: Instant): PlainDate {
  const current = findMonth(now);
  return month !== null && month >= current ? addOneMonth(month) : current;
}

/** Computes from when a month's list is looked for; if none is on file there is no day to wait for. */
const computeFirstLookAt = (month: PlainDate | null, awaited: PlainDate): Instant =>
  month === null ? LONG_AGO : computeListOutAt(awaited);
const LONG_AGO = toInstant(0);

/**
 * Has a month's list fetched once it should be out, and creates one task for it once it is late; returns when to look
 * again.
 */
export async function requestList(tx: Tx, _subject: string, now: Instant): Promise<OutreachStep> {
  const month = (await findLatestList(tx))?.month ?? null;
  const awaited = findAwaitedMonth(month, now);
  const source = await readSource(tx);
  const fetched = source?.mode === 'api';
  const from = computeFirstLookAt(month, awaited);
  const tried = fetched && source.askedAt !== null && source.askedAt >= from;
  const dueAt = month === null && !fetched ? now : computeListDueAt(awaited);
  if (dueAt <= now && (tried || !fetched)) await createListTask(tx, awaited, dueAt);
  const again = dueAt <= now ? computeListDueAt(addOneMonth(awaited)) : dueAt;
  if (!fetched) return { next: again };
  const at = [from, source.nextCheckAt ?? now].sort()[1]!;
  if (at > now) return { next: [at, again].sort()[0]! };
  // an activity that is lost on the way is not given anew at once
  await tx`
    update registry_services set asked_at = ${now}, next_probe_at = ${addMilliseconds(now, AGAIN_MS)} where service = 'leie'`;
  return { next: now, send: { kind: 'exclusionList', id: OPERATOR_ID, fairnessKey: 'leie' } };
}

const createListTask = (tx: Tx, month: PlainDate, dueAt: Instant): Promise<void> =>
  createTasks(tx, [
    {
      key: `exclusion_list/${month}`,
      clientId: null,
      kind: 'exclusion_list',
      subjectType: 'exclusion_list',
      subjectId: OPERATOR_ID,
      data: { month },
      dueAt,
    },
  ]);

/** Finds the tag of the list on file, if it was fetched, and when it is asked for by the workflow's clock. */
export async function findListRequest(sql: Db): Promise<{ at: Instant; etag: string | null } | null> {
  const source = await readSource(sql);
  return source?.askedAt ? { at: source.askedAt, etag: source.etag } : null;
}

/**
 * Records an answer about the list, by a new one that was taken or the one of before; it is asked for again in a day.
 */
export async function recordListAnswer(sql: Sql, at: Instant, etag: string | null): Promise<void> {
  await sql`
    update registry_services
    set unavailable_since = null, reason = null, detail = null, failures = 0, checked_at = ${at}, etag = ${etag},
      next_probe_at = ${addMilliseconds(at, AGAIN_MS)}
    where service = 'leie'`;
}

/** Records that no usable list came; the one on file stays. */
export const recordListTrouble = (sql: Sql, at: Instant, { kind, detail }: LookupTrouble): Promise<void> =>
  sql.begin(async (tx) => {
    const [source] = await tx<{ failures: number }[]>`
      select failures from registry_services where service = 'leie' for no key update`;
    if (!source) return;
    const failures = source.failures + 1;
    await tx`
      update registry_services
      set unavailable_since = coalesce(unavailable_since, ${at}), reason = ${kind}, detail = ${detail},
        failures = ${failures}, next_probe_at = ${addMilliseconds(at, computeBackOff(failures, OPERATOR_ID))}
      where service = 'leie'`;
  });
