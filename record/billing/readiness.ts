import { randomUUID } from 'node:crypto';
import { selectEntryId, isAmong } from '../kernel/one-entry';
import { computeAttestationDueOn, listKnownLicences, type LicenceTerm } from '../../domain/registry/attestation';
import { compareTerms, areTermsInForce, type Term } from '../../domain/registry/held-terms';
import { KINDS, type Fact, type ReadinessReason } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import {
  isExcludedOn,
  computeExclusionTerms,
  mayBeExcludedOn,
  type ExclusionWord,
} from '../../domain/screening/exclusions';
import { KIND_RULES } from '../../domain/registry/playbook';
import type {
  AgreementEvidence,
  ReadinessAnswer,
  ReadinessEvidence,
  ReadinessQuery,
  Span,
} from '../../domain/billing/readiness';
import { addProofs, findInheritedAgreement, type FactRecord, type FactValue } from '../../domain/kernel/facts';
import { toJson, toRows, type Db, type Fragment } from '../../runtime/database';
import { selectAsKnown, wasKnownThen, type EarlierRows } from '../kernel/as-of';
import {
  selectAttestedOn,
  selectCurrentLicences,
  selectExclusionWords,
  selectRegistryLicences,
} from '../kernel/person-scope';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { isAboutState } from './platform-spans';
import { readStoredDocuments } from '../registry/document-files';
import { readProofs } from './proofs';
import { findSettings, listSettingsVersions } from '../kernel/settings';

export interface ReadinessRequest extends ReadinessQuery {
  providerId: string;
  /** Null if there is no application for the rest: what is on file without one. */
  practiceId: string | null;
  payerId: string;
  /** Null if the state is not known. */
  state: string | null;
  /** The instant whose knowledge counts; left out: now. */
  asOf?: Instant;
}

/** The reference of a request that the principal knows nothing of. */
export type UnknownReference = 'providerId' | 'practiceId' | 'payerId' | 'locationId';

/** The file for a question, with the practice's client. */
export interface ReadinessSubject {
  clientId: string;
  evidence: ReadinessEvidence & { spans: KeptSpan[] };
}

/** A span with the entries by which the payer approved it, and a second person its facts. */
type KeptSpan = Span & { i: number; approvals: string[] };

type KeptAgreement = AgreementEvidence & { i: number };

interface File {
  i: number;
  clientId: string;
  provider: boolean;
  practice: boolean;
  sameClient: boolean;
  payer: boolean;
  location: boolean;
  requiresCaqh: boolean;
  licences: LicenceTerm[];
  registryLicences: { state: string }[];
  malpractice: Term[];
  attestedOn: PlainDate | null;
  platformCovers: boolean;
  /** Whether one does on the day, or did before. */
  platformCovered: boolean;
  exclusions: ExclusionWord[];
}

export const OPENING_KINDS = KINDS.filter((kind) => KIND_RULES[kind].opensSpan);

/**
 * Reads the evidence that billing readiness needs to answer each request, in their order, or the reference that is
 * unknown; it takes as many queries for one as for all.
 */
export async function readReadinessEvidence(
  sql: Db,
  principal: Principal,
  requests: readonly ReadinessRequest[],
): Promise<(ReadinessSubject | { unknown: UnknownReference[]; ofOtherClient?: true })[]> {
  const asked = await readAsked(sql, requests);
  const [files, spans, agreements, policies] = await Promise.all([
    readFiles(sql, principal, asked),
    readSpans(sql, principal, asked),
    readAgreements(sql, principal, asked),
    listSettingsVersions(sql),
  ]);
  const proven = await addStoredEvidence(sql, requests, await addInheritedProofs(sql, spans, agreements));
  const [spansOfItem, agreementsOfItem] = [groupByItem(proven), groupByItem(agreements)];
  return files.map((file) => {
    const unknown = (['provider', 'practice', 'payer', 'location'] as const).filter((name) => !file[name]);
    if (unknown.length > 0) return { unknown: unknown.map((name) => `${name}Id` as const) };
    if (!file.sameClient) return { unknown: ['practiceId'], ofOtherClient: true };
    const { state, dateOfService, asOf } = requests[file.i]!;
    const documents = findSettings(policies, asOf).documentRequired;
    return {
      clientId: file.clientId,
      evidence: {
        spans: spansOfItem.get(file.i) ?? [],
        agreements: agreementsOfItem.get(file.i) ?? [],
        platformCovers: file.platformCovers,
        demands: { ...(file.platformCovered && { party: true }), documents },
        excluded: computeExclusionTerms(file.exclusions).some((term) => isExcludedOn(term, dateOfService)),
        exclusionPossible: mayBeExcludedOn(file.exclusions, dateOfService),
        ...readCurrency(file, state, dateOfService),
      },
    };
  });
}

/** Adds to facts that are inherited from an agreement the proof behind the agreement's own entry. */
async function addInheritedProofs(
  sql: Db,
  spans: readonly KeptSpan[],
  agreements: readonly KeptAgreement[],
): Promise<KeptSpan[]> {
  const findInheritedValue = (span: KeptSpan, fact: Fact, value: FactValue): string | undefined => {
    const from = findInheritedAgreement(value);
    if (from === null || (fact !== 'contract' && fact !== 'claimsRoute')) return undefined;
    return agreements.find(({ i, id }) => i === span.i && id === from)?.[fact]?.entryId;
  };
  const listHeld = (span: KeptSpan) =>
    (Object.entries(span.facts) as [Fact, FactRecord][]).flatMap(
      ([fact, { value }]) => findInheritedValue(span, fact, value) ?? [],
    );
  const entryIds = spans.flatMap(listHeld);
  if (entryIds.length === 0) return [...spans];
  const proofs = await readProofs(sql, entryIds);
  const addInheritedProof = (span: KeptSpan, fact: Fact, record: FactRecord): FactRecord => ({
    ...record,
    ...addProofs({ partyRead: false, ...record }, proofs.get(findInheritedValue(span, fact, record.value) ?? '')),
  });
  return spans.map((span) => ({
    ...span,
    facts: Object.fromEntries(
      (Object.entries(span.facts) as [Fact, FactRecord][]).map(([fact, record]) => [
        fact,
        addInheritedProof(span, fact, record),
      ]),
    ),
  }));
}

/** Adds to each fact which of its documents have their file, or had it at the instant that is asked about. */
async function addStoredEvidence(
  sql: Db,
  requests: readonly ReadinessRequest[],
  spans: readonly KeptSpan[],
): Promise<KeptSpan[]> {
  const ids = spans.flatMap(({ facts }) => Object.values(facts).flatMap(({ evidence }) => evidence));
  const wasStored = await readStoredDocuments(sql, ids);
  const addStored = (fact: FactRecord, { asOf }: ReadinessRequest): FactRecord => ({
    ...fact,
    stored: fact.evidence.filter((id) => wasStored(id, asOf)),
  });
  return spans.map((span) => ({
    ...span,
    facts: Object.fromEntries(
      Object.entries(span.facts).map(([name, fact]) => [name, addStored(fact, requests[span.i]!)]),
    ),
  }));
}

/** Keeps answers as they were given, so that a correction can list those that rested on what it strikes. */
export async function saveAnswers(
  sql: Db,
  principal: Principal,
  given: readonly { onFile: ReadinessSubject; question: ReadinessRequest; answer: ReadinessAnswer }[],
): Promise<void> {
  if (given.length === 0) return;
  const askedBy = toJson(sql, buildActor(principal));
  const counts = new Map<string, number>();
  await sql`
    insert into readiness_answers ${toRows(
      sql,
      given.map(({ onFile, question, answer }) => ({
        answerId: createAnswerId(onFile.clientId, counts),
        clientId: onFile.clientId,
        askedBy,
        question: toJson(sql, { ...question }),
        mayBill: answer.mayBill,
        reasons: answer.reasons,
        entryIds: listSupportingEntries(answer, onFile.evidence.spans),
      })),
    )}`;
}

/**
 * Creates an id by chance, after those of the same client before it, so that answers of one batch are listed as they
 * were asked.
 */
function createAnswerId(clientId: string, counts: Map<string, number>): string {
  const count = counts.get(clientId) ?? 0;
  counts.set(clientId, count + 1);
  return count.toString(16).padStart(8, '0') + randomUUID().slice(8);
}

/** An answer as it was given. */
export interface GivenAnswer {
  id: string;
  clientId: string;
  /** The actor who asked. */
  askedBy: Actor;
  question: ReadinessRequest;
  mayBill: boolean;
  reasons: ReadinessReason[];
  /** The entries that a yes rested on. */
  entryIds: string[];
  createdAt: Instant;
}

export interface AnswerFilter {
  providerId?: string | undefined;
  practiceId?: string | undefined;
  payerId?: string | undefined;
  /** Given on this day or later, and before that one; in UTC. */
  from?: PlainDate | undefined;
  until?: PlainDate | undefined;
}

/** Lists the answers and who asked, in order; a service sees what was answered to itself. */
export const listReadinessAnswers = (
  sql: Db,
  principal: Principal,
  { from, until, ...asked }: AnswerFilter,
  request: PageRequest,
): Promise<Page<GivenAnswer>> =>
  readPage(
    sql,
    sql`
      select answer_id as id, client_id, asked_by, question, may_bill, reasons, entry_ids,
        at as created_at
      from readiness_answers
      where ${isInScope(sql, principal)}
        ${principal.role === 'service' ? sql`and asked_by->>'id' = ${principal.id}` : sql``}
        and question @> ${toJson(sql, JSON.parse(JSON.stringify(asked)))}
        ${from ? sql`and at >= ${from}::date at time zone 'UTC'` : sql``}
        ${until ? sql`and at < ${until}::date at time zone 'UTC'` : sql``}`,
    request,
  );

/** Lists the entries without which the answer would not be yes. */
function listSupportingEntries({ mayBill, facts }: ReadinessAnswer, spans: readonly KeptSpan[]): string[] {
  if (!mayBill) return [];
  const span = spans.find((one) => one.facts === facts);
  return [...Object.values(facts).map((fact) => fact.entryId), ...(span?.approvals ?? [])];
}

function groupByItem<T extends { i: number }>(rows: readonly T[]): Map<number, T[]> {
  const items = new Map<number, T[]>();
  for (const row of rows) items.set(row.i, [...(items.get(row.i) ?? []), row]);
  return items;
}

/** Reads which parts of the file are current on a day. */
function readCurrency(file: File, state: string | null, on: PlainDate) {
  const { licences, malpractice, attestedOn: attested, requiresCaqh } = file;
  const known = listKnownLicences(licences, file.registryLicences);
  return {
    // whenever it is asked, in one order
    licenceTerms: licences
      .filter((licence) => licence.state === state)
      .map(({ startsOn, expiresOn }) => ({ ...(startsOn && { startsOn }), expiresOn }))
      .sort(compareTerms),
    malpracticeCurrent: areTermsInForce(malpractice, on),
    attestationCurrent: !requiresCaqh || (attested !== null && computeAttestationDueOn(attested, known, on) >= on),
  };
}

/** Questions as pieces of a query: `q` by name. */
interface ReadinessQuestions {
  rows: Fragment;
  /** The payer asked for, what was merged with it, and those that stand for any of them. */
  payerIds: Fragment;
  /** The practice asked for, and what was merged with it. */
  practiceIds: Fragment;
  known: EarlierRows;
}

async function readAsked(sql: Db, requests: readonly ReadinessRequest[]): Promise<ReadinessQuestions> {
  const ofThePast = requests.some(({ asOf }) => asOf !== undefined);
  const known = selectAsKnown(sql, ofThePast);
  const alike = { payerIds: selectPayersStoodFor(sql, known), practiceIds: selectSamePractices(sql, known) };
  if (!ofThePast) return { rows: selectQuestionRows(sql, requests), ...alike, known };
  // rows from the past are put together once for all questions that are about the same
  const buildScopeKey = ({ payerId, practiceId, asOf }: ReadinessRequest) =>
    JSON.stringify([payerId, practiceId, asOf]);
  const scopes = [...new Map(requests.map((request) => [buildScopeKey(request), request])).values()];
  const found = await sql<{ i: number; payerIds: string[]; practiceIds: string[] }[]>`
    select q.i, ${alike.payerIds} as payer_ids, ${alike.practiceIds} as practice_ids from ${selectQuestionRows(sql, scopes)}`;
  const byScope = new Map(found.map(({ i, ...ids }) => [buildScopeKey(scopes[i]!), ids]));
  const rows = selectQuestionRows(
    sql,
    requests.map((request) => ({ ...request, ...byScope.get(buildScopeKey(request)) })),
  );
  return { rows, payerIds: sql`q."payerIds"`, practiceIds: sql`q."practiceIds"`, known };
}

const selectQuestionRows = (sql: Db, requests: readonly ReadinessRequest[]): Fragment => sql`
  jsonb_to_recordset(${toJson(
    sql,
    requests.map((request, i) => ({ i, ...request })),
  )})
    as q(i int, "providerId" uuid, "practiceId" uuid, "payerId" uuid, state text, "locationId" uuid,
      "dateOfService" date, "asOf" timestamptz, "payerIds" uuid[], "practiceIds" uuid[])`;

/** Writes the condition that the rows `y` and `asked` were one when the question asks. */
const areOneThen = (sql: Db): Fragment =>
  sql`${selectEntryId(sql, 'y', 'y_then')} = ${selectEntryId(sql, 'asked', 'asked_then')}`;

/** Selects the payer that stands for the one of a row, as it was known then. */
const selectPayerThen = (sql: Db, known: EarlierRows, id: Fragment): Fragment => sql`
  (select ${selectEntryId(sql, 'm', 'm_then')} from ${known.selectRows('payers', 'm')} where m.id = ${id})`;

const selectPayersStoodFor = (sql: Db, known: EarlierRows): Fragment => sql`
  array(
    select y.id from ${known.selectRows('payers', 'y')}, ${known.selectRows('payers', 'asked')}
    where asked.id = q."payerId" and (${areOneThen(sql)}
      or ${isAmong(sql, 'asked', sql`y_then.covers`, 'asked_then')}))`;

const selectSamePractices = (sql: Db, known: EarlierRows): Fragment => sql`
  array(
    select y.id from ${known.selectRows('practices', 'y')}, ${known.selectRows('practices', 'asked')}
    where asked.id = q."practiceId" and y.client_id = asked.client_id
      and ${areOneThen(sql)})`;

/** Keeps the planner, which cannot know how few are asked, from reading a whole table for them. */
const selectOneByOne = (sql: Db): Fragment => sql`offset 0`;

const readFiles = (sql: Db, principal: Principal, asked: ReadinessQuestions): Promise<File[]> => sql<File[]>`
  select q.i, coalesce(pr.client_id, p.client_id) as client_id, p.id is not null as provider,
    q."practiceId" is null or pr.id is not null as practice,
    coalesce(pr.client_id = p.client_id, true) as same_client, y.id is not null as payer,
    q."locationId" is null or exists (
      select from locations l where l.id = q."locationId" and l.practice_id = any(${asked.practiceIds})) as location,
    coalesce((
      select (b.body->>'requiresCaqh')::boolean from playbooks b
      where b.payer_id = y.id and b.created_at <= coalesce(q."asOf", 'infinity')
      order by b.version desc limit 1), true) as requires_caqh,
    coalesce(${asked.known.selectEarlier('licences', sql`p.id`)}->'licences', ${selectCurrentLicences(sql)})
      || coalesce(p_then.fields->'former_licences', p.former_licences, '[]') as licences,
    ${selectRegistryLicences(sql, sql`s.created_at <= coalesce(q."asOf", 'infinity')`)} as registry_licences,
    jsonb_path_query_array(coalesce(p_then.fields->'malpractice', p.malpractice, 'null'), '$ ? (exists (@.expiresOn))')
      || coalesce(p_then.fields->'former_malpractice', p.former_malpractice, '[]') as malpractice,
    ${selectAttestedOn(
      sql,
      sql`a.attested_on <= q."dateOfService" and a.recorded_at <= coalesce(q."asOf", 'infinity')`,
    )} as attested_on,
    coalesce(cover.covers, false) as platform_covers, coalesce(cover.covered, false) as platform_covered,
    ${selectExclusionWords(
      sql,
      { personId: sql`p.person_id`, clientId: sql`p.client_id`, practiceIds: asked.practiceIds },
      wasKnownThen(sql, 's'),
    )} as exclusions
  from ${asked.rows}
  left join lateral (
    select * from providers p where p.id = q."providerId" and ${isInScope(sql, principal, 'p.client_id')}
    ${selectOneByOne(sql)}) p on true
  cross join lateral (select ${asked.known.selectEarlier('providers', sql`p.id`)} as fields) p_then
  left join lateral (
    select * from practices pr where pr.id = q."practiceId" and ${isInScope(sql, principal, 'pr.client_id')}
    ${selectOneByOne(sql)}) pr on true
  left join payers y on y.id = q."payerId"
  left join lateral (
    select bool_or(q."dateOfService" <= m.until_on) as covers, bool_or(m.from_on <= m.until_on) as covered
    from platform_relationships r
    join platform_spans m on m.relationship_id = r.id
    where r.provider_id = p.id and m.payer_id = any(${asked.payerIds}) and ${isAboutState(sql, sql`q.state`)}
      and m.from_on <= q."dateOfService" and ${wasKnownThen(sql, 'm')}) cover on true
  order by q.i`;

/** Reads the applications that open a participation, but those that came to nothing; the oldest first. */
const readSpans = (
  sql: Db,
  principal: Principal,
  { rows, payerIds, practiceIds, known }: ReadinessQuestions,
): Promise<KeptSpan[]> =>
  sql<KeptSpan[]>`
  select q.i, a.id as application_id, ${selectPayerThen(sql, known, sql`a.payer_id`)} as payer_id, a.line_of_business, a.location_id, coalesce(s.approved, false) as approved,
    least(s.effective_to, s.terminated_on) as effective_to, coalesce(s.facts, '{}') as facts, coalesce(s.loaded_seen, false) as loaded_seen,
    (
      select min(f.changed_on) from file_changes f
      where f.subject_id = any(${practiceIds}) and f.field = 'tin' and not f.correction
        and f.created_at <= coalesce(q."asOf", 'infinity')
        and f.created_at > (select e.at from events e where e.id = (s.facts->'contract'->>'entryId')::uuid)
    ) as tin_changed_on,
    coalesce((
      select array_agg(e.id) from events e
      left join events struck on struck.id = e.struck_by and struck.at <= coalesce(q."asOf", 'infinity')
      where e.application_id = a.id and (
          (e.kind = 'contact' and e.event->'data'->>'outcome' = 'approved')
          or (e.kind = 'approval' and e.event->'data'->>'entryId' = s.facts->(e.event->'data'->>'fact')->>'entryId'))
        and e.at <= coalesce(q."asOf", 'infinity') and struck.id is null), '{}') as approvals
  from ${rows}
  cross join lateral (
    select a.* from ${known.selectRows('applications', 'a')}
    where a.provider_id = q."providerId" and a.practice_id = any(${practiceIds})
      and a.payer_id = any(${payerIds}) and a.state = q.state and a.kind = any(${OPENING_KINDS})
      and a.created_at <= coalesce(q."asOf", 'infinity') and ${isInScope(sql, principal, 'a.client_id')}
      and (a_then.stage not in ('withdrawn', 'denied') or a_then.open)
    ${selectOneByOne(sql)}) a
  left join lateral (
    select * from network_spans s where s.application_id = a.id and ${wasKnownThen(sql, 's')}
    ${selectOneByOne(sql)}) s on true
  order by a.created_at, a.id`;

const readAgreements = (
  sql: Db,
  principal: Principal,
  { rows, payerIds, practiceIds, known }: ReadinessQuestions,
): Promise<KeptAgreement[]> =>
  sql<KeptAgreement[]>`
    select q.i, g.id, ${selectPayerThen(sql, known, sql`g.payer_id`)} as payer_id, g.line_of_business, g_then.contract, g_then.claims_route, g_then.ended_on,
      coalesce(g_then.ending->'entryIds', '[]') as ended_entries
    from ${rows}, ${known.selectRows('agreements', 'g')}
    where g.practice_id = any(${practiceIds}) and g.payer_id = any(${payerIds}) and g.state = q.state
      and g.created_at <= coalesce(q."asOf", 'infinity') and ${isInScope(sql, principal, 'g.client_id')}
    order by g.created_at, g.id`;
