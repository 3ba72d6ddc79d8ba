import { z } from 'zod';
import { PURPOSES } from '../../domain/kernel/codes';
import {
  BESIDE_BAD_FIELDS,
  date,
  expiryDate,
  id,
  isEarlier,
  line,
  longText,
  plannedDate,
  shownOnce,
} from '../kernel/schemas';
import { SUBSTITUTE, formerly, renamed } from '../kernel/names';

export const claim = z.strictObject({ assignee: id }).meta({ id: 'Claim' });

export const snoozeInput = z
  .strictObject({
    purpose: z.enum(PURPOSES),
    until: plannedDate.meta({
      description: 'The day on which the item returns; at most 14 days ahead, and not after a payer’s deadline',
    }),
    reason: longText,
  })
  .meta({ id: 'Snooze' });

export const reassignment = renamed(
  'Reassignment',
  z.strictObject({ assignee: id.nullable(), clientId: id.optional(), payerId: id.optional() }),
  { to: 'assignee' },
);

const coverFields = z
  .strictObject({ substitute: id, fromOn: plannedDate, untilOn: expiryDate, reason: line.optional() })
  .superRefine(({ fromOn, untilOn }, context) => {
    if (isEarlier(untilOn, fromOn))
      context.addIssue({
        code: 'custom',
        path: ['untilOn'],
        message: 'must not be before fromOn',
        params: { rule: 'order' },
      });
  }, BESIDE_BAD_FIELDS);
export const coverInput = renamed('CoverInput', coverFields, SUBSTITUTE);

export const cover = z
  .strictObject({
    id,
    userId: id,
    substitute: id,
    coveredBy: formerly(id, 'substitute'),
    fromOn: date,
    untilOn: date,
    reason: line.nullable(),
  })
  .meta({ id: 'Cover' });

export const feed = z
  .strictObject({
    url: shownOnce.meta({
      description: 'Anyone with this address can read the feed. It is shown once, like the secret of a key',
    }),
  })
  .meta({ id: 'CalendarFeed' });
