import { isNativeError } from 'node:util/types';

const SECRET =
  /^(authorization|cookie|set-?cookie|key|.*((api|admin|encryption)_?keys?|password|secret|token|sealed|hash)|tin|ssn|ein|tax_?id|value|email|contact_?email|phone|policy_?number|(account|routing)_?number|secret_?kept_?in|(former_?)?dea\.number)$/i;
const REDACTED = '[redacted]';

/**
 * Redacts a copy of plain data: values under a secret's name, at any depth, read [redacted], and every error is
 * described by `describeError`. `under` is the name that the data itself stands under: a licence's number is public, a
 * DEA registration's is not.
 */
export function redactSecrets(value: unknown, under = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => redactSecrets(one, under));
  if (isError(value)) return describeError(value);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name, under) && inner !== null && inner !== undefined ? REDACTED : redactSecrets(inner, name),
    ]),
  );
}

const isSecret = (name: string, under: string): boolean => SECRET.test(name) || SECRET.test(`${under}.${name}`);

// Requests and the like have serializers of their own.
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An error as it may be written down. */
export interface DescribedError {
  type: string;
  message?: string;
  code?: string;
  /** The part of the database that refused. */
  constraint?: string;
  table?: string;
  stack: string;
  cause?: DescribedError;
  errors?: DescribedError[];
}

/** Errors of PostgreSQL and of parsers quote the data that they refuse, in the message and in other properties. */
const QUOTES_DATA: readonly string[] = ['PostgresError', 'SyntaxError'];
const DEEPEST = 5;

/**
 * Describes an error as far as it may be written down, in logs, columns and Temporal's history alike: only the
 * properties that are named here, and no message that may quote a caller's data.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!isError(error)) return { type: typeof error, stack: '' };
  const { name: type, code, constraint_name, table_name, errors } = error as Error & Record<string, unknown>;
  const quotes = QUOTES_DATA.includes(type);
  return {
    type,
    ...(!quotes && { message: error.message }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(typeof constraint_name === 'string' && { constraint: constraint_name }),
    ...(typeof table_name === 'string' && { table: table_name }),
    stack: readFrames(error),
    ...(isError(error.cause) && depth < DEEPEST && { cause: describeError(error.cause, depth + 1) }),
    ...(Array.isArray(errors) && depth < DEEPEST && { errors: errors.map((one) => describeError(one, depth + 1)) }),
  };
}

/** Describes an error in one line: the message if it quotes nothing, otherwise name, code and what refused. */
export function summarizeError(error: unknown): string {
  const { type, message, code, constraint, table } = describeError(error);
  return message ?? [type, code, constraint ?? table].filter(Boolean).join(' ');
}

const isError = (value: unknown): value is Error => value instanceof Error || isNativeError(value);

/** Reads the frames of a stack without the message before them, whose lines may look like frames. */
function readFrames({ message, stack = '' }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return frames.filter((line) => /^\s+at /.test(line)).join('\n');
}
