import { z } from 'zod';
import { email, id, instant, line, timeZone, version } from './common';

const fields = { name: line, timeZone, contactEmail: email };

export const clientInput = z.strictObject(fields).meta({ id: 'ClientInput' });
export const clientPatch = z.strictObject(fields).partial().meta({ id: 'ClientPatch' });
export const client = z
  .strictObject({ id, ...fields, version, createdAt: instant, updatedAt: instant })
  .meta({ id: 'Client' });
