import { z } from 'zod';
import { ACCESS_KINDS } from '../../domain/kernel/codes';
import {
  actor,
  BESIDE_BAD_FIELDS,
  readCursor,
  date,
  describeDate,
  id,
  instant,
  limit,
  line,
  position,
  requireOrder,
} from '../kernel/schemas';

const hash = z.string().meta({ description: 'SHA-256, in hexadecimal' });
const fields = z.record(z.string(), z.unknown()).nullable();

export const auditEntry = z
  .strictObject({
    number: z.int().meta({ description: 'The number by which `npm run audit:verify` names it' }),
    at: instant,
    clientId: id.nullable().meta({ description: 'null: about no single client' }),
    actor,
    action: z.string(),
    subjectType: z.string(),
    subjectId: z.string(),
    outcome: z.enum(['done', 'refused']),
    detail: fields.meta({ description: 'The request with its reason, or why it was refused; secrets are masked' }),
    before: fields.meta({ description: 'The fields that a change changed, as they were; secrets are masked' }),
    after: fields.meta({ description: 'The same fields after the change' }),
    requestId: z.string().nullable().meta({ description: 'Our id of the request: `X-Request-Id` of its answer' }),
    callerRequestId: z.string().nullable().meta({ description: 'The `X-Request-Id` that the caller sent' }),
    link: z
      .strictObject({ place: z.int(), entryHash: hash, hash })
      .nullable()
      .meta({ description: 'Its place in the chain of its client; null until it is linked, within a minute' }),
  })
  .meta({ id: 'AuditEntry' });

const filter = {
  clientId: id.optional(),
  actor: line.optional().meta({ description: 'The id of a user, or of a key that belongs to none' }),
  action: line.optional().meta({ description: 'For example `provider.update`' }),
  subjectType: line.optional(),
  subject: line.optional().meta({ description: 'The id of what it is about' }),
  outcome: z.enum(['done', 'refused']).optional(),
  from: describeDate('AuditEntries.from').optional().meta({ description: 'Written on this day or later, in UTC' }),
  until: describeDate('AuditEntries.until').optional().meta({ description: 'Written before this day, in UTC' }),
};

const cursor = readCursor(position.serial).optional();

const requireDays = requireOrder('AuditEntries');

export const auditQuery = z.strictObject({ limit, cursor, ...filter }).superRefine(requireDays, BESIDE_BAD_FIELDS);
export const auditExportQuery = z.strictObject(filter).superRefine(requireDays, BESIDE_BAD_FIELDS);
export const rootsQuery = z.strictObject({ limit, cursor });

export const auditRoot = z
  .strictObject({
    number: z.int(),
    at: instant,
    hash: hash.meta({ description: 'The hash over the root before it and the last link of every chain' }),
  })
  .meta({ id: 'AuditRoot' });

const kind = z.enum(ACCESS_KINDS).meta({
  description:
    '`used`: requests with a valid key; `unauthenticated`: without one (401); `forbidden`: beyond the role (403); `foreign`: for ' +
    'what belongs to a client that the key does not see (404); `missing`: for what does not exist (404); `limited`: more than is allowed at once (429)',
});

export const accessCount = z
  .strictObject({
    day: date.meta({ description: 'The day in UTC' }),
    caller: z.string().meta({
      description:
        'The id of the key, or of the user who was signed in; `admin` for the admin key; `-` for nobody known',
    }),
    name: z.string().nullable().meta({ description: 'The name of the key or user' }),
    kind,
    count: z.int(),
    lastAt: instant,
  })
  .meta({ id: 'AccessCount' });

const caller = z.string().regex(/^[\w-]{1,64}$/);
export const accessCountQuery = z
  .strictObject({
    limit,
    cursor: readCursor(z.tuple([position.date, caller, kind])).optional(),
    kind: kind.optional(),
    from: describeDate('AuditEntries.from')
      .optional()
      .meta({ description: 'Only entries of this day or later, in UTC' }),
    until: describeDate('AuditEntries.until')
      .optional()
      .meta({ description: 'Only entries of before this day, in UTC' }),
  })
  .superRefine(requireDays, BESIDE_BAD_FIELDS);
