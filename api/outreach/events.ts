import { z } from 'zod';
import { EMITTED_TYPES } from '../../domain/kernel/codes';
import { listPublishedEvents } from '../../record/outreach/event-feed';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { id, instant, limit, describeText, describePage } from '../kernel/schemas';
import { allowOldNames } from '../kernel/old-names';

const emitted = z
  .strictObject({
    seq: z.int().meta({ description: 'Grows with every event, by time and not by counting; may be sent as `cursor`' }),
    id,
    clientId: id,
    type: z.enum(EMITTED_TYPES),
    subjectId: id,
    data: z.record(z.string(), z.unknown()),
    createdAt: instant,
  })
  .meta({ id: 'Emitted' });

const SEQ = {
  rule: 'cursor',
  message: 'must be a nextCursor or a seq',
  holds: (value: string) => /^\d{1,16}$/.test(value) && Number(value) <= Number.MAX_SAFE_INTEGER,
};
const cursor = describeText([SEQ], {
  pattern: '^[0-9]{1,16}$',
  description:
    'Answers the events after this one: the `nextCursor` of the page before, or the `seq` of the last event that was ' +
    'read. Left out: from the first event',
}).optional();
const query = allowOldNames(null, z.strictObject({ cursor, type: z.enum(EMITTED_TYPES).optional(), limit }), {
  after: 'cursor',
});

export const eventRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/events',
    summary: 'Read the feed of events: what changed, in order',
    description:
      'No event is missed, and none comes twice. `nextCursor` is null once everything is read; to receive later events, ' +
      'ask again with the `seq` of the last one as `cursor`.',
    tag: 'events',
    access: 'readiness:read',
    query,
    responses: { 200: { description: 'Events in the order in which they are read', schema: describePage(emitted) } },
    handler: async ({ principal, query: { cursor: after = '0', type, limit: most } }) => {
      const found = await listPublishedEvents(sql, principal, { after: Number(after), type, limit: most + 1 });
      const items = found.slice(0, most);
      return answerOk({ items, nextCursor: found.length > most ? String(items.at(-1)!.seq) : null });
    },
  }),
];
