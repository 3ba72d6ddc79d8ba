import { z } from 'zod';
import { describeText, longText, onceShownSecret } from '../kernel/schemas';

const reason = longText.meta({ description: 'The purpose; kept in the audit log' });

export const practiceReveal = z.strictObject({ field: z.enum(['tin']), reason }).meta({ id: 'PracticeReveal' });

const NUMBER =
  /^(malpractice\.policyNumber|formerMalpractice\.\d{1,3}\.policyNumber|(dea|formerDea)\.\d{1,3}\.number)$/;
export const providerReveal = z
  .strictObject({
    field: describeText(
      [{ rule: 'field', message: 'must be the path of a number, as dea.0.number', holds: (text) => NUMBER.test(text) }],
      {
        pattern: NUMBER.source.replaceAll(String.raw`\d`, '[0-9]'),
        example: 'malpractice.policyNumber',
        description: 'The path of the number in the provider as it is shown, from 0 in lists',
      },
    ),
    reason,
  })
  .meta({ id: 'ProviderReveal' });

export const revealed = z
  .strictObject({ field: z.string(), value: onceShownSecret })
  .meta({ id: 'Reveal', description: 'One secret in full' });

/** Said where a secret is asked for that is not on file, or was purged. */
export const NOT_ON_FILE = { path: 'field', rule: 'not_on_file', message: 'is not on file' };
