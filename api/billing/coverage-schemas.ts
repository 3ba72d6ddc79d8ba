import { z } from 'zod';
import { LINES_OF_BUSINESS, READINESS_REASONS, STAGES } from '../../domain/kernel/codes';
import { date, id, line } from '../kernel/schemas';

export const coverageQuery = z.strictObject({
  providerId: id.optional(),
  payerId: id.optional(),
  format: z.enum(['json', 'csv', 'pdf']).optional().meta({ description: 'json where it is left out' }),
});

const cell = z
  .strictObject({
    providerId: id,
    providerName: line,
    payerId: id,
    payerName: line,
    state: line.nullable().meta({ description: 'Null where the provider works in no state that is known' }),
    practiceId: id.nullable(),
    practiceName: line.nullable(),
    lineOfBusiness: z.enum(LINES_OF_BUSINESS).nullable(),
    locationId: id.nullable(),
    through: z.enum(['platform', 'direct', 'none']),
    platforms: z.array(z.strictObject({ relationshipId: id, platform: line })),
    applicationId: id.nullable().meta({
      description: 'The application that this answer is about; without an answer the open one, otherwise the latest',
    }),
    stage: z.enum(STAGES).nullable().meta({ description: 'The stage of that application' }),
    underWay: z
      .strictObject({ applicationId: id, stage: z.enum(STAGES) })
      .nullable()
      .meta({ description: 'Another application that is open for the same' }),
    billableFrom: date.nullable().meta({ description: 'Directly, as things stand now; also a day ahead' }),
    mayRepresentInNetwork: z.boolean(),
    reasons: z.array(z.enum(READINESS_REASONS)).meta({ description: 'Why it is not direct today' }),
  })
  .meta({ id: 'Coverage' });

export const coverage = z.strictObject({ items: z.array(cell) });
