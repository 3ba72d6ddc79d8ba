import { z } from 'zod';
import { currentQuery, statementFields, showStatement } from './statements';
import { ENROLMENT_KINDS, ENROLMENT_STATUSES } from '../../domain/kernel/codes';
import { findPayer } from '../../record/registry/payers';
import { findPractice } from '../../record/registry/practices';
import { listEnrolments, putEnrolment, type EnrolmentInput } from '../../record/registry/statements';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { answerCreated, route, type Route } from '../kernel/route';
import {
  date,
  id,
  listOfIds,
  line,
  describePage,
  UNKNOWN_REFERENCE,
  describeDate,
  requireOrder,
  BESIDE_BAD_FIELDS,
} from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';
import { listDocumentErrors } from '../kernel/references';

const documents = listOfIds(50);

const enrolmentFields = {
  payerId: id,
  kind: z.enum(ENROLMENT_KINDS),
  status: z.enum(ENROLMENT_STATUSES),
  on: describeDate('EnrolmentInput.on'),
};

const enrolmentInput = z
  .strictObject({
    ...enrolmentFields,
    expectedOn: describeDate('EnrolmentInput.expectedOn').optional(),
    reference: line.optional(),
    evidence: documents.optional(),
  })
  .superRefine(requireOrder('EnrolmentInput'), BESIDE_BAD_FIELDS)
  .meta({ id: 'EnrolmentInput' });

const enrolment = z
  .strictObject({
    ...statementFields,
    ...enrolmentFields,
    on: date,
    expectedOn: date.nullable(),
    reference: line.nullable(),
    evidence: documents,
  })
  .meta({ id: 'Enrolment' });

export const enrolmentRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/practices/{id}/enrolments',
    summary: 'Record the status of a practice’s enrolment with a payer',
    description: 'It replaces the earlier statement about the same payer and kind, which stays on record.',
    tag: 'practices',
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: enrolmentInput,
    responses: { 201: { description: 'The statement', schema: enrolment } },
    handler: async ({ principal, subject, body, commandId }) => {
      refuseErrors([
        ...((await findPayer(sql, body.payerId)) ? [] : [{ path: 'payerId', ...UNKNOWN_REFERENCE }]),
        ...(await listDocumentErrors(sql, subject.clientId, 'evidence', body.evidence)),
      ]);
      const made = await putEnrolment(sql, principal, commandId, subject, body as EnrolmentInput);
      return answerCreated(`/v1/practices/${subject.id}/enrolments`, showStatement(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/practices/{id}/enrolments',
    summary: 'List the enrolments of a practice, current and former',
    tag: 'practices',
    access: 'registry:read',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    query: currentQuery,
    responses: { 200: { description: 'Enrolments in order of recording', schema: describePage(enrolment) } },
    handler: async ({ principal, subject, query: { limit, cursor, current } }) =>
      answerPage(
        await listEnrolments(sql, principal, subject.id, current, { limit, ...(cursor && { cursor }) }),
        showStatement,
      ),
  }),
];
