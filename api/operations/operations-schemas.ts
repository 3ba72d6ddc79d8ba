import { z } from 'zod';
import { id, instant } from '../kernel/schemas';

export const stuckItem = z
  .strictObject({
    id,
    kind: z.enum(['step', 'command', 'outbox', 'run', 'hold']).meta({
      description:
        '`step`: recording it failed by itself again and again; `command`: it did not reach its application; ' +
        '`outbox`: what follows from a change did not reach where it matters; `run`: a workflow is ' +
        'gone, late or failing, or knows an application that is not on record; `hold`: a restore lost entries of an ' +
        'application, and a person enters them or says by `restore-review` that nothing was lost',
    }),
    what: z.string().meta({
      description:
        'Of a step: the action, `due`, `file` or the type of workflow; of a change: its topic; of an application’s run: how it was found, of another run: its type; ' +
        'of a hold: the action that ends it',
    }),
    clientId: id.nullable().meta({ description: 'Null: of no one client' }),
    applicationId: id.nullable(),
    cause: z.string().nullable().meta({ description: 'The name or code of the failure' }),
    since: instant,
    againAt: instant.nullable().meta({ description: 'When it is tried again by itself; null: when you say so' }),
  })
  .meta({ id: 'StuckItem' });
