import { z } from 'zod';
import { id, instant } from './common';

export const stuckItem = z
  .strictObject({
    id,
    kind: z.enum(['step', 'command', 'outbox']).meta({
      description:
        '`step`: recording it failed by itself again and again; `command`: it did not reach its application; ' +
        '`outbox`: what follows from a change did not reach where it matters',
    }),
    what: z.string().meta({ description: 'An action; `due` or `file`; or the topic of a change' }),
    clientId: id.nullable().meta({ description: 'Null: of no one client' }),
    applicationId: id.nullable(),
    cause: z.string().nullable().meta({ description: 'The name or code of the failure' }),
    since: instant,
    againAt: instant.nullable().meta({ description: 'When it is tried again by itself; null: when you say so' }),
  })
  .meta({ id: 'StuckItem' });
