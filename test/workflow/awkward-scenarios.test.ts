import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { addDays } from '../../domain/time/dates';
import { FACTS } from '../../domain/kernel/codes';
import { evaluateBillingReadiness, type ReadinessAnswer } from '../../domain/billing/readiness';
import type { PlainDate } from '../../domain/time/instants';
import { findApplication } from '../../record/applications/applications';
import { openApplication } from '../../record/applications/opening';
import type { Principal } from '../../record/kernel/principal';
import { readReadinessEvidence } from '../../record/billing/readiness';
import { startRelay, type Relay } from '../../worker/relay';
import { eventually } from '../support/eventually';
import { Life, Lives, VALUES } from '../support/lives';

/**
 * Things that go wrong around applications, as their specialists describe them; each scenario by its number. The first
 * is the upkeep's, and a first cycle done before the ninth; the third is in test/integration/changes.test.ts, the
 * seventh where leaving is, the eleventh in many.
 */
const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };
const SILENT = pino({ level: 'silent' });

let lives: Lives;
let relay: Relay;
beforeAll(async () => {
  lives = await Lives.begin();
  const { sql, dispatch } = lives;
  relay = startRelay({ sql, dispatch, logger: SILENT });
});
afterAll(async () => {
  await relay.stop();
  await lives.stop();
});

const submit = async (life: Life) =>
  life.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal', referenceNumber: 'R-1' });
const submitted = async (playbook = {}): Promise<Life> => {
  const life = await lives.open({ attestedDaysAgo: 1, playbook });
  await submit(life);
  return life;
};
const due = (life: Life) => life.until((s) => s.agenda.items.length > 0, '120 days');
const seen = async (more: object = {}) => ({
  seenOn: await lives.today(),
  source: 'portal',
  reference: 'page of the portal',
  ...more,
});

/** Reads the billing readiness of an application's scope on a day. */
async function gate({ book }: Life, dateOfService: PlainDate): Promise<ReadinessAnswer> {
  const { providerId, practiceId, payerId } = book;
  const question = { providerId, practiceId, payerId, state: 'CO', dateOfService };
  const [onFile] = await readReadinessEvidence(lives.sql, PRINCIPAL, [question]);
  if (!onFile || 'unknown' in onFile) throw new Error('unknown references');
  return evaluateBillingReadiness(question, onFile.evidence);
}

/** An approved application with all its facts. */
async function confirmed(effectiveOn: PlainDate, playbook = {}): Promise<Life> {
  const life = await submitted(playbook);
  await life.contact('committee');
  await life.contact('approved');
  for (const fact of FACTS) await life.confirm(fact, fact === 'effectiveDate' ? { value: effectiveOn } : {});
  return life;
}

/** Lists how often events said that billing readiness had become yes or no. */
const listAnswers = async ({ id }: Life): Promise<boolean[]> =>
  (
    await lives.sql<{ yes: boolean }[]>`
      select (data->'to'->>'mayBill')::boolean as yes from emitted
      where subject_id = ${id} and type = 'billing_readiness.changed' order by created_at`
  ).map(({ yes }) => yes);

/** The applications by which a participation is renewed, the first one first. */
const renewals = async ({ id, book }: Life): Promise<Life[]> =>
  (
    await lives.sql<{ id: string }[]>`
      select id from applications where previous_id = ${id} and kind = 'recredentialing' order by created_at`
  ).map((row) => new Life(lives, row.id, book));

const countOf = async (life: Life, kind: string): Promise<number> =>
  (await life.entries()).filter((entry) => entry.kind === kind).length;

test('awkward scenario 2: the payer has no record of it; the next attempt keeps proof and date of the first', async () => {
  const life = await submitted();
  const { submittedOn } = await life.state();
  await due(life);
  await life.contact('no_record');
  expect(await life.state()).toMatchObject({ attempt: 1, followUps: { credentialing: { purpose: 'second_look' } } });
  await due(life);
  const lost = await life.contact('no_record');
  expect(lost).toMatchObject({ attempt: 2, stage: 'ready_to_submit' });
  expect(lost.ended).toMatchObject([{ number: 1, submittedOn, endedBy: 'no_record', filingDateLost: false }]);
  expect(lost.agenda).not.toHaveProperty('statutory');
  const found = await life.contact('received');
  expect(found).toMatchObject({ attempt: 1, stage: 'in_review', submittedOn });
});

test('awkward scenario 4: the panel is closed; nothing fires for 90 days, and an invitation takes it up again', async () => {
  const life = await submitted();
  await life.contact('panel_closed');
  expect(await life.state()).toMatchObject({ stage: 'panel_closed', waiting: { on: 'nobody' } });
  const entries = (await life.entries()).length;
  await lives.env.sleep('85 days');
  expect([await life.items(), (await life.entries()).length]).toEqual([[], entries]);
  await due(life);
  expect(await life.items()).toEqual(['recheck_panel']);
  await life.attest();
  expect(await life.contact('invited')).toMatchObject({ stage: 'ready_to_submit', attempt: 2 });
});

test('awkward scenario 5: approved without a date or an ID; sources that disagree stand side by side until a person picks', async () => {
  const life = await submitted();
  const today = await lives.today();
  await life.contact('approved');
  expect(await gate(life, today)).toMatchObject({
    mayBill: false,
    reasons: expect.arrayContaining(['effective_date_unconfirmed', 'provider_id_unconfirmed']),
  });
  await due(life);
  expect(await life.items()).toContain('confirm_facts');
  const [portal, letter] = [addDays(today, -20), addDays(today, -5)];
  for (const fact of ['contract', 'payerProviderId', 'claimsRoute'] as const) await life.confirm(fact);
  await life.confirm('effectiveDate', { value: portal, source: 'portal' });
  expect((await life.state()).stage).toBe('confirmed');
  expect(await gate(life, today)).toMatchObject({ mayBill: true });
  await life.confirm('effectiveDate', { value: letter, source: 'letter' });
  const disputed = await gate(life, today);
  expect(disputed).toMatchObject({ mayBill: false, reasons: ['fact_disputed'] });
  expect(disputed.facts.effectiveDate).toMatchObject({ value: portal, otherValues: [letter] });
  expect(await life.items()).toContain('confirm_facts');
  await life.confirm('effectiveDate', { value: letter, reason: 'the letter is the later one' });
  expect(await gate(life, today)).toMatchObject({ mayBill: true, billableFrom: letter });
  expect(await life.items()).not.toContain('confirm_facts');
});

test('awkward scenario 6: the effective date is ahead, then later than stated, then earlier; each is history, none is overwritten', async () => {
  const first = addDays(await lives.today(), 20);
  const life = await confirmed(first);
  expect(await gate(life, addDays(first, -1))).toMatchObject({ mayBill: false, reasons: ['before_effective_date'] });
  expect(await gate(life, first)).toMatchObject({ mayBill: true });
  const later = addDays(first, 10);
  const knownBefore = await lives.now();
  await lives.env.sleep('1 hour');
  await life.confirm('effectiveDate', { value: later, reason: 'the payer moved it' });
  expect(await gate(life, first)).toMatchObject({ mayBill: false });
  await lives.env.sleep('22 days');
  expect((await life.state()).participation?.effective).toMatchObject({ on: later, begunAt: null });
  await lives.env.sleep('10 days');
  expect((await life.state()).participation?.effective?.begunAt).toEqual(expect.any(String));
  expect(await countOf(life, 'effective')).toBe(1);
  await eventually(async () => (await listAnswers(life)).at(-1) === true);

  // back to the first statement: claims between are free to go out, and the knowledge of then is still known
  const early = addDays(first, -15);
  await life.confirm('effectiveDate', { value: early, reason: 'backdated on appeal' });
  expect(await gate(life, addDays(first, -10))).toMatchObject({ mayBill: true, billableFrom: early });
  const { providerId, practiceId, payerId } = life.book;
  const question = { providerId, practiceId, payerId, state: 'CO', dateOfService: addDays(first, -10) };
  const [then] = await readReadinessEvidence(lives.sql, PRINCIPAL, [{ ...question, asOf: knownBefore }]);
  if (!then || 'unknown' in then) throw new Error('unknown references');
  expect(evaluateBillingReadiness(question, then.evidence)).toMatchObject({ mayBill: false, billableFrom: first });
  expect((await listAnswers(life)).filter(Boolean)).toHaveLength(1);
});

test('awkward scenario 8: returned for a missing certificate; the payer’s deadline stands, and what is late is visible', async () => {
  const life = await submitted({ informationDeadline: { days: 30 } });
  await life.contact('in_review');
  await life.contact('information_requested', { missingItems: ['Malpractice face sheet'] });
  expect(await life.items()).toEqual(['provide_information']);
  await life.act('pause', { reason: 'the provider is away' });
  await lives.env.sleep('32 days');
  expect((await life.state()).step?.deadlinePassedAt).toEqual(expect.any(String));
  expect(await life.items()).toContain('provide_information');
  const provided = { providedOn: await lives.today(), items: ['Malpractice face sheet'] };
  expect(await life.act('information', provided)).toMatchObject({ stage: 'in_review', outstanding: [] });
  expect(await life.contact('returned')).toMatchObject({
    attempt: 2,
    ended: [{ endedBy: 'returned', filingDateLost: true }],
  });
});

test('awkward scenario 9: nobody answers the payer’s letters: opened once, called to mind twice, missed; ended without a word', async () => {
  const life = await confirmed(await lives.today());
  const { dueOn } = (await life.state()).agenda.recredentialing!;
  await lives.env.sleep('900 days');
  expect(await renewals(life)).toEqual([]);
  await lives.env.sleep('230 days');
  const [renewal] = await eventually(async () => {
    const made = await renewals(life);
    return made.length > 0 ? made : null;
  });
  const application = await findApplication(lives.sql, PRINCIPAL, renewal!.id);
  expect(application).toMatchObject({ kind: 'recredentialing', neededBy: dueOn, previousId: life.id });
  expect(await renewals(life)).toHaveLength(1);
  expect(await countOf(life, 'recredentialing_due')).toBe(1);
  expect(await countOf(life, 'recredentialing_reminder')).toBe(2);
  expect(await countOf(life, 'recredentialing_missed')).toBe(1);
  expect(await life.items()).toContain('recover_recredentialing');
  expect((await life.entries()).some((e) => e.kind === 'escalation' && e.data.track === 'recredentialing')).toBe(true);
  // the payer had ended it without a word
  const lastDay = addDays(await lives.today(), -20);
  await life.act('participation-end', { on: lastDay, reason: 'no answer', source: 'portal', reference: 'P-9' });
  expect(await gate(life, addDays(lastDay, 1))).toMatchObject({
    mayBill: false,
    reasons: expect.arrayContaining(['participation_ended']),
  });
  const entries = (await life.entries()).length;
  await lives.env.sleep('400 days');
  expect(await life.entries()).toHaveLength(entries);
});

test('awkward scenario 10: a second application for the same is refused with the first one; what another has begun is taken over', async () => {
  const life = await lives.open({ attestedDaysAgo: 1, adopt: { stage: 'in_review', referenceNumber: 'THEIRS-1' } });
  const { key, clientId } = await life.state();
  const request = { id: randomUUID(), clientId, key, body: {}, at: await lives.now() };
  const again = await openApplication(lives.sql, request, { type: 'system', id: 'test', name: 'Test' });
  expect(again).toEqual({ existingId: life.id });
  expect(await findApplication(lives.sql, PRINCIPAL, life.id)).toMatchObject({ referenceNumber: 'THEIRS-1' });
  // another way into the same network is another application
  const other = { ...request, id: randomUUID(), key: { ...key, kind: 'add_to_group' as const } };
  expect(await openApplication(lives.sql, other, { type: 'system', id: 'test', name: 'Test' })).toHaveProperty('run');
});

describe('a participation, whose payer does not have it right', () => {
  test('is looked after until it is loaded: only then the caution beside the yes goes', async () => {
    const today = await lives.today();
    const life = await confirmed(today);
    expect(await gate(life, today)).toMatchObject({
      mayBill: true,
      cautions: expect.arrayContaining(['not_seen_loaded']),
    });
    await due(life);
    expect(await life.items()).toEqual(['check_loading', 'verify_directory']);
    await life.act('loading', await seen({ status: 'not_loaded' }));
    await due(life);
    await life.act('loading', await seen({ status: 'loaded' }));
    expect((await gate(life, await lives.today())).cautions).not.toContain('not_seen_loaded');
    expect(await life.items()).toEqual(['verify_directory']);
    for (let round = 0; round < 4; round += 1) {
      await life.act('directory', await seen({ status: 'listed' }));
      expect(await life.items()).toEqual([]);
      await lives.env.sleep('95 days');
      expect(await life.items()).toEqual(['verify_directory']);
    }
  });

  test('loaded under another TIN, may not be billed until a person chooses, and the practice’s agreement stays as it is', async () => {
    const life = await confirmed(await lives.today());
    const today = await lives.today();
    await life.act('issues', { code: 'wrong_tin', since: today });
    expect(await gate(life, today)).toMatchObject({ mayBill: false, reasons: ['fact_disputed'] });
    const [agreement] = await lives.sql<{ claimsRoute: object | null }[]>`
      select claims_route from agreements where practice_id = ${life.book.practiceId}`;
    expect(agreement!.claimsRoute).toMatchObject({ value: VALUES.claimsRoute });
    await lives.env.sleep('40 days');
    expect((await life.entries()).filter((e) => e.kind === 'escalation').map((e) => e.data)).toEqual(
      expect.arrayContaining([expect.objectContaining({ track: 'wrong_tin' })]),
    );
    await life.contact('other', { about: 'wrong_tin' });
    await life.act('issue-resolution', { code: 'wrong_tin', resolvedOn: await lives.today() });
    expect(await gate(life, today)).toMatchObject({ mayBill: false });
    await life.confirm('claimsRoute', { reason: 'a test claim was paid' });
    expect(await gate(life, today)).toMatchObject({ mayBill: true });
  });
});
