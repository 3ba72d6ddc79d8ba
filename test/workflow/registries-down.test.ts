import type { Behaviour } from '../../local/stand-ins/server';
import { eventually } from '../support/eventually';
import { createBook } from '../support/file';
import {
  waitForAnswer,
  askCaqh,
  createKnownPerson,
  lives,
  useLivesWithRegistries,
  registry,
  readRegistryState,
  theirs,
} from '../support/registries';

useLivesWithRegistries();

describe('down for three days', () => {
  const BEHAVIOURS: Behaviour[] = ['down', 'malformed', 'slow', 'unauthorised'];

  test.each(BEHAVIOURS)(
    'CAQH, %s: few calls whoever asks, the state is shown, the rest goes on, nothing is lost',
    async (behaviour) => {
      const people = await Promise.all(Array.from({ length: 12 }, () => createBook(lives.sql)));
      for (const one of people) await createKnownPerson(one);
      const other = await lives.open({ attestedDaysAgo: 5 });
      theirs.behaviour = behaviour;
      const since = await lives.now();
      for (const { personId } of people) await askCaqh(personId);
      await eventually(async () => (await readRegistryState(people[0]!)).caqh.unavailableSince !== null);

      await lives.env.sleep('1 days');
      const { caqh } = await readRegistryState(people[5]!);
      const reason =
        { down: 'unavailable', slow: 'unavailable', malformed: 'nonsense' }[behaviour as string] ?? behaviour;
      expect(caqh).toMatchObject({ status: null, checkedAt: null, reason });
      expect(Date.parse(caqh.unavailableSince!) - Date.parse(since)).toBeLessThan(3_600_000);
      expect(caqh.nextCheckAt).not.toBeNull();
      // an application that doesn't wait for it goes on
      await other.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
      await lives.env.sleep('2 days');
      // twelve people, one circuit: not many more than one person alone would make
      expect(theirs.calls.length).toBeLessThanOrEqual(25);
      expect((await other.state()).stage).toBe('submitted');

      theirs.behaviour = 'answers';
      await lives.env.sleep('2 days');
      for (const one of people) await waitForAnswer(one, 'caqh', 'current');
      expect((await readRegistryState(people[0]!)).caqh).toMatchObject({ unavailableSince: null, reason: null });
      expect(
        await lives.sql`
      select from tasks where kind = 'registry_access' and closed_at is null`,
      ).toHaveLength(0);
    },
  );

  test('NPPES: the same', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => createBook(lives.sql)));
    registry.behaviour = 'overloaded';
    for (const { personId } of people) await lives.dispatch.notifyWatch('nppesRecord', personId);
    await lives.env.sleep('3 days');
    expect((await readRegistryState(people[3]!)).nppes).toMatchObject({
      reason: 'unavailable',
      detail: 'answered 503',
    });
    expect(registry.calls.length).toBeLessThanOrEqual(25);
    registry.behaviour = 'answers';
    await lives.env.sleep('2 days');
    for (const one of people) await waitForAnswer(one, 'nppes', 'not_found');
  });
});
