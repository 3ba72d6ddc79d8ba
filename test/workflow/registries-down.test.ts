import { StandInCaqh } from '../../local/stand-ins/caqh';
import { StandInNppes } from '../../local/stand-ins/nppes';
import type { Manner } from '../../local/stand-ins/server';
import type { Principal } from '../../record/principal';
import { setServices } from '../../record/registries';
import { findProvider } from '../../record/registry/providers';
import { Caqh } from '../../registries/caqh';
import { Nppes } from '../../registries/nppes';
import { eventually } from '../support/eventually';
import { book, type Book } from '../support/file';
import { Lives } from '../support/lives';

const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };

let lives: Lives;
let theirs: StandInCaqh;
let registry: StandInNppes;
beforeAll(async () => {
  [theirs, registry] = [await new StandInCaqh().listen(), await new StandInNppes().listen()];
  const account = { organizationId: '4321', username: 'operator', password: 'secret', product: 'PV', timeoutMs: 2000 };
  lives = await Lives.begin({
    registries: {
      caqh: new Caqh({ url: theirs.url, ...account }),
      nppes: new Nppes({ url: registry.url, timeoutMs: 2000 }),
    },
  });
});
afterAll(async () => {
  await lives.stop();
  await theirs.stop();
  await registry.stop();
});
const turn = (mode: 'api' | 'off') =>
  setServices(lives.sql, { caqh: { mode, name: 'CAQH' }, nppes: { mode, name: 'NPPES' } });
beforeEach(async () => {
  await turn('api');
  for (const service of [theirs, registry]) {
    service.manner = 'answers';
    service.calls.length = 0;
  }
});

// whoever was watched before is no longer
afterEach(() => turn('off'));

let ids = 20_000_000;

/** A person whom CAQH knows as somebody says. */
async function known(on: Book, says: object = {}) {
  const caqhId = String(++ids);
  const [{ npi }] = await lives.sql<[{ npi: string }]>`select npi from persons where id = ${on.personId}`;
  await lives.sql`update providers set caqh_id = ${caqhId} where id = ${on.providerId}`;
  const provider = { caqhId, npi, providerStatus: 'Re-Attestation', statusDate: compact(await lives.today()), ...says };
  theirs.providers.push(provider);
  return provider;
}

const compact = (date: string) => date.replaceAll('-', '');
const ask = (personId: string) => lives.dispatch.changed('caqhStatus', personId);
const stateOf = async ({ providerId }: Book) => (await findProvider(lives.sql, PRINCIPAL, providerId))!.registries;
const answered = (on: Book, service: 'caqh' | 'nppes', status: string) =>
  eventually(async () => (await stateOf(on))[service].status === status);

describe('down for three days', () => {
  const MANNERS: Manner[] = ['down', 'malformed', 'slow', 'unauthorised'];

  test.each(MANNERS)(
    'CAQH, %s: few calls whoever asks, the state is shown, the rest goes on, nothing is lost',
    async (manner) => {
      const people = await Promise.all(Array.from({ length: 12 }, () => book(lives.sql)));
      for (const one of people) await known(one);
      const other = await lives.open({ attestedDaysAgo: 5 });
      theirs.manner = manner;
      const since = await lives.now();
      for (const { personId } of people) await ask(personId);
      await eventually(async () => (await stateOf(people[0]!)).caqh.unavailableSince !== null);

      await lives.env.sleep('1 days');
      const { caqh } = await stateOf(people[5]!);
      const reason = { down: 'unavailable', slow: 'unavailable', malformed: 'nonsense' }[manner as string] ?? manner;
      expect(caqh).toMatchObject({ status: null, checkedAt: null, reason });
      expect(Date.parse(caqh.unavailableSince!) - Date.parse(since)).toBeLessThan(3_600_000);
      expect(caqh.nextCheckAt).not.toBeNull();
      // an application that doesn't wait for it goes on
      await other.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
      await lives.env.sleep('2 days');
      // twelve people, one circuit: not many more than one person alone would make
      expect(theirs.calls.length).toBeLessThanOrEqual(25);
      expect((await other.state()).stage).toBe('submitted');

      theirs.manner = 'answers';
      await lives.env.sleep('2 days');
      for (const one of people) await answered(one, 'caqh', 'current');
      expect((await stateOf(people[0]!)).caqh).toMatchObject({ unavailableSince: null, reason: null });
      expect(
        await lives.sql`
      select from tasks where kind = 'registry_access' and closed_at is null`,
      ).toHaveLength(0);
    },
  );

  test('NPPES: the same', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => book(lives.sql)));
    registry.manner = 'overloaded';
    for (const { personId } of people) await lives.dispatch.changed('nppesRecord', personId);
    await lives.env.sleep('3 days');
    expect((await stateOf(people[3]!)).nppes).toMatchObject({ reason: 'unavailable', detail: 'answered 503' });
    expect(registry.calls.length).toBeLessThanOrEqual(25);
    registry.manner = 'answers';
    await lives.env.sleep('2 days');
    for (const one of people) await answered(one, 'nppes', 'not_found');
  });
});
