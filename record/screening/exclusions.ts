import { selectEntryIds } from '../kernel/one-entry';
import { selectClientDay } from '../time/days';
import { findLastToday } from '../../domain/time/dates';
import { announceFact, announceFacts } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { ExclusionResult, ExclusionSource } from '../../domain/kernel/codes';
import {
  findDecisiveWord,
  matchListing,
  listNameKeys,
  type ExclusionStatus,
  type ExclusionWord,
  type LeieEntry,
  type Match,
  type ScreenedParty,
} from '../../domain/screening/exclusions';
import { readClock } from '../../runtime/clock';
import { isLockTaken, toJson, toRows, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isCountedAt } from '../kernel/person-scope';
import { buildActor, createSystemPrincipal, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { createTasks, type NewTask } from '../kernel/tasks';

/** The subject of the watch over the list: the operator's own. */
export const OPERATOR_ID = '00000000-0000-4000-8000-000000000001';

export interface ExclusionList {
  id: string;
  month: PlainDate;
  sha256: string;
  entries: number;
  /** Rows that no entry could be read from. */
  unreadable: number;
  /**
   * The number of providers and practices that were screened against it, and of findings; of the clients that the
   * reader sees.
   */
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
  /** Only for a finding; left out: since the day of the check. */
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

/** An entry of a list that is, or may be, the provider's person, or the practice. */
export interface Exclusion {
  id: string;
  source: ExclusionSource;
  state: string | null;
  matchedBy: Match | 'manual';
  status: ExclusionStatus;
  excludedOn: PlainDate;
  reinstatedOn: PlainDate | null;
  /** Both null if it was decided under another client. */
  reason: string | null;
  decidedBy: Actor | null;
}

export interface ExclusionDecision {
  result: 'confirmed' | 'dismissed';
  reason: string;
  excludedOn?: PlainDate;
  reinstatedOn?: PlainDate | null;
}

/** The subject of a screening: a provider, whose findings are the person's, or a practice, which has no person. */
export interface ScreenedSubject {
  id: string;
  clientId: string;
  personId: string | null;
}

const findType = ({ personId }: ScreenedSubject) => (personId === null ? 'practice' : 'provider');
const nameColumn = (held: ScreenedSubject) => `${findType(held)}_id` as const;
/** Picks the owner of an exclusion. */
const pickOwner = ({ id, personId }: ScreenedSubject) => (personId === null ? { practiceId: id } : { personId });

/** The identity in whose name matches from the list are kept. */
export const LIST_PRINCIPAL = createSystemPrincipal('oig_leie', 'OIG LEIE');
const ROWS_AT_ONCE = 2_000;
const AT_ONCE = 500;

/** A list that must not take the place of the one on file: an earlier month's, or one that broke off. */
export class RefusedList extends Error {
  override name = 'RefusedList';
  constructor(readonly why: 'older_list' | 'shrunken_list') {
    super(why);
  }
}

/** Thrown while another import or worker is changing the list. */
export class ImportUnderWay extends Error {
  override name = 'ImportUnderWay';
}

/** The pause between two tries while another import lasts. */
const LOOK_EVERY_MS = 250;

/** Locks the lists for the transaction. A caller that finds them locked does not hold a connection while it waits. */
async function lockLists(tx: Tx): Promise<void> {
  try {
    await tx`lock table exclusion_lists in share row exclusive mode nowait`;
  } catch (error) {
    throw isLockTaken(error) ? new ImportUnderWay() : error;
  }
}

/** The list grows; one with less than this part of the entries before is cut off. */
const LEAST_PART = 0.8;

export async function findLatestList(sql: Db): Promise<ExclusionList | null> {
  const [list] = await sql<ExclusionList[]>`
    select * from exclusion_lists order by month desc, created_at desc limit 1`;
  return list ?? null;
}

async function findList(sql: Db, month: PlainDate, sha256: string): Promise<ExclusionList | null> {
  const [list] = await sql<ExclusionList[]>`
    select * from exclusion_lists where month = ${month} and sha256 = ${sha256}`;
  return list ?? null;
}

export const listLists = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<ExclusionList>> =>
  readPage(
    sql,
    principal.clientIds === null
      ? sql`select * from exclusion_lists`
      : sql`
        select l.id, l.month, l.sha256, l.entries, l.unreadable, l.imported_by, l.created_at, seen.*
        from exclusion_lists l cross join lateral (
          select count(*) as screened, count(*) filter (where result = 'clear') as clear,
            count(*) filter (where result = 'possible') as possible,
            count(*) filter (where result = 'confirmed') as confirmed
          from exclusion_checks where list_id = l.id and ${isInScope(sql, principal)}) seen`,
    request,
  );

/**
 * Imports a month's list in the place of the one before and screens all providers and practices against it, all or
 * nothing. The same content for the same month is taken once; `readRows` reads it from its beginning, as often as it is
 * tried. Throws a RefusedList, or ImportUnderWay if another one lasts longer than the caller's patience.
 */
export async function importList(
  sql: Sql,
  principal: Principal,
  id: string,
  list: { month: PlainDate; sha256: string },
  readRows: () => AsyncIterable<LeieEntry | null>,
  { patienceMs = 0 } = {},
): Promise<ExclusionList> {
  const late = performance.now() + patienceMs;
  for (;;)
    try {
      return await importNow(sql, principal, id, list, readRows);
    } catch (error) {
      if (!(error instanceof ImportUnderWay) || performance.now() > late) throw error;
      await sleep(LOOK_EVERY_MS);
    }
}

const importNow = (
  sql: Sql,
  principal: Principal,
  id: string,
  { month, sha256 }: { month: PlainDate; sha256: string },
  readRows: () => AsyncIterable<LeieEntry | null>,
): Promise<ExclusionList> =>
  sql.begin(async (tx) => {
    await lockLists(tx);
    const known = await findList(tx, month, sha256);
    if (known) return known;
    const before = await findLatestList(tx);
    if (before && before.month > month) throw new RefusedList('older_list');
    await tx`
      insert into exclusion_lists ${toRows(tx, { id, month, sha256, entries: 0, unreadable: 0, importedBy: toJson(tx, buildActor(principal)) })}`;
    await tx`delete from exclusion_entries`;
    const { entries, unreadable } = await keepEntries(tx, id, readRows());
    if (entries < (before?.entries ?? 1) * LEAST_PART) throw new RefusedList('shrunken_list');
    const found = await screenAll(tx);
    await tx`update exclusion_lists set ${toRows(tx, { entries, unreadable, ...found })} where id = ${id}`;
    await createReinstatementTasks(tx, id);
    await tx`update tasks set closed_at = now() where kind = 'exclusion_list' and closed_at is null`;
    await announceFact(tx, 'exclusion list wanted', OPERATOR_ID);
    await recordAudit(tx, principal, {
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
  const writeBatch = async () => {
    if (batch.length > 0) await tx`insert into exclusion_entries ${toRows(tx, batch)}`;
    batch = [];
  };
  for await (const row of rows) {
    if (row === null) {
      unreadable += 1;
      continue;
    }
    entries += 1;
    batch.push({ ...row, listId, nameKeys: listNameKeys(row) });
    if (batch.length === ROWS_AT_ONCE) await writeBatch();
  }
  await writeBatch();
  return { entries, unreadable };
}

/**
 * Completes the name keys of entries that an earlier version imported, and screens all providers and practices against them;
 * next time if an import lasts.
 */
export const completeNameKeys = (sql: Sql): Promise<void> =>
  completeNow(sql).catch((error: unknown) => {
    if (!(error instanceof ImportUnderWay)) throw error;
  });

const completeNow = (sql: Sql): Promise<void> =>
  sql.begin(async (tx) => {
    await lockLists(tx);
    const entries = await tx<(LeieEntry & { listId: string })[]>`
      delete from exclusion_entries where name_keys is null
      returning list_id, listing, first_name, middle_name, last_name, business_name, npi, state, excluded_on,
        reinstated_on`;
    if (entries.length === 0) return;
    for (let at = 0; at < entries.length; at += ROWS_AT_ONCE) {
      const rows = entries.slice(at, at + ROWS_AT_ONCE).map((entry) => ({ ...entry, nameKeys: listNameKeys(entry) }));
      await tx`insert into exclusion_entries ${toRows(tx, rows)}`;
    }
    await screenAll(tx);
  });

/** Everything that began while a list was being taken has ended by then. */
const LATECOMERS_AFTER = '10 minutes';

/**
 * Screens all who were added or changed while a list was imported: their own screening used the list before it, and the import
 * may have passed them already.
 */
export const screenLatecomers = (sql: Sql): Promise<void> =>
  sql.begin(async (tx) => {
    const [list] = await tx<{ id: string; since: Instant }[]>`
      select l.id, l.created_at - ${LATECOMERS_AFTER}::interval as since from exclusion_lists l
      where l.id = ${(await findLatestList(tx))?.id ?? null} and l.created_at < now() - ${LATECOMERS_AFTER}::interval
        and not exists (select from exclusion_latecomers c where c.list_id = l.id)`;
    if (!list) return;
    await tx`insert into exclusion_latecomers (list_id) values (${list.id}) on conflict do nothing`;
    await screenAll(tx, list.since);
  });

type ScreeningCount = { screened: number } & Record<ExclusionResult, number>;

/**
 * Screens every provider and practice of every client against the list on file, or those that were changed since an
 * instant.
 */
async function screenAll(tx: Tx, since: Instant | null = null): Promise<ScreeningCount> {
  const found: ScreeningCount = { screened: 0, clear: 0, possible: 0, confirmed: 0 };
  for (const [table, hold] of [
    ['providers', screenProviders],
    ['practices', screenPractices],
  ] as const)
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = await tx<{ id: string }[]>`
        select id from ${tx(table)}
        where id > ${after} and (${since}::timestamptz is null or greatest(created_at, updated_at) >= ${since})
        order by id limit ${AT_ONCE}`;
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

type ScreenedRow = ScreenedSubject & ScreenedParty;

/** Screens providers against the list on file, if there is one. */
export const screenProviders = async (tx: Db, providerIds: readonly string[]): Promise<ExclusionResult[]> =>
  screenAgainstList(
    tx,
    await tx<ScreenedRow[]>`
      select p.id, p.client_id, p.person_id, n.npi, p.first_name, p.middle_name, p.last_name, p.suffix,
        p.former_names
      from providers p join persons n on n.id = p.person_id
      where p.id = any(${[...providerIds]}::uuid[]) order by p.id`,
  );

/** Screens practices likewise. */
export const screenPractices = async (tx: Db, practiceIds: readonly string[]): Promise<ExclusionResult[]> =>
  screenAgainstList(
    tx,
    await tx<ScreenedRow[]>`
      select p.id, p.client_id, null as person_id, p.npi, '' as first_name, '' as last_name,
        p.legal_name as business_name
      from practices p where p.id = any(${[...practiceIds]}::uuid[]) order by p.id`,
  );

/**
 * Keeps the evidence and the result of each check. An entry with the same NPI is a match; one with the same name may be,
 * and becomes a task for the operator.
 */
async function screenAgainstList(tx: Db, held: readonly ScreenedRow[]): Promise<ExclusionResult[]> {
  const list = await findLatestList(tx);
  if (!list) return [];
  const keys = held.map(listNameKeys);
  // each part by an index of its own
  const entries = await tx<(LeieEntry & { nameKeys: string[] | null })[]>`
    select * from exclusion_entries
    where npi = any(${held.flatMap(({ npi }) => npi ?? [])}) or name_keys && ${keys.flat()}`;
  const found = new Map<string | null, LeieEntry[]>();
  for (const entry of entries)
    for (const key of [...(entry.nameKeys ?? []), entry.npi]) found.set(key, [...(found.get(key) ?? []), entry]);
  const results: ExclusionResult[] = [];
  for (const [i, one] of held.entries()) {
    const statuses: ExclusionStatus[] = [];
    const near = [...keys[i]!, one.npi].flatMap((key) => (key === null ? [] : (found.get(key) ?? [])));
    for (const entry of new Set(near)) {
      const match = matchListing(entry, one);
      if (match) statuses.push(await recordListing(tx, one, { ...entry, match }));
    }
    results.push(statuses.includes('confirmed') ? 'confirmed' : statuses.includes('possible') ? 'possible' : 'clear');
  }
  const [first] = held;
  if (!first) return results;
  const checks = held.map(({ id, clientId }, i) => ({
    id: randomUUID(),
    clientId,
    [nameColumn(first)]: id,
    source: 'oig_leie',
    listId: list.id,
    checkedOn: selectClientDay(tx, list.createdAt, clientId),
    result: results[i],
    recordedBy: toJson(tx, buildActor(LIST_PRINCIPAL)),
  }));
  await tx`
    insert into exclusion_checks ${toRows(tx, checks)}
    on conflict (${tx(nameColumn(first))}, list_id) do update set result = excluded.result`;
  return results;
}

/** The scope in which a statement on an exclusion counts: one client, or, null, every client that has the person. */
type Scope = string | null;

/** Records a listing that matches the checked provider or practice, once, with a task until the operator decides on it. */
async function recordListing(
  tx: Db,
  held: ScreenedSubject,
  { listing, state, match, excludedOn, reinstatedOn }: LeieEntry & { match: Match },
): Promise<ExclusionStatus> {
  const id = await findOrAddExclusion(tx, held, { source: 'oig_leie', state, listing, matchedBy: match });
  // an NPI is the person's, while the name is what one client has on file
  const scope = match === 'npi' || held.personId === null ? null : held.clientId;
  const status = match === 'npi' ? 'confirmed' : 'possible';
  const [before] = await tx<{ status: ExclusionStatus }[]>`
    select status from exclusion_standings
    where exclusion_id = ${id} and client_id is not distinct from ${scope} and not decided and known_to is null`;
  // the list may since state the NPI of a person who matched only by name
  if (!before || (before.status === 'possible' && status === 'confirmed'))
    await recordExclusionStatus(
      tx,
      id,
      held,
      { status, excludedOn, reinstatedOn },
      { by: LIST_PRINCIPAL, scope, decided: false },
    );
  const now = findDecisiveWord(await listWords(tx, held, id))!.status;
  if (now !== 'dismissed')
    await createTasks(tx, [buildMatchTask(held, { id, source: 'oig_leie', status: now }, held.id)]);
  return now;
}

/**
 * Finds or adds the exclusion that a listing, or a check, is about; every check of the same listing finds the same
 * exclusion.
 */
async function findOrAddExclusion(
  tx: Db,
  held: ScreenedSubject,
  what: { source: ExclusionSource; state: string | null; listing: string; matchedBy: Match | 'manual' },
): Promise<string> {
  const { source, listing, matchedBy } = what;
  const [made] = await tx<{ id: string }[]>`
    insert into exclusions ${toRows(tx, { ...pickOwner(held), ...what })} on conflict do nothing returning id`;
  if (made) return made.id;
  const [known] = await tx<{ id: string; matchedBy: Exclusion['matchedBy'] }[]>`
    select id, matched_by from exclusions x where ${isOf(tx, held)} and source = ${source} and listing = ${listing}`;
  if (matchedBy === 'npi' && known!.matchedBy === 'name')
    await tx`update exclusions set matched_by = 'npi' where id = ${known!.id}`;
  return known!.id;
}

/**
 * Has a provider whose NPI was wrong keep what was found of them by hand, now that they are another person: this client's
 * words go along. A word that counts with every client stays with the former person; here it is a statement, and a task
 * asks for a decision.
 */
export async function carryExclusions(
  tx: Tx,
  principal: Principal,
  held: ScreenedSubject,
  formerPersonId: string,
): Promise<void> {
  const found = await tx<(Pick<Exclusion, 'id' | 'source' | 'state'> & { listing: string; words: Word[] })[]>`
    select x.id, x.source, x.state, x.listing, ${selectWords(tx, tx`${held.clientId}::uuid`)} as words
    from exclusions x
    where x.person_id = ${formerPersonId} and x.matched_by = 'manual'
      and x.listing in (select c.id::text from exclusion_checks c where c.provider_id = ${held.id})`;
  for (const { id, source, state, listing, words: said } of found) {
    const word = findDecisiveWord(said);
    if (!word) continue;
    const { clientId, status, excludedOn, reinstatedOn } = word;
    const to = await findOrAddExclusion(tx, held, { source, state, listing, matchedBy: 'manual' });
    const isEverybodys = clientId === null && status !== 'dismissed';
    if (isEverybodys) {
      const how = { by: principal, scope: held.clientId, decided: false };
      await recordExclusionStatus(tx, to, held, { status, excludedOn, reinstatedOn }, how);
    } else
      await tx`
        update exclusion_standings set exclusion_id = ${to} where exclusion_id = ${id} and client_id = ${held.clientId}`;
    const closed = await tx`
      update tasks set closed_at = now()
      where kind = 'exclusion_match' and closed_at is null and data->>'exclusionId' = ${id} and subject_id = ${held.id}
      returning id`;
    if (isEverybodys || closed.length > 0)
      await createTasks(tx, [buildMatchTask(held, { id: to, source, status }, `${held.id}/carried`)]);
  }
}

/** Builds the task of looking at an exclusion, at one client; the same `occasion` makes it once. */
const buildMatchTask = (
  held: ScreenedSubject,
  { id, source, status }: { id: string; source: ExclusionSource; status: ExclusionStatus | 'gone' },
  occasion: string,
): NewTask => ({
  key: `exclusion_match/${id}/${occasion}`,
  clientId: held.clientId,
  kind: 'exclusion_match',
  subjectType: findType(held),
  subjectId: held.id,
  data: { exclusionId: id, source, status },
  dueAt: readClock(),
});

/** Records a decision or match on an exclusion in place of the one before it, and announces it. Returns its id. */
async function recordExclusionStatus(
  tx: Db,
  exclusionId: string,
  held: ScreenedSubject,
  word: { status: ExclusionStatus; excludedOn: PlainDate; reinstatedOn: PlainDate | null; reason?: string },
  { by, scope, decided }: { by: Principal; scope: Scope; decided: boolean },
): Promise<string> {
  // one after the other
  await tx`select from exclusions where id = ${exclusionId} for no key update`;
  await tx`
    update exclusion_standings set known_to = now()
    where exclusion_id = ${exclusionId} and client_id is not distinct from ${scope} and decided = ${decided}
      and known_to is null`;
  const row = {
    ...word,
    exclusionId,
    clientId: scope,
    decided,
    recordedUnder: by === LIST_PRINCIPAL ? null : held.clientId,
    decidedBy: toJson(tx, buildActor(by)),
  };
  const [made] = await tx<{ id: string }[]>`insert into exclusion_standings ${toRows(tx, row)} returning id::text`;
  await announceWord(tx, held, scope);
  return made!.id;
}

/** Announces a decision or match to the providers and practices that it concerns, at the clients at which it counts. */
async function announceWord(tx: Db, { id, personId }: ScreenedSubject, scope: Scope): Promise<void> {
  if (personId === null) await announceFact(tx, 'exclusion decided for a practice', id);
  else if (scope === null) await announceFact(tx, 'exclusion decided for a person', personId);
  else {
    const concerned = tx`select p.id from providers p where ${isConcerned(tx, personId, scope)}`;
    await announceFacts(tx, 'exclusion decided for a provider', concerned);
  }
}

/** Writes the condition that a statement on a person counts for the provider `p`. */
const isConcerned = (sql: Db, personId: string, scope: Scope): Fragment =>
  sql`p.person_id = ${personId} and ${scope === null ? sql`true` : sql`p.client_id = ${scope}`}`;

/** Creates a task to look for the reinstatement of each exclusion that the new list no longer has. */
async function createReinstatementTasks(tx: Tx, listId: string): Promise<void> {
  const gone = await tx<(ScreenedSubject & { exclusionId: string; source: ExclusionSource; words: Word[] })[]>`
    select x.id as exclusion_id, x.source, x.person_id, h.id, h.client_id, ${selectWords(tx, tx`h.client_id`)} as words
    from exclusions x
    join lateral (
      select p.id, p.client_id from providers p where p.person_id = x.person_id
      union all select r.id, r.client_id from practices r where r.id = x.practice_id) h on true
    where x.source = 'oig_leie' and x.matched_by <> 'manual'
      and not exists (select from exclusion_entries e where e.listing = x.listing)`;
  await createTasks(
    tx,
    gone.flatMap(({ exclusionId: id, source, words: said, ...held }) => {
      const word = findDecisiveWord(said);
      return word?.status === 'confirmed' && word.reinstatedOn === null
        ? [buildMatchTask(held, { id, source, status: 'gone' }, `${held.id}/${listId}`)]
        : [];
    }),
  );
}

/**
 * Records a manual check and its result. A "no" by a user who `mayDecide` is a decision; any other user's result blocks
 * billing at that client, as a match does, until a decision is recorded. Repeated under the same id it changes nothing.
 */
export const recordExclusionCheck = (
  sql: Sql,
  principal: Principal,
  id: string,
  held: ScreenedSubject,
  { excludedOn, ...input }: ExclusionCheckInput,
  mayDecide: boolean,
): Promise<ExclusionCheck> =>
  sql.begin(async (tx) => {
    const { id: subjectId, clientId } = held;
    const row = {
      ...input,
      id,
      clientId,
      [nameColumn(held)]: subjectId,
      recordedBy: toJson(tx, buildActor(principal)),
    };
    const made = await tx`
      insert into exclusion_checks ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    if (made.length > 0) {
      const { result, source, state = null, checkedOn } = input;
      await recordAudit(tx, principal, {
        action: 'exclusion_check.record',
        subjectType: findType(held),
        subjectId,
        clientId,
        detail: { ...input, excludedOn },
      });
      if (result !== 'clear') {
        const exclusionId = await findOrAddExclusion(tx, held, { source, state, listing: id, matchedBy: 'manual' });
        const exclusion = { id: exclusionId, source };
        const word = { excludedOn: excludedOn ?? checkedOn, reinstatedOn: null };
        if (result === 'confirmed' && mayDecide)
          await recordDecision(tx, principal, held, exclusion, { ...word, status: result });
        else {
          const how = { by: principal, scope: clientId, decided: false };
          await recordExclusionStatus(tx, exclusionId, held, { ...word, status: result }, how);
          await createTasks(tx, [buildMatchTask(held, { ...exclusion, status: result }, held.id)]);
        }
      }
    }
    return (await findExclusionCheck(tx, principal, id))!;
  });

async function findExclusionCheck(sql: Db, principal: Principal, id: string): Promise<ExclusionCheck | null> {
  const [check] = await sql<ExclusionCheck[]>`
    select * from exclusion_checks where id = ${id} and ${isInScope(sql, principal)}`;
  return check ?? null;
}

export const listExclusionChecks = (
  sql: Db,
  principal: Principal,
  held: ScreenedSubject,
  request: PageRequest,
): Promise<Page<ExclusionCheck>> =>
  readPage(
    sql,
    sql`
      select * from exclusion_checks
      where ${held.personId === null ? sql`practice_id in ${selectEntryIds(sql, 'practices', held.id)}` : sql`provider_id = ${held.id}`}
        and ${isInScope(sql, principal)}`,
    request,
  );

const isOf = (sql: Db, { id, personId }: ScreenedSubject): Fragment =>
  personId === null ? sql`x.practice_id in ${selectEntryIds(sql, 'practices', id)}` : sql`x.person_id = ${personId}`;

interface Word extends ExclusionWord {
  reason: string | null;
  decidedBy: Actor;
  recordedUnder: string | null;
  /** The scope in which it counts. */
  clientId: Scope;
}

/** Selects the matches and decisions on the exclusion `x` that count at a client; for a practice, all of them. */
const selectWords = (sql: Db, clientId: Fragment): Fragment => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('exclusionId', s.exclusion_id, 'status', s.status, 'decided', s.decided,
      'excludedOn', s.excluded_on, 'reinstatedOn', s.reinstated_on, 'reason', s.reason, 'decidedBy', s.decided_by,
      'recordedUnder', s.recorded_under, 'clientId', s.client_id) order by s.client_id is null, s.id)
    from exclusion_standings s
    where s.exclusion_id = x.id and s.known_to is null and ${isCountedAt(sql, 's', clientId)}), '[]'::jsonb)`;

async function listWords(sql: Db, held: ScreenedSubject, exclusionId: string): Promise<Word[]> {
  const [row] = await sql<{ words: Word[] }[]>`
    select ${selectWords(sql, sql`${held.clientId}::uuid`)} as words from exclusions x where x.id = ${exclusionId}`;
  return row!.words;
}

/** Whether an exclusion ever was one at a client: showing what another client dismissed would disclose that client. */
const isShownAt = (sql: Db, exclusionId: Fragment, clientId: Fragment): Fragment => sql`
  exists (
    select from exclusion_standings s
    where s.exclusion_id = ${exclusionId} and ${isCountedAt(sql, 's', clientId)}
      and (s.client_id is not null or not s.decided or s.status = 'confirmed'))`;

/**
 * Lists the confirmed and possible exclusions at one client; the decider and the reason are shown to the deciding
 * client alone.
 */
export async function listExclusions(sql: Db, held: ScreenedSubject): Promise<Exclusion[]> {
  const rows = await sql<(Pick<Exclusion, 'id' | 'source' | 'state' | 'matchedBy'> & { words: Word[] })[]>`
    select x.id, x.source, x.state, x.matched_by, ${selectWords(sql, sql`${held.clientId}::uuid`)} as words
    from exclusions x
    where ${isOf(sql, held)} and ${isShownAt(sql, sql`x.id`, sql`${held.clientId}::uuid`)}
    order by x.created_at, x.id`;
  return rows.map(({ words: said, ...exclusion }) => {
    const { status, excludedOn, reinstatedOn, reason, decidedBy, recordedUnder } = findDecisiveWord(said)!;
    const isTheirs = recordedUnder === null || recordedUnder === held.clientId;
    return {
      ...exclusion,
      status,
      excludedOn,
      reinstatedOn,
      reason: isTheirs ? reason : null,
      decidedBy: isTheirs ? decidedBy : null,
    };
  });
}

export async function findExclusion(sql: Db, held: ScreenedSubject, id: string): Promise<Exclusion | null> {
  return (await listExclusions(sql, held)).find((one) => one.id === id) ?? null;
}

/**
 * Records a user's decision on an exclusion: whether it is this person's, from when and until when. It counts for the
 * clients that the user may see, and stands beside the decisions of others. Earlier decisions stay on record.
 */
export const decideExclusion = (
  sql: Sql,
  principal: Principal,
  held: ScreenedSubject,
  exclusionId: string,
  { result, reason, excludedOn, reinstatedOn }: ExclusionDecision,
): Promise<Exclusion> =>
  sql.begin(async (tx) => {
    await tx`select from exclusions where id = ${exclusionId} for no key update`;
    const before = (await findExclusion(tx, held, exclusionId))!;
    const word = {
      status: result,
      excludedOn: excludedOn ?? before.excludedOn,
      reinstatedOn: reinstatedOn === undefined ? before.reinstatedOn : reinstatedOn,
      reason,
    };
    await recordDecision(tx, principal, held, before, word);
    return (await findExclusion(tx, held, exclusionId))!;
  });

/**
 * Records a decision in its scope: every client if its maker sees every one, otherwise those of theirs that have the
 * person. Each client concerned has it in its audit log, and for a "no" a task.
 */
async function recordDecision(
  tx: Tx,
  principal: Principal,
  held: ScreenedSubject,
  exclusion: { id: string; source: ExclusionSource },
  word: { status: 'confirmed' | 'dismissed'; excludedOn: PlainDate; reinstatedOn: PlainDate | null; reason?: string },
): Promise<void> {
  const { id: exclusionId } = exclusion;
  const { clientIds } = principal;
  const everywhere = clientIds === null;
  const concerned = (await listConcerned(tx, held, exclusionId, word.status)).filter(
    ({ clientId }) => everywhere || clientIds.includes(clientId),
  );
  const scopes: Scope[] = everywhere ? [null] : concerned.map(({ clientId }) => clientId);
  const statements: string[] = [];
  for (const scope of scopes)
    statements.push(await recordExclusionStatus(tx, exclusionId, held, word, { by: principal, scope, decided: true }));
  await tx`
    update tasks set closed_at = now()
    where kind = 'exclusion_match' and closed_at is null and data->>'exclusionId' = ${exclusionId}
      and ${
        held.personId === null
          ? tx`subject_id in ${selectEntryIds(tx, 'practices', held.id)}`
          : tx`subject_id = any(${concerned.map(({ id }) => id)}::uuid[])`
      }`;
  for (const subject of concerned)
    await recordAudit(tx, principal, {
      action: `exclusion.${word.status}`,
      subjectType: findType(subject),
      subjectId: subject.id,
      clientId: subject.clientId,
      detail: { exclusionId, ...word },
    });
  const { status, reinstatedOn } = word;
  if (status === 'confirmed' && (reinstatedOn === null || reinstatedOn > findLastToday(readClock())))
    await createTasks(
      tx,
      concerned.map((subject) => buildMatchTask(subject, { ...exclusion, status }, `${subject.id}/${statements[0]!}`)),
    );
}

/** Lists the person at each client, or the practice; for a dismissal only if there is something to dismiss. */
const listConcerned = async (
  sql: Db,
  held: ScreenedSubject,
  exclusionId: string,
  status: ExclusionStatus,
): Promise<ScreenedSubject[]> =>
  held.personId === null
    ? [held]
    : sql<ScreenedSubject[]>`
        select p.id, p.client_id, p.person_id from providers p
        where p.person_id = ${held.personId}
          ${status === 'dismissed' ? sql`and ${isShownAt(sql, sql`${exclusionId}::uuid`, sql`p.client_id`)}` : sql``}
        order by p.id`;
