import { z } from 'zod';
import { KINDS, LINES_OF_BUSINESS } from '../../domain/kernel/codes';
import { KIND_RULES } from '../../domain/registry/playbook';
import { id, state, requireUnique, describeDate } from '../kernel/schemas';

/** The kinds that lead to a contract of one's own; the others change or end what there is. */
const BUILDING = KINDS.filter((kind) => KIND_RULES[kind].opensSpan || kind === 'new_group');

export const chosenApplications = z
  .strictObject({
    practiceId: id,
    items: requireUnique(
      z
        .array(
          z.strictObject({
            payerId: id,
            state,
            lineOfBusiness: z.enum(LINES_OF_BUSINESS).default('commercial'),
            kind: z.enum(BUILDING).optional().meta({ description: 'Left out: the kind that fits' }),
            locationId: id.optional(),
            neededBy: describeDate('ChosenApplications.neededBy').optional(),
          }),
        )
        .min(1)
        .max(200),
      ({ payerId, state: usState, lineOfBusiness, kind, locationId }) =>
        [payerId, usState, lineOfBusiness, kind, locationId].join(),
    ),
  })
  .meta({ id: 'ChosenApplications' });

export const startedApplications = z
  .strictObject({
    items: z.array(
      z.strictObject({
        payerId: z.string(),
        state: z.string(),
        status: z.int().meta({ description: 'As POST /v1/applications would answer' }),
        id: id.optional(),
        problem: z.looseObject({ type: z.string(), title: z.string(), status: z.int() }).optional(),
      }),
    ),
  })
  .meta({ id: 'StartedApplications' });
