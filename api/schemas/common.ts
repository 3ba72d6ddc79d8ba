import { IANAZone } from 'luxon';
import { z } from 'zod';
import { US_STATES } from '../../domain/codes';
import { isFuture, isRealDate } from '../../domain/dates';
import { isNpi } from '../../domain/identifiers';

/** A rule that a string keeps or breaks; `rule` is stable, `message` is for people and quotes nothing. */
export interface TextRule {
  rule: string;
  message: string;
  holds: (text: string) => boolean;
}

/** A string under rules, of which the first that it breaks is reported; `meta` describes it in the OpenAPI document. */
export const text = (rules: TextRule[], meta: Record<string, unknown> = {}) =>
  z
    .string()
    .superRefine((value, context) => {
      const broken = rules.find(({ holds }) => !holds(value));
      if (broken) context.addIssue({ code: 'custom', message: broken.message, params: { rule: broken.rule } });
    })
    .meta(meta);

const length = (value: string): number => [...value].length;

const between = (min: number, max: number): TextRule[] => [
  { rule: 'min_length', message: `must have at least ${min} characters`, holds: (value) => length(value) >= min },
  { rule: 'max_length', message: `must have at most ${max} characters`, holds: (value) => length(value) <= max },
];

// Neither PostgreSQL's text nor its jsonb takes a NUL or half of a surrogate pair.
const SINGLE_LINE: TextRule[] = [
  ...between(1, 200),
  {
    rule: 'no_control_characters',
    message: 'must be one line without control characters',
    holds: (value) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value),
  },
  { rule: 'not_blank', message: 'must not be blank', holds: (value) => /\S/.test(value) },
];

/** One line of 1 to 200 characters. */
export const line = text(SINGLE_LINE, { minLength: 1, maxLength: 200 });

/** Text of up to 10,000 characters that may have line breaks. */
export const longText = text(
  [
    ...between(1, 10_000),
    {
      rule: 'no_control_characters',
      message: 'must have no control characters but line breaks',
      holds: (value) => !/[^\P{Cc}\r\n\t]|\p{Cs}/u.test(value),
    },
  ],
  { minLength: 1, maxLength: 10_000 },
);

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const UNKNOWN_REFERENCE = { rule: 'unknown_reference', message: 'refers to nothing that is known here' };

/** An id of ours; what cannot be one refers to nothing. */
export const id = text([{ ...UNKNOWN_REFERENCE, holds: (value) => ID.test(value) }], {
  format: 'uuid',
  example: '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11',
});

const REAL_DATE: TextRule = {
  rule: 'real_date',
  message: 'must be a date that exists, YYYY-MM-DD, from 1900 on',
  holds: (value) => isRealDate(value) && value >= '1900-01-01',
};
const NOT_IN_FUTURE: TextRule = {
  rule: 'not_in_future',
  message: 'must not be later than today is anywhere on Earth',
  holds: (value) => !isFuture(value, new Date().toISOString()),
};
const DATE_META = { format: 'date', example: '2026-03-31' };

/** A date from 1900 on that exists. */
export const date = text([REAL_DATE], DATE_META);
/** A date that has begun somewhere on earth. */
export const pastDate = text([REAL_DATE, NOT_IN_FUTURE], DATE_META);

/** An answer's instant. */
export const instant = z.string().meta({ format: 'date-time', example: '2026-03-31T14:00:00.000Z' });

/** An instant of a question that is not ahead. */
export const pastInstant = text(
  [
    {
      rule: 'instant',
      message: 'must be an instant in UTC, RFC 3339',
      holds: (value) => z.iso.datetime().safeParse(value).success,
    },
    { rule: 'not_in_future', message: 'must not be in the future', holds: (value) => Date.parse(value) <= Date.now() },
  ],
  { format: 'date-time', example: '2026-03-31T14:00:00.000Z' },
);

export const email = text(
  [
    ...between(3, 200),
    { rule: 'email', message: 'must be an email address', holds: (value) => z.regexes.email.test(value) },
  ],
  { format: 'email', example: 'office@example.org' },
);

export const timeZone = text(
  [
    {
      rule: 'iana_time_zone',
      message: 'must be an IANA time zone such as America/New_York',
      holds: (value) => /^([A-Z]\w+(\/[\w+-]+)+|UTC)$/.test(value) && IANAZone.isValidZone(value),
    },
  ],
  { example: 'America/New_York' },
);

export const state = z.enum(US_STATES).meta({ description: 'USPS code', example: 'CA' });

export const npi = text(
  [{ rule: 'npi_check_digit', message: 'must be an NPI: 10 digits with a right check digit', holds: isNpi }],
  { example: '1234567893' },
);

export const postalCode = text(
  [{ rule: 'postal_code', message: 'must have 5 or 9 digits', holds: (value) => /^\d{5}(\d{4})?$/.test(value) }],
  { example: '94107' },
);

export const address = z
  .strictObject({ line1: line, line2: line.optional(), city: line, state, postalCode })
  .meta({ id: 'Address' });

export const url = text(
  [...between(1, 2000), { rule: 'url', message: 'must be an http or https URL', holds: isWebUrl }],
  { format: 'uri', example: 'https://portal.example.com' },
);

function isWebUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:\/\/\S+$/.test(value);
}

/**
 * For a rule between fields: it is judged also where some field is bad, so that all that is wrong is named at once. It
 * sees each field as it came, of whatever type.
 */
export const BESIDE_BAD_FIELDS = {
  when: ({ value }: { value: unknown }): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** Whether both are dates and the first is the earlier one. */
export const isEarlier = (one: unknown, other: unknown): boolean =>
  typeof one === 'string' && typeof other === 'string' && isRealDate(one) && isRealDate(other) && one < other;

/** A field of a list that must name each thing once. */
export const unique =
  <T>(keyOf: (item: T) => string) =>
  (items: T[], context: z.core.$RefinementCtx): void => {
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      if (seen.has(keyOf(item)))
        context.addIssue({ code: 'custom', path: [index], message: 'is there twice', params: { rule: 'unique' } });
      seen.add(keyOf(item));
    }
  };

/** A secret that an answer shows. */
export const shownOnce = z.string().optional().meta({
  description:
    'Shown in the first answer, and to a retry with the same Idempotency-Key within ten minutes, while it is valid',
});

export const version = z.int().meta({ description: 'Also the ETag, for If-Match' });

/** Who did something, as it is kept on record. */
export const actor = z.strictObject({ type: z.string(), id: z.string(), name: z.string() }).meta({ id: 'Actor' });

const LIMIT = /^\d{1,3}$/;

/** An opaque cursor that holds what the schema reads. */
export const cursorOf = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .transform((value, context) => {
      const result = schema.safeParse(decode(value));
      if (result.success) return result.data;
      context.addIssue({ code: 'custom', message: 'must be a nextCursor of this list', params: { rule: 'cursor' } });
      return z.NEVER;
    })
    .meta({ description: 'The nextCursor of the page before' });

export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

export const limit = text(
  [
    {
      rule: 'limit',
      message: 'must be a whole number from 1 to 200',
      holds: (value) => LIMIT.test(value) && Number(value) >= 1 && Number(value) <= 200,
    },
  ],
  { description: '1 to 200; 50 where it is left out' },
)
  .default('50')
  .transform(Number);

export const yesOrNo = z.enum(['true', 'false']).transform((word) => word === 'true');

/** A list's page and where the next one begins. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

/** The query of a list in order of creation. */
export const pageQuery = z.strictObject({
  limit,
  cursor: cursorOf(z.tuple([z.int().nonnegative(), id])).optional(),
});
