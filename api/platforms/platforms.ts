import { listContradictions } from '../../domain/kernel/date-rules';
import { addOnce } from '../kernel/duplicates';
import { z } from 'zod';
import { QUESTIONS, QUESTION_BY_DETAIL, type AnswerDetails, type Question } from '../../domain/platforms/platform';
import {
  readAssessment,
  createRelationship,
  endRelationship,
  findRelationship,
  listPlatformAnswers,
  listDecisions,
  listRelationships,
  putAnswer,
  putDecision,
  updateRelationship,
  type Entry,
  type Relationship,
  type RelationshipPatch,
} from '../../record/platforms/platforms';
import { findUnmergedIds } from '../../record/kernel/one-entry';
import { selectKnownPayers } from '../../record/registry/payers';
import { findProvider } from '../../record/registry/providers';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { Problem, type FieldError } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery, UNKNOWN_REFERENCE } from '../kernel/schemas';
import {
  recordedAnswer,
  answerInput,
  answerPut,
  answersQuery,
  assessment,
  recordedDecision,
  decisionInput,
  decisionPut,
  relationship,
  relationshipEnd,
  relationshipInput,
  relationshipPatch,
  relationshipsQuery,
} from './platforms-schemas';
import { refuseErrors } from '../kernel/validation';
import { listUnknown, listDocumentErrors } from '../kernel/references';
import { checkFilter } from '../kernel/filters';

const tag = 'platform relationships';

function showEntry<T extends Entry>({ clientId: _, relationshipId: _of, createdAt: recordedAt, ...shown }: T) {
  return { ...shown, recordedAt };
}

const isQuestion = (text: string): text is Question => (QUESTIONS as readonly string[]).includes(text);
// The parts that an answer leaves open.
const UNSAID = { words: null, payerId: null, state: null, parts: null, items: null, noticeDays: null, evidence: [] };

const UNKNOWN_QUESTION = { path: 'question', rule: 'one_of', message: `must be one of ${QUESTIONS.join(', ')}` };

const NOT_ITS_PAYER = { path: 'payerId', rule: 'not_its_payer', message: "must be one of the relationship's payers" };

const NOTHING_TO_REPLACE = {
  path: 'replaces',
  rule: 'not_ended',
  message: 'must be left out, as the relationship has not ended',
};
const LEFT =
  'A provider who comes back gets a new relationship. To put the last day right, send POST …/end again with `replaces`: ' +
  'the last day as it is on record, `endedOn` of the relationship.';

/** Lists details that belong to another question than the one that is answered. */
const listMisplacedDetails = (question: string, body: AnswerDetails): FieldError[] =>
  Object.entries(QUESTION_BY_DETAIL).flatMap(([path, its]) =>
    body[path as keyof AnswerDetails] === undefined || its === question
      ? []
      : [{ path, rule: 'not_for_this_question', message: `belongs to the question ${its}` }],
  );

/** Finds the payer that a named one was merged into; the named one itself if it was merged into none. */
const findNamedPayer = async (sql: Sql, named: string | null): Promise<string | null> =>
  named && ((await findUnmergedIds(sql, 'payers', [named])).get(named) ?? named);

interface RelationshipChange {
  subject: Relationship;
  given: Record<string, unknown>;
}

const listChangeContradictions = ({ subject, given }: RelationshipChange): FieldError[] =>
  listContradictions('PlatformRelationshipPatch', given, {
    last_day: subject.endedOn,
    platform_since: given.since === undefined ? subject.since : null,
  });

const listEndContradictions = ({ subject, given }: RelationshipChange): FieldError[] => [
  ...listContradictions('PlatformRelationshipEnd', given, { platform_since: subject.since }),
  ...(given.replaces !== undefined && subject.endedOn === null ? [NOTHING_TO_REPLACE] : []),
];

export const relationshipRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/platform-relationships',
    summary: 'Record that a provider participates through a platform',
    description:
      'A second relationship with the same platform, however its name is written, is refused with the id of the first ' +
      'while that goes on, unless `evenIfExists` says that another is meant.',
    tag,
    access: 'registry:write',
    body: relationshipInput,
    responses: { 201: { description: 'The relationship', schema: relationship } },
    handler: async ({ principal, body, commandId }) => {
      const { providerId, ...input } = body;
      const provider = await findProvider(sql, principal, providerId);
      refuseErrors([
        ...(provider ? [] : [{ path: 'providerId', ...UNKNOWN_REFERENCE }]),
        ...listUnknown('payerIds', input.payerIds, await selectKnownPayers(sql, input.payerIds)),
      ]);
      const made = await addOnce('duplicate_relationship', () =>
        createRelationship(sql, principal, commandId, provider!, input),
      );
      return answerCreated(`/v1/platform-relationships/${made.id}`, made);
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships',
    summary: 'List platform relationships',
    tag,
    access: 'registry:read',
    query: relationshipsQuery,
    responses: { 200: { description: 'Relationships in order of creation', schema: describePage(relationship) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      await checkFilter(sql, principal, filter);
      return answerPage(
        await listRelationships(sql, principal, filter, { limit, ...(cursor && { cursor }) }),
        (item) => item,
      );
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}',
    summary: 'Read a platform relationship',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    responses: { 200: { description: 'The relationship', schema: relationship } },
    handler: async ({ subject }) => answerOk(subject),
  }),
  route({
    method: 'patch',
    path: '/v1/platform-relationships/{id}',
    summary: 'Change a platform relationship, for example its payers',
    description:
      'Fields that are left out stay; null empties. The questions about a new payer are asked with the next mail of the ' +
      'inquiry, unless that is closed. About one that is dropped nothing more is asked and its answers stay on record; ' +
      'it was billed through the platform until its last day; its applications on a bridge go on with nothing left to keep.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    body: relationshipPatch,
    contradicts: listChangeContradictions,
    responses: { 200: { description: 'The relationship as it is now', schema: relationship } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const { payerIds = [] } = body;
      refuseErrors([
        ...listUnknown('payerIds', payerIds, await selectKnownPayers(sql, payerIds)),
        ...listChangeContradictions({ subject, given: { ...body } }),
      ]);
      const changed = await updateRelationship(sql, principal, subject, body as RelationshipPatch, ifMatch);
      if (!changed) throw new Problem('relationship_ended', { detail: LEFT });
      return answerOk(changed);
    },
  }),
  route({
    method: 'post',
    path: '/v1/platform-relationships/{id}/end',
    summary: 'Record that the provider leaves the platform',
    description:
      'From the day after on billing readiness and coverage no longer count it; its inquiry is closed. A provider who ' +
      'comes back gets a new relationship. To put the last day right afterwards, send the end again with `replaces`.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    body: relationshipEnd,
    contradicts: listEndContradictions,
    responses: { 200: { description: 'The relationship as it is now', schema: relationship } },
    handler: async ({ principal, subject, body, commandId, ifMatch }) => {
      refuseErrors(listEndContradictions({ subject, given: { ...body } }));
      const ended = await endRelationship(sql, principal, subject, commandId, body, ifMatch);
      if (!ended) throw new Problem('relationship_ended', { detail: LEFT });
      return answerOk(ended);
    },
  }),
];

export const ledgerRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'put',
    path: '/v1/platform-relationships/{id}/answers/{question}',
    summary: 'Answer a question of the ledger',
    description:
      `The questions are ${QUESTIONS.join(', ')}. An answer replaces the earlier one for the same payer and ` +
      'state, which stays on record. Sending the same again changes nothing.',
    tag,
    access: 'registry:write',
    // Any text, so that the answer to an unknown question lists the known ones.
    params: { question: z.string().meta({ enum: [...QUESTIONS] }) },
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    body: answerInput,
    responses: { 200: { description: 'The answer, with the version of the relationship', schema: answerPut } },
    handler: async ({ principal, params, subject, body, commandId, ifMatch }) => {
      const input = { ...UNSAID, ...body, payerId: await findNamedPayer(sql, body.payerId ?? null) };
      refuseErrors([
        ...(isQuestion(params.question) ? listMisplacedDetails(params.question, body) : [UNKNOWN_QUESTION]),
        ...(input.payerId === null || subject.payerIds.includes(input.payerId) ? [] : [NOT_ITS_PAYER]),
        ...(await listDocumentErrors(sql, subject.clientId, 'evidence', input.evidence)),
      ]);
      const question = params.question as Question;
      return answerOk(showEntry(await putAnswer(sql, principal, subject.id, commandId, question, input, ifMatch)));
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/answers',
    summary: 'List the answers, current and former',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    query: answersQuery,
    responses: { 200: { description: 'Answers in order of recording', schema: describePage(recordedAnswer) } },
    handler: async ({ principal, subject, query: { limit, cursor, ...filter } }) =>
      answerPage(
        await listPlatformAnswers(sql, principal, subject.id, filter, { limit, ...(cursor && { cursor }) }),
        showEntry,
      ),
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/assessment',
    summary: 'Read the verdict of the answers: direct or not, by payer',
    description:
      '`direct` only where direct_contract, bill_outside, claims_under_own_setup and control_terms are yes; ' +
      '`platform_model` where direct_contract is no; otherwise `unclear`, which counts as not direct.',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    responses: { 200: { description: 'The assessment', schema: assessment } },
    handler: async ({ principal, subject }) => answerOk(await readAssessment(sql, principal, subject)),
  }),
  route({
    method: 'put',
    path: '/v1/platform-relationships/{id}/decision',
    summary: 'Record the client’s decision',
    description:
      'It replaces the earlier decision, which stays on record. Sending the same again changes nothing. Once the last day ' +
      'through the platform is over there is nothing left to decide.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    body: decisionInput,
    responses: { 200: { description: 'The decision, with the version of the relationship', schema: decisionPut } },
    handler: async ({ principal, subject, body, commandId, ifMatch }) => {
      const put = await putDecision(sql, principal, subject.id, commandId, body, ifMatch);
      if (!put) throw new Problem('relationship_ended', { detail: LEFT });
      return answerOk(showEntry(put));
    },
  }),
  route({
    method: 'get',
    path: '/v1/platform-relationships/{id}/decisions',
    summary: 'List the decisions, current and former',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findRelationship(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'Decisions in order of recording', schema: describePage(recordedDecision) } },
    handler: async ({ principal, subject, query }) =>
      answerPage(await listDecisions(sql, principal, subject.id, query), showEntry),
  }),
];
