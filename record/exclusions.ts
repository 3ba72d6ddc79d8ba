import { randomUUID } from 'node:crypto';
import type { Instant, PlainDate } from '../domain/application/events';
import type { ExclusionResult, ExclusionSource } from '../domain/codes';
import { listDueAt, matchOf, monthOf, nameKey, nextMonth, type LeieEntry, type Match } from '../domain/exclusions';
import type { Db, Sql, Tx } from '../runtime/database';
import { audit } from './audit';
import { enqueue, enqueueEach } from './outbox';
import { actorOf, inScope, type Actor, type Principal } from './principal';
import { page, type Page, type PageRequest } from './registry/page';
import { giveTasks } from './tasks';

/** What the watch over the list is about: the operator's own. */
export const OPERATOR = '00000000-0000-4000-8000-000000000001';

export interface ExclusionList {
  id: string;
  month: PlainDate;
  sha256: string;
  entries: number;
  /** Rows that no entry could be read from. */
  unreadable: number;
  /** Providers of all clients that were held against it, and what came of them. */
  screened: number;
  clear: number;
  possible: number;
  confirmed: number;
  importedBy: Actor;
  createdAt: Instant;
}

export interface ExclusionCheckInput {
  source: ExclusionSource;
  state?: string;
  checkedOn: PlainDate;
  result: ExclusionResult;
  reference?: string;
  evidence?: string[];
  /** Of what was found; left out: since the day of the check. */
  excludedOn?: PlainDate;
}

export interface ExclusionCheck {
  id: string;
  clientId: string;
  providerId: string;
  source: ExclusionSource;
  state: string | null;
  listId: string | null;
  checkedOn: PlainDate;
  result: ExclusionResult;
  reference: string | null;
  evidence: string[];
  recordedBy: Actor;
  createdAt: Instant;
}

export type ExclusionStatus = 'possible' | 'confirmed' | 'dismissed';

/** An entry of a list that is, or may be, the provider's person. */
export interface Exclusion {
  id: string;
  source: ExclusionSource;
  state: string | null;
  matchedBy: Match | 'manual';
  status: ExclusionStatus;
  excludedOn: PlainDate;
  reinstatedOn: PlainDate | null;
  /** Both null where nobody of this client decided. */
  reason: string | null;
  decidedBy: Actor | null;
}

export interface ExclusionDecision {
  result: 'confirmed' | 'dismissed';
  reason: string;
  excludedOn?: PlainDate;
  reinstatedOn?: PlainDate | null;
}

interface Provider {
  id: string;
  clientId: string;
  personId: string;
}

const LIST: Principal = { type: 'system', id: 'oig_leie', name: 'OIG LEIE', role: 'service', clientIds: null };
const ROWS_AT_ONCE = 2_000;
const PROVIDERS_AT_ONCE = 500;

/** A list that must not take the place of the one on file: an earlier month's, or one that broke off. */
export class RefusedList extends Error {
  override name = 'RefusedList';
  constructor(readonly why: 'older_list' | 'shrunken_list') {
    super(why);
  }
}

/** The list grows; one with less than this part of the entries before is cut off. */
const LEAST_PART = 0.8;

async function latestList(sql: Db): Promise<Pick<ExclusionList, 'id' | 'month' | 'entries' | 'createdAt'> | null> {
  const [list] = await sql<ExclusionList[]>`
    select * from exclusion_lists order by month desc, created_at desc limit 1`;
  return list ?? null;
}

async function findList(sql: Db, month: PlainDate, sha256: string): Promise<ExclusionList | null> {
  const [list] = await sql<ExclusionList[]>`
    select * from exclusion_lists where month = ${month} and sha256 = ${sha256}`;
  return list ?? null;
}

export const listLists = (sql: Db, request: PageRequest): Promise<Page<ExclusionList>> =>
  page(sql, sql`select * from exclusion_lists`, request);

/**
 * Takes a month's list in the place of the one before and holds every provider against it, all or nothing. The same
 * content for the same month is taken once. Throws a RefusedList.
 */
export const importList = (
  sql: Sql,
  principal: Principal,
  id: string,
  { month, sha256 }: { month: PlainDate; sha256: string },
  rows: AsyncIterable<LeieEntry | null>,
): Promise<ExclusionList> =>
  sql.begin(async (tx) => {
    // one import after the other
    await tx`lock table exclusion_lists in share row exclusive mode`;
    const known = await findList(tx, month, sha256);
    if (known) return known;
    const before = await latestList(tx);
    if (before && before.month > month) throw new RefusedList('older_list');
    await tx`
      insert into exclusion_lists ${tx({ id, month, sha256, entries: 0, unreadable: 0, importedBy: tx.json({ ...actorOf(principal) }) } as never)}`;
    await tx`delete from exclusion_entries`;
    const { entries, unreadable } = await keepEntries(tx, id, rows);
    if (entries < (before?.entries ?? 1) * LEAST_PART) throw new RefusedList('shrunken_list');
    const found = await screenAll(tx);
    await tx`update exclusion_lists set ${tx({ entries, unreadable, ...found } as never)} where id = ${id}`;
    await askAboutTheGone(tx, id);
    await tx`update tasks set closed_at = now() where kind = 'exclusion_list' and closed_at is null`;
    await enqueue(tx, 'exclusionList', OPERATOR);
    await audit(tx, principal, {
      action: 'exclusion_list.import',
      subjectType: 'exclusion_list',
      subjectId: id,
      detail: { month, entries, ...found },
    });
    return (await findList(tx, month, sha256))!;
  });

async function keepEntries(
  tx: Tx,
  listId: string,
  rows: AsyncIterable<LeieEntry | null>,
): Promise<{ entries: number; unreadable: number }> {
  let [entries, unreadable] = [0, 0];
  let batch: object[] = [];
  const flush = async () => {
    if (batch.length > 0) await tx`insert into exclusion_entries ${tx(batch as never)}`;
    batch = [];
  };
  for await (const row of rows) {
    if (row === null) {
      unreadable += 1;
      continue;
    }
    entries += 1;
    batch.push({ ...row, listId, nameKey: nameKey(row) });
    if (batch.length === ROWS_AT_ONCE) await flush();
  }
  await flush();
  return { entries, unreadable };
}

type Found = { screened: number } & Record<ExclusionResult, number>;

/** Holds every provider of every client against the list on file. */
async function screenAll(tx: Tx): Promise<Found> {
  const found: Found = { screened: 0, clear: 0, possible: 0, confirmed: 0 };
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await tx<{ id: string }[]>`
      select id from providers where id > ${after} order by id limit ${PROVIDERS_AT_ONCE}`;
    if (rows.length === 0) return found;
    for (const result of await screen(
      tx,
      rows.map(({ id }) => id),
    )) {
      found.screened += 1;
      found[result] += 1;
    }
    after = rows.at(-1)!.id;
  }
}

interface OnFile extends Provider {
  npi: string;
  firstName: string;
  lastName: string;
  states: string[];
}

/**
 * Holds providers against the list on file, where there is one: keeps the evidence, and what was found. An entry with
 * the provider's NPI is the person; one of the same name may be, and is put before somebody.
 */
export async function screen(tx: Db, providerIds: readonly string[]): Promise<ExclusionResult[]> {
  const list = await latestList(tx);
  if (!list) return [];
  const providers = await tx<OnFile[]>`
    select p.id, p.client_id, p.person_id, n.npi, p.first_name, p.last_name,
      array(select distinct l.state from licences l where l.provider_id = p.id) as states
    from providers p join persons n on n.id = p.person_id
    where p.id = any(${[...providerIds]}::uuid[]) order by p.id`;
  const entries = await tx<LeieEntry[]>`
    select * from exclusion_entries
    where npi = any(${providers.map(({ npi }) => npi)})
      or (npi is null and name_key = any(${providers.map(nameKey)}))`;
  const results: ExclusionResult[] = [];
  for (const provider of providers) {
    const statuses: ExclusionStatus[] = [];
    for (const entry of entries) {
      const match = matchOf(entry, provider);
      if (match) statuses.push(await found(tx, provider, { source: 'oig_leie', match, ...entry }));
    }
    results.push(statuses.includes('confirmed') ? 'confirmed' : statuses.includes('possible') ? 'possible' : 'clear');
  }
  const checkedOn = list.createdAt.slice(0, 10);
  const checks = providers.map(({ id: providerId, clientId }, i) => ({
    id: randomUUID(),
    clientId,
    providerId,
    source: 'oig_leie',
    listId: list.id,
    checkedOn,
    result: results[i],
    recordedBy: tx.json({ ...actorOf(LIST) }),
  }));
  if (checks.length > 0)
    await tx`
      insert into exclusion_checks ${tx(checks as never)}
      on conflict (provider_id, list_id) do update set result = excluded.result`;
  return results;
}

/** Something that is, or may be, a provider's person: kept once, and put before somebody at each of its clients. */
async function found(
  tx: Db,
  { id: providerId, clientId, personId }: Provider,
  what: {
    source: ExclusionSource;
    state?: string | null;
    listing: string;
    match: Match | 'manual';
    status?: 'possible' | 'confirmed';
    excludedOn: PlainDate;
    reinstatedOn: PlainDate | null;
    decidedBy?: Principal;
  },
): Promise<ExclusionStatus> {
  const { source, state = null, listing, match, excludedOn, reinstatedOn, decidedBy = LIST } = what;
  const status = what.status ?? (match === 'npi' ? 'confirmed' : 'possible');
  const [made] = await tx<{ id: string }[]>`
    insert into exclusions ${tx({ personId, source, state, listing, matchedBy: match })}
    on conflict (person_id, source, listing) do nothing returning id`;
  const [exclusion] = made
    ? [made]
    : await tx<{ id: string }[]>`
        select id from exclusions where person_id = ${personId} and source = ${source} and listing = ${listing}`;
  const { id } = exclusion!;
  const [standing] = await tx<{ status: ExclusionStatus }[]>`
    select status from exclusion_standings where exclusion_id = ${id} and known_to is null`;
  // the list may have come to know the NPI of who was only of the same name
  const surer = standing?.status === 'possible' && status === 'confirmed';
  const how = { status, excludedOn, reinstatedOn };
  if (!standing || surer) await stand(tx, { id, personId }, how, decidedBy, match === 'manual' ? clientId : null);
  const now = standing && !surer ? standing.status : status;
  if (now !== 'dismissed')
    await giveTasks(tx, [
      {
        key: `exclusion_match/${id}/${providerId}`,
        clientId,
        kind: 'exclusion_match',
        subjectType: 'provider',
        subjectId: providerId,
        data: { exclusionId: id, source, status: now },
        dueAt: new Date().toISOString(),
      },
    ]);
  return now;
}

/** How an exclusion stands from now on; whoever rests on it hears of it. */
async function stand(
  tx: Db,
  { id: exclusionId, personId }: { id: string; personId: string },
  how: { status: ExclusionStatus; excludedOn: PlainDate; reinstatedOn: PlainDate | null; reason?: string },
  principal: Principal,
  clientId: string | null,
): Promise<void> {
  await tx`update exclusion_standings set known_to = now() where exclusion_id = ${exclusionId} and known_to is null`;
  const row = { ...how, exclusionId, clientId, decidedBy: tx.json({ ...actorOf(principal) }) };
  await tx`insert into exclusion_standings ${tx(row as never)}`;
  await enqueue(tx, 'file_changed_person', personId);
  await enqueueEach(
    tx,
    'billingReadiness',
    tx`
      select s.application_id from network_spans s join providers p on p.id = s.provider_id
      where s.known_to is null and p.person_id = ${personId}`,
  );
}

/** What the list no longer has may have ended: somebody looks for the reinstatement. */
async function askAboutTheGone(tx: Tx, listId: string): Promise<void> {
  const gone = await tx<{ id: string; source: string; providerId: string; clientId: string }[]>`
    select x.id, x.source, p.id as provider_id, p.client_id
    from exclusions x
    join exclusion_standings s on s.exclusion_id = x.id and s.known_to is null and s.status = 'confirmed'
    join providers p on p.person_id = x.person_id
    where x.source = 'oig_leie' and x.matched_by <> 'manual' and s.reinstated_on is null
      and not exists (select from exclusion_entries e where e.listing = x.listing)`;
  await giveTasks(
    tx,
    gone.map(({ id, source, providerId, clientId }) => ({
      key: `exclusion_match/${id}/${providerId}/${listId}`,
      clientId,
      kind: 'exclusion_match' as const,
      subjectType: 'provider',
      subjectId: providerId,
      data: { exclusionId: id, source, status: 'gone' },
      dueAt: new Date().toISOString(),
    })),
  );
}

/** Records that somebody looked; what was found is the person's. Repeated under the same id it changes nothing. */
export const recordExclusionCheck = (
  sql: Sql,
  principal: Principal,
  id: string,
  provider: Provider,
  { excludedOn, ...input }: ExclusionCheckInput,
): Promise<ExclusionCheck> =>
  sql.begin(async (tx) => {
    const { id: providerId, clientId } = provider;
    const row = { ...input, id, clientId, providerId, recordedBy: tx.json({ ...actorOf(principal) }) };
    const made = await tx`
      insert into exclusion_checks ${tx(row as never)} on conflict (id) do nothing returning id`;
    if (made.length > 0) {
      const { result, source, state, checkedOn } = input;
      if (result !== 'clear')
        await found(tx, provider, {
          source,
          state: state ?? null,
          listing: id,
          match: 'manual',
          status: result,
          excludedOn: excludedOn ?? checkedOn,
          reinstatedOn: null,
          decidedBy: principal,
        });
      await audit(tx, principal, {
        action: 'exclusion_check.record',
        subjectType: 'provider',
        subjectId: providerId,
        clientId,
        detail: { ...input, excludedOn },
      });
    }
    return (await findExclusionCheck(tx, principal, id))!;
  });

export async function findExclusionCheck(sql: Db, principal: Principal, id: string): Promise<ExclusionCheck | null> {
  const [check] = await sql<ExclusionCheck[]>`
    select * from exclusion_checks where id = ${id} and ${inScope(sql, principal)}`;
  return check ?? null;
}

export const listExclusionChecks = (
  sql: Db,
  principal: Principal,
  providerId: string,
  request: PageRequest,
): Promise<Page<ExclusionCheck>> =>
  page(
    sql,
    sql`select * from exclusion_checks where provider_id = ${providerId} and ${inScope(sql, principal)}`,
    request,
  );

// The exclusion counts with every client; who decided it, and why, is seen by the client for which that was.
const selectExclusions = (sql: Db, { personId, clientId }: Provider) => sql`
  select x.id, x.source, x.state, x.matched_by, s.status, s.excluded_on, s.reinstated_on, x.created_at,
    case when s.client_id is null or s.client_id = ${clientId} then s.reason end as reason,
    case when s.client_id is null or s.client_id = ${clientId} then s.decided_by end as decided_by
  from exclusions x join exclusion_standings s on s.exclusion_id = x.id and s.known_to is null
  where x.person_id = ${personId}`;

export async function exclusionsOf(sql: Db, provider: Provider): Promise<Exclusion[]> {
  const rows = await sql<(Exclusion & { createdAt: Instant })[]>`
    ${selectExclusions(sql, provider)} order by x.created_at, x.id`;
  return rows.map(({ createdAt: _, ...shown }) => shown);
}

export async function findExclusion(sql: Db, provider: Provider, id: string): Promise<Exclusion | null> {
  return (await exclusionsOf(sql, provider)).find((one) => one.id === id) ?? null;
}

/** Somebody's word on an exclusion: it is the person's or not, from when and until when. What was known stays known. */
export const decideExclusion = (
  sql: Sql,
  principal: Principal,
  provider: Provider,
  exclusionId: string,
  { result, reason, excludedOn, reinstatedOn }: ExclusionDecision,
): Promise<Exclusion> =>
  sql.begin(async (tx) => {
    await tx`select from exclusions where id = ${exclusionId} for update`;
    const before = (await findExclusion(tx, provider, exclusionId))!;
    const how = {
      status: result,
      excludedOn: excludedOn ?? before.excludedOn,
      reinstatedOn: reinstatedOn === undefined ? before.reinstatedOn : reinstatedOn,
      reason,
    };
    await stand(tx, { id: exclusionId, personId: provider.personId }, how, principal, provider.clientId);
    await tx`
      update tasks set closed_at = now()
      where kind = 'exclusion_match' and closed_at is null and data->>'exclusionId' = ${exclusionId}`;
    await audit(tx, principal, {
      action: `exclusion.${result}`,
      subjectType: 'provider',
      subjectId: provider.id,
      clientId: provider.clientId,
      detail: { exclusionId, ...how },
    });
    return (await findExclusion(tx, provider, exclusionId))!;
  });

/** Asks for a month's list once its day has come, each month once; answers when to look again. */
export async function askForList(tx: Tx, _subject: string, now: Instant): Promise<{ next: Instant | null }> {
  const latest = (await latestList(tx))?.month ?? null;
  const current = monthOf(now);
  const due = latest !== null && latest >= current ? nextMonth(latest) : current;
  // where none was ever imported there is nothing to wait for
  const dueAt = latest === null ? now : listDueAt(due);
  if (dueAt > now) return { next: dueAt };
  await giveTasks(tx, [
    {
      key: `exclusion_list/${due}`,
      clientId: null,
      kind: 'exclusion_list',
      subjectType: 'exclusion_list',
      subjectId: OPERATOR,
      data: { month: due },
      dueAt,
    },
  ]);
  return { next: listDueAt(nextMonth(due)) };
}
