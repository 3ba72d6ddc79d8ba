import {
  askOpenQuestions,
  changeTerms,
  closeInquiry,
  findInquiry,
  type InquiryInput,
} from '../../record/platforms/inquiries';
import { listKnowledge, putKnowledge } from '../../record/platforms/platform-knowledge';
import { findRelationship, type Relationship } from '../../record/platforms/platforms';
import type { Principal } from '../../record/kernel/principal';
import { findUnmergedIds } from '../../record/kernel/one-entry';
import { isRecipientKnown, type RecipientType } from '../../record/outreach/messages';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { Problem, type FieldError } from '../kernel/errors';
import { listRepeated, listUnknown, listWorkerErrors } from '../kernel/references';
import { answerOk, route, type Route } from '../kernel/route';
import { UNKNOWN_REFERENCE } from '../kernel/schemas';
import { inquiry, inquiryClosing, inquiryInput, knowledge, termsChange } from './inquiries-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'platform relationships';

/**
 * Lists the errors of an inquiry's address: a platform has none in the registry, so the inquiry has to have it; every
 * other recipient's is in the registry.
 */
function listAddressErrors(
  { type, email }: { type: string; email?: string | undefined },
  { contactEmail }: Relationship,
): FieldError[] {
  const path = 'recipient.email';
  if (type !== 'platform')
    return email === undefined ? [] : [{ path, rule: 'not_for_this_type', message: 'belongs to a platform' }];
  const known = email ?? contactEmail;
  return known ? [] : [{ path, rule: 'required', message: 'is required for a platform without a contactEmail' }];
}

/** Lists the errors of a recipient: a colleague must be one who may see the client. */
async function listRecipientErrors(
  sql: Sql,
  principal: Principal,
  relationship: Relationship,
  { type, id }: { type: Exclude<RecipientType, 'holder'>; id: string },
): Promise<FieldError[]> {
  const path = 'recipient.id';
  if (type === 'user') return listWorkerErrors(sql, principal, { path, userId: id, clientId: relationship.clientId });
  return (await isRecipientKnown(sql, relationship, { type, id })) ? [] : [{ path, ...UNKNOWN_REFERENCE }];
}

export const inquiryRoutes = ({ sql }: Deps): Route[] => {
  const findSubject = ({ principal, params }: { principal: Principal; params: { id: string } }) =>
    findRelationship(sql, principal, params.id);
  const answerInquiry = async (principal: Principal, relationship: Relationship) => {
    const found = await findInquiry(sql, principal, relationship, readClock());
    if (!found) throw new Problem('not_found');
    return answerOk(found);
  };
  const responses = { 200: { description: 'The inquiry', schema: inquiry } };
  const path = '/v1/platform-relationships/{id}/inquiry' as const;
  return [
    route({
      method: 'get',
      path,
      summary: 'Read which questions are open, and how they are asked',
      tag,
      access: 'registry:read',
      subject: findSubject,
      responses,
      handler: ({ principal, subject: relationship }) => answerInquiry(principal, relationship),
    }),
    route({
      method: 'post',
      path,
      summary: 'Ask the open questions, or change how they are asked',
      description:
        'The inquiry asks the recipient at once and then regularly until every question is answered. It asks again when an ' +
        'answer is a year old or the terms change. Each new relationship opens one.',
      tag,
      access: 'registry:write',
      subject: findSubject,
      namesUser: { 'recipient.id': 'worker' },
      body: inquiryInput,
      responses,
      handler: async ({ principal, subject: relationship, body, commandId }) => {
        const { recipient } = body;
        if (recipient)
          refuseErrors([
            ...(await listRecipientErrors(sql, principal, relationship, recipient)),
            ...listAddressErrors(recipient, relationship),
          ]);
        await askOpenQuestions(sql, principal, commandId, relationship, body as InquiryInput);
        return answerInquiry(principal, relationship);
      },
    }),
    route({
      method: 'post',
      path: `${path}/closing`,
      summary: 'Close the inquiry',
      tag,
      access: 'registry:write',
      subject: findSubject,
      body: inquiryClosing,
      responses,
      handler: async ({ principal, subject: relationship, body }) => {
        await closeInquiry(sql, principal, relationship, body.reason);
        return answerInquiry(principal, relationship);
      },
    }),
    route({
      method: 'post',
      path: '/v1/platform-relationships/{id}/terms-changes',
      summary: 'Record that the platform changed its terms, so that earlier answers are asked again',
      tag,
      access: 'registry:write',
      subject: findSubject,
      body: termsChange,
      responses,
      handler: async ({ principal, subject: relationship, body, commandId }) => {
        await changeTerms(sql, principal, commandId, relationship, body);
        return answerInquiry(principal, relationship);
      },
    }),
  ];
};

export const platformKnowledgeRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/platform-knowledge',
    summary: 'Read what is known about platforms in general',
    tag,
    access: 'registry:read',
    responses: { 200: { description: 'All that is known of platforms', schema: knowledge } },
    handler: async () => answerOk({ items: await listKnowledge(sql) }),
  }),
  route({
    method: 'put',
    path: '/v1/platform-knowledge',
    summary: 'Replace what is known about platforms in general',
    description: 'It answers questions of relationships that are recorded from now on, but never with a yes.',
    tag,
    access: 'payers:write',
    body: knowledge,
    responses: { 200: { description: 'All that is known of platforms', schema: knowledge } },
    handler: async ({ principal, body }) => {
      const items = body.items.map(({ payerId = null, ...item }) => ({ ...item, payerId }));
      const ids = items.map(({ payerId }) => payerId ?? '');
      const ones = await findUnmergedIds(sql, 'payers', ids.filter(Boolean));
      refuseErrors([
        ...listUnknown('items', ids, new Set([...ones.keys(), '']), '.payerId'),
        ...listRepeated(
          'items',
          items.map(({ platform, payerId, question }) => {
            const one = payerId && ones.get(payerId);
            return one ? JSON.stringify([platform.toLowerCase(), one, question]) : undefined;
          }),
          '.payerId',
        ),
      ]);
      await putKnowledge(sql, principal, items);
      return answerOk({ items: await listKnowledge(sql) });
    },
  }),
];
