import { FACTS, type Stage } from '../../../domain/kernel/codes';
import { COMPLETE, Paper, FACT_VALUES } from './paper';

const DATES = { stageSince: '2026-11-02', submittedOn: '2026-10-01', lastContactOn: '2026-12-29' };
const adopt = (stage: Stage, more = {}) => new Paper({ adopt: { stage, ...DATES, ...more } });
const proven = (facts: readonly (typeof FACTS)[number][]) =>
  Object.fromEntries(facts.map((fact) => [fact, { value: FACT_VALUES[fact], source: 'letter', reference: 'L1' }]));

describe('adoption', () => {
  test.each(['submitted', 'in_review', 'information_requested', 'approved', 'panel_closed'] as const)(
    '%s with true dates is not overdue on day one, and is looked after',
    (stage) => {
      const paper = adopt(stage);
      expect(paper.view).toMatchObject({ stage, open: true, overdue: false, submittedOn: '2026-10-01', attempt: 1 });
      expect(paper.view.stageSince.slice(0, 10)).toBe('2026-11-02');
      paper.days(0.5);
      expect(paper.view.overdue).toBe(false);
      expect(paper.nextFollowUpAt).not.toBeNull();
      expect(paper.days(400).items.length).toBeGreaterThan(0);
    },
  );

  test('counts the next look from the last contact, and never from before we knew of it', () => {
    expect(adopt('in_review').nextFollowUp).toBe('2027-01-13 09:00');
    expect(adopt('submitted').nextFollowUp).toBe('2027-01-06 09:00');
    expect(adopt('approved').nextFollowUp).toBe('2027-01-06 09:00');
    expect(adopt('in_review', { lastContactOn: '2026-10-05' }).nextFollowUpAt).toBe(adopt('in_review').now);
  });

  test('a named next date wins', () => {
    for (const stage of ['submitted', 'in_review', 'panel_closed', 'approved'] as const)
      expect(adopt(stage, { nextFollowUpOn: '2027-02-10' }).nextFollowUp).toBe('2027-02-10 09:00');
  });

  test.each(['denied', 'withdrawn'] as const)('%s is closed', (stage) => {
    expect(adopt(stage).view).toMatchObject({ stage, open: false, nextFollowUpAt: null });
  });

  test('confirmed with its facts is confirmed; approved with all of them too', () => {
    for (const stage of ['confirmed', 'approved'] as const)
      expect(adopt(stage, { confirmations: proven(FACTS) }).view).toMatchObject({ stage: 'confirmed', open: false });
    expect(adopt('approved', { confirmations: proven(['contract', 'effectiveDate']) }).view).toMatchObject({
      stage: 'approved',
      missingFacts: ['payerProviderId', 'claimsRoute'],
    });
  });

  test('a kind whose facts are on file already is confirmed without any', () => {
    const paper = new Paper({ kind: 'recredentialing', adopt: { stage: 'confirmed', ...DATES } });
    expect(paper.view).toMatchObject({ stage: 'confirmed', open: false });
  });

  test('brings its contract track', () => {
    const paper = adopt('in_review', { contractStatus: 'sent' });
    expect(paper.view.tracks.contracting).toMatchObject({ status: 'sent', waitingOn: 'provider' });
    expect(paper.days(1).items).toContain('chase_contract');
  });

  test("unmet prerequisites become blockers and don't move the stage", () => {
    const file = { ...COMPLETE, attestation: null, provider: { ...COMPLETE.provider!, malpractice: null } };
    const paper = new Paper({ file, adopt: { stage: 'in_review', ...DATES } });
    expect(paper.view).toMatchObject({
      stage: 'in_review',
      blockers: [{ code: 'malpractice' }, { code: 'attestation_missing' }],
    });
  });

  test('what came with the opening is not struck out entry by entry', () => {
    const paper = adopt('approved', { confirmations: proven(['contract']) });
    for (const kind of ['adopted', 'confirmation'] as const)
      expect(paper.give('corrections', { entryId: paper.last(kind).id })).toEqual({ type: 'not_correctable' });
  });
});
