import ical from 'ical-generator';
import type { Purpose } from '../domain/kernel/codes';
import { TO_DO } from '../domain/work-queue/to-do';
import type { Instant } from '../domain/time/instants';
import { addMilliseconds } from '../domain/time/dates';

/** Something with a date, as a calendar shows it. */
export interface Appointment {
  applicationId: string;
  purpose: Purpose | 'follow_up';
  at: Instant;
  payer: string;
  state: string;
  provider: string | null;
}

const MINUTES = 15;

/** Writes appointments as iCalendar (RFC 5545); each keeps its identity when its time moves. */
export function writeCalendar(appointments: readonly Appointment[]): string {
  const feed = ical({ name: 'Countersign', ttl: 900 });
  for (const { applicationId, purpose, at, payer, state, provider } of appointments)
    feed.createEvent({
      id: `${applicationId}-${purpose}@countersign`,
      start: at,
      end: addMilliseconds(at, MINUTES * 60_000),
      summary: [purpose === 'follow_up' ? 'follow up' : TO_DO[purpose], `${payer} (${state})`, provider]
        .filter(Boolean)
        .join(' · '),
    });
  return feed.toString();
}
