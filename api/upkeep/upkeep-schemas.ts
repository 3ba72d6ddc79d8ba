import { z } from 'zod';
import { UPKEEP_KINDS } from '../../domain/kernel/codes';
import { deliveryState } from '../outreach/outreach-schemas';
import { describeFormerName } from '../kernel/old-names';
import { date, id, state } from '../kernel/schemas';
import { MASKED } from '../registry/providers-schemas';

const kind = z.enum(UPKEEP_KINDS);

export const lapseWarning = z
  .strictObject({
    code: z.literal('lapse_predicted'),
    item: kind,
    state: state.nullable(),
    dueOn: date,
    maxDays: z.int().optional().meta({
      description:
        'The most days that the attestation may be old for this payer; only where it still holds then, and is older',
    }),
    expectedDecisionOn: date,
  })
  .meta({ id: 'LapseWarning', description: 'Good through `dueOn`, and the payer is expected to decide later' });

export const upkeep = z
  .strictObject({
    items: z.array(
      z.strictObject({
        kind,
        state: state.nullable(),
        name: z
          .string()
          .nullable()
          .meta({
            description: `Which of its kind: a number, a policy, a document’s kind, the id of an authorisation. ${MASKED}`,
          }),
        documentId: id.nullable(),
        dueOn: date
          .nullable()
          .meta({ description: 'The last day on which the item holds; null if it was never recorded' }),
        standing: z
          .enum(['current', 'due', 'lapsed', 'missing'])
          .meta({ description: '`due`: current, and to be renewed now' }),
        nextReminderOn: date.nullable(),
        reminders: z.array(
          z.strictObject({
            daysAfterDue: z.int().meta({ description: 'Days after `dueOn`; negative before it' }),
            rung: describeFormerName(z.int(), 'daysAfterDue'),
            on: date.meta({ description: 'The day on which it was due' }),
            delivery: deliveryState.shape.delivery,
            sentOn: date.nullable(),
          }),
        ),
      }),
    ),
    differences: z.array(z.strictObject({ providerId: id, clientId: id, dueOn: date.nullable() })).meta({
      description:
        'The attestation of the same person at other clients, where it is due on another day: of those that the ' +
        'caller may see, for the operator’s staff only',
    }),
    predictedLapses: z.array(lapseWarning.extend({ applicationId: id }).meta({ id: 'PredictedLapse' })),
  })
  .meta({ id: 'Upkeep' });
