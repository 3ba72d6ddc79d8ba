import { z } from 'zod';
import { evenIfExists } from '../kernel/duplicates';
import { id, listOfIds, instant, line, requireUnique, version } from '../kernel/schemas';
import { playbook } from './playbook-schemas';

const electronicPayerIds = requireUnique(
  z.array(z.strictObject({ clearinghouse: line, payerId: line })).max(100),
  (one) => JSON.stringify([one.clearinghouse, one.payerId]),
);
const aliases = requireUnique(z.array(line).max(100), (alias) => alias);
const covers = listOfIds(500).meta({ description: 'Payers that this one stands for, e.g. as a network' });

export const payerInput = z
  .strictObject({
    name: line,
    aliases: aliases.optional(),
    electronicPayerIds,
    covers: covers.optional(),
    playbook,
    evenIfExists,
  })
  .meta({ id: 'PayerInput' });

export const payerPatch = z
  .strictObject({ name: line, aliases, electronicPayerIds, covers, playbook, evenIfExists })
  .partial()
  .meta({ id: 'PayerPatch' });

export const payer = z
  .strictObject({
    id,
    name: line,
    aliases,
    electronicPayerIds,
    covers,
    playbook: playbook.optional().meta({ description: 'Not shown to the role `client`' }),
    playbookVersion: z.int(),
    playbookSuspectSince: instant.nullable().meta({
      description:
        'Set with a task `playbook_suspect` once the payer has returned three applications within 30 days; a new playbook, or closing the task, ends it',
    }),
    mergedInto: id.nullable().meta({ description: 'The payer that it was merged into' }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Payer' });
