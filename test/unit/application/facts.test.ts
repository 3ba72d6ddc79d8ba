import { FACTS, KINDS, type ApplicationKind, type Fact } from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import { KIND_RULES } from '../../../domain/registry/playbook';
import { COMPLETE, Paper, TODAY0 } from './paper';
import { pick } from '../../support/extent';

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

const OUT_OF_ORDER = { outOfOrder: { reason: 'it had happened' } };
const start = (kind: ApplicationKind = 'new_individual') => new Paper({ kind }).submit().contact('received');
/** Elapsed time needs no calendar: what is about order is tried in all of them. */
const IN_HOURS = {
  confirmReceiptAfter: { hours: 120 },
  followUpEvery: { hours: 240 },
  contactOverdueAfter: { hours: 48 },
  escalateAfter: { hours: 240 },
  expectedDecision: { hours: 2000 },
  contractChase: { hours: 240 },
  confirmationChase: { hours: 120 },
};
const confirmed = () => FACTS.reduce((paper, fact) => paper.confirm(fact), start().contact('approved'));

type Happening = Fact | 'approval' | 'executed';
const HAPPENINGS: readonly Happening[] = [...FACTS, 'approval', 'executed'];

function happen(paper: Paper, what: Happening, extra = {}): void {
  if (what === 'approval') paper.contact('approved', extra);
  else if (what === 'executed') paper.act('contract', { status: 'executed', on: TODAY0, ...extra });
  else paper.confirm(what, extra);
}

describe('where a platform covers the payer', () => {
  const covered = () => new Paper({ file: { ...COMPLETE, platformSince: '-infinity' } }).submit().contact('received');
  const seen = { partyName: 'Aspen Therapy PLLC', tinLast4: '6789' };

  test('contract and claims route count only once name and TIN were read off their evidence', () => {
    const paper = FACTS.reduce((now, fact) => now.confirm(fact), covered().contact('approved'));
    expect(paper.view).toMatchObject({
      stage: 'approved',
      missingFacts: ['contract', 'claimsRoute'],
      waitingOn: 'operator',
    });
    expect(paper.items).toEqual(['read_the_party']);
    expect(paper.view.tracks.contracting).toMatchObject({ status: 'none', waitingOn: 'operator' });
    // the payer has said all that it can: nobody calls it for what lies on our desk
    expect(paper.days(30).items).toEqual(['read_the_party']);
    paper.confirm('contract', { seen }).confirm('claimsRoute', { seen });
    expect(paper.view).toMatchObject({
      stage: 'confirmed',
      missingFacts: [],
      tracks: { contracting: { status: 'executed' } },
    });
    expect(paper.items).toEqual([]);
  });

  test('a name or a TIN alone is not enough, and neither is a location', () => {
    for (const one of [{ partyName: seen.partyName }, { tinLast4: seen.tinLast4 }, { locationId: 'location' }])
      expect(covered().confirm('contract', { seen: one }).state.facts.contract).toMatchObject({ status: 'claimed' });
  });

  test('what was read once stays read when the same is said again without it', () => {
    const paper = covered().confirm('contract', { seen }).confirm('contract', { source: 'portal' });
    expect(paper.state.facts.contract).toMatchObject({ status: 'confirmed', partyRead: true });
  });

  test('a cover that becomes known later takes back what was not read, in a participation too', () => {
    const open = start().contact('approved').confirm('contract').change({ platformSince: '2020-01-01' });
    expect(open.view).toMatchObject({ missingFacts: expect.arrayContaining(['contract']), waitingOn: 'operator' });
    const paper = confirmed().change({ platformSince: '2020-01-01' });
    expect(paper.view).toMatchObject({ stage: 'confirmed', missingFacts: ['contract', 'claimsRoute'] });
    expect(paper.items).toContain('read_the_party');
    paper.confirm('contract', { seen }).confirm('claimsRoute', { seen });
    expect([paper.view.missingFacts, paper.items.includes('read_the_party')]).toEqual([[], false]);
  });

  test('a cover that begins on a day asks from that day on', () => {
    const paper = new Paper({ file: { ...COMPLETE, platformSince: addDays(TODAY0, 3) } }).submit().contact('received');
    paper.confirm('contract');
    expect(paper.days(2).state.facts.contract?.status).toBe('confirmed');
    expect(paper.days(2).state.facts.contract?.status).toBe('claimed');
  });
});

test('a document that is required of a fact is asked for until it is there', () => {
  const paper = start()
    .contact('approved')
    .confirm('contract')
    .change({ documentRequired: ['contract'] });
  expect(paper.view).toMatchObject({ missingFacts: expect.arrayContaining(['contract']), waitingOn: 'operator' });
  expect(paper.items).toEqual(['attach_document']);
  paper.confirm('contract', { evidence: ['letter'] });
  expect([paper.items, paper.state.facts.contract?.status]).toEqual([[], 'confirmed']);
});

describe('the four facts', () => {
  test('in every order with approval and contract: confirmed exactly when the payer said yes and all four are there', () => {
    for (const order of pick(permutations(HAPPENINGS))) {
      const paper = new Paper({ playbook: IN_HOURS }).submit().contact('received');
      // the executed track is no fact; what comes after the last fact comes to a closed application
      const last = order.findLast((what) => what !== 'executed')!;
      const open = order.slice(0, order.indexOf(last));
      const stages = open.map((what) => {
        happen(paper, what);
        return paper.stage;
      });
      expect({ order, stages }).toMatchObject({ stages: expect.not.arrayContaining(['confirmed']) });
      happen(paper, last);
      expect(paper.view).toMatchObject({ stage: 'confirmed', open: false, missingFacts: [] });
    }
  });

  test('before the submission was even logged they count as well, once the payer has said yes', () => {
    const paper = new Paper({ file: { ...COMPLETE, attestation: null } });
    for (const fact of FACTS) happen(paper, fact, OUT_OF_ORDER);
    expect([paper.stage, paper.view.missingFacts]).toEqual(['awaiting_attestation', []]);
    happen(paper, 'approval', OUT_OF_ORDER);
    expect(paper.last('stage').data).toMatchObject({ from: 'awaiting_attestation', to: 'confirmed' });
  });

  test('an executed contract is not the fact; confirming the fact sets the track to executed', () => {
    const paper = start().contact('approved').act('contract', { status: 'executed', on: TODAY0 });
    paper.confirm('effectiveDate').confirm('claimsRoute').confirm('payerProviderId');
    expect([paper.stage, paper.view.missingFacts]).toEqual(['approved', ['contract']]);
    expect(start().confirm('contract').view.tracks.contracting.status).toBe('executed');
  });

  test("on the client's word alone a fact is claimed and doesn't count, until there is proof of it", () => {
    const paper = start().contact('approved').confirm('effectiveDate', { source: 'client_word' });
    paper.confirm('contract').confirm('claimsRoute').confirm('payerProviderId');
    expect(paper.state.facts.effectiveDate).toMatchObject({ status: 'claimed' });
    expect([paper.stage, paper.view.missingFacts]).toEqual(['approved', ['effectiveDate']]);
    expect(paper.confirm('effectiveDate', { reference: 'L2' }).stage).toBe('confirmed');
  });

  test("the client's word never takes the place of proof that says the same", () => {
    const paper = start().confirm('effectiveDate').confirm('effectiveDate', { source: 'client_word' });
    expect(paper.state.facts.effectiveDate).toMatchObject({ status: 'confirmed' });
  });

  test('a value that differs is a dispute until a person chooses one with a reason', () => {
    const paper = start().confirm('effectiveDate').confirm('effectiveDate', { value: '2027-05-01' });
    expect(paper.state.facts.effectiveDate).toMatchObject({
      status: 'disputed',
      effectiveOn: '2027-03-01',
      against: [{ digest: '"2027-05-01"' }],
    });
    paper.contact('approved').confirm('contract').confirm('claimsRoute').confirm('payerProviderId');
    expect(paper.stage).toBe('approved');
    expect(paper.confirm('effectiveDate', { reference: 'L9' }).stage).toBe('approved');
    paper.confirm('effectiveDate', { reason: 'the letter is right' });
    expect(paper.state.facts.effectiveDate).toMatchObject({
      status: 'confirmed',
      effectiveOn: '2027-03-01',
      against: [],
    });
    expect(paper.stage).toBe('confirmed');
  });

  test('a value that differs supersedes the first when it carries a reason', () => {
    const paper = confirmed().confirm('effectiveDate', { value: '2027-05-01', reason: 'corrected by the payer' });
    expect(paper.state.facts.effectiveDate).toMatchObject({ status: 'confirmed', effectiveOn: '2027-05-01' });
    expect(paper.stage).toBe('confirmed');
  });

  test('an identical confirmation changes nothing', () => {
    const paper = start().confirm('effectiveDate');
    const before = structuredClone(paper.state);
    expect(paper.confirm('effectiveDate').state).toEqual(before);
  });

  test('a dispute after the application has closed keeps it closed', () => {
    const paper = confirmed().confirm('payerProviderId', { value: 'PIN-2' });
    expect(paper.state.facts.payerProviderId).toMatchObject({ status: 'disputed' });
    expect(paper.view).toMatchObject({ stage: 'confirmed', open: false, missingFacts: ['payerProviderId'] });
  });

  test('struck out, a fact is missing again, and an application that rested on it is open again', () => {
    const paper = confirmed();
    const closedAge = paper.view.ageSeconds;
    paper.days(30).strike('confirmation');
    expect(paper.view).toMatchObject({ stage: 'approved', open: true, missingFacts: ['claimsRoute'] });
    expect(paper.view.ageSeconds).toBe(closedAge + 30 * 86_400);
    expect(paper.days(0).items).toEqual(['confirm_facts']);
    expect(paper.confirm('claimsRoute').stage).toBe('confirmed');
  });

  test('of a superseding value struck out, the first counts again', () => {
    const paper = confirmed().confirm('effectiveDate', { value: '2027-05-01', reason: 'thought corrected' });
    expect(paper.strike('confirmation').state.facts.effectiveDate).toMatchObject({
      status: 'confirmed',
      effectiveOn: '2027-03-01',
    });
    expect(paper.stage).toBe('confirmed');
  });

  test('of a disputing value struck out, nothing is disputed', () => {
    const paper = confirmed().confirm('effectiveDate', { value: '2027-05-01' }).strike('confirmation');
    expect(paper.state.facts.effectiveDate).toMatchObject({ status: 'confirmed', against: [] });
  });
});

describe('a fact by phone where the operator wants a second person', () => {
  const BY_PHONE = { source: 'phone', rep: 'Dana', reference: 'call 7' };
  const wanting = () => {
    const paper = start().contact('approved');
    paper.phoneFactsNeedApproval = true;
    return paper.confirm('contract').confirm('effectiveDate').confirm('claimsRoute');
  };
  const awaiting = () => wanting().confirm('payerProviderId', BY_PHONE);

  test('is not on file before it is approved: stage, missing facts, whose turn it is, and the queue say so', () => {
    const paper = awaiting();
    expect(paper.state.facts.payerProviderId).toMatchObject({ status: 'claimed', awaitsApproval: true });
    expect(paper.view).toMatchObject({
      stage: 'approved',
      missingFacts: ['payerProviderId'],
      waitingOn: 'operator',
      nextFollowUpAt: null,
    });
    expect(paper.view.allowedActions).toContain('approval');
    expect(paper.items).toEqual(['approve_fact']);
    paper.act('approval', { fact: 'payerProviderId' });
    expect(paper.view).toMatchObject({ stage: 'confirmed', missingFacts: [] });
    expect(paper.items).toEqual([]);
    expect(paper.last('approval').data).toEqual({
      fact: 'payerProviderId',
      entryId: paper.last('confirmation').id,
    });
  });

  test('is approved by another user, once, and only where it awaits that', () => {
    const fact = 'payerProviderId';
    const paper = awaiting();
    expect(paper.give('approval', { fact, byRecorder: true })).toEqual({ type: 'second_person_needed' });
    expect(paper.give('approval', { fact: 'contract' })).toMatchObject({ because: 'no_approval_awaited' });
    expect(paper.give('approval', { fact })).toBeNull();
    expect(paper.give('approval', { fact })).toMatchObject({ because: 'no_approval_awaited' });
  });

  test('awaits it by the setting of the moment at which it was recorded, whichever way that is switched later', () => {
    const before = start().contact('approved').confirm('payerProviderId', BY_PHONE);
    before.phoneFactsNeedApproval = true;
    before.confirm('contract').confirm('effectiveDate').confirm('claimsRoute');
    expect(before.stage).toBe('confirmed');
    const after = awaiting();
    after.phoneFactsNeedApproval = false;
    expect(after.days(30).view).toMatchObject({ stage: 'approved', missingFacts: ['payerProviderId'] });
  });

  test('that another value replaces has to be approved anew; a letter needs nobody', () => {
    const paper = awaiting().act('approval', { fact: 'payerProviderId' });
    paper.confirm('payerProviderId', { ...BY_PHONE, value: 'PIN-2', reason: 'they corrected it' });
    expect(paper.view).toMatchObject({ stage: 'confirmed', missingFacts: ['payerProviderId'] });
    expect(paper.items).toEqual(['approve_fact']);
    expect(paper.confirm('payerProviderId', { value: 'PIN-2' }).view.missingFacts).toEqual([]);
  });

  test('stays what it is where the client says the same', () => {
    const paper = awaiting().confirm('payerProviderId', { source: 'client_word', reference: 'mail' });
    expect(paper.items).toEqual(['approve_fact']);
  });

  test('whose approval is struck out awaits it again', () => {
    const paper = awaiting().act('approval', { fact: 'payerProviderId' }).strike('approval');
    expect(paper.view).toMatchObject({ stage: 'approved', missingFacts: ['payerProviderId'] });
  });

  test('that an adoption brings awaits it too', () => {
    const confirmations = { payerProviderId: { value: 'PIN-1', ...BY_PHONE } };
    const paper = new Paper({ adopt: { stage: 'approved', confirmations }, phoneFactsNeedApproval: true });
    expect(paper.items).toContain('approve_fact');
  });
});

describe('what each kind of application needs', () => {
  const NEEDS: Record<ApplicationKind, Fact[]> = {
    new_individual: [...FACTS],
    add_to_group: [...FACTS],
    add_tin_or_location: [...FACTS],
    reinstatement: [...FACTS],
    new_group: ['contract', 'claimsRoute'],
    termination: ['effectiveDate'],
    recredentialing: [],
    change: [],
  };

  test.each(KINDS)('%s', (kind) => {
    const needed = NEEDS[kind];
    const paper = start(kind).contact('approved');
    expect([...paper.view.missingFacts].sort()).toEqual([...needed].sort());
    for (const fact of needed) {
      expect(paper.stage).toBe('approved');
      paper.confirm(fact);
    }
    expect(paper.stage).toBe('confirmed');
  });

  test('a new group has no provider and no CAQH step', () => {
    const file = { ...COMPLETE, provider: null, attestation: null };
    const paper = new Paper({ kind: 'new_group', file });
    expect(paper.view).toMatchObject({ stage: 'ready_to_submit', attestation: null });
    expect(paper.view.prerequisites.map((p) => p.code)).toEqual(['npi', 'practice_tin', 'practice_address']);
    const missing = new Paper({ kind: 'new_group', file: { ...file, practice: { ...file.practice, npi: null } } });
    expect(missing.view).toMatchObject({ stage: 'preparing', waitingOn: 'operator' });
  });

  test('only the kinds that join a network have a participation to end', () => {
    const ends = KINDS.filter((kind) => {
      const paper = start(kind).contact('approved');
      for (const fact of NEEDS[kind]) paper.confirm(fact);
      return paper.view.allowedActions.includes('participation-end');
    });
    expect(ends).toEqual(KINDS.filter((kind) => NEEDS[kind].length === 4));
    expect(ends).toEqual(KINDS.filter((kind) => KIND_RULES[kind].opensSpan));
  });

  test('where no contract is needed none is chased', () => {
    const paper = start('termination').contact('approved').days(60);
    expect(paper.items).toEqual(['confirm_facts']);
    expect(paper.view.tracks.contracting).toMatchObject({ waitingOn: 'nobody', nextFollowUpAt: null });
  });
});
