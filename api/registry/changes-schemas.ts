import { z } from 'zod';
import { STANDINGS } from '../../domain/registry/changes';
import { CHANGE_FIELDS } from '../../domain/kernel/codes';
import { actor, date, id, instant, state, describeDate } from '../kernel/schemas';

/** The fields that say how a change came about, beside what has changed. */
export const circumstanceFields = {
  changedOn: describeDate('FileChange.changedOn').meta({
    description: 'The day from which this holds in fact; the default is today',
  }),
  correction: z.boolean().meta({
    description: 'true: the file was wrong and nothing changed in fact, so no payer needs a notice',
  }),
};

const fileChange = z
  .strictObject({
    id,
    field: z.enum(CHANGE_FIELDS),
    changedOn: date,
    correction: z.boolean(),
    recordedBy: actor,
    createdAt: instant,
    affects: z.array(
      z.strictObject({
        applicationId: id,
        providerId: id.nullable(),
        payerId: id,
        state,
        standing: z.enum(STANDINGS),
        needs: z.enum(['contract', 'application', 'notice', 'tell_payer', 'nothing']).meta({
          description:
            '`contract`: another TIN is another party to the payer, so that it takes a contract and no mere update; ' +
            '`notice`: an item in the queue of a participation; `tell_payer`: what was submitted says otherwise, which is a blocker. Both last until a contact says `toldOfChanges`',
        }),
        dueOn: date.nullable(),
        citation: z.string().nullable(),
        openedId: id.nullable().meta({ description: 'The application that informs the payer' }),
      }),
    ),
  })
  .meta({ id: 'FileChange' });

export const fileChanges = z.strictObject({ items: z.array(fileChange) });
