import { z } from 'zod';
import { CAQH_STANDINGS } from '../../domain/sources/caqh';
import { instant, line } from './schemas';

/** The state of an outside service's answers about a person, and since when it has not answered. */
export const registryState = z
  .strictObject({
    name: line,
    mode: z.enum(['off', 'manual', 'file', 'api']),
    status: z
      .enum([...CAQH_STANDINGS, 'found', 'deactivated'])
      .nullable()
      .meta({
        description:
          'The status that the service’s answer stands for; null where there is none yet; for CAQH that of its answer or of a file, whichever is later',
      }),
    said: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The answer in the service’s own words' }),
    checkedAt: instant.nullable().meta({ description: 'Null where that was before this client had the person' }),
    unavailableSince: instant
      .nullable()
      .meta({ description: 'The instant since which it has given no answer that can be used' }),
    reason: z.enum(['unavailable', 'unauthorised', 'nonsense']).nullable(),
    detail: line.nullable(),
    nextCheckAt: instant.nullable(),
  })
  .meta({ id: 'RegistryState' });
