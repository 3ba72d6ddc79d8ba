import type { Instant } from './application/events';
import { due, localDate, atDate, isBusinessDay, type Window } from './calendar';

/** Nudges to one person that fall due within this time go out as one. */
export const DIGEST_MS = 15 * 60_000;
/** Local hours in which people are written to. */
const HOURS = { from: '08:00', to: '18:00' };
/** Over how long Monday's first mails are spread. */
const SPREAD_MS = 30 * 60_000;

/** When a person may be written to: now within the hours of a business day, else at the next morning, spread by id. */
export function sendingTime(now: Instant, timeZone: string, recipientId: string): Instant {
  const window: Window = { timeZone };
  const today = localDate(now, timeZone);
  const at = (time: string) => atDate(today, { timeZone, from: time, to: '23:59' });
  if (isBusinessDay(today) && at(HOURS.from) <= now && now < at(HOURS.to)) return now;
  const morning =
    isBusinessDay(today) && now < at(HOURS.from) ? at('09:00') : due({ at: now }, { businessDays: 1 }, window);
  return new Date(Date.parse(morning) + spread(recipientId)).toISOString();
}

/** Always the same for one recipient. */
const spread = (id: string): number => (Number.parseInt(id.slice(0, 6), 16) / 0xffffff) * SPREAD_MS;
