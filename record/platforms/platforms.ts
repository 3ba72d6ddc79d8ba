import { compareBusinessNames } from '../../domain/kernel/business-names';
import {
  findUnmergedIds,
  selectEntryIds,
  selectEntriesIds,
  selectUnmergedId,
  selectUnmergedIds,
} from '../kernel/one-entry';
import { Duplicate } from '../kernel/duplicate';
import { selectClientToday } from '../time/days';
import { announceFact } from '../kernel/subscribers';
import { randomUUID } from 'node:crypto';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { isSameValue } from '../../domain/kernel/facts';
import {
  assessAnswers,
  type Assessment,
  type PlatformDecision,
  type LedgerAnswer,
  type Question,
} from '../../domain/platforms/platform';
import { readClock } from '../../runtime/clock';
import { toJson, toRows, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import type { Circumstance } from '../registry/file-changes';
import { closeOpenInquiry, openInquiry } from './inquiries';
import { prefillAnswers } from './platform-knowledge';
import { keepBridges } from '../applications/bridges';
import { addSpans, selectLastDayThrough, restateSpans } from '../billing/platform-spans';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';
import { settleTasks } from '../kernel/tasks';

export interface RelationshipInput {
  platform: string;
  payerIds: string[];
  /** Left out: every state in which the provider is licensed now. */
  states?: string[];
  since?: PlainDate;
  /** The address at which the platform itself is asked. */
  contactEmail?: string;
  /** Whether it is added beside another with this platform. */
  evenIfExists?: boolean | undefined;
}

/** The fields to change; null empties. */
export interface RelationshipPatch extends Circumstance {
  payerIds?: string[];
  states?: string[];
  since?: PlainDate | null;
  contactEmail?: string | null;
}

/** A provider's participation through a platform, with the client's decision on it. */
export interface Relationship {
  id: string;
  clientId: string;
  providerId: string;
  platform: string;
  payerIds: string[];
  /** The states in which it covers its payers; null: every state, as none was named. */
  states: string[] | null;
  /** The days from which to which each payer is billed through it, former ones too; null if no day is known. */
  spans: { payerId: string; states: string[] | null; from: PlainDate | null; until: PlainDate | null }[];
  since: PlainDate | null;
  contactEmail: string | null;
  /** The last day on which the payers are billed through it; null while that goes on. */
  endedOn: PlainDate | null;
  endReason: string | null;
  decision: PlatformDecision | null;
  decisionReason: string | null;
  /** Counts answers and decisions too. */
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
}

export interface RelationshipFilter {
  providerId?: string | undefined;
  payerId?: string | undefined;
  clientId?: string | undefined;
}

export interface AnswerInput extends Omit<LedgerAnswer, 'question'> {
  answeredBy: string;
  answeredOn: PlainDate;
  channel: string;
  words: string | null;
  /** Ids of documents. */
  evidence: string[];
}

export interface DecisionInput {
  decision: PlatformDecision;
  reason: string;
}

/** An entry of the ledger: it never changes but to say what took its place. */
export interface Entry {
  id: string;
  clientId: string;
  relationshipId: string;
  recordedBy: Actor;
  createdAt: Instant;
  /** Null while it is in force. */
  supersededBy: string | null;
}
export type RecordedAnswer = Entry & AnswerInput & { question: Question };
export type RecordedDecision = Entry & DecisionInput;

/** The entry that was put on record, with the relationship's version after it. */
export type VersionedEntry<T> = T & { version: number };

const selectRelationships = (sql: Db, principal: Principal): Fragment => sql`
  select r.id, r.client_id, r.provider_id, r.platform, ${selectUnmergedIds(sql, sql`r.payer_ids`)} as payer_ids, r.states, r.since, r.contact_email, r.ended_on,
    r.ending->>'reason' as end_reason, r.version, r.created_at, r.updated_at, d.decision, d.reason as decision_reason,
    (select coalesce(jsonb_agg(jsonb_build_object('payerId', m.payer_id, 'states', m.states, 'from', nullif(m.from_on, '-infinity'),
        'until', nullif(m.until_on, 'infinity')) order by m.from_on, m.until_on desc, m.id), '[]')
      from (
        select ${selectUnmergedId(sql, 'payers', sql`s.payer_id`)} as payer_id, s.states, s.from_on, s.until_on, min(s.id) as id
        from platform_spans s
        where s.relationship_id = r.id and s.known_to is null and s.from_on <= s.until_on and s.until_on > '-infinity'
        group by 1, 2, 3, 4) m
    ) as spans
  from platform_relationships r
  left join platform_decisions d on d.relationship_id = r.id and d.superseded_by is null
  where ${isInScope(sql, principal, 'r.client_id')}`;

/**
 * Creates a relationship. Repeated under the same id it changes nothing. Throws a Duplicate if the provider has a
 * relationship with this platform that goes on.
 */
export const createRelationship = (
  sql: Sql,
  principal: Principal,
  id: string,
  provider: { id: string; clientId: string },
  { platform, payerIds: named, states, since, contactEmail, evenIfExists }: RelationshipInput,
): Promise<Relationship> =>
  sql.begin(async (tx) => {
    const payerIds = await listUnmergedIds(tx, named);
    const { id: providerId, clientId } = provider;
    const row = {
      id,
      clientId,
      providerId,
      platform,
      payerIds,
      states: states ?? (await listLicensedStates(tx, providerId)),
      since: since ?? null,
      contactEmail: contactEmail ?? null,
    };
    // one after the other
    await tx`select from providers where id = ${providerId} for no key update`;
    const inserted = await tx`
      insert into platform_relationships ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    if (inserted.length > 0) {
      const others = await tx<{ id: string; platform: string }[]>`
        select id, platform from platform_relationships
        where provider_id = ${providerId} and ended_on is null and id <> ${id} order by created_at, id`;
      const existing = others.find((other) => compareBusinessNames(other.platform, platform) !== 'differs');
      if (existing && !evenIfExists) throw new Duplicate(existing.id);
      await keepAudit(tx, principal, row, 'create', { providerId, platform, payerIds, states: row.states, since });
      await addSpans(tx, row, payerIds, tx`${selectFirstDay(since)}::date`);
      await keepBridges(tx, providerId);
      await prefillAnswers(tx, principal, row);
      await openInquiry(tx, principal, randomUUID(), row, {});
      await announceFact(tx, 'platform cover changed', id);
    }
    return (await findRelationship(tx, principal, id))!;
  });

/** Lists the payers that stand for these, each once. */
const listUnmergedIds = async (tx: Tx, payerIds: readonly string[]): Promise<string[]> => [
  ...new Set((await findUnmergedIds(tx, 'payers', payerIds)).values()),
];

/** Lists the states in which a provider is licensed; null if none is on file. */
async function listLicensedStates(tx: Tx, providerId: string): Promise<string[] | null> {
  const [row] = await tx<{ states: string[] | null }[]>`
    select array_agg(distinct state order by state) as states from licences where provider_id = ${providerId}`;
  return row!.states;
}

export async function findRelationship(sql: Db, principal: Principal, id: string): Promise<Relationship | null> {
  const [relationship] = await sql<Relationship[]>`${selectRelationships(sql, principal)} and r.id = ${id}`;
  return relationship ?? null;
}

export const listRelationships = (
  sql: Db,
  principal: Principal,
  { providerId, payerId, clientId }: RelationshipFilter,
  request: PageRequest,
): Promise<Page<Relationship>> =>
  readPage(
    sql,
    sql`${selectRelationships(sql, principal)}
      ${providerId ? sql`and r.provider_id = ${providerId}` : sql``}
      ${payerId ? sql`and r.payer_ids && array(${selectEntryIds(sql, 'payers', payerId)})` : sql``}
      ${clientId ? sql`and r.client_id = ${clientId}` : sql``}`,
    request,
  );

/** Changes a relationship; null if it has ended and its payers or states would change. */
export const updateRelationship = (
  sql: Sql,
  principal: Principal,
  { id }: Relationship,
  { changedOn, correction, ...given }: RelationshipPatch,
  precondition: Precondition,
): Promise<Relationship | null> =>
  sql.begin(async (tx) => {
    const [held] = await tx<CoveredRelationship[]>`
      select id, client_id, provider_id, platform, ${selectUnmergedIds(tx, tx`payer_ids`)} as payer_ids, states, since, ended_on
      from platform_relationships where id = ${id} for no key update`;
    const patch = { ...given, ...(given.payerIds && { payerIds: await listUnmergedIds(tx, given.payerIds) }) };
    const { payerIds, states, since = held!.since } = patch;
    if ((payerIds || states) && held!.endedOn !== null) return null;
    await reviseRow(tx, principal, 'platform_relationship', id, {
      columns: patch,
      asked: Object.keys(patch).length > 0 ? { ...patch, changedOn, correction } : {},
      precondition,
    });
    if (since !== held!.since)
      await restateSpans(tx, id, {
        which: tx`from_on = ${selectFirstDay(held!.since)}::date or from_on < ${selectFirstDay(since)}::date`,
        fromOn: tx`${selectFirstDay(since)}::date`,
      });
    if (payerIds || states || since !== held!.since) await announceFact(tx, 'platform cover changed', id);
    if (payerIds || states) {
      const covered = { payerIds: payerIds ?? held!.payerIds, states: states ?? held!.states };
      await changeCoveredPayers(tx, principal, { ...held!, since }, covered, { changedOn, correction });
    }
    await keepBridges(tx, held!.providerId);
    return findRelationship(tx, principal, id);
  });

type CoveredPayers = Pick<Relationship, 'payerIds' | 'states'>;
type CoveredRelationship = CoveredPayers &
  Pick<Relationship, 'id' | 'clientId' | 'providerId' | 'platform' | 'since' | 'endedOn'>;

/** Selects the first day of a span that began then, or at an unknown day. */
const selectFirstDay = (since: PlainDate | null | undefined): string => since ?? '-infinity';

/**
 * Changes the covered payers: a payer that is no longer among them, or in another state, was billed through the
 * platform until the day before, its answers stay on record, and its applications on the bridge have nothing left to
 * keep.
 */
async function changeCoveredPayers(
  tx: Tx,
  principal: Principal,
  { id, clientId, platform, since, payerIds: before, states: statesBefore }: CoveredRelationship,
  { payerIds, states }: CoveredPayers,
  { changedOn, correction }: Circumstance,
): Promise<void> {
  const day = correction
    ? tx`${selectFirstDay(since)}::date`
    : tx`coalesce(${changedOn ?? null}::date,
        ${selectClientToday(tx, clientId)})`;
  const added = payerIds.filter((payerId) => !before.includes(payerId));
  const moved = isSameValue(statesBefore, states) ? [] : before.filter((payerId) => payerIds.includes(payerId));
  const dropped = before.filter((payerId) => !payerIds.includes(payerId));
  await restateSpans(tx, id, {
    which: tx`payer_id = any(${selectEntriesIds(tx, tx`${[...dropped, ...moved]}::uuid[]`)}) and until_on = 'infinity'`,
    untilOn: tx`${day} - 1`,
  });
  await addSpans(tx, { id, clientId, states }, [...added, ...moved], day);
  await prefillAnswers(tx, principal, { id, clientId, platform, payerIds: added });
  await settleTasks(
    tx,
    id,
    'platform_check',
    tx`exists (select from platform_relationships r, applications a
      where r.id = subject_id and a.id = (data->>'applicationId')::uuid
        and ${selectLastDayThrough(tx)} < ${day})`,
  );
  await announceFact(tx, 'platform relationship changed', id);
}

/**
 * Ends a relationship because the provider has left the platform, or will after `on`: its questions and its checks
 * stop. Null if it ended before; repeated under the same command it changes nothing.
 */
export const endRelationship = (
  sql: Sql,
  principal: Principal,
  { id, clientId, providerId }: Relationship,
  commandId: string,
  { on, reason, replaces }: { on: PlainDate; reason: string; replaces?: PlainDate | undefined },
  precondition: Precondition,
): Promise<Relationship | null> =>
  sql.begin(async (tx) => {
    const [row] = await tx<
      { version: number; endedOn: PlainDate | null; payerIds: string[]; ending: { commandId: string } | null }[]
    >`select version, ended_on, payer_ids, ending from platform_relationships where id = ${id} for no key update`;
    const { version, endedOn, payerIds, ending } = row!;
    if (ending?.commandId === commandId) return findRelationship(tx, principal, id);
    if (ending && replaces !== endedOn) return null;
    precondition(version);
    const recorded = { reason, commandId, recordedBy: { ...buildActor(principal) }, recordedAt: readClock() };
    await tx`
      update platform_relationships
      set ended_on = ${on}, ending = ${toJson(tx, recorded)}, version = version + 1, updated_at = now() where id = ${id}`;
    await endChases(tx, principal, { id, clientId }, reason);
    await restateSpans(tx, id, {
      // an earlier end's cuts are restored too, but not what was dropped before
      which: tx`until_on > ${on} or (until_on = ${endedOn}::date
        and payer_id = any(${selectEntriesIds(tx, tx`${payerIds}::uuid[]`)}))`,
      untilOn: tx`${on}::date`,
    });
    await keepBridges(tx, providerId);
    await announceFact(tx, 'platform cover changed', id);
    await keepAudit(tx, principal, { id, clientId }, 'end', { on, reason, ...(replaces && { replaces }) });
    return findRelationship(tx, principal, id);
  });

/**
 * Stops the questions about a relationship and its checks, because the operator no longer works for the provider, who stays
 * with the platform.
 */
export const stopAskingAboutRelationship = (
  sql: Sql,
  principal: Principal,
  relationship: Pick<Relationship, 'id' | 'clientId'>,
  reason: string,
): Promise<void> => sql.begin((tx) => endChases(tx, principal, relationship, reason));

async function endChases(
  tx: Tx,
  principal: Principal,
  relationship: Pick<Relationship, 'id' | 'clientId'>,
  reason: string,
): Promise<void> {
  await closeOpenInquiry(tx, principal, relationship, reason);
  await settleTasks(tx, relationship.id, 'platform_check');
}

/** Puts an answer in the place of the one for the same payer and state; the same once more changes nothing. */
export const putAnswer = (
  sql: Sql,
  principal: Principal,
  relationshipId: string,
  id: string,
  question: Question,
  answer: AnswerInput,
  precondition: Precondition,
): Promise<VersionedEntry<RecordedAnswer>> =>
  sql.begin(async (tx) => {
    const { payerId, state, parts, items } = answer;
    return putEntry<RecordedAnswer>(
      tx,
      principal,
      'answer',
      { relationshipId, id, precondition },
      {
        scope: tx`question = ${question} and state is not distinct from ${state}::text
        and ${payerId === null ? tx`payer_id is null` : tx`payer_id in ${selectEntryIds(tx, 'payers', payerId)}`}`,
        said: { question, ...answer },
        stored: { parts: parts && toJson(tx, parts), items: items && toJson(tx, items) },
      },
    );
  });

/**
 * Puts a decision in the place of the one before; the same once more changes nothing. Null if the provider has left the
 * platform: nothing is left to decide.
 */
export const putDecision = (
  sql: Sql,
  principal: Principal,
  relationshipId: string,
  id: string,
  decision: DecisionInput,
  precondition: Precondition,
): Promise<VersionedEntry<RecordedDecision> | null> =>
  sql.begin(async (tx) => {
    const [left] = await tx`
      select from platform_relationships r
      where r.id = ${relationshipId} and r.ended_on < ${selectClientToday(tx, tx`r.client_id`)}
        and not exists (select from platform_decisions d where d.id = ${id})`;
    if (left) return null;
    return putEntry<RecordedDecision>(
      tx,
      principal,
      'decision',
      { relationshipId, id, precondition },
      {
        scope: tx`true`,
        said: decision,
      },
    );
  });

const TABLES = { answer: 'platform_answers', decision: 'platform_decisions' } as const;

async function putEntry<T extends Entry>(
  tx: Tx,
  principal: Principal,
  kind: keyof typeof TABLES,
  { relationshipId, id, precondition }: { relationshipId: string; id: string; precondition: Precondition },
  { scope, said, stored = {} }: { scope: Fragment; said: object; stored?: object },
): Promise<VersionedEntry<T>> {
  const table = tx(TABLES[kind]);
  const [relationship] = await tx<{ id: string; clientId: string; providerId: string; version: number }[]>`
    select id, client_id, provider_id, version from platform_relationships
    where id = ${relationshipId} and ${isInScope(tx, principal)} for no key update`;
  const { clientId, version } = relationship!;
  precondition(version);
  const [before] = await tx<(T & Record<string, unknown>)[]>`
    select * from ${table} where relationship_id = ${relationshipId} and superseded_by is null and ${scope}
    order by created_at desc, id desc limit 1`;
  const same = before && Object.entries(said).every(([name, value]) => isSameValue(before[name], value));
  if (same) return { ...before, version };
  await tx`
    update ${table} set superseded_by = ${id}
    where relationship_id = ${relationshipId} and superseded_by is null and ${scope}`;
  const recordedBy = toJson(tx, buildActor(principal));
  const row = { ...said, ...stored, id, clientId, relationshipId, recordedBy };
  const [made] = await tx<T[]>`insert into ${table} ${toRows(tx, row)} returning *`;
  await tx`
    update platform_relationships set version = version + 1, updated_at = now() where id = ${relationshipId}`;
  if (kind === 'answer') await announceFact(tx, 'platform questions changed', relationshipId);
  else await keepBridges(tx, relationship!.providerId);
  await keepAudit(tx, principal, relationship!, kind, said);
  return { ...made!, version: version + 1 };
}

const keepAudit = (
  tx: Tx,
  principal: Principal,
  { id, clientId }: { id: string; clientId: string },
  what: string,
  detail: object,
): Promise<void> =>
  recordAudit(tx, principal, {
    action: `platform_relationship.${what}`,
    subjectType: 'platform_relationship',
    subjectId: id,
    clientId,
    detail,
  });

/** Lists every answer that was given, in order; or those to one question, or in force, or not. */
export const listPlatformAnswers = (
  sql: Db,
  principal: Principal,
  relationshipId: string,
  { question, current }: { question?: Question | undefined; current?: boolean | undefined },
  request: PageRequest,
): Promise<Page<RecordedAnswer>> =>
  readPage(
    sql,
    sql`select * from platform_answers where relationship_id = ${relationshipId} and ${isInScope(sql, principal)}
      ${question ? sql`and question = ${question}` : sql``}
      ${current === undefined ? sql`` : sql`and (superseded_by is null) = ${current}`}`,
    request,
  );

export const listDecisions = (
  sql: Db,
  principal: Principal,
  relationshipId: string,
  request: PageRequest,
): Promise<Page<RecordedDecision>> =>
  readPage(
    sql,
    sql`select * from platform_decisions where relationship_id = ${relationshipId} and ${isInScope(sql, principal)}`,
    request,
  );

/**
 * Assesses the answers in force, in the relationship's states; of two for payers that were merged the later one stands.
 */
export async function readAssessment(
  sql: Db,
  principal: Principal,
  { id, payerIds, states }: Relationship,
): Promise<Assessment> {
  const answers = await sql<LedgerAnswer[]>`
    select question, answer, ${selectUnmergedId(sql, 'payers', sql`payer_id`)} as payer_id, state, parts, items, notice_days
    from platform_answers where relationship_id = ${id} and superseded_by is null and ${isInScope(sql, principal)}
    order by created_at, id`;
  return assessAnswers(payerIds, states ?? [], answers);
}
