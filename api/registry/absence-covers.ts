import { z } from 'zod';
import { listCovers, createCover, endCover } from '../../record/registry/absence-covers';
import { findUser } from '../../record/registry/users';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem, type FieldError } from '../kernel/errors';
import { mayManage } from '../kernel/policy';
import { listUnfitErrors } from '../kernel/references';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import {
  BESIDE_BAD_FIELDS,
  date,
  id,
  requireOrder,
  line,
  pageQuery,
  describePage,
  UNKNOWN_REFERENCE,
  describeDate,
} from '../kernel/schemas';
import { SUBSTITUTE, describeFormerName, allowOldNames, addOldNames } from '../kernel/old-names';

const coverFields = z
  .strictObject({
    substitute: id,
    fromOn: describeDate('CoverInput.fromOn'),
    untilOn: describeDate('CoverInput.untilOn'),
    reason: line.optional(),
  })
  .superRefine(requireOrder('CoverInput'), BESIDE_BAD_FIELDS);

const coverInput = allowOldNames('CoverInput', coverFields, SUBSTITUTE);

const cover = z
  .strictObject({
    id,
    userId: id,
    substitute: id,
    coveredBy: describeFormerName(id, 'substitute'),
    fromOn: date,
    untilOn: date,
    reason: line.nullable(),
  })
  .meta({ id: 'Cover' });

const tag = 'work queue';

const showCover = addOldNames(SUBSTITUTE);

const readCoverInput = ({ substitute: coveredBy, ...rest }: z.output<typeof coverInput>) => ({ coveredBy, ...rest });

export const absenceCoverRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/users/{id}/covers',
    summary: 'Set a substitute for a user’s work for some days',
    description:
      'From the first day to the end of the last, by the clock of the user who is away (their `timeZone`), the queue shows ' +
      'the work as the substitute’s; afterwards it returns to its owner. Where the substitute is covered too, the work goes ' +
      'on to the last who is not; a cover by which it would come back to its owner is refused. The substitute gets the ' +
      'work of clients that both they and the caller may see; the rest stays with its owner. The caller needs every ' +
      'permission that both users have.',
    tag,
    access: 'users:write',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    actsFor: (user) => user,
    namesUser: { substitute: 'managed', coveredBy: 'managed' },
    body: coverInput,
    responses: { 201: { description: 'The cover', schema: cover } },
    handler: async ({ principal, subject, body, commandId }) => {
      const errors: FieldError[] = [];
      const substitute = await findUser(sql, principal, body.substitute);
      if (!substitute) errors.push({ path: 'substitute', ...UNKNOWN_REFERENCE });
      if (substitute) errors.push(...listUnfitErrors('substitute', substitute));
      if (body.substitute === subject.id)
        errors.push({ path: 'substitute', rule: 'somebody_else', message: 'must be a different user' });
      if (errors.length > 0) throw refuseFields(...errors);
      if (!mayManage(principal, substitute!)) throw new Problem('forbidden');
      const made = await createCover(sql, principal, commandId, subject.id, readCoverInput(body));
      if (typeof made === 'string') throw new Problem(made);
      return answerCreated(`/v1/users/${subject.id}/covers/${made.id}`, showCover(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/users/{id}/covers',
    summary: 'List the current and coming covers',
    tag,
    access: 'users:read',
    subject: ({ principal, params }) => findUser(sql, principal, params.id),
    query: pageQuery,
    responses: { 200: { description: 'All covers on one page, the earliest first', schema: describePage(cover) } },
    handler: async ({ principal, subject }) =>
      answerOk({ items: (await listCovers(sql, principal, subject.id)).map(showCover), nextCursor: null }),
  }),
  route({
    method: 'delete',
    path: '/v1/users/{id}/covers/{coverId}',
    summary: 'End a cover',
    tag,
    access: 'users:write',
    subject: async ({ principal, params }) => {
      const user = await findUser(sql, principal, params.id);
      const covers = user ? await listCovers(sql, principal, user.id) : [];
      const found = covers.find((one) => one.id === params.coverId);
      return user && found ? { user, cover: found } : null;
    },
    actsFor: ({ user }) => user,
    responses: { 204: { description: 'The cover has ended' } },
    handler: async ({ principal, subject }) => {
      await endCover(sql, principal, subject.cover);
      return { status: 204 };
    },
  }),
];
