import { z } from 'zod';

const yearsKept = (what: string) =>
  z
    .int()
    .min(1)
    .max(100)
    .meta({ description: `${what}: how many years they are kept` });

export const settings = z
  .strictObject({
    phoneFactsNeedApproval: z
      .boolean()
      .meta({ description: 'A fact confirmed by phone counts for billing only after a second person has approved it' }),
    authorisationRequired: z.boolean().meta({
      description:
        'No application is submitted for a provider, and no payer is contacted, without a signed authorisation on record; ' +
        'off, an authorisation is needed only once one has been recorded',
    }),
    secretsPurgeDays: z
      .int()
      .min(1)
      .max(3650)
      .meta({ description: 'Days after the last day until the secrets of a client or provider that left are purged' }),
    evidenceKeepYears: yearsKept('Frozen evidence files of a client that left'),
    readinessKeepYears: yearsKept('Answers of the gate for a client that left'),
    auditKeepYears: yearsKept('Audit entries of a client that left'),
  })
  .meta({ id: 'Settings' });

export const settingsChange = settings.partial().meta({ id: 'SettingsChange' });
