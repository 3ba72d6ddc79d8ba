/** The identifiers that a call may reveal. */
export const CALL_FIELDS = ['tin', 'dea.number', 'malpractice.policyNumber'] as const;
export type CallField = (typeof CALL_FIELDS)[number];

const NAMES: Record<CallField, RegExp> = {
  tin: /\b(tins?|eins?|ssns?|itins?|tax[ -]?ids?|tax identification|social security)\b/i,
  'dea.number': /\bdea\b/i,
  'malpractice.policyNumber': /\b(malpractice|policy|policies)\b/i,
};
// these are on the sheet already
const IN_PART = /\blast (4|four)\b/i;

/** Lists the identifiers that a payer asks of a caller in full, by the lines of its playbook's `callerVerification`. */
export const listCallFields = (callerVerification: readonly string[] = []): CallField[] =>
  CALL_FIELDS.filter((field) => callerVerification.some((line) => NAMES[field].test(line) && !IN_PART.test(line)));
