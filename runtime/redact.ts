const SECRET =
  /^(authorization|cookie|set-?cookie|key|.*((api|admin|encryption)_?keys?|password|secret|token|sealed|hash)|tin|ssn|ein|tax_?id|value|email|contact_?email|phone|policy_?number|(account|routing)_?number|secret_?kept_?in|dea\.number)$/i;
const REDACTED = '[redacted]';

/**
 * A copy of plain data in which whatever stands under a secret's name, at any depth, reads [redacted]. `under` is the
 * name that the data itself stands under: a licence's number is public, a DEA registration's is not.
 */
export function redact(value: unknown, under = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => redact(one, under));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name, under) && inner !== null && inner !== undefined ? REDACTED : redact(inner, name),
    ]),
  );
}

const isSecret = (name: string, under: string): boolean => SECRET.test(name) || SECRET.test(`${under}.${name}`);

// Errors, requests and the like have serializers of their own.
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
