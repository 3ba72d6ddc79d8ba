import { z } from 'zod';
import {
  FACTS,
  FACT_SOURCES,
  LINES_OF_BUSINESS,
  READINESS_CAUTIONS,
  READINESS_REASONS,
} from '../../domain/kernel/codes';
import type { PlainDate } from '../../domain/time/instants';
import { evaluateBillingReadiness, findRemedy, type ReadinessAnswer } from '../../domain/billing/readiness';
import {
  saveAnswers,
  listReadinessAnswers,
  readReadinessEvidence,
  type ReadinessSubject,
  type ReadinessRequest,
} from '../../record/billing/readiness';
import { findPayersByElectronicId } from '../../record/registry/payers';
import type { Principal } from '../../record/kernel/principal';
import { computeBatchCost } from '../kernel/costs';
import { processInPieces } from '../../runtime/batches';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerOk, route, type Route } from '../kernel/route';
import { awaitsApproval, FACT_VALUES, missingProof } from './fact-schemas';
import {
  actor,
  BESIDE_BAD_FIELDS,
  date,
  id,
  reportBrokenRule,
  requireOrder,
  instant,
  line,
  describePage,
  pageQuery,
  pastInstant,
  allowRepeats,
  state,
  UNKNOWN_REFERENCE,
  describeDate,
} from '../kernel/schemas';
import { checkFilter } from '../kernel/filters';

const tag = 'billing readiness';

const scope = z
  .strictObject({
    providerId: id,
    practiceId: id,
    payerId: id.optional(),
    electronicPayerId: line.optional().meta({
      description: 'The id that claims are sent to, instead of `payerId`; add `clearinghouse` if several payers use it',
    }),
    clearinghouse: line.optional(),
    state,
    dateOfService: describeDate('Readiness.dateOfService'),
    lineOfBusiness: z.enum(LINES_OF_BUSINESS).optional().meta({ description: 'May be left out if only one exists' }),
    locationId: id.optional(),
    asOf: pastInstant.optional().meta({
      description:
        'Answers with what was known at this instant: facts, agreements, exclusions, the file, payers, playbooks and ' +
        'settings. The default is now',
    }),
  })
  .meta({ id: 'ReadinessQuestion' });

const question = scope.superRefine(({ payerId, electronicPayerId, clearinghouse }, context) => {
  if (!payerId && !electronicPayerId)
    reportBrokenRule(context, ['payerId'], 'required', 'is required, unless electronicPayerId is given');
  if (payerId && electronicPayerId)
    reportBrokenRule(context, ['electronicPayerId'], 'not_with_payer_id', 'must be left out beside payerId');
  if (clearinghouse && !electronicPayerId)
    reportBrokenRule(context, ['clearinghouse'], 'needs_electronic_payer_id', 'belongs to an electronicPayerId');
}, BESIDE_BAD_FIELDS);
type Question = z.output<typeof question>;

const fact = z
  .strictObject({
    status: z.enum(['confirmed', 'claimed', 'disputed']),
    value: z.union(Object.values(FACT_VALUES)),
    entryId: id,
    source: z.enum(FACT_SOURCES),
    evidence: z.array(id),
    stored: z.array(id).meta({ description: 'Documents of `evidence` whose file is stored' }),
    confirmedOn: date.optional(),
    partySeen: z.boolean().meta({ description: 'A name or a tax id was read off the evidence' }),
    partyRead: z
      .boolean()
      .optional()
      .meta({ description: 'The payer or practice that stays, and the one that is merged' }),
    otherValues: z.array(z.union(Object.values(FACT_VALUES))).optional(),
    lacks: missingProof.optional(),
    awaitsApproval: awaitsApproval.optional(),
  })
  .optional();

const answer = z
  .strictObject({
    mayBill: z.boolean(),
    reasons: z.array(z.enum(READINESS_REASONS)).meta({ description: 'Every reason for a no; empty for a yes' }),
    cautions: z.array(z.enum(READINESS_CAUTIONS)).meta({
      description:
        'Warnings that come with a yes; `party_not_seen`: no name and no tax id was read off the evidence of the contract; ' +
        '`no_document`: of the facts in `factsWithoutDocument` no document has its file stored',
    }),
    factsWithoutDocument: z.array(z.enum(FACTS)),
    billThrough: z.enum(['own', 'platform', 'nobody']),
    mayRepresentInNetwork: z.boolean(),
    facts: z.strictObject(Object.fromEntries(FACTS.map((name) => [name, fact]))),
    applicationId: id.nullable().meta({ description: 'The application whose facts decided' }),
    billableFrom: date.nullable().meta({
      description:
        'The first day of a yes, if nothing else is missing: the effective date, or the day on which a licence begins, if that ' +
        'is later; null without a confirmed effective date',
    }),
    licenceTerms: z.array(z.strictObject({ startsOn: date.optional(), expiresOn: date })).meta({
      description:
        'The terms of all licences in the state, also of those that were renewed or replaced; the date of service is in one of ' +
        'them, or `licence_not_current` is a reason. One without `startsOn` counts for every day up to its end',
    }),
    evidence: z.array(id).meta({ description: 'The documents behind the facts' }),
    stored: z
      .array(id)
      .meta({ description: 'Documents of `evidence` whose file is stored; only the hash of the others is known' }),
    whatToDo: z.array(z.strictObject({ reason: z.enum(READINESS_REASONS), do: z.string() })),
  })
  .meta({ id: 'Readiness' });

const given = z
  .strictObject({
    id,
    clientId: id,
    askedBy: actor,
    question: z.looseObject({}).meta({ description: 'The question as it was asked' }),
    mayBill: z.boolean(),
    reasons: z.array(z.enum(READINESS_REASONS)),
    entryIds: z.array(id).meta({ description: 'The timeline entries behind a yes' }),
    createdAt: instant,
  })
  .meta({ id: 'GivenReadiness' });
const givenQuery = pageQuery
  .extend({
    providerId: id.optional(),
    practiceId: id.optional(),
    payerId: id.optional(),
    from: describeDate('ReadinessAnswers.from').optional().meta({ description: 'Given on this day or later, in UTC' }),
    until: describeDate('ReadinessAnswers.until').optional().meta({ description: 'Given before this day, in UTC' }),
  })
  .superRefine(requireOrder('ReadinessAnswers'), BESIDE_BAD_FIELDS);

const problem = z.looseObject({ type: z.string(), title: z.string(), status: z.int() });

/** The number of questions that are answered at once: a thousand would keep all other requests waiting. */
const PIECE = 50;

/** Answers each question about billing readiness, in their order, or names what is unknown; the answers are kept. */
const answerQuestions = (deps: Deps, principal: Principal, questions: Question[]): Promise<(object | Problem)[]> =>
  processInPieces(questions, PIECE, (piece) => answerPiece(deps, principal, piece));

async function answerPiece(
  { sql }: Deps,
  principal: Principal,
  questions: readonly Question[],
): Promise<(object | Problem)[]> {
  const payerIds = await findPayersByElectronicId(sql, questions);
  const asked = questions.map(({ electronicPayerId: _, clearinghouse: _of, ...rest }, i) => {
    const [payerId] = payerIds[i]!;
    return payerIds[i]!.length === 1 ? ({ ...rest, payerId } as ReadinessRequest) : null;
  });
  const requests = asked.filter((request) => request !== null);
  const onFile = (await readReadinessEvidence(sql, principal, requests)).values();
  const given: { onFile: ReadinessSubject; question: ReadinessRequest; answer: ReadinessAnswer }[] = [];
  const all = asked.map((request, i) => {
    if (!request) return payerIds[i]!.length === 0 ? buildUnknownProblem('electronicPayerId') : AMBIGUOUS;
    const known = onFile.next().value!;
    if ('unknown' in known) {
      if (known.ofOtherClient) return OF_OTHER_CLIENT;
      const byElectronicId = questions[i]!.payerId === undefined;
      return buildUnknownProblem(
        ...known.unknown.map((path) => (path === 'payerId' && byElectronicId ? 'electronicPayerId' : path)),
      );
    }
    const answered = evaluateBillingReadiness(request, known.evidence);
    given.push({ onFile: known, question: request, answer: answered });
    return showAnswer(answered, request.dateOfService);
  });
  await saveAnswers(sql, principal, given);
  return all;
}

const showAnswer = (given: ReadinessAnswer, date: PlainDate) => ({
  ...given,
  evidence: [...new Set(Object.values(given.facts).flatMap((of) => of.evidence))],
  stored: [...new Set(Object.values(given.facts).flatMap((of) => of.stored ?? []))],
  whatToDo: given.reasons.map((reason) => ({ reason, do: findRemedy(reason, given, date) })),
});

export const buildUnknownProblem = (...paths: string[]): Problem =>
  new Problem('not_found', { errors: paths.map((path) => ({ path, ...UNKNOWN_REFERENCE })) });

const AMBIGUOUS = refuseFields({
  path: 'electronicPayerId',
  rule: 'ambiguous_reference',
  message: 'is used by several payers; give the payerId or the clearinghouse',
});

export const OF_OTHER_CLIENT = refuseFields({
  path: 'practiceId',
  rule: 'same_client',
  message: 'must be a practice of the provider’s client',
});

export const readinessRoutes = (deps: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/billing-readiness',
    summary: 'Ask whether a service may be billed as in network',
    description:
      'Answers from the facts on file for the date of service: yes, with the facts behind it, or no, with every reason.',
    tag,
    access: 'readiness:read',
    query: question,
    responses: { 200: { description: 'The answer', schema: answer } },
    problems: [404],
    handler: async ({ principal, query }) => {
      const [one] = await answerQuestions(deps, principal, [query]);
      if (one instanceof Problem) throw one;
      return answerOk(one);
    },
  }),
  route({
    method: 'get',
    path: '/v1/readiness-answers',
    summary: 'List the answers that were given, when and to whom',
    description: 'A claims system (role `service`) sees the answers to its own key only.',
    tag,
    access: 'answers:read',
    query: givenQuery,
    responses: { 200: { description: 'Answers in the order in which they were given', schema: describePage(given) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      const { providerId, practiceId, payerId } = filter;
      await checkFilter(deps.sql, principal, { providerId, practiceId, payerId });
      return answerPage(
        await listReadinessAnswers(deps.sql, principal, filter, { limit, ...(cursor && { cursor }) }),
        (one) => one,
      );
    },
  }),
  route({
    method: 'post',
    path: '/v1/billing-readiness',
    summary: 'Ask up to 1,000 questions at once',
    tag,
    access: 'readiness:read',
    body: z
      .strictObject({ items: allowRepeats(z.array(question).min(1).max(1000)) })
      .meta({ id: 'ReadinessQuestions' }),
    cost: ({ body }) => computeBatchCost(body.items.length),
    responses: {
      200: {
        description: 'The answers in order; `problem` where a question refers to something unknown',
        schema: z.strictObject({ items: z.array(z.union([answer, z.strictObject({ problem })])) }),
      },
    },
    handler: async ({ principal, body }) => {
      const all = await answerQuestions(deps, principal, body.items);
      return answerOk({ items: all.map((one) => (one instanceof Problem ? { problem: one } : one)) });
    },
  }),
];
