import { COMPLETE, Paper, TODAY0, toLocalText } from './paper';

const reviewed = () => new Paper().submit().contact('received');

describe('what was logged in error is struck out', () => {
  test('the stage, the timers and the next follow-up are those of the entries that remain', () => {
    const paper = reviewed().days(3);
    const before = structuredClone(paper.state);
    paper.contact('approved').days(1).strike('contact');
    expect(paper.state).toMatchObject({
      stage: 'in_review',
      stageSince: before.stageSince,
      followUps: before.followUps,
    });
    expect(paper.state.agenda).toEqual(before.agenda);
    expect(paper.kinds().slice(-3)).toEqual(['contact', 'stage', 'correction']);
  });

  test('entries are never deleted', () => {
    const paper = reviewed().contact('denied');
    const events = structuredClone(paper.events);
    paper.strike('contact');
    expect(paper.events.slice(0, events.length)).toEqual(events);
    expect(paper.state.version).toBe(paper.events.length);
  });

  test('a follow-up that the struck contact had put off is due again', () => {
    const paper = reviewed().days(16).contact('in_review');
    expect([paper.items, paper.nextFollowUp]).toEqual([[], '2027-02-03 09:00']);
    paper.strike('contact');
    expect([paper.items, paper.nextFollowUp]).toEqual([['check_status'], '2027-01-19 09:00']);
  });

  test('an attempt that a struck contact ended goes on', () => {
    const paper = reviewed().contact('returned').strike('contact');
    expect(paper.state).toMatchObject({ stage: 'in_review', attempt: 1, ended: [], submittedOn: TODAY0 });
  });

  test('what was filed meanwhile as the next attempt stays the next attempt', () => {
    const paper = reviewed().contact('returned').days(2);
    const returned = paper.last('contact').id;
    paper.submit().act('corrections', { entryId: returned });
    expect(paper.state).toMatchObject({
      stage: 'submitted',
      attempt: 2,
      submittedOn: '2027-01-06',
      ended: [{ number: 1, stage: 'in_review', submittedOn: TODAY0, filingDateLost: false }],
    });
  });

  test('a struck denial takes its window with it, and an appeal of it has no effect', () => {
    const paper = reviewed().contact('denied');
    const denial = paper.last('contact').id;
    paper.act('appeal', { filedOn: TODAY0 }).act('corrections', { entryId: denial });
    expect(paper.stage).toBe('in_review');
    expect(paper.state.agenda.timers.appealWindow).toBeUndefined();
  });

  test('a closed application that a struck entry had closed is open again, and goes on', () => {
    for (const closing of [
      () => reviewed().act('withdrawal'),
      () => reviewed().contact('denied').days(40),
      () => new Paper({ kind: 'recredentialing' }).submit().contact('received').contact('approved'),
    ]) {
      const paper = closing();
      expect(paper.view.open).toBe(false);
      paper.strike(paper.kinds().includes('withdrawal') ? 'withdrawal' : 'contact');
      expect([paper.stage, paper.view.open]).toEqual(['in_review', true]);
      expect(paper.days(30).items).toEqual(['check_status']);
    }
  });

  test('what is open again has its file as it reads now, with nothing due that was not handled', () => {
    const paper = new Paper({ file: { ...COMPLETE, attestation: null } }).act('withdrawal').days(30);
    paper.change({ attestation: COMPLETE.attestation });
    expect(paper.last('withdrawal').seq).toBe(paper.state.version - 1);
    paper.strike('withdrawal');
    expect(paper.kinds().slice(-3)).toEqual(['correction', 'file', 'stage']);
    expect(paper.stage).toBe('ready_to_submit');
    expect(Object.values(paper.state.agenda.timers).filter((at) => at <= paper.now)).toEqual([]);
  });

  test('a denial whose appeal is struck after its window has passed closes at once', () => {
    const paper = reviewed().contact('denied').act('appeal', { filedOn: TODAY0 }).days(60).strike('appeal');
    expect([paper.stage, paper.view.open]).toEqual(['denied', false]);
  });

  test('an application that was complete earlier than thought stays complete, whatever the payer said after', () => {
    const paper = reviewed()
      .contact('approved')
      .confirm('effectiveDate')
      .confirm('effectiveDate', { value: '2027-09-09' });
    const dispute = paper.last('confirmation').id;
    paper.confirm('contract').confirm('claimsRoute').confirm('payerProviderId').days(2);
    const confirmedOn = paper.last('confirmation').at;
    paper.contact('in_review').contact('approved').contact('no_answer', { nextFollowUpOn: '2027-02-01' });
    paper.act('contract', { status: 'negotiating', on: TODAY0 }).act('pause').act('corrections', { entryId: dispute });
    expect(paper.state).toMatchObject({
      stage: 'confirmed',
      closedAt: confirmedOn,
      followUps: {},
      paused: null,
      step: null,
    });
    expect(paper.state.agenda).toMatchObject({ timers: {}, items: [] });
  });

  test('a struck pause, resume, waiver or assignment is as if it had not been', () => {
    expect(reviewed().act('pause').strike('pause').state.paused).toBeNull();
    expect(reviewed().act('pause').act('resume').strike('resume').state.paused).not.toBeNull();
    expect(reviewed().act('assignment', { assignee: 'user' }).strike('assignment').state.assignee).toBeNull();
    const file = { ...COMPLETE, practice: { ...COMPLETE.practice, address: null } };
    const waived = new Paper({ file }).act('waivers', { prerequisite: 'practice_address', until: '2027-03-01' });
    expect(waived.strike('waiver').stage).toBe('preparing');
  });

  test('a struck end of a participation lets it go on', () => {
    const paper = reviewed().contact('approved').confirm('contract').confirm('effectiveDate').confirm('claimsRoute');
    paper.confirm('payerProviderId').act('participation-end', { on: '2027-12-31' });
    expect(paper.strike('participation_end').view.allowedActions).toContain('participation-end');
  });

  test('two entries can be struck, in either order', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const paper = reviewed();
      const entries = [paper.contact('denied').last('contact').id, paper.contact('approved').last('contact').id];
      for (const i of order) paper.act('corrections', { entryId: entries[i!] });
      expect(paper.stage).toBe('in_review');
    }
  });
});

describe('what cannot be struck out', () => {
  test('an entry of another application, or none', () => {
    expect(reviewed().give('corrections', { entryId: 'elsewhere' })).toEqual({ type: 'unknown_entry' });
  });

  test('what followed from another entry, what is struck already, a correction, the opening', () => {
    const paper = reviewed().days(20);
    for (const kind of ['stage', 'nudge', 'opened'] as const)
      expect(paper.give('corrections', { entryId: paper.last(kind).id })).toEqual({ type: 'not_correctable' });
    paper.strike('contact');
    for (const kind of ['contact', 'correction'] as const)
      expect(paper.give('corrections', { entryId: paper.last(kind).id })).toEqual({ type: 'not_correctable' });
    expect(toLocalText(paper.now)).toBe('2027-01-24 09:00');
  });
});
