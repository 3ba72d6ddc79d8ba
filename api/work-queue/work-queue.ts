import { z } from 'zod';
import { STAGES, PURPOSES } from '../../domain/kernel/codes';
import { URGENCIES } from '../../domain/work-queue/ranking';
import { TO_DO } from '../../domain/work-queue/to-do';
import { listWork, listWorkByPayer, listLoad, type WorkItem } from '../../record/work-queue/queue';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { answerOk, route, type Route } from '../kernel/route';
import {
  reportBrokenRule,
  BESIDE_BAD_FIELDS,
  readCursor,
  date,
  id,
  instant,
  limit,
  line,
  describePage,
  position,
  yesOrNo,
} from '../kernel/schemas';
import { callingHours } from '../registry/playbook-schemas';
import { describeFormerName, addOldNames, SUBSTITUTE } from '../kernel/old-names';
import { checkFilter } from '../kernel/filters';

const workItem = z
  .strictObject({
    applicationId: id,
    clientId: id,
    providerId: id.nullable(),
    payerId: id,
    purpose: z.enum(PURPOSES).meta({ description: 'The work that is to be done' }),
    do: z.string().meta({ description: 'The purpose in words' }),
    since: instant,
    dueAt: instant,
    overdue: z.boolean(),
    stage: z.enum(STAGES),
    attempt: z.int(),
    assignee: id.nullable(),
    substitute: id.nullable().meta({ description: 'The user who does the assignee’s work at present' }),
    coveredBy: describeFormerName(id.nullable(), 'substitute'),
    nextFollowUpAt: instant.nullable(),
    alsoFor: z
      .array(id)
      .meta({ description: 'The other applications that the same act settles: an attestation is obtained once' }),
    ask: z.array(z.string()).meta({ description: 'Other points to say or ask' }),
    monthlyValue: z.number().nullable(),
    why: z.array(z.strictObject({ code: z.enum(URGENCIES), on: date })).meta({
      description: 'Why the item is urgent, the strongest reason first; empty where only value and age decide',
    }),
    snoozedUntil: date.nullable(),
  })
  .meta({ id: 'WorkItem' });

const payerWork = z
  .strictObject({
    payerId: id,
    name: z.string(),
    count: z.int().meta({ description: 'The number of all its items; `items` holds the first `limit` of them' }),
    ...z.object(callingHours).partial().shape,
    items: z.array(workItem),
  })
  .meta({ id: 'PayerWork', description: 'One payer’s part of the queue, with what a call needs' });

const load = z
  .strictObject({
    assignee: id.nullable().meta({ description: 'Null for items that are not assigned' }),
    name: line.nullable(),
    team: line.nullable(),
    capacity: z.int().nullable(),
    items: z.int(),
    overdue: z.int(),
    notReached: z.int().nullable().meta({ description: 'Null where the user has no `capacity`' }),
  })
  .meta({ id: 'Load' });

const { count, date: day, instant: at } = position;
const queuePosition = z.tuple([count, day, count, at, position.id, z.enum(PURPOSES)]);
const query = z
  .strictObject({
    applicationId: id.optional(),
    payerId: id.optional(),
    clientId: id.optional(),
    assignee: id.optional().meta({ description: 'Includes items for which this user is the substitute' }),
    unassigned: yesOrNo.optional(),
    team: line.optional(),
    overdue: yesOrNo.optional(),
    today: yesOrNo.optional().meta({
      description: 'true: items that fit into the users’ day; false: items that do not. Filters by user or team only',
    }),
    snoozed: yesOrNo
      .optional()
      .meta({ description: 'true: only snoozed items; otherwise only items that are not snoozed' }),
    groupBy: z.literal('payer').optional().meta({ description: 'One group per payer, all of them on one page' }),
    limit,
    cursor: readCursor(queuePosition).optional(),
  })
  .superRefine(({ groupBy, cursor, today, applicationId, payerId, clientId, overdue, snoozed }, context) => {
    const parts = { applicationId, payerId, clientId, overdue, snoozed };
    if (today !== undefined)
      for (const [name, part] of Object.entries(parts))
        if (part !== undefined) reportBrokenRule(context, [name], 'whole_day', 'must be left out where today is given');
    if (groupBy && cursor)
      reportBrokenRule(context, ['cursor'], 'not_grouped', 'must be left out where groupBy is given');
  }, BESIDE_BAD_FIELDS);

const addSubstituteName = addOldNames(SUBSTITUTE);
const showItem = (item: WorkItem) => addSubstituteName({ ...item, do: TO_DO[item.purpose] });

export const workQueueRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/work-queue',
    summary: 'List what people have to do now',
    description:
      'The most urgent items come first (a payer’s deadline within five days, a statutory date, what is overdue with the latest first, ' +
      'the day when it is needed), then those worth most, then the oldest; `why` gives the reason. Work that one act settles for ' +
      'one user is one item (`alsoFor`). An item leaves the queue only by a contact, or by an event ' +
      'that settles it. `groupBy=payer` puts items together that one call can cover.',
    tag: 'work queue',
    access: 'operations:read',
    namesUser: { assignee: 'filter' },
    query,
    responses: {
      200: {
        description: 'Items, or groups of them',
        schema: z.union([describePage(workItem), describePage(payerWork)]),
      },
    },
    handler: async ({ principal, query: { groupBy, limit: most, cursor, ...filter } }) => {
      await checkFilter(sql, principal, filter);
      if (groupBy) {
        const payers = await listWorkByPayer(sql, principal, filter, most);
        return answerOk({
          items: payers.map((one) => ({ ...one, items: one.items.map(showItem) })),
          nextCursor: null,
        });
      }
      return answerPage(await listWork(sql, principal, filter, { limit: most, cursor }), showItem);
    },
  }),
  route({
    method: 'get',
    path: '/v1/work-queue/load',
    summary: 'Read the load of each user: due items, and how many do not fit into the day',
    tag: 'work queue',
    access: 'operations:read',
    query: z.strictObject({ team: line.optional(), clientId: id.optional(), payerId: id.optional() }),
    responses: {
      200: {
        description: 'Users with more items than fit into their day come first',
        schema: z.strictObject({ items: z.array(load) }),
      },
    },
    handler: async ({ principal, query: filter }) => {
      const { team: _, ...references } = filter;
      await checkFilter(sql, principal, references);
      return answerOk({ items: await listLoad(sql, principal, filter) });
    },
  }),
];
