import { evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import { FILE_TYPES } from '../../domain/registry/file-types';
import { actor, date, id, instant, onceShownSecret, line, describeText, describeDate } from '../kernel/schemas';

export const sha256 = describeText(
  [{ rule: 'sha256', message: 'must be 64 hexadecimal digits', holds: (value) => /^[0-9a-f]{64}$/i.test(value) }],
  { pattern: '^[0-9A-Fa-f]{64}$', example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
);

export const documentInput = z
  .strictObject({
    kind: line,
    name: line,
    sha256,
    expiresOn: describeDate('DocumentInput.expiresOn').optional(),
    providerId: id.optional().meta({ description: 'The provider whose document it is' }),
    practiceId: id.optional(),
    containsPhi: z
      .boolean()
      .optional()
      .meta({ description: 'There is health information of patients in it; no link is made to such a file' }),
    evenIfExists,
  })
  .meta({ id: 'DocumentInput' });

export const document = z
  .strictObject({
    id,
    clientId: id,
    kind: line,
    name: line,
    sha256,
    expiresOn: date.nullable(),
    providerId: id.nullable(),
    practiceId: id.nullable(),
    containsPhi: z.boolean(),
    createdAt: instant,
    content: z
      .strictObject({
        storedAt: instant,
        size: z.int().meta({ description: 'The size in bytes' }),
        type: z.enum(FILE_TYPES),
      })
      .nullable()
      .meta({ description: 'The file itself; null while none is stored, and once it was purged' }),
    contentPurgedAt: instant.nullable(),
  })
  .meta({ id: 'Document' });

/** A week: what is needed for longer is asked for with a key. */
const LONGEST_LINK = 10_080;

export const linkInput = z
  .strictObject({
    expiresInMinutes: z.int().min(1).max(LONGEST_LINK).optional().meta({
      description: 'How long the link opens the file, from now: an hour where it is left out, a week at most',
    }),
  })
  .meta({ id: 'DocumentLinkInput' });

export const documentLink = z
  .strictObject({
    id,
    documentId: id,
    clientId: id,
    madeBy: actor,
    createdAt: instant,
    expiresAt: instant,
    revokedAt: instant.nullable(),
    usedAt: instant.nullable().meta({ description: 'The instant at which the file was last read by it' }),
    url: onceShownSecret.optional().meta({
      description: 'Anyone with this address can read the file. It is shown once, like the secret of a key',
    }),
  })
  .meta({ id: 'DocumentLink' });
