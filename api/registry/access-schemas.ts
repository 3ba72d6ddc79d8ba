import { z } from 'zod';
import { ROLES } from '../../domain/kernel/codes';
import type { Principal } from '../../record/kernel/principal';
import type { User } from '../../record/registry/users';
import {
  actor,
  BESIDE_BAD_FIELDS,
  reportBrokenRule,
  date,
  email,
  id,
  listOfIds,
  instant,
  line,
  onceShownSecret,
  timeZone,
  describeDate,
} from '../kernel/schemas';

const role = z.enum(ROLES);
const clientIds = listOfIds(500).min(1);
const EVERY_CLIENT = { description: 'Default: every client. Required if `role` is `client`' };

export const CLIENT_IS_SCOPED = {
  path: 'clientIds',
  rule: 'required',
  message: 'must be given where role is client',
};

/** Requires a scope for a client's own people and programs: they see their own clients, never all. */
function requireClientScope(
  { role, clientIds: scope }: { role?: unknown; clientIds?: unknown },
  context: z.RefinementCtx,
) {
  if (role === 'client' && scope === undefined)
    reportBrokenRule(context, ['clientIds'], CLIENT_IS_SCOPED.rule, CLIENT_IS_SCOPED.message);
}

const owner = {
  userId: id.optional().meta({
    description:
      'The user whose key it is: it acts in the user’s name, reaches no client that they do not see, and ends with their access',
  }),
  serviceName: line
    .optional()
    .meta({ description: 'The program that uses the key. Default: `name`, unless `userId` is given' }),
};

/** Requires that a key belongs to one user or one service, so that the audit log shows who acted by it. */
function requireOneOwner(
  { userId, serviceName }: { userId?: unknown; serviceName?: unknown },
  context: z.RefinementCtx,
) {
  if (userId !== undefined && serviceName !== undefined)
    reportBrokenRule(context, ['serviceName'], 'one_owner', 'must be left out where userId is given');
}

const capacity = z
  .int()
  .min(1)
  .max(1000)
  .meta({ description: 'How many items of the work queue the user can do in a day' });

export const userInput = z
  .strictObject({
    name: line,
    email,
    role,
    clientIds: clientIds.optional().meta(EVERY_CLIENT),
    team: line.optional(),
    capacity: capacity.optional(),
    timeZone: timeZone.optional().meta({
      description:
        'The zone in whose days the user’s covers begin and end. Default: the one that most clients have whom the user may see',
    }),
  })
  .superRefine(requireClientScope, BESIDE_BAD_FIELDS)
  .meta({ id: 'UserInput' });

export const user = z
  .strictObject({
    id,
    name: line,
    email,
    role,
    clientIds: clientIds.nullable().meta({ description: 'Those that the caller sees; null: every client' }),
    team: line.nullable(),
    capacity: capacity.nullable(),
    timeZone,
    revokedAt: instant.nullable().meta({ description: 'When access ended: the user left, or their only client did' }),
    workTo: id.nullable().meta({ description: 'The user who has had the work since' }),
    createdAt: instant,
  })
  .meta({ id: 'User' });

/** Shows a user as a principal sees them: with those of their clients that both see. */
export const showUser =
  ({ clientIds: seen }: Principal) =>
  (one: User): User => ({ ...one, clientIds: one.clientIds?.filter((id) => seen?.includes(id) ?? true) ?? null });

export const userPatch = z
  .strictObject({
    name: line,
    email,
    role,
    clientIds: clientIds.nullable().meta({ description: 'null: every client' }),
    team: line.nullable(),
    capacity: capacity.nullable(),
    timeZone,
  })
  .partial()
  .meta({ id: 'UserPatch' });

export const apiKeyInput = z
  .strictObject({
    name: line,
    role,
    clientIds: clientIds.optional().meta(EVERY_CLIENT),
    expiresOn: describeDate('ApiKeyInput.expiresOn')
      .optional()
      .meta({ description: 'The last day, in UTC, on which it is valid' }),
    ...owner,
  })
  .superRefine(requireClientScope, BESIDE_BAD_FIELDS)
  .superRefine(requireOneOwner, BESIDE_BAD_FIELDS)
  .meta({ id: 'ApiKeyInput' });

const apiKeyFields = {
  id,
  name: line,
  role,
  clientIds: clientIds.nullable(),
  expiresOn: date.nullable(),
  userId: id.nullable(),
  serviceName: line.nullable(),
  createdBy: actor,
  createdAt: instant,
  revokedAt: instant.nullable(),
};

export const apiKey = z.strictObject(apiKeyFields).meta({ id: 'ApiKey' });
export const newApiKey = z.strictObject({ ...apiKeyFields, key: onceShownSecret }).meta({ id: 'NewApiKey' });

export const revocationQuery = z.strictObject({
  made: z
    .enum(['ended', 'kept'])
    .optional()
    .meta({ description: 'Whether all that the key made ends with it or is kept. Default: `ended`' }),
});
export const madeByKey = z
  .strictObject({
    items: z.array(
      z.strictObject({
        what: z.enum(['api_key', 'calendar_feed', 'webhook_endpoint', 'cover', 'document_link']),
        id: id.meta({ description: 'The id of the thing; for a calendar feed, of its user' }),
        madeBy: id.meta({
          description:
            'The key that made it: this one, or one that comes from it. Where a user made it while signed in, the user',
        }),
      }),
    ),
  })
  .meta({ id: 'MadeByKey' });
