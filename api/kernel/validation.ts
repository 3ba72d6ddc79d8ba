import type { z } from 'zod';
import { Problem, type FieldError } from './errors';

/** Reads one value by its schema; adds every rule that it breaks to `errors` and then answers undefined. */
export function check<T>(schema: z.ZodType<T>, value: unknown, errors: FieldError[]): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  errors.push(...result.error.issues.flatMap((issue) => describe(issue, value)));
  return undefined;
}

/** Answers 400 with all bad fields, if there are any. */
export function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, root: unknown): FieldError[] {
  const at = (path: PropertyKey[], rule: string, message: string) => ({
    path: path.map(printable).join('.'),
    rule,
    message,
  });
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => at([...issue.path, key], 'unknown_field', 'is not a known field'));
  if (issue.code !== 'custom' && valueAt(root, issue.path) === undefined)
    return [at(issue.path, 'required', 'is required')];
  const [rule, message] = ruleOf(issue);
  return [at(issue.path, rule, message)];
}

function ruleOf(issue: Issue): [rule: string, message: string] {
  switch (issue.code) {
    case 'custom':
      return [String(issue.params?.rule ?? 'invalid'), issue.message];
    case 'invalid_type':
      return ['type', `must be ${article(issue.expected)}`];
    case 'invalid_value':
      return ['one_of', `must be one of ${issue.values.join(', ')}`];
    case 'too_small':
      return issue.origin === 'array'
        ? ['min_items', `must have at least ${issue.minimum} items`]
        : ['minimum', `must be at least ${issue.minimum}`];
    case 'too_big':
      return issue.origin === 'array'
        ? ['max_items', `must have at most ${issue.maximum} items`]
        : ['maximum', `must be at most ${issue.maximum}`];
    case 'invalid_union':
      return ['one_of', 'must have one of the forms in the API description'];
    default:
      return ['invalid', 'is not valid'];
  }
}

const ARTICLES: Record<string, string> = { array: 'an array', object: 'an object', int: 'a whole number' };
const article = (type: string): string => ARTICLES[type] ?? `a ${type}`;

// A field's name may be the caller's input: named where it can be a name, never echoed at length.
const printable = (name: PropertyKey): string => (/^[\w.-]{1,60}$/.test(String(name)) ? String(name) : '?');

const valueAt = (root: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<PropertyKey, unknown> | null | undefined)?.[name], root);
