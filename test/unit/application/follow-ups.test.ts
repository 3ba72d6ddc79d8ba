import { foldEvents } from '../../../domain/applications/reduce';
import { computeAgenda } from '../../../domain/applications/schedule';
import { COMPLETE, DAY0, Paper, TODAY0, ZONE, toLocalText } from './paper';

/** Received on a Monday; the next look is ten business days on, over a holiday: Tuesday the 19th. */
const reviewed = (playbook = {}) => new Paper({ playbook }).submit().contact('received');
const escalates = (paper: Paper) => toLocalText(paper.state.agenda.timers['escalation:credentialing']!);
const due = (paper: Paper) => paper.view.dueAt && toLocalText(paper.view.dueAt);
/** It is another call, though one like it was logged on that day. */
const ANOTHER = { evenIfExists: true };

describe('when a follow-up is due', () => {
  test('receipt is confirmed five business days after the submission, the status asked every ten', () => {
    const paper = new Paper().submit();
    expect(paper.nextFollowUp).toBe('2027-01-11 09:00');
    expect(paper.contact('received').nextFollowUp).toBe('2027-01-19 09:00');
  });

  test('it counts from the day of submission, not from the day on which it was recorded', () => {
    expect(new Paper().submit({ submittedOn: '2026-12-30' }).nextFollowUp).toBe('2027-01-07 09:00');
  });

  test('a record that is late in coming is due now, and not overdue', () => {
    const paper = new Paper().submit({ submittedOn: '2026-06-01' });
    expect(paper.nextFollowUpAt).toBe(DAY0);
    paper.days(0);
    expect(paper.items).toEqual(['confirm_receipt']);
    expect(paper.view).toMatchObject({ overdue: false });
    expect(due(paper)).toBe('2027-01-06 09:00');
  });

  test('the day after a promised date', () => {
    expect(reviewed().contact('in_review', { promisedOn: '2027-01-07' }).nextFollowUp).toBe('2027-01-08 09:00');
  });

  test('the day that the payer named for its committee is when a decision is expected, until it has passed', () => {
    const paper = reviewed();
    const expected = () => paper.state.agenda.expectedDecisionAt?.slice(0, 10);
    expect(expected()).toBe('2027-04-04');
    paper.contact('in_review', { promisedOn: '2027-01-29' });
    expect(expected()).toBe('2027-04-04');
    paper.contact('committee', { promisedOn: '2027-02-10' });
    expect(expected()).toBe('2027-02-10');
    paper.contact('in_review');
    expect(expected()).toBe('2027-02-10');
    paper.contact('tabled', { promisedOn: '2027-03-10' });
    expect(expected()).toBe('2027-03-10');
    paper.contact('tabled');
    expect(expected()).toBe('2027-04-04');
    paper.contact('committee', { promisedOn: '2027-01-10' }).days(14).contact('in_review');
    expect(expected()).toBe('2027-04-04');
    paper.contact('committee', { promisedOn: '2027-06-01' });
    expect(expected()).toBe('2027-06-01');
    // another attempt is another committee
    expect(paper.contact('returned').submit().state.agenda.expectedDecisionAt!.slice(0, 10)).not.toBe('2027-06-01');
  });

  test('a named date wins over a promise and over the rule', () => {
    const named = { promisedOn: '2027-01-07', nextFollowUpOn: '2027-01-22' };
    expect(reviewed().contact('in_review', named).nextFollowUp).toBe('2027-01-22 09:00');
  });

  test('a promise of years is looked after within one', () => {
    expect(reviewed().contact('in_review', { promisedOn: '2036-01-07' }).nextFollowUp).toBe('2028-01-05 09:00');
  });

  test('a named date that has passed is due now', () => {
    expect(reviewed().contact('in_review', { nextFollowUpOn: '2026-12-01' }).nextFollowUpAt).toBe(DAY0);
  });

  test('inside the hours in which the payer can be called, in its zone, on its days', () => {
    const callHours = { timeZone: 'America/New_York', from: '13:30', to: '16:00', days: ['wed' as const] };
    expect(reviewed({ callHours }).nextFollowUp).toBe('2027-01-20 11:30');
  });

  test('never before the payer answers inquiries, unless a date is named or it is asked whether anything arrived', () => {
    const playbook = { earliestInquiry: { days: 45 } };
    expect(new Paper({ playbook }).submit().nextFollowUp).toBe('2027-01-11 09:00');
    expect(new Paper({ playbook }).submit().contact('no_answer').nextFollowUp).toBe('2027-01-11 09:00');
    expect(reviewed(playbook).nextFollowUp).toBe('2027-02-18 09:00');
    expect(reviewed(playbook).contact('in_review', { nextFollowUpOn: '2027-01-12' }).nextFollowUp).toBe(
      '2027-01-12 09:00',
    );
  });

  test('counted in days, or promised, it is on the next day on which the payer answers: no weekend, holiday or closure', () => {
    const closures = [{ from: '2027-01-19', to: '2027-01-20' }];
    const asked = (days: number, more = {}) => reviewed({ followUpEvery: { days }, closures, ...more }).nextFollowUp;
    expect(asked(4)).toBe('2027-01-08 09:00');
    // a Saturday; the Saturday before a holiday, which a closure is next to
    expect([asked(5), asked(12)]).toEqual(['2027-01-11 09:00', '2027-01-21 09:00']);
    const saturdays = { timeZone: ZONE, from: '08:00', to: '12:00', days: ['sat' as const] };
    expect(asked(4, { callHours: saturdays })).toBe('2027-01-09 08:00');
    const promised = (promisedOn: string) => reviewed({ closures }).contact('in_review', { promisedOn }).nextFollowUp;
    expect(promised('2027-01-08')).toBe('2027-01-11 09:00');
    expect(promised('2027-01-15')).toBe('2027-01-21 09:00');
    expect(reviewed().contact('in_review', { nextFollowUpOn: '2027-01-16' }).nextFollowUp).toBe('2027-01-19 09:00');
  });

  test('our deadlines are on their day, whatever day that is', () => {
    const callHours = { timeZone: ZONE, from: '08:00', to: '17:00', days: ['tue' as const] };
    const closures = [{ from: '2027-01-11', to: '2027-02-26' }];
    const playbook = { callHours, closures, informationDeadline: { days: 14 }, appealWindow: { days: 12 } };
    const dueOf = (paper: Paper) => paper.state.agenda.items.map(({ dueAt }) => toLocalText(dueAt));
    // Martin Luther King’s day, and a Saturday
    expect(dueOf(reviewed(playbook).contact('information_requested', { missingItems: ['W-9'] }))).toEqual([
      '2027-01-18 08:00',
    ]);
    const denied = reviewed(playbook).contact('denied', { channel: 'mail' });
    expect(dueOf(denied)).toEqual(['2027-01-16 08:00']);
    expect(toLocalText(denied.state.agenda.timers.appealWindow!)).toBe('2027-01-17 00:00');
    expect(toLocalText(reviewed(playbook).act('pause', { until: '2027-01-23' }).state.agenda.timers.pauseEnd!)).toBe(
      '2027-01-23 08:00',
    );
  });

  test('elapsed time is never moved into hours or off a weekend', () => {
    const paper = new Paper({ playbook: { confirmReceiptAfter: { seconds: 5 } } }).submit();
    expect(paper.nextFollowUpAt).toBe('2027-01-04T16:00:05.000Z');
  });
});

describe('what falls due', () => {
  test('goes into the queue and stays as it was until a contact, however long that takes', () => {
    const paper = reviewed().days(20);
    expect(paper.items).toEqual(['check_status']);
    paper.days(100);
    expect(paper.items).toEqual(['check_status']);
    expect(paper.nextFollowUp).toBe('2027-01-19 09:00');
    expect(due(paper)).toBe('2027-01-21 09:00');
    expect(paper.view.overdue).toBe(true);
    paper.contact('in_review');
    expect(paper.items).toEqual([]);
    expect(paper.nextFollowUpAt! > paper.now).toBe(true);
    expect(paper.view.overdue).toBe(false);
  });

  test('nudges once and escalates once', () => {
    const paper = reviewed().days(200);
    expect(paper.kinds().filter((kind) => kind === 'nudge' || kind === 'escalation')).toEqual(['nudge', 'escalation']);
    expect(toLocalText(paper.last('escalation').at)).toBe('2027-02-02 09:00');
  });

  test('is not settled by notes, assignments, a changed file, a waiver, or a pause and its end', () => {
    const paper = reviewed().days(20);
    paper
      .act('notes', { visibility: 'internal' })
      .act('assignment', { assignee: 'user' })
      .change({ attestation: null });
    paper.act('pause').act('resume');
    expect(paper.items).toEqual(['check_status']);
    expect(paper.nextFollowUp).toBe('2027-01-19 09:00');
  });

  test('is not settled by a call that nobody answered', () => {
    const paper = reviewed().days(20).contact('no_answer');
    expect(paper.items).toEqual(['check_status']);
    expect(paper.nextFollowUp).toBe('2027-01-19 09:00');
    expect(paper.state.noRecordLooks).toBe(0);
  });

  test('is put off to a named date by a call that nobody answered, and is then what it was', () => {
    const paper = new Paper().submit().contact('received').contact('no_record').ring();
    expect(paper.items).toEqual(['second_look']);
    paper.contact('no_answer', { nextFollowUpOn: '2027-02-01' });
    expect([paper.items, paper.nextFollowUp]).toEqual([[], '2027-02-01 09:00']);
    expect(paper.ring().items).toEqual(['second_look']);
    expect(paper.contact('no_record').state).toMatchObject({ stage: 'ready_to_submit', attempt: 2 });
  });

  test('goes out to the ladder in half the time after two calls that nobody answered, and stays as it was', () => {
    const paper = reviewed().days(16).contact('no_answer');
    expect(escalates(paper)).toBe('2027-02-02 09:00');
    paper.contact('no_answer', ANOTHER);
    expect(escalates(paper)).toBe('2027-01-26 09:00');
    expect([paper.items, paper.nextFollowUp, due(paper)]).toEqual([
      ['check_status'],
      '2027-01-19 09:00',
      '2027-01-21 09:00',
    ]);
    expect(
      paper
        .days(60)
        .kinds()
        .filter((kind) => kind === 'escalation'),
    ).toHaveLength(1);
  });

  test('is settled by what was asked: the submission, the items, the fact, the closing', () => {
    expect(new Paper().items).toEqual(['submit']);
    expect(new Paper().submit().items).toEqual([]);
    const asked = reviewed().contact('information_requested', { missingItems: ['W-9'] });
    expect(asked.items).toEqual(['provide_information']);
    expect(asked.act('information', { providedOn: TODAY0, items: ['W-9'] }).items).toEqual([]);
    const approved = reviewed().contact('approved').days(40);
    expect(approved.items).toEqual(['chase_contract', 'confirm_facts']);
    expect(approved.confirm('contract').items).toEqual(['confirm_facts']);
    approved.confirm('effectiveDate').confirm('claimsRoute').confirm('payerProviderId');
    expect([approved.stage, approved.items]).toEqual(['confirmed', []]);
    expect(reviewed().days(20).act('withdrawal').items).toEqual([]);
  });
});

test('an application that was lost and found again has its clocks, promises and decisions again', () => {
  const known = ({ completeAt, completeOn, decisionPromisedOn, committeeOn, approvedOn }: Paper['state']) => ({
    completeAt,
    completeOn,
    decisionPromisedOn,
    committeeOn,
    approvedOn,
  });
  const paper = reviewed()
    .contact('committee', { rep: 'Dana', referenceNumber: 'C-1', completeOn: '2027-01-04', promisedOn: '2027-03-01' })
    .contact('approved');
  const before = known(paper.state);
  expect(Object.values(before)).not.toContain(undefined);
  const statutory = paper.state.agenda.statutory;
  paper.contact('no_record').contact('no_record', ANOTHER);
  expect(paper.state.attempt).toBe(2);
  expect(new Set(Object.values(known(paper.state)))).toEqual(new Set([undefined]));
  paper.submit().contact('in_review', { rep: 'Dana', referenceNumber: 'C-9', completeOn: '2027-01-04' });
  const second = known(paper.state);
  paper.act('restoration', { attempt: 1 });
  expect(known(paper.state)).toEqual(before);
  expect(paper.state.agenda.statutory).toEqual(statutory);
  expect(known(paper.act('restoration', { attempt: 2 }).state)).toEqual(second);
});

describe('one call that is logged twice is one', () => {
  const call = { rep: 'Dana', referenceNumber: 'C-1' };

  test('of no record: a second look is by another representative, or under another reference', () => {
    const once = () => new Paper().submit().contact('received').contact('no_record', call);
    expect(once().contact('no_record', call).state).toMatchObject({ attempt: 1, noRecordLooks: 1 });
    expect(once().contact('no_answer').contact('no_record', call).state.attempt).toBe(1);
    expect(once().contact('no_record', { ...call, referenceNumber: 'C-2' }).state.attempt).toBe(2);
    expect(once().contact('no_record', { ...call, rep: 'Robin' }).state.attempt).toBe(2);
    expect(once().contact('no_record').state.attempt).toBe(2);
  });

  test('of no record by nobody in particular: a click too many on the same day is no second look', () => {
    const looked = (more: Record<string, unknown>) =>
      new Paper().submit().contact('received').contact('no_record', more);
    for (const said of [{}, { rep: 'Dana' }, { referenceNumber: 'C-1' }]) {
      const once = looked(said);
      expect(once.contact('no_record', said).state).toMatchObject({ attempt: 1, noRecordLooks: 1 });
      expect(once.kinds().filter((kind) => kind === 'contact')).toHaveLength(3);
      // the day that counts is where the client is: it is over long after midnight in UTC
      expect(once.until('2027-01-05T06:59:00.000Z').contact('no_record', said).state.attempt).toBe(1);
      expect(once.until('2027-01-05T07:01:00.000Z').contact('no_record', said).state.attempt).toBe(2);
    }
    expect(looked({}).contact('no_record', { channel: 'phone' }).state.attempt).toBe(2);
    expect(looked({}).contact('no_record', { nextFollowUpOn: '2027-02-01' }).state.attempt).toBe(1);
  });

  test('unless the caller says that it is another, and a click too many on that is none', () => {
    for (const said of [{}, call]) {
      const again = { ...said, evenIfExists: true };
      const looked = new Paper().submit().contact('received').contact('no_record', said);
      expect(looked.contact('no_record', again).state.attempt).toBe(2);
      const unanswered = reviewed().contact('no_answer', said).contact('no_answer', again).contact('no_answer', again);
      expect(unanswered.view.unanswered).toBe(2);
    }
  });

  test('and does not settle the second look that is due', () => {
    const due = new Paper().submit().contact('received').contact('no_record', call).ring();
    expect(due.items).toEqual(['second_look']);
    expect(due.contact('no_record', call).items).toEqual(['second_look']);
  });

  test('nor does it count on after another answer, or where the first was struck out', () => {
    const answered = new Paper().submit().contact('received').contact('no_record', call).contact('in_review');
    expect(answered.contact('no_record', call).state.noRecordLooks).toBe(1);
    const twice = new Paper().submit().contact('received').contact('no_record', call).contact('no_record', call);
    expect(twice.strike('contact').state.noRecordLooks).toBe(1);
  });

  test('of no answer', () => {
    const paper = reviewed().contact('no_answer', call).contact('no_answer', call);
    expect(paper.view.unanswered).toBe(1);
    expect(paper.contact('no_answer', { ...call, referenceNumber: 'C-2' }).view.unanswered).toBe(2);
  });

  test('of no answer by nobody in particular, on the same day; one that names another date is another', () => {
    const paper = reviewed().contact('no_answer').contact('no_answer');
    expect(paper.view.unanswered).toBe(1);
    paper.contact('no_answer', { nextFollowUpOn: '2027-01-07' });
    expect([paper.view.unanswered, paper.nextFollowUp]).toEqual([2, '2027-01-07 09:00']);
    expect(paper.days(1).contact('no_answer').view.unanswered).toBe(3);
  });
});

describe('calls that nobody answered', () => {
  test('one changes nothing; with the second in a row the next look comes in half the interval', () => {
    const paper = reviewed().contact('no_answer');
    expect([paper.nextFollowUp, paper.view.unanswered]).toEqual(['2027-01-19 09:00', 1]);
    paper.contact('no_answer', ANOTHER);
    expect([paper.nextFollowUp, paper.view.unanswered]).toEqual(['2027-01-11 09:00', 2]);
    expect(paper.ring().items).toEqual(['check_status']);
    expect(paper.nextFollowUp).toBe('2027-01-11 09:00');
  });

  test('further ones put nothing off, and a look that is near stays where it is', () => {
    const paper = reviewed().contact('no_answer').contact('no_answer', ANOTHER).days(4).contact('no_answer');
    expect(paper.nextFollowUp).toBe('2027-01-11 09:00');
    expect(reviewed().days(14).contact('no_answer').contact('no_answer', ANOTHER).nextFollowUp).toBe(
      '2027-01-19 09:00',
    );
  });

  test('are forgotten with the next contact that is made', () => {
    const paper = reviewed().contact('no_answer').contact('no_answer', ANOTHER).contact('in_review');
    expect([paper.nextFollowUp, paper.view.unanswered]).toEqual(['2027-01-19 09:00', 0]);
    expect(paper.contact('no_answer').nextFollowUp).toBe('2027-01-19 09:00');
  });

  test('move no date that a user named or the payer promised', () => {
    const named = reviewed().contact('no_answer').contact('no_answer', { nextFollowUpOn: '2027-02-01' });
    expect(named.contact('no_answer').nextFollowUp).toBe('2027-02-01 09:00');
    const promised = reviewed().contact('in_review', { promisedOn: '2027-01-28' });
    expect(promised.contact('no_answer').contact('no_answer', ANOTHER).nextFollowUp).toBe('2027-01-29 09:00');
  });

  test('hurry what is chased after approval, and never before the payer answers inquiries', () => {
    const approved = reviewed().contact('approved').contact('no_answer').contact('no_answer', ANOTHER);
    expect(approved.nextFollowUp).toBe('2027-01-06 09:00');
    const early = reviewed({ earliestInquiry: { days: 45 } })
      .contact('no_answer')
      .contact('no_answer', ANOTHER);
    expect(early.nextFollowUp).toBe('2027-02-18 09:00');
  });

  test('struck out, they are as if they had not been', () => {
    expect(reviewed().contact('no_answer').contact('no_answer', ANOTHER).strike('contact').nextFollowUp).toBe(
      '2027-01-19 09:00',
    );
  });
});

describe('before submission', () => {
  test("the operator's own next step is the item, and there is no follow-up", () => {
    const bare = { ...COMPLETE, attestation: null };
    const paper = new Paper({ file: { ...bare, provider: { ...COMPLETE.provider!, malpractice: null } } });
    expect([paper.stage, paper.items, paper.nextFollowUpAt]).toEqual(['preparing', ['prepare'], null]);
    paper.change({ provider: COMPLETE.provider });
    expect([paper.stage, paper.items]).toEqual(['awaiting_attestation', ['obtain_attestation']]);
    paper.change({ attestation: COMPLETE.attestation });
    expect([paper.stage, paper.items]).toEqual(['ready_to_submit', ['submit']]);
  });

  test('a promised date is looked after', () => {
    const paper = new Paper().contact('other', { promisedOn: '2027-01-07' });
    expect(paper.nextFollowUp).toBe('2027-01-08 09:00');
    expect(paper.endOf('2027-01-08').items).toEqual(['check_status', 'submit']);
  });
});

describe('no record', () => {
  test('asks for a second look first, then means a new attempt; the earlier one keeps its dates', () => {
    const paper = new Paper().submit({ submittedOn: '2027-01-02' }).ring();
    expect(paper.items).toEqual(['confirm_receipt']);
    paper.contact('no_record');
    expect([paper.stage, paper.state.attempt, paper.items]).toEqual(['submitted', 1, []]);
    expect(paper.nextFollowUp).toBe('2027-01-12 09:00');
    expect(paper.ring().items).toEqual(['second_look']);
    paper.contact('no_record');
    expect(paper.state).toMatchObject({
      stage: 'ready_to_submit',
      attempt: 2,
      submittedOn: null,
      ended: [
        { number: 1, stage: 'submitted', submittedOn: '2027-01-02', endedBy: 'no_record', filingDateLost: false },
      ],
    });
    expect(paper.last('stage').data).toEqual({ from: 'submitted', to: 'ready_to_submit', attempt: 2 });
  });

  test('a found record in between starts over: the next `no_record` is again a first', () => {
    const paper = new Paper().submit().contact('no_record').contact('in_review').contact('no_record');
    expect(paper.state).toMatchObject({ stage: 'in_review', attempt: 1 });
    expect(paper.ring().items).toEqual(['second_look']);
    expect(paper.contact('in_review').ring().items).toEqual(['check_status']);
  });

  test('the lost one is found again: its dates count, and the new attempt is over', () => {
    const paper = new Paper().submit({ submittedOn: '2027-01-02' }).contact('no_record').contact('no_record', ANOTHER);
    paper.contact('received');
    expect(paper.state).toMatchObject({
      stage: 'in_review',
      attempt: 1,
      submittedOn: '2027-01-02',
      ended: [{ number: 2, submitted: false, endedBy: 'restoration' }],
    });
    expect(paper.nextFollowUp).toBe('2027-01-19 09:00');
  });

  test('after approval it takes a second look too, and then chases facts and contract as before', () => {
    const paper = reviewed().contact('approved').confirm('effectiveDate').confirm('claimsRoute');
    paper.confirm('payerProviderId').contact('no_record').ring();
    expect(paper.items).toEqual(['second_look']);
    paper.contact('other').ring();
    expect(paper.items).toEqual(['chase_contract']);
    expect(paper.contact('other').ring().items).toEqual(['chase_contract']);
  });
});

describe('returned unprocessed', () => {
  test('is a new attempt, and the filing date is lost', () => {
    const paper = new Paper().submit({ submittedOn: '2027-01-02' }).contact('returned');
    expect(paper.state).toMatchObject({
      stage: 'ready_to_submit',
      attempt: 2,
      ended: [{ number: 1, submittedOn: '2027-01-02', endedBy: 'returned', filingDateLost: true }],
    });
  });

  test('a resubmission of our own loses no date', () => {
    expect(new Paper().submit().act('resubmission').state.ended).toMatchObject([{ filingDateLost: false }]);
  });

  test('the third attempt is the third, whichever was restored in between', () => {
    const paper = new Paper().submit().contact('returned').submit().act('restoration', { attempt: 1 });
    expect(paper.contact('returned').state).toMatchObject({
      attempt: 3,
      ended: [
        { number: 1, endedBy: 'returned' },
        { number: 2, endedBy: 'restoration', submitted: true },
      ],
    });
  });
});

describe('a decision by phone alone', () => {
  test.each(['denied', 'panel_closed'])('%s is chased for written notice', (outcome) => {
    const paper = reviewed().contact(outcome, { channel: 'phone' });
    expect(paper.nextFollowUp).toBe('2027-01-11 09:00');
    expect(paper.endOf('2027-01-11').items).toContain('obtain_written_notice');
    paper.contact(outcome, { channel: 'mail' });
    expect(paper.items).not.toContain('obtain_written_notice');
  });

  test('a call that is not about the decision leaves the notice to be chased', () => {
    const paper = reviewed().contact('denied', { channel: 'phone' }).endOf('2027-01-11');
    paper.contact('other');
    expect(paper.days(8).items).toContain('obtain_written_notice');
  });

  test('in writing it is not chased: a closed panel is looked at again, a denial waits for our decision', () => {
    const panel = reviewed().contact('panel_closed', { channel: 'email' });
    expect([panel.nextFollowUp, panel.items, panel.view.waitingOn]).toEqual(['2027-04-05 09:00', [], 'nobody']);
    expect(panel.ring().items).toEqual(['recheck_panel']);
    const denied = reviewed().contact('denied');
    expect([denied.nextFollowUp, denied.items]).toEqual([null, ['decide_on_appeal']]);
  });

  test('an appeal puts the payer back to work', () => {
    const paper = reviewed().contact('denied', { channel: 'phone' }).act('appeal', { filedOn: TODAY0 });
    expect([paper.stage, paper.items, paper.nextFollowUp]).toEqual(['in_review', [], '2027-01-19 09:00']);
  });
});

describe('a denial', () => {
  test('can be appealed through the last day of its window and is closed afterwards', () => {
    const paper = reviewed().contact('denied').endOf('2027-02-03');
    expect(paper.view.allowedActions).toEqual(expect.arrayContaining(['appeal', 'resubmission']));
    paper.endOf('2027-02-04');
    expect([paper.stage, paper.view.open]).toEqual(['denied', false]);
    expect(toLocalText(paper.state.closedAt!)).toBe('2027-02-04 00:00');
  });

  test('a second notice of the same denial does not lengthen the window, a denial of the appeal opens one', () => {
    const paper = reviewed().contact('denied').days(10).contact('denied');
    const closes = () => paper.state.agenda.timers.appealWindow && toLocalText(paper.state.agenda.timers.appealWindow);
    expect(closes()).toBe('2027-02-04 00:00');
    paper.act('appeal', { filedOn: paper.today });
    expect(closes()).toBeUndefined();
    paper.days(10).contact('denied');
    expect(closes()).toBe('2027-02-24 00:00');
  });

  test('restored, an attempt has what was left of its window', () => {
    const paper = reviewed().contact('denied').days(10).act('resubmission').act('restoration', { attempt: 1 });
    expect(toLocalText(paper.state.agenda.timers.appealWindow!)).toBe('2027-02-04 00:00');
    expect(paper.items).toEqual(['decide_on_appeal']);
  });
});

describe('an information request', () => {
  const asked = () => reviewed().contact('information_requested', { missingItems: ['W-9', 'Face sheet'] });
  const returns = (paper: Paper, ...items: string[]) => paper.act('information', { providedOn: paper.today, items });

  test('ends when its last item is returned, and receipt is then confirmed', () => {
    const paper = returns(asked(), 'W-9');
    expect([paper.stage, paper.items]).toEqual(['information_requested', ['provide_information']]);
    returns(paper, 'Face sheet');
    expect([paper.stage, paper.items, paper.nextFollowUp]).toEqual(['in_review', [], '2027-01-11 09:00']);
    expect(paper.ring().items).toEqual(['confirm_receipt']);
  });

  test('never ends by a vague word', () => {
    for (const outcome of ['received', 'in_review', 'committee', 'tabled', 'other', 'no_answer'])
      expect(asked().contact(outcome).stage).toBe('information_requested');
    expect(returns(asked(), 'something else').stage).toBe('information_requested');
  });

  test("ends by the payer's word that the items aren't needed", () => {
    const paper = asked().contact('in_review', { itemsNotNeeded: true });
    expect([paper.stage, paper.items, paper.state.outstanding]).toEqual(['in_review', [], []]);
    expect(paper.nextFollowUp).not.toBeNull();
  });

  test('where no items were listed, any end it', () => {
    const paper = reviewed().contact('information_requested');
    expect(returns(paper, 'W-9').stage).toBe('in_review');
  });

  test('a second request adds to the first and does not move its deadline', () => {
    const paper = asked()
      .days(5)
      .contact('information_requested', { missingItems: ['Diploma'] });
    expect(toLocalText(paper.state.agenda.timers.informationDeadline!)).toBe('2027-01-19 00:00');
    expect(returns(paper, 'W-9', 'Face sheet').stage).toBe('information_requested');
    expect(returns(paper, 'Diploma').stage).toBe('in_review');
  });

  test('holds through its last day; when that has passed the item stays, and a new request has a new deadline', () => {
    const paper = asked().endOf('2027-01-18');
    expect(paper.kinds()).not.toContain('deadline_passed');
    paper.endOf('2027-01-19');
    expect(paper.kinds()).toContain('deadline_passed');
    expect(paper.items).toContain('provide_information');
    paper.contact('information_requested', { missingItems: ['Diploma'] });
    expect(toLocalText(paper.state.agenda.timers.informationDeadline!)).toBe('2027-02-03 00:00');
  });

  test('restored, an attempt still has its items and its deadline', () => {
    const paper = asked().days(2).act('resubmission').act('restoration', { attempt: 1 });
    expect(paper.stage).toBe('information_requested');
    expect(toLocalText(paper.state.agenda.timers.informationDeadline!)).toBe('2027-01-19 00:00');
    expect(returns(paper, 'W-9').stage).toBe('information_requested');
    expect(returns(paper, 'Face sheet').stage).toBe('in_review');
  });
});

describe('a pause', () => {
  test('silences nudges; what fell due meanwhile fires when it ends', () => {
    const paper = reviewed().act('pause').days(60);
    expect([paper.items, paper.kinds().includes('nudge'), paper.view.overdue]).toEqual([[], false, false]);
    expect(paper.stage).toBe('in_review');
    paper.act('resume').days(0);
    expect(paper.items).toEqual(['check_status']);
    expect(paper.nextFollowUp).toBe('2027-03-05 09:00');
  });

  test('makes nothing late: what fell due in it is due from its end, and goes up the ladder as long after that as ever', () => {
    for (const pause of [{}, { until: '2027-03-05' }]) {
      const paper = reviewed().act('pause', pause).days(60);
      if (!('until' in pause)) paper.act('resume').days(0);
      expect([paper.state.paused, paper.items, paper.view.overdue]).toEqual([null, ['check_status'], false]);
      expect([due(paper), escalates(paper)]).toEqual(['2027-03-09 09:00', '2027-03-19 09:00']);
      expect(paper.days(14).kinds()).toContain('escalation');
    }
  });

  test('gives what was asked already, and was not late yet, its whole time again; what was late stays late', () => {
    const asked = reviewed().days(16).act('pause').days(60).act('resume');
    expect([asked.nextFollowUp, due(asked)]).toEqual(['2027-01-19 09:00', '2027-03-23 09:00']);
    expect([asked.view.overdue, escalates(asked)]).toEqual([false, '2027-04-02 09:00']);
    const late = reviewed().days(20).act('pause').days(60).act('resume');
    expect([late.view.overdue, due(late), escalates(late)]).toEqual([true, '2027-01-21 09:00', '2027-04-08 09:00']);
  });

  test('leaves alone what fired at the very moment at which it began', () => {
    const paper = reviewed().contact('in_review', { nextFollowUpOn: TODAY0 }).act('pause').days(1).act('resume');
    expect([paper.items, paper.nextFollowUpAt]).toEqual([['check_status'], DAY0]);
  });

  test('gives our own next step its time again, and facts to be mended', () => {
    const paper = new Paper({ file: { ...COMPLETE, attestation: null } }).act('pause').days(60).act('resume');
    expect([paper.items, paper.view.overdue]).toEqual([['obtain_attestation'], false]);
    expect(paper.days(1).kinds()).not.toContain('escalation');
    expect(paper.days(20).kinds()).toContain('escalation');
  });

  test('one after another, each makes nothing late', () => {
    const paper = reviewed().act('pause').days(60).act('resume').days(1).act('pause').days(30).act('resume').days(0);
    expect([paper.items, paper.nextFollowUp]).toEqual([['check_status'], '2027-03-05 09:00']);
    expect([paper.view.overdue, due(paper)]).toEqual([false, '2027-04-07 09:00']);
    // questions from before them are settled, and so are they
    expect(paper.contact('in_review').act('pause').act('resume').state.pauses).toHaveLength(1);
  });

  test('that ended before its end renewed anything is folded as it was', () => {
    const paper = reviewed().act('pause').days(60).act('resume');
    const before = paper.events.map((event) => (event.kind === 'resume' ? { ...event, data: {} } : event));
    expect(foldEvents(before).pauses).toBeUndefined();
    expect(computeAgenda(foldEvents(before), paper.playbook, ZONE).followUps.credentialing!.at).toBe(
      '2027-01-19T16:00:00.000Z',
    );
  });

  test('ends by itself on its date', () => {
    const paper = reviewed().act('pause', { until: '2027-02-01' }).endOf('2027-01-31');
    expect(paper.state.paused).toMatchObject({ until: '2027-02-01' });
    paper.endOf('2027-02-01');
    expect([paper.state.paused, paper.items]).toEqual([null, ['check_status']]);
  });

  test("never silences the payer's deadline for information", () => {
    const paper = reviewed()
      .contact('information_requested', { missingItems: ['W-9'] })
      .act('pause');
    expect(paper.items).toEqual(['provide_information']);
    expect(paper.days(16).kinds()).toContain('deadline_passed');
  });

  test('never silences an appeal window', () => {
    const paper = reviewed().contact('denied').act('pause');
    expect(paper.items).toEqual(['decide_on_appeal']);
    expect(paper.days(40).view.open).toBe(false);
  });

  test('never silences an expiry', () => {
    const paper = new Paper().act('pause').days(130);
    expect(paper.stage).toBe('awaiting_attestation');
    const submitted = new Paper().submit().act('pause').days(130);
    expect(submitted.state.blockers.map((b) => b.code)).toEqual(['attestation_lapsed']);
  });

  test('waits on nobody meanwhile', () => {
    expect(reviewed().act('pause').view.waitingOn).toBe('nobody');
    expect(reviewed().act('pause').act('resume').view.waitingOn).toBe('payer');
  });
});

describe('the two tracks', () => {
  test('the contract is chased from the day it was sent, next to the credentialing', () => {
    const paper = reviewed().act('contract', { status: 'sent', on: '2026-12-30' });
    expect(paper.view.tracks.contracting).toMatchObject({ status: 'sent', waitingOn: 'provider' });
    expect(toLocalText(paper.view.tracks.contracting.nextFollowUpAt!)).toBe('2027-01-14 09:00');
    expect(paper.nextFollowUp).toBe('2027-01-19 09:00');
    expect(paper.endOf('2027-01-14').items).toEqual(['chase_contract']);
  });

  test.each(['none', 'executed', 'declined'])('a contract that is %s is not chased before approval', (status) => {
    const paper = reviewed().act('contract', { status: 'sent', on: TODAY0 }).act('contract', { status, on: TODAY0 });
    expect(paper.view.tracks.contracting.nextFollowUpAt).toBeNull();
  });

  test('after approval an unconfirmed contract is chased whatever its track says', () => {
    const paper = reviewed().act('contract', { status: 'executed', on: TODAY0 }).contact('approved');
    expect(toLocalText(paper.view.tracks.contracting.nextFollowUpAt!)).toBe('2027-01-19 09:00');
    expect(paper.nextFollowUp).toBe('2027-01-11 09:00');
    paper.confirm('effectiveDate').confirm('claimsRoute').confirm('payerProviderId');
    expect(paper.nextFollowUp).toBe('2027-01-19 09:00');
  });

  test('`waitingOn` shows operator before provider before payer before nobody', () => {
    const paper = reviewed();
    expect(paper.view.waitingOn).toBe('payer');
    paper.act('contract', { status: 'sent', on: TODAY0 });
    expect(paper.view).toMatchObject({ waitingOn: 'provider', tracks: { credentialing: { waitingOn: 'payer' } } });
    paper.contact('information_requested');
    expect(paper.view.waitingOn).toBe('operator');
    expect(new Paper({ file: { ...COMPLETE, attestation: null } }).view.waitingOn).toBe('provider');
    expect(new Paper().view.waitingOn).toBe('operator');
  });

  test('where the payer contracts first, its contract is waited for from the submission on', () => {
    const waits = (paper: Paper) => paper.view.tracks.contracting.waitingOn;
    expect(waits(reviewed())).toBe('nobody');
    expect(waits(new Paper({ playbook: { trackOrder: 'contracting_first' } }))).toBe('nobody');
    const paper = reviewed({ trackOrder: 'contracting_first' });
    expect(waits(paper)).toBe('payer');
    expect(waits(paper.act('contract', { status: 'sent', on: TODAY0 }))).toBe('provider');
  });

  test('a waived prerequisite keeps nobody waiting', () => {
    const file = { ...COMPLETE, practice: { ...COMPLETE.practice, address: null } };
    const paper = new Paper({ file: { ...file, provider: { ...COMPLETE.provider!, malpractice: null } } });
    expect(paper.view.waitingOn).toBe('operator');
    paper.act('waivers', { prerequisite: 'practice_address', until: '2027-02-01' });
    expect(paper.view.waitingOn).toBe('provider');
  });

  test('the days by whom was waited for add up to the age, to the second', () => {
    const paper = new Paper({ file: { ...COMPLETE, attestation: null } }).days(3.25);
    paper
      .change({ attestation: { attestedOn: paper.today, authorizedPayerIds: null } })
      .days(1.5)
      .submit()
      .days(20.125);
    paper.act('pause').days(2.5).act('resume').contact('in_review').days(5).act('withdrawal').days(10);
    const { waitingSeconds, ageSeconds } = paper.view;
    expect(ageSeconds).toBe(Math.floor((3.25 + 1.5 + 20.125 + 2.5 + 5) * 86_400));
    expect(Object.values(waitingSeconds).reduce((a, b) => a + b)).toBe(ageSeconds);
    expect(waitingSeconds.provider).toBe(Math.floor(3.25 * 86_400));
    expect(waitingSeconds.nobody).toBe(Math.floor(2.5 * 86_400));
  });

  test('each track counts for itself by whom it waits, and adds up to the age as well', () => {
    const paper = reviewed().days(4).act('contract', { status: 'sent', on: TODAY0 }).days(6.5);
    paper.act('contract', { status: 'signed', on: TODAY0 }).days(3).act('pause').days(2).act('resume').days(1.25);
    const { tracks, waitingSeconds, ageSeconds } = paper.view;
    const inDays = (seconds: Record<string, number>) => Object.values(seconds).map((one) => one / 86_400);
    // operator, provider, payer, nobody
    expect(inDays(tracks.credentialing.waitingSeconds)).toEqual([0, 0, 14.75, 2]);
    expect(inDays(tracks.contracting.waitingSeconds)).toEqual([0, 6.5, 4.25, 6]);
    expect(inDays(waitingSeconds)).toEqual([0, 6.5, 8.25, 2]);
    expect(ageSeconds).toBe(16.75 * 86_400);
  });
});
