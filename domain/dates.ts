/** Dates are YYYY-MM-DD and compare as text; nothing here knows a zone or a calendar. */

const DAY_MS = 86_400_000;
const UTC_PLUS_14_MS = 14 * 3_600_000;

/** A date that exists. */
export function isRealDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}

/** The date `days` after (or, negative, before) another. */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** Later than today anywhere on Earth: in UTC+14. `now` is an instant or epoch milliseconds. */
export const isFuture = (date: string, now: string | number): boolean =>
  date > new Date((typeof now === 'number' ? now : Date.parse(now)) + UTC_PLUS_14_MS).toISOString().slice(0, 10);
