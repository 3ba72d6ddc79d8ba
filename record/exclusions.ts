import { randomUUID } from 'node:crypto';
import type { Instant, PlainDate } from '../domain/application/events';
import type { ExclusionResult, ExclusionSource } from '../domain/codes';
import { matchOf, nameKey, type LeieEntry, type Match, type Screened } from '../domain/exclusions';
import type { Db, Fragment, Sql, Tx } from '../runtime/database';
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
  /** Providers and practices of all clients that were held against it, and what came of them. */
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
  /** One of both. */
  providerId: string | null;
  practiceId: string | null;
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

/** An entry of a list that is, or may be, the provider's person, or the practice. */
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

/** Who is looked for: a provider, of whom what is found is the person's, or a practice, which has none. */
export interface Held {
  id: string;
  clientId: string;
  personId: string | null;
}

const typeOf = ({ personId }: Held) => (personId === null ? 'practice' : 'provider');
const columnOf = (held: Held) => `${typeOf(held)}_id` as const;
/** What of an exclusion says whose it is. */
const ownerOf = ({ id, personId }: Held) => (personId === null ? { practiceId: id } : { personId });

/** In whose name the list's word is kept. */
export const LIST: Principal = { type: 'system', id: 'oig_leie', name: 'OIG LEIE', role: 'service', clientIds: null };
const ROWS_AT_ONCE = 2_000;
const AT_ONCE = 500;

/** A list that must not take the place of the one on file: an earlier month's, or one that broke off. */
export class RefusedList extends Error {
  override name = 'RefusedList';
  constructor(readonly why: 'older_list' | 'shrunken_list') {
    super(why);
  }
}

/** The list grows; one with less than this part of the entries before is cut off. */
const LEAST_PART = 0.8;

export async function latestList(sql: Db): Promise<ExclusionList | null> {
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
 * Takes a month's list in the place of the one before and holds everybody against it, all or nothing. The same
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

/** Holds every provider and practice of every client against the list on file. */
async function screenAll(tx: Tx): Promise<Found> {
  const found: Found = { screened: 0, clear: 0, possible: 0, confirmed: 0 };
  for (const [table, hold] of [
    ['providers', screen],
    ['practices', screenPractices],
  ] as const)
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = await tx<{ id: string }[]>`
        select id from ${tx(table)} where id > ${after} order by id limit ${AT_ONCE}`;
      const last = rows.at(-1);
      if (!last) break;
      for (const result of await hold(
        tx,
        rows.map(({ id }) => id),
      )) {
        found.screened += 1;
        found[result] += 1;
      }
      after = last.id;
    }
  return found;
}

type OnFile = Held & Screened;

/** Holds providers against the list on file, where there is one. */
export const screen = async (tx: Db, providerIds: readonly string[]): Promise<ExclusionResult[]> =>
  holdAgainst(
    tx,
    await tx<OnFile[]>`
      select p.id, p.client_id, p.person_id, n.npi, p.first_name, p.last_name,
        array(select distinct l.state from licences l where l.provider_id = p.id) as states
      from providers p join persons n on n.id = p.person_id
      where p.id = any(${[...providerIds]}::uuid[]) order by p.id`,
  );

/** The same of practices. */
export const screenPractices = async (tx: Db, practiceIds: readonly string[]): Promise<ExclusionResult[]> =>
  holdAgainst(
    tx,
    await tx<OnFile[]>`
      select p.id, p.client_id, null as person_id, p.npi, '' as first_name, '' as last_name,
        p.legal_name as business_name,
        array(select p.address->>'state' union select l.address->>'state' from locations l where l.practice_id = p.id)
          as states
      from practices p where p.id = any(${[...practiceIds]}::uuid[]) order by p.id`,
  );

/**
 * Keeps the evidence, and what was found. An entry with the NPI is who was looked for; one of the same name may be, and
 * is put before somebody.
 */
async function holdAgainst(tx: Db, held: readonly OnFile[]): Promise<ExclusionResult[]> {
  const list = await latestList(tx);
  if (!list) return [];
  const names = held.map(nameKey);
  // each part by an index of its own
  const entries = await tx<LeieEntry[]>`
    select * from exclusion_entries
    where npi = any(${held.flatMap(({ npi }) => npi ?? [])})
      or (npi is null and name_key = any(${names})) or (business_name is not null and name_key = any(${names}))`;
  const results: ExclusionResult[] = [];
  for (const one of held) {
    const statuses: ExclusionStatus[] = [];
    for (const entry of entries) {
      const match = matchOf(entry, one);
      if (match) statuses.push(await found(tx, one, { source: 'oig_leie', match, ...entry }));
    }
    results.push(statuses.includes('confirmed') ? 'confirmed' : statuses.includes('possible') ? 'possible' : 'clear');
  }
  const [first] = held;
  if (!first) return results;
  const checks = held.map(({ id, clientId }, i) => ({
    id: randomUUID(),
    clientId,
    [columnOf(first)]: id,
    source: 'oig_leie',
    listId: list.id,
    checkedOn: list.createdAt.slice(0, 10),
    result: results[i],
    recordedBy: tx.json({ ...actorOf(LIST) }),
  }));
  await tx`
    insert into exclusion_checks ${tx(checks as never)}
    on conflict (${tx(columnOf(first))}, list_id) do update set result = excluded.result`;
  return results;
}

/** Something that is, or may be, who was looked for: kept once, and put before somebody at each of a person's clients. */
async function found(
  tx: Db,
  held: Held,
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
    insert into exclusions ${tx({ ...ownerOf(held), source, state, listing, matchedBy: match } as never)}
    on conflict do nothing returning id`;
  const [exclusion] = made
    ? [made]
    : await tx<{ id: string }[]>`
        select id from exclusions x where ${isOf(tx, held)} and source = ${source} and listing = ${listing}`;
  const { id } = exclusion!;
  const [standing] = await tx<{ status: ExclusionStatus }[]>`
    select status from exclusion_standings where exclusion_id = ${id} and known_to is null`;
  // the list may have come to know the NPI of who was only of the same name
  const surer = standing?.status === 'possible' && status === 'confirmed';
  const how = { status, excludedOn, reinstatedOn };
  if (!standing || surer) await stand(tx, id, held, how, decidedBy, match === 'manual' ? held.clientId : null);
  const now = standing && !surer ? standing.status : status;
  if (now !== 'dismissed')
    await giveTasks(tx, [
      {
        key: `exclusion_match/${id}/${held.id}`,
        clientId: held.clientId,
        kind: 'exclusion_match',
        subjectType: typeOf(held),
        subjectId: held.id,
        data: { exclusionId: id, source, status: now },
        dueAt: new Date().toISOString(),
      },
    ]);
  return now;
}

/** How an exclusion stands from now on; whoever rests on it hears of it. */
async function stand(
  tx: Db,
  exclusionId: string,
  { id, personId }: Held,
  how: { status: ExclusionStatus; excludedOn: PlainDate; reinstatedOn: PlainDate | null; reason?: string },
  principal: Principal,
  clientId: string | null,
): Promise<void> {
  await tx`update exclusion_standings set known_to = now() where exclusion_id = ${exclusionId} and known_to is null`;
  const row = { ...how, exclusionId, clientId, decidedBy: tx.json({ ...actorOf(principal) }) };
  await tx`insert into exclusion_standings ${tx(row as never)}`;
  if (personId === null) await enqueue(tx, 'file_changed_practice', id);
  else await enqueue(tx, 'file_changed_person', personId);
  await enqueueEach(
    tx,
    'billingReadiness',
    tx`
      select s.application_id from network_spans s
      where s.known_to is null and ${
        personId === null
          ? tx`s.practice_id = ${id}`
          : tx`s.provider_id in (select id from providers where person_id = ${personId})`
      }`,
  );
}

/** What the list no longer has may have ended: somebody looks for the reinstatement. */
async function askAboutTheGone(tx: Tx, listId: string): Promise<void> {
  const gone = await tx<
    { exclusionId: string; source: string; id: string; clientId: string; personId: string | null }[]
  >`
    select x.id as exclusion_id, x.source, x.person_id, coalesce(p.id, r.id) as id,
      coalesce(p.client_id, r.client_id) as client_id
    from exclusions x
    join exclusion_standings s on s.exclusion_id = x.id and s.known_to is null and s.status = 'confirmed'
    left join providers p on p.person_id = x.person_id
    left join practices r on r.id = x.practice_id
    where x.source = 'oig_leie' and x.matched_by <> 'manual' and s.reinstated_on is null
      and not exists (select from exclusion_entries e where e.listing = x.listing)`;
  await giveTasks(
    tx,
    gone.map(({ exclusionId, source, ...held }) => ({
      key: `exclusion_match/${exclusionId}/${held.id}/${listId}`,
      clientId: held.clientId,
      kind: 'exclusion_match' as const,
      subjectType: typeOf(held),
      subjectId: held.id,
      data: { exclusionId, source, status: 'gone' },
      dueAt: new Date().toISOString(),
    })),
  );
}

/** Records that somebody looked; what is found of a provider is the person's. Repeated under the same id it changes nothing. */
export const recordExclusionCheck = (
  sql: Sql,
  principal: Principal,
  id: string,
  held: Held,
  { excludedOn, ...input }: ExclusionCheckInput,
): Promise<ExclusionCheck> =>
  sql.begin(async (tx) => {
    const { id: subjectId, clientId } = held;
    const row = { ...input, id, clientId, [columnOf(held)]: subjectId, recordedBy: tx.json({ ...actorOf(principal) }) };
    const made = await tx`
      insert into exclusion_checks ${tx(row as never)} on conflict (id) do nothing returning id`;
    if (made.length > 0) {
      const { result, source, state, checkedOn } = input;
      if (result !== 'clear')
        await found(tx, held, {
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
        subjectType: typeOf(held),
        subjectId,
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
  held: Held,
  request: PageRequest,
): Promise<Page<ExclusionCheck>> =>
  page(
    sql,
    sql`select * from exclusion_checks where ${sql(columnOf(held))} = ${held.id} and ${inScope(sql, principal)}`,
    request,
  );

const isOf = (sql: Db, { id, personId }: Held): Fragment =>
  personId === null ? sql`x.practice_id = ${id}` : sql`x.person_id = ${personId}`;

// A person's exclusion counts with every client; who decided it, and why, is seen by the client for which that was.
const selectExclusions = (sql: Db, held: Held) => sql`
  select x.id, x.source, x.state, x.matched_by, s.status, s.excluded_on, s.reinstated_on, x.created_at,
    case when s.client_id is null or s.client_id = ${held.clientId} then s.reason end as reason,
    case when s.client_id is null or s.client_id = ${held.clientId} then s.decided_by end as decided_by
  from exclusions x join exclusion_standings s on s.exclusion_id = x.id and s.known_to is null
  where ${isOf(sql, held)}`;

export async function exclusionsOf(sql: Db, held: Held): Promise<Exclusion[]> {
  const rows = await sql<(Exclusion & { createdAt: Instant })[]>`
    ${selectExclusions(sql, held)} order by x.created_at, x.id`;
  return rows.map(({ createdAt: _, ...shown }) => shown);
}

export async function findExclusion(sql: Db, held: Held, id: string): Promise<Exclusion | null> {
  return (await exclusionsOf(sql, held)).find((one) => one.id === id) ?? null;
}

/** Somebody's word on an exclusion: it is theirs or not, from when and until when. What was known stays known. */
export const decideExclusion = (
  sql: Sql,
  principal: Principal,
  held: Held,
  exclusionId: string,
  { result, reason, excludedOn, reinstatedOn }: ExclusionDecision,
): Promise<Exclusion> =>
  sql.begin(async (tx) => {
    await tx`select from exclusions where id = ${exclusionId} for update`;
    const before = (await findExclusion(tx, held, exclusionId))!;
    const how = {
      status: result,
      excludedOn: excludedOn ?? before.excludedOn,
      reinstatedOn: reinstatedOn === undefined ? before.reinstatedOn : reinstatedOn,
      reason,
    };
    await stand(tx, exclusionId, held, how, principal, held.clientId);
    await tx`
      update tasks set closed_at = now()
      where kind = 'exclusion_match' and closed_at is null and data->>'exclusionId' = ${exclusionId}`;
    await audit(tx, principal, {
      action: `exclusion.${result}`,
      subjectType: typeOf(held),
      subjectId: held.id,
      clientId: held.clientId,
      detail: { exclusionId, ...how },
    });
    return (await findExclusion(tx, held, exclusionId))!;
  });
