import { z } from 'zod';

const yearsKept = (what: string) =>
  z
    .int()
    .min(1)
    .max(100)
    .meta({ description: `${what} are kept so many years` });

export const settings = z
  .strictObject({
    phoneFactsNeedApproval: z
      .boolean()
      .meta({ description: 'A fact by phone counts at the gate only after a second person has approved it' }),
    authorisationRequired: z.boolean().meta({
      description:
        'Nothing is submitted for a provider, and no payer is talked to, before something signed is on record; off, ' +
        'only what is on record counts',
    }),
    secretsPurgeDays: z
      .int()
      .min(1)
      .max(3650)
      .meta({ description: 'Secrets of whoever left are purged so many days after the last day' }),
    evidenceKeepYears: yearsKept('Frozen evidence files of a client that left'),
    readinessKeepYears: yearsKept('Answers of the gate for a client that left'),
    auditKeepYears: yearsKept('The audit log of a client that left'),
  })
  .meta({ id: 'Settings' });

export const settingsChange = settings.partial().meta({ id: 'SettingsChange' });
