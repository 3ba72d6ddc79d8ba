import { evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import { date, email, id, instant, line, timeZone, version } from '../kernel/schemas';

const fields = { name: line, timeZone, contactEmail: email };

/** The fields of a client or provider that leaves or has left. */
export const endedFields = {
  endedOn: date.nullable().meta({ description: 'The last day, of one that leaves or has left' }),
  endingId: id
    .nullable()
    .meta({ description: 'The ending with its items, and how far each is: `GET /v1/endings/{id}`' }),
  secretsPurgedAt: instant.nullable(),
};

export const clientInput = z.strictObject({ ...fields, evenIfExists }).meta({ id: 'ClientInput' });
export const clientPatch = z
  .strictObject({ ...fields, evenIfExists })
  .partial()
  .meta({ id: 'ClientPatch' });
export const client = z
  .strictObject({ id, ...fields, ...endedFields, version, createdAt: instant, updatedAt: instant })
  .meta({ id: 'Client' });
