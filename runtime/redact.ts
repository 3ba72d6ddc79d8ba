const SECRET =
  /^(authorization|cookie|set-?cookie|key|.*((api|admin|encryption)_?keys?|password|secret|token|sealed|hash)|tin|ssn|ein|value|email|contact_?email|phone|policy_?number)$/i;
const REDACTED = '[redacted]';

/** A copy of plain data in which whatever stands under a secret's name, at any depth, reads [redacted]. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET.test(name) && inner !== null && inner !== undefined ? REDACTED : redact(inner),
    ]),
  );
}

// Errors, requests and the like have serializers of their own.
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
