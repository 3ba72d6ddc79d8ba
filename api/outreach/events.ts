import { z } from 'zod';
import { EMITTED_TYPES } from '../../domain/kernel/codes';
import { listEmitted } from '../../record/outreach/event-feed';
import type { Deps } from '../kernel/deps';
import { ok, route, type Route } from '../kernel/route';
import { id, instant, limit, text } from '../kernel/schemas';

const emitted = z
  .strictObject({
    seq: z.int().meta({ description: 'Grows; read on `after` the last one seen' }),
    id,
    clientId: id,
    type: z.enum(EMITTED_TYPES),
    subjectId: id,
    data: z.record(z.string(), z.unknown()),
    createdAt: instant,
  })
  .meta({ id: 'Emitted' });

const after = text([{ rule: 'seq', message: 'must be a seq', holds: (value) => /^\d{1,15}$/.test(value) }])
  .default('0')
  .transform(Number);

export const eventRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/events',
    summary: 'What others are told: read on after the last one seen',
    tag: 'events',
    access: 'readiness:read',
    query: z.strictObject({ after, type: z.enum(EMITTED_TYPES).optional(), limit }),
    responses: {
      200: {
        description: 'In order; none is missed',
        schema: z.strictObject({ items: z.array(emitted), nextCursor: z.null() }),
      },
    },
    handler: async ({ principal, query }) => ok({ items: await listEmitted(sql, principal, query), nextCursor: null }),
  }),
];
