import { z } from 'zod';
import { hasSsn } from '../../domain/kernel/free-text';
import { isEin, isItin, isSsn, TIN_TYPES } from '../../domain/kernel/identifiers';
import { evenIfExists } from '../kernel/duplicates';
import { circumstanceFields } from './changes-schemas';
import {
  address,
  BESIDE_BAD_FIELDS,
  hasLevels,
  id,
  instant,
  line,
  NO_SSN,
  npi,
  reportBrokenRule,
  allowRepeats,
  describeText,
  requireUnique,
  version,
} from '../kernel/schemas';

const ein = describeText(
  [{ rule: 'ein', message: 'must be an EIN: 9 digits, as 12-3456789 or without the hyphen', holds: isEin }],
  { example: '12-3456789', pattern: '^[0-9]{2}-?[0-9]{7}$' },
);
const ssn = describeText(
  [{ rule: 'ssn', message: 'must be an SSN: 9 digits in ranges that are assigned', holds: isSsn }],
  {
    example: '123-45-6789',
    pattern: '^([0-9]{9}|[0-9]{3}-[0-9]{2}-[0-9]{4})$',
  },
);

const itin = describeText(
  [{ rule: 'itin', message: 'must be an ITIN: 9 digits in ranges that the IRS assigns', holds: isItin }],
  {
    example: '912-70-1234',
    pattern: '^9[0-9]{2}(-[5-9][0-9]-|[5-9][0-9])[0-9]{4}$',
  },
);

export const tinInput = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('ein'), value: ein }),
    z.strictObject({ type: z.literal('ssn'), value: ssn }),
    z.strictObject({ type: z.literal('itin'), value: itin }),
  ])
  .meta({
    description:
      'Kept encrypted; shown by its type and last four digits, an EIN in full to staff. An EIN of a prefix that the IRS was not known ' +
      'to assign is taken, and is a finding',
  });

const MAX_BILLING = { characters: 10_000, levels: 10 };

/** Whether PostgreSQL can store it as jsonb, and its size is within the limit. */
function isStorable(value: object): boolean {
  if (!hasLevels(value, MAX_BILLING.levels)) return false;
  const json = JSON.stringify(value);
  return json.length <= MAX_BILLING.characters && !/\\u(0000|d[89a-f])/.test(json);
}

// A billing setup differs by practice; it is kept as it comes.
const billing = z
  .record(z.string(), z.unknown())
  .superRefine((value, context) => {
    if (!isStorable(value))
      context.addIssue({
        code: 'custom',
        message: 'must have at most 10,000 characters in at most 10 levels, and no NUL characters',
        params: { rule: 'billing' },
      });
    else if (hasSsn(JSON.stringify(value))) reportBrokenRule(context, [], NO_SSN.rule, NO_SSN.message);
  }, BESIDE_BAD_FIELDS)
  .meta({ description: 'Free form', example: { clearinghouse: 'availity' } });

const location = { name: line.optional(), address };
const MAX_LOCATIONS = 500;

const fields = { legalName: line, tin: tinInput, address };

export const practiceInput = z
  .strictObject({
    ...fields,
    npi: npi.optional(),
    locations: allowRepeats(z.array(z.strictObject(location)).max(MAX_LOCATIONS)).optional(),
    billing: billing.optional(),
    evenIfExists,
  })
  .meta({ id: 'PracticeInput' });

export const practicePatch = z
  .strictObject({
    ...fields,
    npi: npi.nullable(),
    locations: requireUnique(
      z.array(z.strictObject({ id: id.optional(), ...location })).max(MAX_LOCATIONS),
      (one) => one.id,
    ).meta({ description: 'All of them: those with an id stay, others are new, what is left out is removed' }),
    billing: billing.nullable(),
    evenIfExists,
    ...circumstanceFields,
  })
  .partial()
  .meta({ id: 'PracticePatch' });

export const practice = z
  .strictObject({
    id,
    clientId: id,
    legalName: line,
    tin: z.strictObject({
      type: z.enum(TIN_TYPES),
      last4: z.string(),
      value: z
        .string()
        .optional()
        .meta({ description: 'The whole EIN, for staff; others are shown by `POST /v1/practices/{id}/reveals`' }),
      purged: z.literal(true).optional().meta({ description: 'Only its last four digits are left' }),
    }),
    npi: npi.nullable(),
    address,
    locations: z.array(z.strictObject({ id, name: line.nullable(), address })),
    billing: billing.nullable(),
    mergedInto: id.nullable().meta({ description: 'The practice that it was merged into' }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Practice' });
