import { z } from 'zod';
import { mergePersons, type Merge } from '../../record/registry/merge';
import { findPayer } from '../../record/registry/payers';
import { findPractice } from '../../record/registry/practices';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem } from '../kernel/errors';
import { answerOk, route, type Route } from '../kernel/route';
import { id, longText, UNKNOWN_REFERENCE } from '../kernel/schemas';
import { payer } from './payers-schemas';
import { showPractice } from './practices';
import { practice } from './practices-schemas';

const mergeInput = z.strictObject({ into: id, reason: longText }).meta({ id: 'MergeInput' });

function throwUnlessMerged(result: Merge): void {
  if ('merged' in result) return;
  if ('otherTin' in result) throw refuseFields({ path: 'into', rule: 'same_tin', message: 'must have the same TIN' });
  throw 'collides' in result
    ? new Problem('application_exists', { existingId: result.collides })
    : new Problem('merged_already', { existingId: result.elsewhere });
}

function refuseItself(subject: { id: string }, { into }: z.infer<typeof mergeInput>): void {
  if (into === subject.id)
    throw refuseFields({
      path: 'into',
      rule: 'other_record',
      message: 'must be another record than the one that is merged',
    });
}

export const mergeRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/payers/{id}/merge',
    summary: 'Merge a duplicate payer into the other',
    description: 'Both become one record; open applications keep their key.',
    tag: 'payers',
    access: 'payers:write',
    subject: ({ params }) => findPayer(sql, params.id),
    body: mergeInput,
    responses: { 200: { description: 'The payer that stays', schema: payer } },
    handler: async ({ principal, subject, body }) => {
      refuseItself(subject, body);
      if (!(await findPayer(sql, body.into))) throw refuseFields({ path: 'into', ...UNKNOWN_REFERENCE });
      throwUnlessMerged(await mergePersons(sql, keyring, principal, 'payer', { id: subject.id, clientId: null }, body));
      return answerOk(await findPayer(sql, body.into));
    },
  }),
  route({
    method: 'post',
    path: '/v1/practices/{id}/merge',
    summary: 'Merge a duplicate practice into the other',
    description:
      'Both must belong to the same client and have the same TIN. They become one record; open applications keep their key.',
    tag: 'practices',
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: mergeInput,
    responses: { 200: { description: 'The practice that stays', schema: practice } },
    handler: async ({ principal, subject, body }) => {
      refuseItself(subject, body);
      const into = await findPractice(sql, principal, body.into);
      if (!into || into.clientId !== subject.clientId) throw refuseFields({ path: 'into', ...UNKNOWN_REFERENCE });
      throwUnlessMerged(await mergePersons(sql, keyring, principal, 'practice', subject, body));
      return answerOk(showPractice(keyring, principal)((await findPractice(sql, principal, into.id))!));
    },
  }),
];
