import type { z } from 'zod';
import { BESIDE_BAD_FIELDS, reportBrokenRule } from './schemas';

/** Fields that had another name before: the old one, and the one that replaced it. */
export type OldNames = Record<string, string>;

/** Describes a field of an answer under the name that it had before. */
export const describeFormerName = <T extends z.ZodType>(schema: T, name: string): T =>
  schema.meta({ deprecated: true, description: `Old name of \`${name}\``, param: { deprecated: true } });

/**
 * Describes a body, or without an id a query, whose fields can also be sent under the names that they had before. It is
 * read into the new names; one field under both names is refused.
 */
export function allowOldNames<S extends z.ZodRawShape>(id: string | null, schema: z.ZodObject<S>, names: OldNames) {
  const shape: Record<string, z.ZodType> = {};
  const required: string[] = [];
  for (const [old, name] of Object.entries(names)) {
    const field: z.ZodType = (schema as z.ZodObject).shape[name];
    if (!field.safeParse(undefined).success) required.push(old);
    shape[name] = field.optional();
    shape[old] = describeFormerName(field.optional(), name);
  }
  const either = required.map((old) => ({ anyOf: [{ required: [names[old]!] }, { required: [old] }] }));
  return (schema as z.ZodObject)
    .safeExtend(shape)
    .superRefine((body: Record<string, unknown>, context) => {
      for (const [old, name] of Object.entries(names)) {
        if (body[old] !== undefined && body[name] !== undefined)
          reportBrokenRule(context, [old], 'one_name', `must be left out where ${name} is given: it is its old name`);
        if (required.includes(old) && body[old] === undefined && body[name] === undefined)
          reportBrokenRule(context, [name], 'required', 'is required');
      }
    }, BESIDE_BAD_FIELDS)
    .meta({ ...(id && { id }), ...(either.length > 0 && { allOf: either }) })
    .transform(
      (body: Record<string, unknown>) =>
        Object.fromEntries(Object.entries(body).map(([name, value]) => [names[name] ?? name, value])) as z.output<
          z.ZodObject<S>
        >,
    );
}

/** Returns fields that are kept under old names under the new ones too. */
export const addOldNames =
  (names: OldNames) =>
  <T extends object>(item: T): T => ({
    ...item,
    ...Object.fromEntries(Object.entries(names).map(([old, name]) => [name, (item as Record<string, unknown>)[old]])),
  });

/** Restores the old names, under which the record keeps the fields. */
export const restoreOldNames =
  (names: OldNames) =>
  <T extends object>(body: T): T =>
    Object.fromEntries(
      Object.entries(body).map(([name, value]) => [
        Object.keys(names).find((old) => names[old] === name) ?? name,
        value,
      ]),
    ) as T;

/** The field for the user who does an absent colleague's work. */
export const SUBSTITUTE = { coveredBy: 'substitute' };
