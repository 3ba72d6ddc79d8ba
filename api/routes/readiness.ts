import { z } from 'zod';
import { FACTS, FACT_SOURCES, LINES_OF_BUSINESS, READINESS_CAUTIONS, READINESS_REASONS } from '../../domain/codes';
import { billingReadiness, type ReadinessAnswer } from '../../domain/readiness';
import { keepAnswers, readinessEvidence, type ReadinessRequest, type UnknownReference } from '../../record/readiness';
import type { Principal } from '../../record/principal';
import type { Deps } from '../deps';
import { Problem } from '../errors';
import { ok, route, type Route } from '../route';
import { FACT_VALUES } from '../schemas/actions';
import { date, id, pastInstant, state, UNKNOWN_REFERENCE } from '../schemas/common';

const tag = 'billing readiness';

const question = z
  .strictObject({
    providerId: id,
    practiceId: id,
    payerId: id,
    state,
    dateOfService: date,
    lineOfBusiness: z.enum(LINES_OF_BUSINESS).optional().meta({ description: 'May be left out while only one exists' }),
    locationId: id.optional(),
    asOf: pastInstant.optional().meta({ description: 'What was known then; left out: what is known now' }),
  })
  .meta({ id: 'ReadinessQuestion' });

const fact = z
  .strictObject({
    status: z.enum(['confirmed', 'claimed', 'disputed']),
    value: z.union(Object.values(FACT_VALUES)),
    entryId: id,
    source: z.enum(FACT_SOURCES),
    evidence: z.array(id),
    partySeen: z.boolean(),
    otherValues: z.array(z.union(Object.values(FACT_VALUES))).optional(),
  })
  .optional();

const answer = z
  .strictObject({
    mayBill: z.boolean(),
    reasons: z.array(z.enum(READINESS_REASONS)).meta({ description: 'Every reason against, at once' }),
    cautions: z.array(z.enum(READINESS_CAUTIONS)).meta({ description: 'Beside a yes' }),
    billThrough: z.enum(['own', 'platform', 'nobody']),
    mayRepresentInNetwork: z.boolean(),
    facts: z.strictObject(Object.fromEntries(FACTS.map((name) => [name, fact]))),
  })
  .meta({ id: 'Readiness' });

const problem = z.looseObject({ type: z.string(), title: z.string(), status: z.int() });

/** The gate's answer to each question, in their order, or what it does not know; what was answered is kept. */
async function answers(
  { sql }: Deps,
  principal: Principal,
  questions: ReadinessRequest[],
): Promise<(ReadinessAnswer | Problem)[]> {
  const known = await readinessEvidence(sql, principal, questions);
  const given = known.flatMap((one, i) => {
    if ('unknown' in one) return [];
    const asked = questions[i]!;
    return [{ i, onFile: one, question: asked, answer: billingReadiness(asked, one.evidence) }];
  });
  await keepAnswers(sql, principal, given);
  const answered = new Map(given.map((one) => [one.i, one.answer]));
  return known.map((one, i) => ('unknown' in one ? unknown(one.unknown) : answered.get(i)!));
}

const unknown = (paths: UnknownReference[]): Problem =>
  new Problem('not_found', { errors: paths.map((path) => ({ path, ...UNKNOWN_REFERENCE })) });

export const readinessRoutes = (deps: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/billing-readiness',
    summary: 'May this be billed as in network?',
    description:
      'From the facts on file, as they are dated: yes, with what it rests on, or no, with every reason at once.',
    tag,
    access: 'readiness:read',
    query: question,
    responses: { 200: { description: 'The answer', schema: answer } },
    handler: async ({ principal, query }) => {
      const [one] = await answers(deps, principal, [query as ReadinessRequest]);
      if (one instanceof Problem) throw one;
      return ok(one);
    },
  }),
  route({
    method: 'post',
    path: '/v1/billing-readiness',
    summary: 'Ask up to 1,000 such questions at once',
    tag,
    access: 'readiness:read',
    body: z.strictObject({ items: z.array(question).min(1).max(1000) }).meta({ id: 'ReadinessQuestions' }),
    responses: {
      200: {
        description: 'The answers in order; `problem` where a question refers to something unknown',
        schema: z.strictObject({ items: z.array(z.union([answer, z.strictObject({ problem })])) }),
      },
    },
    handler: async ({ principal, body }) => {
      const all = await answers(deps, principal, body.items as ReadinessRequest[]);
      return ok({ items: all.map((one) => (one instanceof Problem ? { problem: one } : one)) });
    },
  }),
];
