import { COMPLETE, Paper } from './paper';

const MALPRACTICE_MISSING = { ...COMPLETE.provider!, malpractice: null };
const attested = (attestedOn: string, authorizedPayerIds: string[] | null = null) => ({
  attestation: { attestedOn, authorizedPayerIds },
});

describe('the file behind an application', () => {
  test('ready means attested, current and authorised for this payer where that is recorded', () => {
    const on = (attestation: (typeof COMPLETE)['attestation']) =>
      new Paper({ file: { ...COMPLETE, attestation } }).stage;
    expect(on(null)).toBe('awaiting_attestation');
    expect(on({ attestedOn: '2026-06-01', authorizedPayerIds: null })).toBe('awaiting_attestation');
    expect(on({ attestedOn: '2027-01-02', authorizedPayerIds: ['another'] })).toBe('awaiting_attestation');
    expect(on({ attestedOn: '2027-01-02', authorizedPayerIds: ['payer'] })).toBe('ready_to_submit');
    expect(on({ attestedOn: '2027-01-02', authorizedPayerIds: null })).toBe('ready_to_submit');
  });

  test('attestation is skipped where the playbook needs no CAQH', () => {
    const file = { ...COMPLETE, attestation: null, provider: { ...COMPLETE.provider!, caqhId: null } };
    expect(new Paper({ file, playbook: { requiresCaqh: false } }).stage).toBe('ready_to_submit');
    expect(new Paper({ file }).stage).toBe('preparing');
  });

  test('a step records the file only when it reads differently', () => {
    const paper = new Paper().submit().contact('received').contact('in_review').days(30).change({});
    expect(paper.kinds()).not.toContain('file');
  });

  test('a change moves an unsubmitted application by itself, forth and back', () => {
    const paper = new Paper({ file: { ...COMPLETE, provider: MALPRACTICE_MISSING, attestation: null } });
    const stages = [
      paper.change({ provider: COMPLETE.provider }).stage,
      paper.change(attested('2027-01-04')).stage,
      paper.change({ provider: MALPRACTICE_MISSING }).stage,
      paper.change({ provider: COMPLETE.provider }).stage,
    ];
    expect(stages).toEqual(['awaiting_attestation', 'ready_to_submit', 'preparing', 'ready_to_submit']);
  });

  test('an attestation holds through day 120, and its lapse before submission asks for another', () => {
    const paper = new Paper({ file: { ...COMPLETE, ...attested('2027-01-04') } }).endOf('2027-05-04');
    expect(paper.view.attestation).toMatchObject({ state: 'current', dueOn: '2027-05-04' });
    expect(paper.stage).toBe('ready_to_submit');
    paper.endOf('2027-05-05');
    expect([paper.stage, paper.items]).toEqual(['awaiting_attestation', ['obtain_attestation']]);
  });

  test('where all current licences are in Illinois it holds through day 180', () => {
    const licences = [
      { state: 'IL', expiresOn: '2099-12-31' },
      { state: 'CO', expiresOn: '2026-12-31' },
    ];
    const provider = { ...COMPLETE.provider!, licences };
    const playbook = { requires: ['npi' as const] };
    const paper = new Paper({ playbook, file: { ...COMPLETE, provider, ...attested('2027-01-04') } });
    expect(paper.endOf('2027-07-03').stage).toBe('ready_to_submit');
    expect(paper.endOf('2027-07-04').stage).toBe('awaiting_attestation');
  });

  test('a lapsed date is accepted and recorded as such', () => {
    const paper = new Paper({ file: { ...COMPLETE, attestation: null } }).change(attested('2026-01-04'));
    expect(paper.view.attestation).toEqual({ state: 'lapsed', attestedOn: '2026-01-04', dueOn: '2026-05-04' });
    expect(paper.stage).toBe('awaiting_attestation');
  });

  test('in review a lapse raises a blocker and restarts nothing', () => {
    const paper = new Paper().submit().contact('received');
    const { nextFollowUpAt } = paper;
    paper.days(10).change({ provider: MALPRACTICE_MISSING });
    expect(paper.state).toMatchObject({ stage: 'in_review', attempt: 1, blockers: [{ code: 'malpractice' }] });
    expect([paper.nextFollowUpAt, paper.view.waitingOn]).toEqual([nextFollowUpAt, 'provider']);
    const { since } = paper.state.blockers[0]!;
    paper.days(3).change({ ...attested('2026-01-01') });
    expect(paper.state.blockers).toMatchObject([{ code: 'malpractice', since }, { code: 'attestation_lapsed' }]);
    paper.change({ provider: COMPLETE.provider, ...attested('2027-01-10') });
    expect(paper.state.blockers).toEqual([]);
  });

  test('an attestation that is too old for the payer is waited for before the submission, and a blocker after it', () => {
    const playbook = { attestationMaxDays: 90 };
    const old = attested('2026-11-01');
    const paper = new Paper({ playbook, file: { ...COMPLETE, ...old } });
    expect(paper.stage).toBe('ready_to_submit');
    expect(new Paper({ file: { ...COMPLETE, ...old } }).view.attestation).not.toHaveProperty('freshThrough');
    // 90 days later it is the 30th of January
    paper.days(27);
    expect(paper.stage).toBe('awaiting_attestation');
    expect(paper.view.attestation).toMatchObject({ state: 'stale', freshThrough: '2027-01-30', dueOn: '2027-03-01' });
    paper.change(attested('2027-01-31')).submit().contact('received').days(91);
    expect(paper.view).toMatchObject({
      stage: 'in_review',
      waitingOn: 'provider',
      blockers: [{ code: 'attestation_stale', text: expect.stringContaining('at most 90 days old') }],
    });
    expect(paper.change(attested(paper.today)).view.blockers).toEqual([]);
  });

  test('a waiver stands in for a prerequisite until its last day', () => {
    const paper = new Paper({ file: { ...COMPLETE, provider: MALPRACTICE_MISSING } });
    paper.act('waivers', { prerequisite: 'malpractice', until: '2027-02-01' });
    expect(paper.stage).toBe('ready_to_submit');
    expect(paper.view.prerequisites).toContainEqual({
      code: 'malpractice',
      met: false,
      reason: 'missing',
      waivedUntil: '2027-02-01',
    });
    expect(paper.endOf('2027-02-01').stage).toBe('ready_to_submit');
    paper.endOf('2027-02-02');
    expect([paper.stage, paper.items]).toEqual(['preparing', ['prepare']]);
  });

  test('a waiver for something else leaves it unmet', () => {
    const paper = new Paper({ file: { ...COMPLETE, provider: MALPRACTICE_MISSING } });
    paper.act('waivers', { prerequisite: 'npi', until: '2027-02-01' });
    expect(paper.stage).toBe('preparing');
  });

  test('what is unmet when the submission had happened outside becomes a blocker', () => {
    const paper = new Paper({ file: { ...COMPLETE, provider: MALPRACTICE_MISSING } });
    expect(paper.give('submission', { submittedOn: '2027-01-04' })).toMatchObject({ type: 'action_not_allowed' });
    paper.submit({ outOfOrder: { reason: 'filed by the client' } });
    expect(paper.state).toMatchObject({ stage: 'submitted', blockers: [{ code: 'malpractice' }] });
  });
});
