import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isTimeZone, TIME_ZONES } from '../../domain/time/time-zones';
import { toWallClock } from '../support/independent-calendar';
import { CLIENT, PAYER, TestApi, listBrokenRules } from '../support/api';

/** Zones that Node knows and PostgreSQL does not. */
const NODE_ONLY = ['US/Pacific-New', 'Canada/East-Saskatchewan'];

const MIGRATIONS = join(__dirname, '../../runtime/migrations');

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

test('every time zone that is taken shows the same time in PostgreSQL as in Node', async () => {
  // each has the future from the release of the tz database that it came with
  const instants = Array.from({ length: 24 }, (_x, month) => new Date(Date.UTC(2024, month, 15, 6)).toISOString());
  const names = [...TIME_ZONES];
  expect(names.length).toBeGreaterThan(500);
  expect(names.filter((name) => !isTimeZone(name))).toEqual([]);
  const known = await api.deps.sql<{ name: string }[]>`select name from pg_timezone_names`;
  expect(names.filter((name) => !known.some((one) => one.name === name))).toEqual([]);
  const shown = await api.deps.sql<{ name: string; at: string; shown: string }[]>`
    select name, at, to_char(at at time zone name, 'YYYY-MM-DD"T"HH24:MI:SS') as shown
    from unnest(${names}::text[]) as name, unnest(${instants}::timestamptz[]) as at`;
  expect(shown).toHaveLength(names.length * instants.length);
  const differing = shown.filter(
    (one) => new Date(toWallClock(Date.parse(one.at), one.name)).toISOString().slice(0, 19) !== one.shown,
  );
  expect(differing).toEqual([]);
});

test('a time zone that only one of both knows, or that is spelled otherwise, is refused wherever one is given', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  for (const timeZone of [
    ...NODE_ONLY,
    'SystemV/EST5EDT',
    'america/new_york',
    'AMERICA/NEW_YORK',
    'US/pacific',
    'EST5EDT',
    'posix/UTC',
  ]) {
    const made = await api.post('/v1/clients', { ...CLIENT, timeZone });
    expect([timeZone, made.status, listBrokenRules(made)]).toEqual([timeZone, 400, ['timeZone iana_time_zone']]);
    expect(made.body.errors[0].message).toContain('such as America/New_York');
    const changed = await api.patch(`/v1/clients/${client.id}`, { timeZone });
    expect([timeZone, changed.status, listBrokenRules(changed)]).toEqual([timeZone, 400, ['timeZone iana_time_zone']]);
    const playbook = { callHours: { timeZone, from: '09:00', to: '17:00' } };
    const payer = await api.post('/v1/payers', { ...PAYER, playbook });
    expect([timeZone, listBrokenRules(payer)]).toEqual([timeZone, ['playbook.callHours.timeZone iana_time_zone']]);
  }
});

test('a time zone that this PostgreSQL alone does not know is refused, and changes nothing', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  const taken = TIME_ZONES as Set<string>;
  taken.add('US/Pacific-New');
  try {
    const made = await api.post('/v1/clients', { ...CLIENT, timeZone: 'US/Pacific-New' });
    expect([made.status, listBrokenRules(made)]).toEqual([400, ['timeZone iana_time_zone']]);
    const changed = await api.patch(`/v1/clients/${client.id}`, { name: 'Oak', timeZone: 'US/Pacific-New' });
    expect([changed.status, listBrokenRules(changed)]).toEqual([400, ['timeZone iana_time_zone']]);
  } finally {
    taken.delete('US/Pacific-New');
  }
  expect((await api.get(`/v1/clients/${client.id}`)).body).toEqual(client);
});

test('clients that were stored with such a zone get the one that it stands for, and none is stored any more', async () => {
  const { sql } = api.deps;
  const migration = readdirSync(MIGRATIONS).find((file) => file.endsWith('_time_zones.sql'))!;
  const client = (await api.make('/v1/clients', CLIENT)).id;
  const other = (await api.make('/v1/clients', CLIENT)).id;
  const kept = (await api.make('/v1/clients', { ...CLIENT, timeZone: 'Pacific/Guam' })).id;
  await sql`alter table clients drop constraint clients_time_zone`;
  await sql`update clients set time_zone = 'US/Pacific-New' where id = ${client}`;
  await sql`update clients set time_zone = 'Mars/Base' where id = ${other}`;
  await sql.begin((tx) => tx.file(join(MIGRATIONS, migration)));
  const zoneOf = async (id: string) => (await api.get(`/v1/clients/${id}`)).body.timeZone;
  expect([await zoneOf(client), await zoneOf(other), await zoneOf(kept)]).toEqual([
    'America/Los_Angeles',
    'UTC',
    'Pacific/Guam',
  ]);
  for (const zone of NODE_ONLY)
    await expect(sql`update clients set time_zone = ${zone} where id = ${kept}`).rejects.toThrow('not recognized');
});
