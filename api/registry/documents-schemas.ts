import { evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import { date, id, instant, line, describeText, describeDate } from '../kernel/schemas';

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
    providerId: id.optional().meta({ description: 'Whose it is' }),
    practiceId: id.optional(),
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
    createdAt: instant,
  })
  .meta({ id: 'Document' });
