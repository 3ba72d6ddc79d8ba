import { z } from 'zod';
import { ROLES } from '../../domain/codes';
import { actor, date, email, id, instant, line, shownOnce } from './common';

const role = z.enum(ROLES);
const clientIds = z.array(id).min(1).max(500);
const EVERY_CLIENT = { description: 'Left out: every client' };

const capacity = z.int().min(1).max(1000).meta({ description: 'Items of the queue that a day holds' });

export const userInput = z
  .strictObject({
    name: line,
    email,
    role,
    clientIds: clientIds.optional().meta(EVERY_CLIENT),
    team: line.optional(),
    capacity: capacity.optional(),
  })
  .meta({ id: 'UserInput' });

export const user = z
  .strictObject({
    id,
    name: line,
    email,
    role,
    clientIds: clientIds.nullable(),
    team: line.nullable(),
    capacity: capacity.nullable(),
    revokedAt: instant.nullable().meta({ description: 'When they left with the only client they saw' }),
    createdAt: instant,
  })
  .meta({ id: 'User' });

export const userPatch = z
  .strictObject({ name: line, team: line.nullable(), capacity: capacity.nullable() })
  .partial()
  .meta({ id: 'UserPatch' });

export const apiKeyInput = z
  .strictObject({
    name: line,
    role,
    clientIds: clientIds.optional().meta(EVERY_CLIENT),
    expiresOn: date.optional().meta({ description: 'The last day, in UTC, on which it is valid' }),
  })
  .meta({ id: 'ApiKeyInput' });

const apiKeyFields = {
  id,
  name: line,
  role,
  clientIds: clientIds.nullable(),
  expiresOn: date.nullable(),
  createdBy: actor,
  createdAt: instant,
  revokedAt: instant.nullable(),
};

export const apiKey = z.strictObject(apiKeyFields).meta({ id: 'ApiKey' });
export const newApiKey = z.strictObject({ ...apiKeyFields, key: shownOnce }).meta({ id: 'NewApiKey' });
