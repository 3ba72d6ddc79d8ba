import { z } from 'zod';
import { readClock } from '../../runtime/clock';
import { LONGEST_SILENCE_DAYS } from '../../domain/applications/state';
import { US_STATES } from '../../domain/kernel/codes';
import {
  addDays,
  addMonths,
  GIVEN_FROM,
  GIVEN_TO,
  isFuture,
  isGivenDate,
  isRealDate,
  findLastToday,
  toUtcDate,
} from '../../domain/time/dates';
import {
  DATE_RULES,
  describeAgainst,
  listRulesOf,
  type DatedPart,
  type DateRange,
  type DateRule,
  type GivenDate,
  type WhoseDay,
} from '../../domain/kernel/date-rules';
import { hasLabelledSsn, hasSsn } from '../../domain/kernel/free-text';
import { isNpi } from '../../domain/kernel/identifiers';
import { isTimeZone } from '../../domain/time/time-zones';

/** A rule that a string keeps or breaks; `rule` is stable, `message` is for people and quotes nothing. */
export interface TextRule {
  rule: string;
  message: string;
  holds: (text: string) => boolean;
}

/**
 * Describes a string under rules, the first of which that it breaks is reported; `meta` describes it in the OpenAPI
 * document.
 */
export const describeText = (rules: TextRule[], meta: Record<string, unknown> = {}) =>
  z
    .string()
    .superRefine((value, context) => {
      const broken = rules.find(({ holds }) => !holds(value));
      if (broken) context.addIssue({ code: 'custom', message: broken.message, params: { rule: broken.rule } });
    })
    .meta(meta);

/** Writes a number of things, in words. */
export const countThings = (number: number | bigint, thing: string): string =>
  `${number} ${thing}${number === 1 ? '' : 's'}`;

const countCharacters = (value: string): number => [...value].length;

const limitCharacters = (max: number): TextRule => ({
  rule: 'max_length',
  message: `must have at most ${countThings(max, 'character')}`,
  holds: (value) => countCharacters(value) <= max,
});
/** Limits a text to a length, and to not being empty. */
const limitLength = (max: number): TextRule[] => [
  { rule: 'min_length', message: 'must have at least 1 character', holds: (value) => value.length > 0 },
  limitCharacters(max),
];

/** Said of a text, which is kept in clear: a tax id has a field of its own, where it is sealed. */
export const NO_SSN = {
  rule: 'no_ssn',
  message: 'must not have a Social Security number in it, nor a number that is written like one',
};

// Neither PostgreSQL's text nor its jsonb takes a NUL or half of a surrogate pair.
const SINGLE_LINE: TextRule[] = [
  ...limitLength(200),
  {
    rule: 'no_control_characters',
    message: 'must be one line without control characters',
    holds: (value) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value),
  },
  { rule: 'not_blank', message: 'must not be blank', holds: (value) => /\S/.test(value) },
  { ...NO_SSN, holds: (value) => !hasLabelledSsn(value) },
];

/** One line of 1 to 200 characters. */
export const line = describeText(SINGLE_LINE, {
  minLength: 1,
  maxLength: 200,
  pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$`,
});

/** Text of up to 10,000 characters that may have line breaks. */
export const longText = describeText(
  [
    ...limitLength(10_000),
    {
      rule: 'no_control_characters',
      message: 'must not have control characters other than line breaks',
      holds: (value) => !/[^\P{Cc}\r\n\t]|\p{Cs}/u.test(value),
    },
    { ...NO_SSN, holds: (value) => !hasSsn(value) },
  ],
  { minLength: 1, maxLength: 10_000, pattern: String.raw`^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]+$` },
);

/** Whether objects and lists are nested at most `most` deep. */
export const hasLevels = (value: unknown, most: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (most > 0 && Object.values(value).every((inner) => hasLevels(inner, most - 1)));

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const UNKNOWN_REFERENCE = {
  rule: 'unknown_reference',
  message: 'does not refer to anything that exists or that this key sees',
};

/** An id of ours; a text that cannot be one refers to nothing. */
export const id = describeText([{ ...UNKNOWN_REFERENCE, holds: (value) => ID.test(value) }], {
  format: 'uuid',
  example: '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11',
});

const REAL_DATE: TextRule = {
  rule: 'real_date',
  message: 'must be a date that exists, YYYY-MM-DD',
  holds: isRealDate,
};
const DATE_META = { format: 'date', example: '2026-03-31' };

/** A date of an answer, as it is on record. A caller's date has rules: `describeDate` makes it. */
export const date = describeText([REAL_DATE], DATE_META);

const OF_ANY_FIELD: TextRule = {
  rule: 'date_range',
  message: `must be from ${GIVEN_FROM} to ${GIVEN_TO}`,
  holds: isGivenDate,
};

const addYearsToToday = (years: number) => addMonths(findLastToday(readClock()), 12 * years);

// a date farther away is a slip of the keyboard, or "for ever" written as a date
const limitYearsAgo = (years: number): TextRule => ({
  rule: 'date_range',
  message: `must be at most ${years} years ago`,
  holds: (value) => value >= addYearsToToday(-years),
});
const limitYearsAhead = (years: number): TextRule => ({
  rule: 'date_range',
  message: `must be at most ${years} years ahead`,
  holds: (value) => value <= addYearsToToday(years),
});

const NOT_IN_FUTURE: TextRule = {
  rule: 'not_in_future',
  message: 'must not be later than today (in the time zone where the day begins first)',
  holds: (value) => !isFuture(value, readClock()),
};
const NOT_IN_PAST: TextRule = {
  rule: 'not_in_past',
  message: 'must not be earlier than today (in the time zone where the day ends last)',
  holds: (value) => value >= findLastToday(readClock()),
};
const WITHIN_TEN_YEARS: TextRule = {
  rule: 'within_ten_years',
  message: 'must be at most ten years ahead',
  holds: (value) => value <= addYearsToToday(10),
};
const WITHIN_A_YEAR: TextRule = {
  rule: 'within_a_year',
  message: 'must be at most a year ahead',
  holds: (value) => value <= addDays(findLastToday(readClock()), LONGEST_SILENCE_DAYS),
};
const NEAR_TODAY: TextRule = {
  rule: 'within_a_year',
  message: 'must be at most a year before or after today',
  holds: (value) => value <= addYearsToToday(1) && value >= addYearsToToday(-1),
};

/** The ranges of `DATE_RULES`: for a date outside of one, the first rule that it breaks is reported. */
const RANGES: Record<DateRange, TextRule[]> = {
  asked: [OF_ANY_FIELD],
  happened: [NOT_IN_FUTURE, limitYearsAgo(75)],
  recent: [NOT_IN_FUTURE, limitYearsAgo(10)],
  decided: [OF_ANY_FIELD, WITHIN_TEN_YEARS, limitYearsAgo(100)],
  expiry: [OF_ANY_FIELD, limitYearsAhead(100), limitYearsAgo(100)],
  use: [OF_ANY_FIELD, limitYearsAhead(100), NOT_IN_PAST],
  planned: [OF_ANY_FIELD, limitYearsAhead(10), limitYearsAgo(10)],
  coming: [NOT_IN_PAST, WITHIN_TEN_YEARS],
  next_look: [NOT_IN_PAST, WITHIN_A_YEAR],
  noted_look: [OF_ANY_FIELD, limitYearsAgo(10), WITHIN_A_YEAR],
  nearby: [NEAR_TODAY],
};

const WHOSE: Record<WhoseDay, string[]> = {
  payer: ['a day where the payer is'],
  client: ['a day where the client is'],
  user: ['a day where the user is'],
  nobody: [],
};

const writeNotBefore = (field: string): string => `must not be before ${field}`;

/** Describes a date that a caller gives, by its row: its range, whose day it is, and what it must not contradict. */
export function describeDate(name: GivenDate) {
  const { range, day, notBefore: fields = [], against = [] }: DateRule = DATE_RULES[name];
  const sentences = [
    ...RANGES[range].map(({ message }) => message),
    ...fields.map(writeNotBefore),
    ...against.map(describeAgainst),
  ];
  return describeText([REAL_DATE, ...RANGES[range]], {
    ...DATE_META,
    'x-date': name,
    'x-range': [...sentences, ...WHOSE[day]].join('; '),
  });
}

/** Refuses the dates of a part that are before others beside them which they must not be before. */
export const requireOrder =
  (part: DatedPart, rule = 'order') =>
  (given: object, context: z.core.$RefinementCtx): void => {
    const fields = given as Record<string, unknown>;
    for (const [field, { notBefore: others = [] }] of listRulesOf(part)) {
      const other = others.find((one) => isEarlier(fields[field], fields[one]));
      if (other) reportBrokenRule(context, [field], rule, writeNotBefore(other));
    }
  };

/** Finds the rule of a range that a date breaks, for a rule that holds in some cases only. */
export const findBroken = (range: DateRange, value: string): TextRule | undefined =>
  RANGES[range].find(({ holds }) => !holds(value));

/** An answer's instant. */
export const instant = z.string().meta({ format: 'date-time', example: '2026-03-31T14:00:00.000Z' });

// PostgreSQL reads no fraction of any length
const isInstant = (value: string): boolean => value.length <= 30 && z.iso.datetime().safeParse(value).success;

/** An instant of a question that is not ahead. */
export const pastInstant = describeText(
  [
    { rule: 'instant', message: 'must be an instant in UTC, RFC 3339', holds: isInstant },
    { rule: 'not_in_future', message: 'must not be in the future', holds: (value) => Date.parse(value) <= Date.now() },
    { ...OF_ANY_FIELD, holds: (value) => isGivenDate(toUtcDate(value)) },
  ],
  { format: 'date-time', example: '2026-03-31T14:00:00.000Z' },
);

/** Servers that take other letters in addresses are few, so a mail to one might come back weeks later. */
const EMAIL_ACCEPTED =
  'must be an email address in ASCII letters, such as office@example.org; write a domain with other letters in its xn-- form';

export const email = describeText(
  [limitCharacters(200), { rule: 'email', message: EMAIL_ACCEPTED, holds: (value) => z.regexes.email.test(value) }],
  { format: 'email', example: 'office@example.org' },
);

export const timeZone = describeText(
  [
    {
      rule: 'iana_time_zone',
      message: 'must be a time zone name of the IANA database, such as America/New_York, or UTC',
      holds: isTimeZone,
    },
  ],
  {
    example: 'America/New_York',
    description: 'A time zone name of the IANA database, in its spelling, or UTC',
  },
);

/** The error of a `timeZone` that this PostgreSQL does not know. */
export const ZONE_UNKNOWN = {
  path: 'timeZone',
  rule: 'iana_time_zone',
  message: 'is a time zone that the database does not know',
};

export const state = z.enum(US_STATES).meta({ description: 'The two-letter USPS code', example: 'CA' });

export const npi = describeText(
  [{ rule: 'npi_check_digit', message: 'must be an NPI: 10 digits with a valid check digit', holds: isNpi }],
  { example: '1234567893', pattern: '^[12][0-9]{9}$' },
);

export const postalCode = describeText(
  [
    {
      rule: 'postal_code',
      message: 'must have 5 or 9 digits, as 12345-6789 or without the hyphen',
      holds: (value) => /^\d{5}(-?\d{4})?$/.test(value),
    },
  ],
  { example: '94107', pattern: '^[0-9]{5}(-?[0-9]{4})?$' },
);

export const address = z
  .strictObject({ line1: line, line2: line.optional(), city: line, state, postalCode })
  .meta({ id: 'Address' });

/** Describes a URL, with further rules for it. */
export const describeUrl = (more: TextRule[]) =>
  describeText(
    [
      ...limitLength(2000),
      { rule: 'url', message: 'must be an http or https URL', holds: isWebUrl },
      NO_PASSWORD,
      ...more,
    ],
    {
      format: 'uri',
      example: 'https://portal.example.com',
      description: 'An http or https URL without a user name or password in it',
    },
  );

// a URL is shown, logged and audited, which a password must not be
const NO_PASSWORD: TextRule = {
  rule: 'no_password',
  message: 'must have no user name or password in it, as URLs are shown; leave out what stands before the @',
  holds: (value) => !hasPassword(value),
};

export const url = describeUrl([]);

function isWebUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:\/\/\S+$/.test(value);
}

function hasPassword(value: string): boolean {
  const { username, password } = new URL(value);
  return username + password !== '';
}

/**
 * For a rule between fields: it is judged even if some field is bad, so that all bad fields are named at once. It sees
 * each field as it came, of whatever type.
 */
export const BESIDE_BAD_FIELDS = {
  when: ({ value }: { value: unknown }): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** For a rule of a whole list: it is judged even if some item is bad. */
const BESIDE_BAD_ITEMS = { when: ({ value }: { value: unknown }): boolean => Array.isArray(value) };

/** Whether both are dates and the first is the earlier one. */
const isEarlier = (one: unknown, other: unknown): boolean =>
  typeof one === 'string' && typeof other === 'string' && isRealDate(one) && isRealDate(other) && one < other;

/**
 * Requires that a list names each thing once: the second of one key is refused. An item without a key is compared with
 * none.
 */
export const requireUnique = <T extends z.ZodType>(
  list: z.ZodArray<T>,
  readKey: (item: z.output<T>) => string | undefined,
) =>
  list
    .superRefine((items, context) => {
      const seen = new Set<string>();
      const bad = new Set(context.issues.map(({ path }) => path?.[0]));
      for (const [index, item] of items.entries()) {
        const key = bad.has(index) ? undefined : readKey(item);
        if (key === undefined) continue;
        if (seen.has(key))
          context.addIssue({
            code: 'custom',
            path: [index],
            message: 'is already in the list',
            params: { rule: 'unique' },
          });
        seen.add(key);
      }
    }, BESIDE_BAD_ITEMS)
    .meta({ 'x-items': 'each once', uniqueItems: true });

/** Allows a value one of several forms; the error names all of them (`forms`) if the value has none. */
export const allowForms = <const T extends readonly z.ZodType[]>(forms: string, options: T) =>
  z.union(options, { error: `must be ${forms}` });

/** Allows a list to repeat items: they have no key, so that two may be the same. */
export const allowRepeats = <T extends z.ZodType>(list: z.ZodArray<T>) => list.meta({ 'x-items': 'may repeat' });

const getItself = (item: string): string => item;
/** Describes a list of ids, each once. */
export const listOfIds = (max: number) => requireUnique(z.array(id).max(max), getItself);
/** Allows words of a set, each once. */
export const allowWords = <const T extends readonly [string, ...string[]]>(words: T) =>
  requireUnique(z.array(z.enum(words)).max(words.length), getItself);

/** A secret that an answer shows. */
export const onceShownSecret = z.string().optional().meta({
  description: 'Shown in the first answer, and again to a retry with the same Idempotency-Key within ten minutes',
});

export const version = z.int().meta({ description: 'The version of this resource; also its ETag, for `If-Match`' });

/** The actor of something, as kept on record. */
export const actor = z
  .strictObject({
    type: z.string(),
    id: z.string().meta({ description: 'The id of the key, or of the user who was signed in' }),
    name: z.string().meta({ description: 'The name of the user, else of the program that has the key' }),
    userId: id
      .optional()
      .meta({ description: 'The user who was signed in, or has the key; absent where a program has it' }),
  })
  .meta({ id: 'Actor' });

const LIMIT = /^\d{1,3}$/;

/**
 * The possible values of a cursor, as they are on record: a caller may have made it up, and PostgreSQL has to read it.
 */
export const position = {
  id,
  /** A value of the type `integer`. */
  count: z.int32(),
  /** A value of the type `bigint`. */
  serial: z.int().nonnegative(),
  date,
  instant: z.string().refine((value) => isInstant(value) && isRealDate(toUtcDate(value))),
};

/** Reads an opaque cursor that holds what the schema reads: one of `position`, or several of them. */
export const readCursor = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .transform((value, context) => {
      const result = schema.safeParse(decodeCursor(value));
      if (result.success) return result.data;
      context.addIssue({ code: 'custom', message: 'must be a nextCursor of this list', params: { rule: 'cursor' } });
      return z.NEVER;
    })
    .meta({ description: 'The `nextCursor` of the previous page' });

export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url');

function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

export const limit = describeText(
  [
    {
      rule: 'limit',
      message: 'must be a whole number from 1 to 200',
      holds: (value) => LIMIT.test(value) && Number(value) >= 1 && Number(value) <= 200,
    },
  ],
  { description: 'From 1 to 200; the default is 50', pattern: '^(0{0,2}[1-9]|0?[1-9][0-9]|1[0-9][0-9]|200)$' },
)
  .default('50')
  .transform(Number);

export const yesOrNo = z.enum(['true', 'false']).transform((word) => word === 'true');

/** Describes a list's page and where the next one begins. */
export const describePage = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

/** The query of a list in order of creation. */
export const pageQuery = z.strictObject({
  limit,
  cursor: readCursor(z.tuple([position.serial, position.id])).optional(),
});

/** Reports a rule that fields break together. */
export const reportBrokenRule = (context: z.core.$RefinementCtx, path: string[], rule: string, message: string): void =>
  context.addIssue({ code: 'custom', path, message, params: { rule } });

export const documents = listOfIds(50).meta({ description: 'Ids of documents' });
