import { z } from 'zod';

/**
 * Answers of services are read as far as their meaning is clear: by version and day, a number comes as its digits, a
 * yes as a word, and a missing value as null.
 */

/** One line of text; '' if there is none. */
export const words = z
  .union([z.string(), z.number(), z.boolean(), z.null()])
  .optional()
  .transform((value) => String(value ?? '').trim());

/** Reads a list without the items that are none. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item.nullable())
    .nullish()
    .transform((items) => (items ?? []).filter((one): one is NonNullable<typeof one> => one !== null));

/** A yes or no; null if it is neither. */
export const flag = words.transform((word) =>
  /^(y|yes|true|1)$/i.test(word) ? true : /^(n|no|false|0)$/i.test(word) ? false : null,
);
