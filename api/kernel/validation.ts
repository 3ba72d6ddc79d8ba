import type { z } from 'zod';
import { Problem, type FieldError } from './errors';
import { countThings } from './schemas';

/** Reads one value by its schema; adds every rule that it breaks to `errors` and then returns undefined. */
export function checkValue<T>(schema: z.ZodType<T>, value: unknown, errors: FieldError[]): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  errors.push(...result.error.issues.flatMap((issue) => describeIssue(issue, value)));
  return undefined;
}

/** Answers 400 with all bad fields, if there are any. */
export function refuseErrors(errors: FieldError[]): void {
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue, root: unknown): FieldError[] {
  const buildError = (path: PropertyKey[], rule: string, message: string) => ({
    path: path.map(makePrintable).join('.'),
    rule,
    message,
  });
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => buildError([...issue.path, key], 'unknown_field', 'is not a known field'));
  if (issue.code !== 'custom' && getValueAt(root, issue.path) === undefined)
    return [buildError(issue.path, 'required', 'is required')];
  const meant = issue.code === 'invalid_union' ? findMeantForm(issue, getValueAt(root, issue.path)) : undefined;
  if (meant)
    return meant.map((error) => ({
      ...error,
      path: [...issue.path.map(makePrintable), error.path].filter(Boolean).join('.'),
    }));
  const [rule, message] = readRule(issue);
  return [buildError(issue.path, rule, message)];
}

/** Finds the errors of a value by the form that it comes closest to; undefined if it resembles none. */
function findMeantForm({ errors }: z.core.$ZodIssueInvalidUnion, value: unknown): FieldError[] | undefined {
  const forms = errors.map((issues) => issues.flatMap((issue) => describeIssue(issue, value)));
  const fields = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  const countUnknownFields = (form: FieldError[]) => form.filter(({ rule }) => rule === 'unknown_field').length;
  return forms
    .filter((form) => (fields > 0 ? isInside(form) && countUnknownFields(form) < fields : form.every(isOfText)))
    .sort((one, other) => countUnknownFields(one) - countUnknownFields(other) || one.length - other.length)[0];
}

const isInside = (form: FieldError[]): boolean => form.every(({ path }) => path !== '');
/** Whether the value is at least a text, that breaks a rule of texts. */
const isOfText = ({ path, rule }: FieldError): boolean => path === '' && !['type', 'one_of'].includes(rule);

function readRule(issue: Issue): [rule: string, message: string] {
  switch (issue.code) {
    case 'custom':
      return [String(issue.params?.rule ?? 'invalid'), issue.message];
    case 'invalid_type':
      return ['type', `must be ${addArticle(issue.expected)}`];
    case 'invalid_value':
      return ['one_of', `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`];
    case 'too_small':
      return issue.origin === 'array'
        ? ['min_items', `must have at least ${countThings(issue.minimum, 'item')}`]
        : ['minimum', `must be at least ${issue.minimum}`];
    case 'too_big':
      return issue.origin === 'array'
        ? ['max_items', `must have at most ${countThings(issue.maximum, 'item')}`]
        : ['maximum', `must be at most ${issue.maximum}`];
    case 'invalid_union':
      return [
        'one_of',
        'options' in issue && issue.options ? `must be one of ${issue.options.join(', ')}` : issue.message,
      ];
    default:
      return ['invalid', 'is not valid'];
  }
}

const ARTICLES: Record<string, string> = { array: 'an array', object: 'an object', int: 'a whole number' };
const addArticle = (type: string): string => ARTICLES[type] ?? `a ${type}`;

// A field's name may be the caller's input: named if it can be a name, never echoed at length.
const makePrintable = (name: PropertyKey): string => (/^[\w.-]{1,60}$/.test(String(name)) ? String(name) : '?');

const getValueAt = (root: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<PropertyKey, unknown> | null | undefined)?.[name], root);
