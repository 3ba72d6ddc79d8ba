import type { Behaviour } from '../../local/stand-ins/server';
import { readListState } from '../../record/sources/exclusion-source';
import { OPERATOR_ID } from '../../record/screening/exclusions';
import { setServices } from '../../record/sources/lookups';
import { eventually } from '../support/eventually';
import { lives, useLivesWithRegistries, oig } from '../support/registries';

// with nobody on file: months pass here, and a person on file lives through them
useLivesWithRegistries();

describe('the month’s list of the excluded', () => {
  beforeEach(() =>
    setServices(lives.sql, {
      caqh: { mode: 'off', name: 'CAQH' },
      nppes: { mode: 'off', name: 'NPPES' },
      leie: { mode: 'api', name: 'OIG LEIE' },
    }),
  );

  const state = async () => readListState(lives.sql, await lives.now());
  const tell = () => lives.dispatch.notifyWatch('exclusionList', OPERATOR_ID);
  const tasks = () => lives.sql<{ open: boolean }[]>`
    select closed_at is null as open from tasks where kind = 'exclusion_list' order by due_at`;
  let entries = 100;
  /** Another list, one entry longer than the one before. */
  const put = (on: string, count = ++entries) => {
    oig.entries = Array.from({ length: count }, (_, i) => ({ lastName: `NOBODY${i}`, firstName: 'ROBIN' }));
    oig.modified = new Date(on).toUTCString();
  };
  const until = async (instant: string) =>
    lives.env.sleep(Math.max(1, Date.parse(instant) - Date.parse(await lives.now())));

  test('is fetched as soon as none is on file, by a user where that can’t be, and each month when it is out', async () => {
    oig.behaviour = 'down';
    await tell();
    await until((await state()).dueAt);
    await lives.env.sleep('1 day');
    expect((await state()).month).toBeNull();
    expect(await tasks()).toMatchObject([{ open: true }]);
    oig.behaviour = 'answers';
    put(await lives.now());
    await lives.env.sleep('1 day');
    await eventually(async () => (await state()).month !== null);
    const { awaited, nextCheckAt } = await state();
    const before = oig.calls.length;
    await until(nextCheckAt!);
    // the same list again: that of the month is late
    await eventually(async () => (await state()).checkedAt! >= nextCheckAt!);
    expect(await state()).toMatchObject({ awaited, unavailableSince: null });
    await lives.env.sleep('2 days');
    put(await lives.now());
    await lives.env.sleep('1 day');
    await eventually(async () => (await state()).month === awaited);
    expect(oig.calls.length - before).toBeLessThanOrEqual(6);
    expect(await tasks()).toMatchObject([{ open: false }]);
  });

  test.each<[string, Behaviour | 'cut off', object]>([
    ['down', 'down', { reason: 'unavailable' }],
    [
      'a page with status 200',
      'malformed',
      { reason: 'nonsense', detail: expect.stringMatching(/not the list: LASTNAME is a required column/) },
    ],
    ['cut off', 'cut off', { reason: 'nonsense', detail: 'shrunken_list' }],
  ])(
    '%s for days: few calls, the state is shown, what is on file stays, somebody is asked',
    async (_what, how, why) => {
      const before = await state();
      await until(before.nextCheckAt!.slice(0, 10));
      const [kept] = await lives.sql`select list_id, count(*)::int as entries from exclusion_entries group by list_id`;
      if (how === 'cut off') put(await lives.now(), 10);
      else oig.behaviour = how;
      await tell();
      await lives.env.sleep('3 days');
      const { unavailableSince, month, ...shown } = await state();
      expect(shown).toMatchObject(why);
      expect([unavailableSince !== null, month]).toEqual([true, before.month]);
      expect(oig.calls.length).toBeLessThanOrEqual(15);
      expect(await lives.sql`select list_id, count(*)::int as entries from exclusion_entries group by list_id`).toEqual(
        [kept],
      );
      await until(before.dueAt);
      await lives.env.sleep('1 day');
      expect((await tasks()).filter(({ open }) => open)).toHaveLength(1);
      oig.behaviour = 'answers';
      put(await lives.now());
      await lives.env.sleep('1 day');
      await eventually(async () => (await state()).month === before.awaited);
      expect(await state()).toMatchObject({ unavailableSince: null, reason: null, detail: null });
      expect((await tasks()).filter(({ open }) => open)).toEqual([]);
    },
  );
});
