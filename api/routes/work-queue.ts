import { z } from 'zod';
import { STAGES } from '../../domain/codes';
import { PURPOSES } from '../../domain/application/events';
import { listWork, listWorkByPayer } from '../../record/queue';
import type { Deps } from '../deps';
import { listed } from '../listing';
import { ok, route, type Route } from '../route';
import { broken } from '../schemas/actions';
import { cursorOf, id, instant, limit, pageOf, yesOrNo } from '../schemas/common';
import { calling } from '../schemas/playbook';
import { checkFilter } from './filters';

const workItem = z
  .strictObject({
    applicationId: id,
    clientId: id,
    providerId: id.nullable(),
    payerId: id,
    purpose: z.enum(PURPOSES).meta({ description: 'What is to be done' }),
    since: instant,
    dueAt: instant,
    overdue: z.boolean(),
    stage: z.enum(STAGES),
    attempt: z.int(),
    assignee: id.nullable(),
    nextFollowUpAt: instant.nullable(),
  })
  .meta({ id: 'WorkItem' });

const payerWork = z
  .strictObject({
    payerId: id,
    name: z.string(),
    count: z.int().meta({ description: 'Of all its items; `items` are the first `limit`' }),
    ...z.object(calling).partial().shape,
    items: z.array(workItem),
  })
  .meta({ id: 'PayerWork', description: 'One payer’s part of the queue, with what a call needs' });

const position = z.tuple([z.iso.datetime(), id, z.enum(PURPOSES)]);
const query = z
  .strictObject({
    applicationId: id.optional(),
    payerId: id.optional(),
    clientId: id.optional(),
    assignee: id.optional(),
    overdue: yesOrNo.optional(),
    groupBy: z.literal('payer').optional().meta({ description: 'One group per payer, all of them on one page' }),
    limit,
    cursor: cursorOf(position).optional(),
  })
  .superRefine(({ groupBy, cursor }, context) => {
    if (groupBy && cursor) broken(context, ['cursor'], 'not_grouped', 'must be left out where groupBy is given');
  });

export const workQueueRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/work-queue',
    summary: 'What people have to do now',
    description:
      'What is due first comes first. Nothing leaves the queue but by a contact, or by an event that settles what was ' +
      'asked. Grouped by payer, one call covers many.',
    tag: 'work queue',
    access: 'operations:read',
    query,
    responses: {
      200: { description: 'Items, or groups of them', schema: z.union([pageOf(workItem), pageOf(payerWork)]) },
    },
    handler: async ({ principal, query: { groupBy, limit: most, cursor, ...filter } }) => {
      await checkFilter(sql, principal, filter);
      if (groupBy) return ok({ items: await listWorkByPayer(sql, principal, filter, most), nextCursor: null });
      return listed(await listWork(sql, principal, filter, { limit: most, cursor }), (item) => item);
    },
  }),
];
