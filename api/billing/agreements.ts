import { z } from 'zod';
import { FACT_SOURCES, LINES_OF_BUSINESS } from '../../domain/kernel/codes';
import { listContradictions } from '../../domain/kernel/date-rules';
import {
  endAgreement,
  findAgreement,
  findFirstEffective,
  listAgreements,
  type Agreement,
} from '../../record/billing/agreements';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { answerOk, route, type Route } from '../kernel/route';
import { agreementEnding, FACT_VALUES } from './fact-schemas';
import { date, id, instant, describePage, pageQuery, state, version } from '../kernel/schemas';
import { checkFilter } from '../kernel/filters';
import { refuseErrors } from '../kernel/validation';

const tag = 'agreements';

const NOTHING_TO_REPLACE = {
  path: 'replaces',
  rule: 'not_ended',
  message: 'must be left out, as the agreement has not ended',
};
const END_PUT_RIGHT =
  'To put its last day right, send the end again with `replaces`: the last day as it is on record, `endedOn` of the agreement.';

const describeHolding = <T extends z.ZodType>(value: T) =>
  z
    .strictObject({ applicationId: id, entryId: id, value, source: z.enum(FACT_SOURCES) })
    .nullable()
    .meta({ description: 'The value, with the application and timeline entry that it comes from' });

const lineOfBusiness = z.enum(LINES_OF_BUSINESS);
const agreement = z
  .strictObject({
    id,
    clientId: id,
    practiceId: id,
    payerId: id,
    state,
    lineOfBusiness,
    contract: describeHolding(FACT_VALUES.contract),
    claimsRoute: describeHolding(FACT_VALUES.claimsRoute),
    endedOn: date.nullable().meta({ description: 'The last day' }),
    ending: z
      .strictObject({
        on: date,
        reason: z.string(),
        source: z.enum(FACT_SOURCES),
        reference: z.string(),
        recordedAt: instant,
      })
      .nullable(),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Agreement' });

function showAgreement({ ending: ended, ...shown }: Agreement) {
  if (!ended) return { ...shown, ending: null };
  const { commandId: _, entryIds: _entries, ...rest } = ended;
  return { ...shown, ending: rest };
}

const query = pageQuery.extend({
  practiceId: id.optional(),
  payerId: id.optional(),
  state: state.optional(),
  lineOfBusiness: lineOfBusiness.optional(),
});

export const agreementRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/agreements',
    summary: 'List the agreements of practices with payers',
    tag,
    access: 'applications:read',
    query,
    responses: { 200: { description: 'Agreements in order of creation', schema: describePage(agreement) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      await checkFilter(sql, principal, { practiceId: filter.practiceId, payerId: filter.payerId });
      return answerPage(
        await listAgreements(sql, principal, filter, { limit, ...(cursor && { cursor }) }),
        showAgreement,
      );
    },
  }),
  route({
    method: 'get',
    path: '/v1/agreements/{id}',
    summary: 'Read an agreement',
    tag,
    access: 'applications:read',
    subject: ({ principal, params }) => findAgreement(sql, principal, params.id),
    responses: { 200: { description: 'The agreement', schema: agreement } },
    handler: async ({ subject }) => answerOk(showAgreement(subject)),
  }),
  route({
    method: 'post',
    path: '/v1/agreements/{id}/end',
    summary: 'End an agreement and everything inherited from it',
    description:
      'Contracts and claims routes inherited from the agreement end with it, on its last day. To put that right afterwards, ' +
      'send the end again with `replaces`; the answers of billing readiness given meanwhile are kept.',
    tag,
    access: 'applications:work',
    subject: ({ principal, params }) => findAgreement(sql, principal, params.id),
    body: agreementEnding,
    responses: { 200: { description: 'The agreement as it is now', schema: agreement } },
    handler: async ({ principal, subject, body, commandId, ifMatch }) => {
      const { endedOn } = subject;
      refuseErrors([
        ...listContradictions('AgreementEnd', body, { first_participation: await findFirstEffective(sql, subject) }),
        ...(body.replaces && endedOn === null ? [NOTHING_TO_REPLACE] : []),
      ]);
      const ended = await endAgreement(sql, principal, subject.id, commandId, body, ifMatch);
      if (!ended) throw new Problem('agreement_ended', { detail: END_PUT_RIGHT });
      return answerOk(showAgreement(ended));
    },
  }),
];
