import { addDays, countDaysBetween } from '../../domain/time/dates';
import { Lives } from '../support/lives';

describe('a whole life', () => {
  let lives: Lives;
  beforeAll(async () => {
    lives = await Lives.begin();
  });
  afterAll(() => lives.stop());

  test('200 days: attested late, receipt unconfirmed twice, information returned, approved without a date, confirmed, corrected, ended', async () => {
    const life = await lives.open();
    expect(await life.state()).toMatchObject({ stage: 'awaiting_attestation', waiting: { on: 'provider' } });
    expect(await life.items()).toEqual(['obtain_attestation']);

    await lives.env.sleep('20 days');
    await life.attest();
    await life.until((s) => s.stage === 'ready_to_submit', '1 days');

    let state = await life.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
    expect(state).toMatchObject({ stage: 'submitted', attempt: 1, waiting: { on: 'payer' } });

    for (const look of [1, 2]) {
      await life.until((s) => s.agenda.items.length > 0, '10 days');
      expect([look, await life.items()]).toEqual([look, ['confirm_receipt']]);
      state = await life.contact('other');
      expect([look, state.stage]).toEqual([look, 'submitted']);
    }
    await life.until((s) => s.agenda.items.length > 0, '10 days');
    state = await life.contact('received', { referenceNumber: 'R-1' });
    expect(state.stage).toBe('in_review');

    await life.until((s) => s.agenda.items.length > 0, '20 days');
    state = await life.contact('information_requested', { missingItems: ['Malpractice face sheet', 'W-9'] });
    expect(state).toMatchObject({ stage: 'information_requested', waiting: { on: 'operator' } });
    state = await life.act('information', { providedOn: await lives.today(), items: ['W-9'] });
    expect(state.stage).toBe('information_requested');
    state = await life.act('information', { providedOn: await lives.today(), items: ['malpractice face  sheet'] });
    expect(state.stage).toBe('in_review');

    await life.act('contract', { status: 'sent', on: await lives.today() });
    await lives.env.sleep('12 days');
    state = await life.act('contract', { status: 'executed', on: await lives.today() });
    expect(state.contract.status).toBe('executed');

    await lives.env.sleep('90 days');
    state = await life.contact('approved');
    expect(state).toMatchObject({ stage: 'approved', contract: { status: 'executed' }, facts: {} });
    state = await life.until((s) => s.agenda.items.length > 0, '10 days');
    expect(await life.items()).toContain('confirm_facts');
    await life.contact('approved', { promisedOn: addDays(await lives.today(), 20) });
    await life.until((s) => s.agenda.items.length > 0, '30 days');

    await life.confirm('effectiveDate');
    await life.confirm('claimsRoute');
    await life.confirm('payerProviderId');
    state = await life.confirm('contract');
    expect(state).toMatchObject({ stage: 'confirmed', agenda: { timers: {}, items: [] } });
    const ageMs = Date.parse(state.closedAt!) - Date.parse(state.openedAt);
    expect(Object.values(state.waiting.ms).reduce((a, b) => a + b)).toBe(ageMs);

    await lives.env.sleep('30 days');
    state = await life.confirm('effectiveDate', { value: '2027-04-01', reason: 'the welcome letter was wrong' });
    expect(state.facts.effectiveDate).toMatchObject({ status: 'confirmed', effectiveOn: '2027-04-01' });
    state = await life.act('participation-end', {
      on: '2027-12-31',
      reason: 'moved',
      source: 'letter',
      reference: 'T1',
    });
    expect(state).toMatchObject({ participationEndsOn: '2027-12-31', participationEndedOn: null });

    expect(countDaysBetween(state.openedAt.slice(0, 10), await lives.today())).toBeGreaterThanOrEqual(200);
    const entries = await life.entries();
    expect(entries.map((e) => e.seq)).toEqual(entries.map((_e, i) => i + 1));
    expect(entries.filter((e) => e.kind === 'submission')).toHaveLength(1);
  });
});
