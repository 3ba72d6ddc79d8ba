import { randomUUID } from 'node:crypto';
import { URGENT_DAYS_BEFORE } from '../../domain/work-queue/ranking';
import { addDays } from '../../domain/time/dates';
import { selectWorker } from '../../record/registry/absence-covers';
import { selectClientDay, selectDay, selectLastToday } from '../../record/time/days';
import { CLIENT } from '../support/api';
import { toDay, toWallClock } from '../support/independent-calendar';
import { System } from '../support/system';

/** At every hour, it is another day than in UTC in one of them. */
const ZONES = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];

let system: System;
beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(() => system.stop());

const todayIn = (timeZone: string) => toDay(toWallClock(Date.now(), timeZone));
const clientIn = async (timeZone: string): Promise<string> =>
  (await system.api.make('/v1/clients', { ...CLIENT, timeZone })).id;

test('a day in SQL is the day of the zone, of the client, or the last one on Earth', async () => {
  const { sql } = system.api.deps;
  const clientId = await clientIn('Pacific/Guam');
  const at = '2026-03-10T20:00:00.000Z';
  const [row] = await sql`
    select ${selectDay(sql, at, 'Pacific/Guam')} as guam, ${selectDay(sql, at, 'America/New_York')} as new_york,
      ${selectClientDay(sql, at, clientId)} as client, ${selectLastToday(sql)} as last`;
  expect(row).toEqual({
    guam: '2026-03-11',
    newYork: '2026-03-10',
    client: '2026-03-11',
    last: todayIn('Etc/GMT+12'),
  });
});

test.each(ZONES)(
  'a colleague stands in through the last day of a cover as who is away in %s counts it',
  async (zone) => {
    const { sql } = system.api.deps;
    const clientId = await clientIn('UTC');
    const user = async () =>
      (await system.api.make('/v1/users', { name: 'Kim', email: `${randomUUID()}@example.org`, role: 'specialist' }))
        .id;
    const [owner, substitute] = [await user(), await user()];
    await sql`update users set time_zone = ${zone} where id = ${owner}`;
    const worker = async (fromOn: string, untilOn: string) => {
      await sql`delete from covers where user_id = ${owner}`;
      const made = { id: randomUUID(), userId: owner, coveredBy: substitute, fromOn, untilOn, madeBy: sql.json({}) };
      await sql`insert into covers ${sql(made)}`;
      const [row] = await sql`select ${selectWorker(sql, sql`${owner}::uuid`, sql`${clientId}::uuid`)} as id`;
      return row!.id;
    };
    const today = todayIn(zone);
    expect(await worker(today, today)).toBe(substitute);
    expect(await worker(addDays(today, -2), addDays(today, -1))).toBe(owner);
    expect(await worker(addDays(today, 1), addDays(today, 2))).toBe(owner);
  },
);

test.each(ZONES)('what is needed by a day presses as many days before as the client in %s counts', async (zone) => {
  const clientId = await clientIn(zone);
  const presses = async (neededBy: string) => {
    const filed = await system.file({ clientId });
    const application = await system.open(filed, { neededBy });
    return (await application.queue())[0].why;
  };
  const last = addDays(todayIn(zone), URGENT_DAYS_BEFORE.needed_by);
  expect(JSON.stringify(await presses(last))).toContain('needed_by');
  expect(JSON.stringify(await presses(addDays(last, 1)))).not.toContain('needed_by');
});
