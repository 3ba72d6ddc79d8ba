import type { CallHours, Closure } from '../../domain/time/calendar';
import type { Duration } from '../../domain/time/duration';
import { toDay, computeExpectedDue, toWallClock, isWorkday } from '../support/independent-calendar';
import { Lives } from '../support/lives';
import { expectInStep } from '../support/in-step';
import { extent, isWhole, PART } from '../support/extent';

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

const YEAR_MS = 366 * 86_400_000;
const callHours: CallHours = {
  timeZone: 'America/New_York',
  from: '08:30',
  to: '17:00',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
};
const followUpEvery: Duration = { businessDays: isWhole() ? 1 : PART };
/** The hours after a nudge at which a person calls, over and over: the same morning, in the night, days later. */
const LATE = [1, 9, 0.5, 30, 3, 16, 2, 70];

test('a year of follow-ups of one application fires where an independent computation puts each, through holidays, a closure and both clock changes', async () => {
  const today = await lives.today();
  const closures: Closure[] = [
    { from: `${Number(today.slice(0, 4)) + 1}-04-05`, to: `${Number(today.slice(0, 4)) + 1}-04-09` },
  ];
  const playbook = { followUpEvery, callHours, closures, requiresCaqh: false };
  const life = await lives.open({ playbook, adopt: { stage: 'in_review' } });
  const end = Date.parse(await lives.now()) + YEAR_MS;
  await life.contact('in_review');
  for (let call = 0; (await lives.env.currentTimeMs()) < end; call += 1) {
    const { followUps } = (await life.state()).agenda;
    const wait = Date.parse(followUps.credentialing!.at) - (await lives.env.currentTimeMs());
    await lives.env.sleep(wait + LATE[call % LATE.length]! * 3_600_000);
    await life.contact('in_review');
  }

  const entries = await life.entries();
  const contacts = entries.filter(({ kind }) => kind === 'contact');
  const nudges = entries.filter((entry) => entry.kind === 'nudge');
  expect(contacts).toHaveLength(nudges.length + 1);
  expect(nudges.length).toBeGreaterThan(extent(120));
  const minute = (at: string) => at.slice(0, 16);
  const expected = contacts
    .slice(0, -1)
    .map(({ at }) => computeExpectedDue({ at }, followUpEvery, { ...callHours, closures }));
  // due then, and late then
  expect(nudges.map(({ data }) => data.at)).toEqual(expected);
  expect(nudges.map(({ at }) => minute(at))).toEqual(expected.map(minute));

  const shown = nudges.map(({ at }) => new Date(toWallClock(Date.parse(at), callHours.timeZone)).toISOString());
  expect(new Set(shown.map((at) => at.slice(11, 16)))).toEqual(new Set(['08:30']));
  expect(shown.map(minute).filter((at) => !isWorkday(toDay(Date.parse(`${at}Z`))))).toEqual([]);
  // winter and summer
  expect(new Set(nudges.map(({ at }) => at.slice(11, 13)))).toEqual(new Set(['12', '13']));
  await expectInStep(life);
}, 240_000);
