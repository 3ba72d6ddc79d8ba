import { z } from 'zod';
import { SEALED_FIELDS, type SealedFieldName } from '../../record/kernel/sealed-fields';
import { actor, id, instant } from '../kernel/schemas';

export const stuckItem = z
  .strictObject({
    id,
    kind: z.enum(['step', 'command', 'outbox', 'run', 'hold', 'file']).meta({
      description:
        '`step`: recording it failed by itself again and again; `command`: it did not reach its application; ' +
        '`outbox`: what follows from a change did not reach where it matters; `run`: a workflow is ' +
        'gone, late or failing, or knows an application that is not on record; `hold`: a restore lost entries of an ' +
        'application, and a person enters them or says by `restore-review` that nothing was lost',
    }),
    what: z.string().meta({
      description:
        'For a step: the action, `due`, `file` or the type of workflow; for a change: its topic; for an application’s run: how it was found, for another run: its type; ' +
        'for a hold: the action that ends it',
    }),
    clientId: id.nullable().meta({ description: 'Null: of no one client' }),
    applicationId: id.nullable(),
    cause: z.string().nullable().meta({ description: 'The name or code of the failure' }),
    since: instant,
    againAt: instant.nullable().meta({ description: 'When it is tried again by itself; null: when you say so' }),
  })
  .meta({ id: 'StuckItem' });

const keyId = z.string().meta({ description: 'The name of a key, never the key' });
export const keyRotation = z
  .strictObject({
    id: keyId,
    masterId: keyId.meta({ description: 'The master key that wraps it' }),
    madeBy: actor,
    madeAt: instant,
    sealsFrom: instant.meta({ description: 'The instant from which it seals: by then every process knows it' }),
    sealedAllAt: instant.nullable().meta({ description: 'null until no row is sealed by another key' }),
    fields: z
      .array(
        z.strictObject({
          field: z.enum(Object.keys(SEALED_FIELDS) as [SealedFieldName, ...SealedFieldName[]]),
          left: z.int().min(0).meta({ description: 'Rows that another key sealed, or nobody yet' }),
        }),
      )
      .meta({ description: 'All that is sealed in the database' }),
    earlier: z
      .array(
        z.strictObject({
          id: keyId,
          masterId: keyId,
          madeAt: instant,
          used: z.boolean().meta({ description: 'Whether a row may still be sealed by it' }),
        }),
      )
      .meta({ description: 'The latest first. Histories in Temporal, and backups, may hold what they sealed' }),
  })
  .meta({ id: 'KeyRotation' });
