import { z } from 'zod';
import { ACCESS_DECISIONS, PORTAL_STATUSES, ROLES } from '../../domain/kernel/codes';
import { actor, BESIDE_BAD_FIELDS, date, id, instant, line, reportBrokenRule } from '../kernel/schemas';

const role = z.enum(ROLES);
const clientIds = z.array(id).nullable().meta({ description: 'null: every client' });
const decision = z.enum(ACCESS_DECISIONS).meta({
  description:
    '`keep`: it is still needed; `change` or `end`: it is not, and has to be changed or ended by its own route',
});

export const signOffInput = z
  .strictObject({
    decision,
    reason: line.optional().meta({ description: 'Required unless `decision` is `keep`' }),
  })
  .superRefine(({ decision: said, reason }: { decision?: unknown; reason?: unknown }, context) => {
    if (typeof said === 'string' && said !== 'keep' && reason === undefined)
      reportBrokenRule(context, ['reason'], 'required', 'is required, unless decision is keep');
  }, BESIDE_BAD_FIELDS)
  .meta({ id: 'AccessSignOffInput' });

const signOff = z
  .strictObject({ at: instant, by: actor, decision, reason: z.string().nullable() })
  .meta({ id: 'AccessSignOff' });

export const accessShown = z
  .strictObject({
    type: z.enum(['user', 'program']),
    id: id.meta({ description: 'The id of the user, or of the key of a program' }),
    name: z.string(),
    role,
    clientIds,
    since: instant,
    keys: z
      .array(z.strictObject({ id, name: z.string(), role, clientIds, expiresOn: date.nullable() }))
      .meta({ description: 'The keys that are valid. A user’s key reaches no client that the user does not see' }),
    lastUsedAt: instant.nullable().meta({ description: 'When they last came, signed in or by a key; null: never' }),
    portals: z
      .array(
        z.strictObject({
          clientId: id,
          practiceId: id,
          portal: z.string(),
          status: z.enum(PORTAL_STATUSES),
          as: z.enum(['holder', 'second_factor']),
        }),
      )
      .meta({ description: 'Ways into portals of payers that the user holds, or has the second factor of' }),
    lastSignOff: signOff.nullable(),
  })
  .meta({ id: 'Access' });
