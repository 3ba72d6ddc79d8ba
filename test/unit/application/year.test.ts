import { appendEntries } from '../../../domain/applications/decide';
import { computeAgenda } from '../../../domain/applications/schedule';
import type { CallHours, Closure } from '../../../domain/time/calendar';
import type { Duration } from '../../../domain/time/duration';
import { toDay, computeExpectedDue, toWallClock, isWorkday, ZONES } from '../../support/independent-calendar';
import { DAY0, Paper, ZONE } from './paper';
import { extent, pick } from '../../support/extent';

/** How often the status is asked after. */
const CADENCES: Duration[] = [{ businessDays: 1 }, { days: 1 }, { businessDays: 5 }];
const HOURS: Pick<CallHours, 'from' | 'to' | 'days'>[] = [
  { from: '08:30', to: '17:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] },
  // a time that the clocks skip in spring, and one that they show twice in autumn
  { from: '02:30', to: '23:00' },
  { from: '01:30', to: '23:00' },
];
const closures: Closure[] = [{ from: '2027-12-27', to: '2027-12-30' }, { from: '2027-07-06' }];
/** The hours until a person calls, over and over. */
const LATE = [0.25, 3, 7.5, 9, 22, 31, 0.5, 15];
const YEAR_END = '2028-01-10T00:00:00.000Z';

/** One application's year of calls: each next follow-up, with the instant that an independent computation has for it. */
function* year(followUpEvery: Duration, callHours: CallHours): Generator<[expected: string, next: string]> {
  const paper = new Paper({ playbook: { followUpEvery, callHours, closures }, adopt: { stage: 'in_review' } });
  let { state } = paper;
  for (let at = DAY0, call = 0; at < YEAR_END; call += 1) {
    const contact = { kind: 'contact', data: { outcome: 'in_review', channel: 'phone' } } as const;
    state = appendEntries(state, [contact], {
      at,
      payerZone: 'America/New_York',
      entryId: `call-${call}`,
      createId: () => 'none',
    }).state!;
    const next = computeAgenda(state, paper.playbook, ZONE).followUps.credentialing!.at;
    yield [computeExpectedDue({ at }, followUpEvery, { ...callHours, closures }), next];
    at = new Date(Date.parse(next) + LATE[call % LATE.length]! * 3_600_000).toISOString();
  }
}

test('a year of follow-ups falls where an independent computation puts it: over 10,000, in every zone, through holidays and clock changes', () => {
  const wrong: string[] = [];
  const offsets = new Set<string>();
  let count = 0;
  const years = ZONES.flatMap((timeZone) =>
    HOURS.flatMap((hours) => CADENCES.map((every) => ({ timeZone, hours, every }))),
  );
  for (const { timeZone, hours, every } of pick(years))
    for (const [expected, next] of year(every, { timeZone, ...hours })) {
      count += 1;
      const shown = toWallClock(Date.parse(next), timeZone);
      offsets.add(`${timeZone} ${shown - Date.parse(next)}`);
      if (next !== expected) wrong.push(`${timeZone} ${JSON.stringify(every)}: ${next}, not ${expected}`);
      if (every.businessDays && !isWorkday(toDay(shown))) wrong.push(`${next} is no business day in ${timeZone}`);
    }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(extent(10_000));
  // four of the nine zones change their clocks
  expect(offsets.size).toBe(ZONES.length + 4);
}, 300_000);
