import { buildApplicationWorkflowId } from '../../domain/applications/key';
import { Lives, type Life } from '../support/lives';

// each test has its own: what it poisons goes on trying, hour after hour
let lives: Lives;
beforeEach(async () => {
  lives = await Lives.begin();
});
afterEach(() => lives.stop());

/** Makes every step that writes an entry fail by itself: its state cannot be counted any more. */
async function poison({ id }: Life): Promise<() => Promise<void>> {
  const [row] = await lives.sql<
    { waiting: object }[]
  >`select snapshot->'waiting' as waiting from applications where id = ${id}`;
  await lives.sql`update applications set snapshot = snapshot #- '{waiting,ms}' where id = ${id}`;
  return async () => {
    const waiting = lives.sql.json(JSON.parse(JSON.stringify(row!.waiting)));
    await lives.sql`update applications set snapshot = snapshot || jsonb_build_object('waiting', ${waiting}::jsonb) where id = ${id}`;
  };
}

const setAside = ({ id }: Life) =>
  lives.sql<{ what: string; cause: string; timer: string | null }[]>`
    select what, cause, timer from set_aside where application_id = ${id} order by what`;

async function historyLength(life: Life): Promise<number> {
  const key = (await life.state()).key;
  const { events } = await lives.env.client.workflow.getHandle(buildApplicationWorkflowId(key)).fetchHistory();
  return events!.length;
}

test('a command that always fails is answered, with its cause, and set aside; once mended it is taken', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const mend = await poison(life);
  const delivery = await life.give('notes', { text: 'x', visibility: 'internal' });
  expect(delivery).toEqual({ status: 'refused', refusal: { type: 'set_aside', cause: 'TypeError' } });
  expect(await setAside(life)).toEqual([{ what: 'command', cause: 'TypeError', timer: null }]);
  await mend();
  expect(await life.give('notes', { text: 'y', visibility: 'internal' })).toEqual({ status: 'recorded' });
});

test('a timer that always fails is set aside and tried once an hour, while the history hardly grows; then it fires once', async () => {
  const life = await lives.open({ adopt: { stage: 'in_review' } });
  const due = (await life.state()).agenda.followUps.credentialing!.at;
  const mend = await poison(life);
  await lives.env.sleep(Date.parse(due) - Date.parse(await lives.now()) + 60_000);
  expect(await setAside(life)).toEqual([{ what: 'due', cause: 'TypeError', timer: 'followUp:credentialing' }]);
  const before = await historyLength(life);
  await lives.env.sleep('10 hours');
  // an hour is a timer, its task and one marker
  expect((await historyLength(life)) - before).toBeLessThanOrEqual(10 * 6);
  await mend();
  await lives.env.sleep('70 minutes');
  expect(await setAside(life)).toEqual([]);
  expect((await life.entries()).filter(({ kind }) => kind === 'nudge')).toHaveLength(1);
});

test('fifty-four timers that always fail at one instant: others’ fire once, actions are taken, and no history grows but by its hourly try', async () => {
  const POISONED = 54;
  const HOURS = 3;
  const open = (count: number) =>
    Promise.all(Array.from({ length: count }, () => lives.open({ adopt: { stage: 'in_review' } })));
  const [poisoned, others] = [await open(POISONED), await open(4)];
  const due = (await others[0]!.state()).agenda.followUps.credentialing!.at;
  await Promise.all(poisoned.map(poison));
  await lives.env.sleep(Date.parse(due) - Date.parse(await lives.now()) + 120_000);
  const nudges = async (life: Life) => (await life.entries()).filter(({ kind }) => kind === 'nudge').length;
  expect(await Promise.all(others.map(nudges))).toEqual([1, 1, 1, 1]);
  const aside = await Promise.all(poisoned.map(setAside));
  expect(aside).toEqual(poisoned.map(() => [{ what: 'due', cause: 'TypeError', timer: 'followUp:credentialing' }]));

  const before = await Promise.all(poisoned.map(historyLength));
  for (let hour = 0; hour < HOURS; hour += 1) {
    await lives.env.sleep('1 hour');
    for (const other of others)
      expect(await other.give('notes', { text: 'x', visibility: 'internal' })).toEqual({ status: 'recorded' });
  }
  const grown = (await Promise.all(poisoned.map(historyLength))).map((length, n) => length - before[n]!);
  expect(Math.max(...grown)).toBeLessThanOrEqual(HOURS * 6);
  expect(await Promise.all(poisoned.map(nudges))).toEqual(poisoned.map(() => 0));
});
