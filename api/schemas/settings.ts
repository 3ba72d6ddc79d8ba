import { z } from 'zod';

export const settings = z
  .strictObject({
    phoneFactsNeedApproval: z
      .boolean()
      .meta({ description: 'A fact by phone counts at the gate only after a second person has approved it' }),
  })
  .meta({ id: 'Settings' });

export const settingsChange = settings.partial().meta({ id: 'SettingsChange' });
