import { foldEvents } from '../../domain/applications/reduce';
import { isOpen, isParticipating } from '../../domain/applications/state';
import { FACTS, STAGES, type Stage } from '../../domain/kernel/codes';
import { LIVES } from '../replay/lives';
import { Lives, VALUES, type Life } from '../support/lives';
import { expectInStep } from '../support/in-step';

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

/** The stages that an application went through, in order. */
const pathOf = async (life: Life): Promise<Stage[]> =>
  (await life.entries()).flatMap((entry) => (entry.kind === 'stage' ? [entry.data.to] : []));

/** Every recorded life, lived again, and the way that it takes. */
const PATHS: Record<string, string> = {
  straight: 'ready_to_submit submitted in_review approved confirmed',
  'second-look-and-found': 'submitted ready_to_submit in_review ready_to_submit submitted ready_to_submit in_review',
  'denied-appealed-denied': 'submitted denied in_review denied',
  'panel-closed-and-invited': 'submitted panel_closed awaiting_attestation ready_to_submit withdrawn',
  'information-and-pause': 'submitted in_review information_requested in_review',
  'adopted-in-review': 'in_review approved',
  'correction-reopens': 'submitted in_review withdrawn approved',
  'continued-as-new': 'submitted in_review approved',
  'participation-corrected-and-ended': 'submitted approved confirmed',
  'twice-refused-out-of-order': 'approved',
  'participation-looked-after': 'submitted in_review approved confirmed',
  'participation-told-of-a-change': 'submitted approved confirmed',
  'record-restored-and-reviewed': 'submitted in_review',
  'approved-by-a-second-person': 'submitted approved confirmed',
  'details-put-right-and-paused': 'submitted approved confirmed',
};

test.each(Object.keys(LIVES))('%s: the way it goes, and record and workflow agree on where it stands', async (name) => {
  const life = await LIVES[name]!(lives, async () => undefined);
  expect([name, (await pathOf(life)).join(' ')]).toEqual([name, PATHS[name]]);
  const state = await life.state();
  expect(foldEvents(await life.entries())).toEqual(state);
  if (!isOpen(state) && !isParticipating(state)) return;
  await expectInStep(life);
});

const OPEN = STAGES.filter((stage) => !['confirmed', 'denied', 'withdrawn'].includes(stage));

/** An application that stands in a stage. */
async function standing(stage: Stage): Promise<Life> {
  if (stage === 'awaiting_attestation') return lives.open();
  const life = await lives.open({
    attestedDaysAgo: 10,
    ...(!['preparing', 'ready_to_submit'].includes(stage) && { adopt: { stage } }),
  });
  if (stage !== 'preparing') return life;
  await lives.sql`update providers set malpractice = null where id = ${life.book.providerId}`;
  await lives.dispatch.notifyFileChanged(life.id);
  await life.until((s) => s.stage === 'preparing', '1 days');
  return life;
}

test.each(OPEN)('withdrawn in %s, it is closed and nothing fires any more', async (stage) => {
  const life = await standing(stage);
  expect((await life.state()).stage).toBe(stage);
  const state = await life.act('withdrawal', { reason: 'the client has left' });
  expect(state).toMatchObject({ stage: 'withdrawn', agenda: { timers: {}, items: [] } });
  const entries = (await life.entries()).length;
  await lives.env.sleep('200 days');
  expect(await life.entries()).toHaveLength(entries);
});

test('an approval that arrives while preparing counts, and what is unmet is a blocker', async () => {
  const life = await standing('preparing');
  const state = await life.contact('approved', { outOfOrder: { reason: 'the payer pulled the file itself' } });
  expect(state).toMatchObject({ stage: 'approved', blockers: [{ code: 'malpractice' }] });
});

test('a contact on the wrong application is struck out: stage, timers and queue are those of before, here and in its workflow', async () => {
  const life = await standing('in_review');
  const before = await life.state();
  await lives.env.sleep('1 day');
  const wrong = await life.contact('denied', { channel: 'mail' });
  expect(wrong).toMatchObject({ stage: 'denied', agenda: { timers: { appealWindow: expect.any(String) } } });
  expect(await life.items()).toEqual(['decide_on_appeal']);
  const { id } = (await life.entries()).findLast(({ kind }) => kind === 'contact')!;
  const after = await life.act('corrections', { entryId: id, reason: 'the caller meant another provider' });
  expect(after).toMatchObject({ stage: 'in_review', agenda: before.agenda, followUps: before.followUps });
  expect(await life.items()).toEqual([]);
  await expectInStep(life);
  // and the follow-up that the struck contact had taken away rings when it was due
  await life.until((s) => s.agenda.items.length > 0, '30 days');
  expect((await life.state()).followUps.credentialing!.firedAt! >= before.agenda.followUps.credentialing!.at).toBe(
    true,
  );
});

test('the four facts in every order: confirmed with the fourth, never before', async () => {
  const orders = permutations([...FACTS]);
  expect(orders).toHaveLength(24);
  await Promise.all(
    orders.map(async (order) => {
      const life = await lives.open({ adopt: { stage: 'approved' } });
      const stages: Stage[] = [];
      for (const fact of order) stages.push((await life.confirm(fact, { value: VALUES[fact] })).stage);
      expect([order, stages]).toEqual([order, ['approved', 'approved', 'approved', 'confirmed']]);
    }),
  );
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, i) => permutations(items.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}
