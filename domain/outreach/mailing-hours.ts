import { addMilliseconds } from '../time/dates';
import type { Instant } from '../time/instants';
import { findWindowStart, computeChase, isBusinessDay, toLocalDate } from '../time/calendar';

/** Nudges to one person that fall due within this time go out as one. */
const DIGEST_MS = 15 * 60_000;
/** Local hours in which people are written to. */
const HOURS = { from: '08:00', to: '18:00' };
/** The time over which a morning's first mails are spread, those that fall due at nine among them. */
const SPREAD_MS = 30 * 60_000;

/**
 * The outcome of a mail that did not go: `later`: the server was not reached, or takes nothing of ours; `deferred`: it
 * takes this one later; `never`: it refused this one for good; `uncertain`: it may have arrived.
 */
export type MailOutcome = 'later' | 'deferred' | 'never' | 'uncertain';

/** Computes when what is due at an instant goes out to a recipient: when the digest is complete, in hours for that. */
export function computeMailingTime(dueAt: Instant, now: Instant, timeZone: string, recipientId: string): Instant {
  const complete = addMilliseconds(dueAt, DIGEST_MS);
  const { nine } = findMailingHours(complete, timeZone);
  // many messages fall due at nine, so each recipient has a minute of their own
  const rush = nine <= complete && complete < addMilliseconds(nine, SPREAD_MS);
  const at = rush ? addMilliseconds(complete, computeRecipientSpread(recipientId)) : complete;
  return computeSendingTime([at, now].sort()[1]!, timeZone, recipientId);
}

/**
 * Computes when a mail is sent: at this instant or, outside the hours of a business day, the next morning, spread by
 * recipient.
 */
export function computeSendingTime(at: Instant, timeZone: string, recipientId: string): Instant {
  const { opens, nine, closes } = findMailingHours(at, timeZone);
  const today = isBusinessDay(toLocalDate(at, timeZone));
  if (today && opens <= at && at < closes) return at;
  const morning = today && at < opens ? nine : computeChase({ at }, { businessDays: 1 }, { timeZone });
  return addMilliseconds(morning, computeRecipientSpread(recipientId));
}

function findMailingHours(at: Instant, timeZone: string) {
  const [opens, nine, closes] = [HOURS.from, '09:00', HOURS.to].map((from) =>
    findWindowStart(toLocalDate(at, timeZone), { timeZone, from, to: '23:59' }),
  ) as [Instant, Instant, Instant];
  return { opens, nine, closes };
}

/** Computes a spread that is always the same for one recipient. */
const computeRecipientSpread = (id: string): number => (Number.parseInt(id.slice(0, 6), 16) / 0xffffff) * SPREAD_MS;

/** The pause between two mails to one domain, and to one address of a payer: what comes faster waits for its turn. */
const DOMAIN_EVERY_MS = 500;
const PAYER_EVERY_MS = 10_000;
/** A burst after a quiet time: what would have gone in this long goes at once. */
export const BURST_MS = 30_000;

/** Lists the places that a mail takes its turn for. */
export function listPaces(recipientType: string, address: string): { name: string; everyMs: number }[] {
  const name = address.toLowerCase();
  const domain = { name: name.slice(name.lastIndexOf('@')), everyMs: DOMAIN_EVERY_MS };
  return recipientType === 'payer' ? [{ name, everyMs: PAYER_EVERY_MS }, domain] : [domain];
}
