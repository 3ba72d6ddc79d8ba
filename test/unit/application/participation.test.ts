import { FACTS, type Fact } from '../../../domain/kernel/codes';
import { wasSeenLoaded } from '../../../domain/applications/participation';
import type { ApplicationState } from '../../../domain/applications/state';
import { startOfDay } from '../../../domain/time/calendar';
import { addDays } from '../../../domain/time/dates';
import type { Playbook } from '../../../domain/registry/playbook';
import { DAY0, toLocalText, Paper, TODAY0, FACT_VALUES, ZONE } from './paper';

/**
 * A participation that is effective on a day; the committee's day was stated, or the payer's yes is all that is known.
 */
function participation({
  effectiveOn = '2027-03-01',
  playbook = {} as Playbook,
  committee = true,
}: { effectiveOn?: string; playbook?: Playbook; committee?: boolean } = {}): Paper {
  const paper = new Paper({ playbook }).submit();
  if (committee) paper.contact('committee');
  paper.contact('approved');
  for (const fact of FACTS) paper.confirm(fact, { value: fact === 'effectiveDate' ? effectiveOn : FACT_VALUES[fact] });
  return paper;
}

/** One that was taken over when it was confirmed long ago: nobody knows when the committee decided. */
function adopted(effectiveOn: string): Paper {
  const given = (fact: Fact) => ({ value: FACT_VALUES[fact], source: 'letter', reference: 'L1' });
  const confirmations = Object.fromEntries(FACTS.map((fact) => [fact, given(fact)]));
  confirmations.effectiveDate!.value = effectiveOn;
  return new Paper({ adopt: { stage: 'confirmed', confirmations } });
}

const at = (paper: Paper, timer: keyof ApplicationState['agenda']['timers']) => {
  const due = paper.state.agenda.timers[timer];
  return due && toLocalText(due);
};
const seen = (status: string, paper: Paper) => ({ status, seenOn: paper.today });

describe('a participation begins', () => {
  test('on its effective date, at midnight where the client is', () => {
    const paper = participation();
    expect(at(paper, 'effective')).toBe('2027-03-01 00:00');
    paper.endOf('2027-03-01');
    expect(paper.last('effective').data).toEqual({ on: '2027-03-01' });
    expect(at(paper, 'effective')).toBeUndefined();
  });

  test('at once where that day has come already, without waking', () => {
    expect(at(participation({ effectiveOn: TODAY0 }), 'effective')).toBeUndefined();
    expect(at(participation({ effectiveOn: '2026-11-01' }), 'effective')).toBeUndefined();
  });

  test('again on another day, where the effective date was corrected to one that is ahead', () => {
    const paper = participation({ effectiveOn: TODAY0 });
    paper.confirm('effectiveDate', { value: '2027-04-01', reason: 'the letter says so' });
    expect(at(paper, 'effective')).toBe('2027-04-01 00:00');
    paper.endOf('2027-04-01');
    expect(paper.kinds().filter((kind) => kind === 'effective')).toHaveLength(1);
  });
});

describe('what the payer has', () => {
  test('is as it was seen last, whichever sighting was entered last', () => {
    const paper = participation({ effectiveOn: '2026-12-01' }).days(10);
    paper.act('loading', seen('loaded', paper)).act('directory', seen('listed', paper));
    const { loading, directory, followUps } = paper.state.participation!;
    paper
      .act('loading', { status: 'not_loaded', seenOn: TODAY0 })
      .act('directory', { status: 'missing', seenOn: TODAY0 });
    expect(paper.state.participation).toMatchObject({ loading, directory, followUps });
    expect(paper.last('loading').data).toMatchObject({ status: 'not_loaded', outdated: true });
    paper.act('loading', { ...seen('not_loaded', paper) });
    expect(paper.state.participation!.loading!.status).toBe('not_loaded');
  });

  test('is looked at 30 business days after the later of confirmation and effective date', () => {
    expect(at(participation(), 'followUp:loading')).toBe('2027-04-12 09:00');
    expect(at(participation({ effectiveOn: '2026-12-01' }), 'followUp:loading')).toBe('2027-02-17 09:00');
    expect(at(participation({ playbook: { loadingCheck: { days: 3 } } }), 'followUp:loading')).toBe('2027-03-04 09:00');
  });

  test('is in the queue then, and again after each contact, until it was seen loaded', () => {
    const paper = participation().endOf('2027-04-12');
    expect(paper.items).toEqual(['check_loading', 'verify_directory']);
    paper.contact('other', { about: 'loading' });
    expect(paper.items).toEqual(['verify_directory']);
    expect(at(paper, 'followUp:loading')).toBe('2027-04-26 09:00');
    paper.endOf('2027-04-26').act('loading', seen('not_loaded', paper));
    expect(wasSeenLoaded(paper.state)).toBe(false);
    expect(at(paper, 'followUp:loading')).toBe('2027-05-10 09:00');
    paper.endOf('2027-05-10').act('loading', seen('loaded', paper));
    expect(wasSeenLoaded(paper.state)).toBe(true);
    expect(paper.items).toEqual(['verify_directory']);
    expect(at(paper, 'followUp:loading')).toBeUndefined();
  });

  test('is escalated where nobody looks', () => {
    const paper = participation().days(200);
    expect(paper.events.filter((e) => e.kind === 'escalation').map((e) => e.data)).toMatchObject([
      { track: 'directory' },
      { track: 'loading' },
    ]);
  });

  test('nobody reached by phone is no contact; the day on which to try again may be named', () => {
    const paper = participation().endOf('2027-04-12').contact('no_answer');
    expect(paper.items).toEqual(['check_loading', 'verify_directory']);
    paper.contact('no_answer', { nextFollowUpOn: '2027-04-15' });
    expect(paper.items).toEqual([]);
    expect(at(paper, 'followUp:loading')).toBe('2027-04-15 09:00');
  });

  test('the directory is verified every 90 days, sooner while it is wrong', () => {
    const paper = participation().endOf('2027-04-12').act('directory', { status: 'listed', seenOn: '2027-04-12' });
    expect(at(paper, 'followUp:directory')).toBe('2027-07-12 09:00');
    paper.endOf('2027-07-11').act('directory', { status: 'inaccurate', seenOn: '2027-07-11' });
    expect(at(paper, 'followUp:directory')).toBe('2027-07-23 09:00');
    expect(paper.view.participation!.directory).toEqual({ status: 'inaccurate', seenOn: '2027-07-11' });
  });

  test('seen in the directory counts until the payer’s systems are seen to say otherwise', () => {
    const paper = participation().act('directory', seen('listed', participation()));
    expect(wasSeenLoaded(paper.state)).toBe(true);
    expect(wasSeenLoaded(paper.act('loading', seen('not_loaded', paper)).state)).toBe(false);
  });
});

describe('an issue', () => {
  test('is in the queue at once, chased at the payer’s cadence, escalated, and gone when it is resolved', () => {
    const paper = participation().act('issues', { code: 'claims_denied', since: TODAY0 });
    expect(paper.items).toEqual(['resolve_claims_denied']);
    expect(at(paper, 'escalation:claims_denied')).toBe('2027-01-19 09:00');
    paper.contact('other', { about: 'claims_denied' });
    expect(paper.items).toEqual([]);
    expect(at(paper, 'followUp:claims_denied')).toBe('2027-01-19 09:00');
    paper.endOf('2027-01-19');
    expect(paper.items).toEqual(['resolve_claims_denied']);
    paper.act('issue-resolution', { code: 'claims_denied', resolvedOn: paper.today });
    expect(paper.items).toEqual([]);
    expect(paper.view.participation!.issues).toMatchObject([{ code: 'claims_denied', resolvedOn: '2027-01-19' }]);
  });

  test('a second one of a code that is open changes nothing, another after it counts anew', () => {
    const paper = participation().act('issues', { code: 'not_loaded', since: TODAY0 });
    paper.act('issues', { code: 'not_loaded', since: '2027-01-02' });
    expect(paper.state.participation!.issues).toHaveLength(1);
    paper.act('loading', seen('loaded', paper)).act('issues', { code: 'not_loaded', since: TODAY0 });
    expect(paper.state.participation!.issues.map((issue) => issue.resolvedOn)).toEqual([TODAY0, null]);
    expect(wasSeenLoaded(paper.state)).toBe(false);
  });

  test('of a wrong TIN disputes the claims route until a person chooses, even when it is resolved', () => {
    const paper = participation().act('issues', { code: 'wrong_tin', since: TODAY0 });
    expect(paper.state.facts.claimsRoute).toMatchObject({ status: 'disputed' });
    expect(paper.state.facts.contract).toMatchObject({ status: 'confirmed' });
    expect(paper.items).toEqual(['confirm_facts', 'resolve_wrong_tin']);
    paper.act('issue-resolution', { code: 'wrong_tin', resolvedOn: TODAY0 });
    expect(paper.items).toEqual(['confirm_facts']);
    paper.confirm('claimsRoute', { reason: 'a test claim went through' });
    expect(paper.state.facts.claimsRoute).toMatchObject({ status: 'confirmed' });
    expect(paper.state.facts.claimsRoute).not.toHaveProperty('disprovedBy');
    expect(paper.items).toEqual([]);
  });

  test('disproves what its entry names, and nothing else', () => {
    const paper = participation();
    paper.act('issues', { code: 'claims_denied', since: TODAY0, disproves: ['effectiveDate', 'contract'] });
    expect(FACTS.filter((fact) => paper.state.facts[fact]!.status === 'disputed')).toEqual([
      'contract',
      'effectiveDate',
    ]);
    expect(paper.stage).toBe('confirmed');
  });

  test('struck out, it never was: the fact stands again', () => {
    const paper = participation().act('issues', { code: 'wrong_tin', since: TODAY0 }).strike('issue');
    expect(paper.state.facts.claimsRoute).toMatchObject({ status: 'confirmed' });
    expect(paper.items).toEqual([]);
    expect(paper.view.participation!.issues).toEqual([]);
  });
});

describe('recredentialing', () => {
  const dates = (paper: Paper) => paper.view.participation!.recredentialing;

  test('is due 36 months after the committee had it, opens 180 days before, and is called to mind 120 and 90 days before, or on the last business day before that', () => {
    const paper = participation();
    expect(dates(paper)).toMatchObject({
      basis: 'committee_contact',
      from: TODAY0,
      dueOn: '2030-01-04',
      opensOn: '2029-07-06',
      status: 'ahead',
    });
    paper.endOf('2029-12-31');
    const entries = paper.events.filter((event) => event.kind.startsWith('recredentialing_'));
    expect(entries.map(({ kind, at: when }) => [kind, toLocalText(when).slice(0, 10)])).toEqual([
      ['recredentialing_due', '2029-07-06'],
      ['recredentialing_reminder', '2029-09-06'],
      ['recredentialing_reminder', '2029-10-05'],
    ]);
    expect(dates(paper)).toMatchObject({ status: 'under_way' });
  });

  test('missed, it is in the queue and escalated; for 30 days it is late, then an initial application again', () => {
    const paper = participation().endOf('2030-01-03');
    expect(paper.items).not.toContain('recover_recredentialing');
    paper.endOf('2030-01-06');
    expect(paper.items).toContain('recover_recredentialing');
    expect(dates(paper)).toMatchObject({ status: 'late', lateUntil: '2030-02-03' });
    paper.endOf('2030-02-05');
    expect(dates(paper)).toMatchObject({ status: 'initial_again' });
    expect(paper.events.some((e) => e.kind === 'escalation' && e.data.track === 'recredentialing')).toBe(true);
  });

  test('decided, the next cycle begins, and nothing of the last one is left in the queue', () => {
    const paper = participation().endOf('2030-01-06').act('committee-date', { on: '2030-01-06' });
    expect(paper.items).not.toContain('recover_recredentialing');
    expect(dates(paper)).toMatchObject({ basis: 'stated', dueOn: '2033-01-06', status: 'ahead', openedAt: null });
  });

  test('counts from the approval where no committee is known', () => {
    expect(dates(participation({ committee: false }))).toMatchObject({ basis: 'approval', from: TODAY0 });
  });

  test('of what was taken over, asks for the committee’s date, and assumes the effective date meanwhile', () => {
    const paper = adopted('2019-05-01');
    expect(dates(paper)).toMatchObject({ basis: 'effective_date', dueOn: '2028-05-01' });
    paper.days(9);
    expect(paper.items).toEqual(['ask_committee_date']);
    paper.act('committee-date', { on: '2025-06-15' });
    expect(paper.items).toEqual([]);
    expect(dates(paper)).toMatchObject({ basis: 'stated', dueOn: '2028-06-15' });
  });

  test('a committee’s date so old that the cycle is over is missed at once, and visible', () => {
    const paper = adopted('2019-05-01').act('committee-date', { on: '2023-06-15' }).ring().ring();
    expect(dates(paper)).toMatchObject({ dueOn: '2026-06-15', status: 'initial_again' });
    expect(paper.items).toContain('recover_recredentialing');
  });

  test('begun by the payer, is worked on at once and by the payer’s date', () => {
    const paper = participation().act('recredentialing', { startedOn: TODAY0, dueOn: '2027-02-15' });
    expect(paper.last('recredentialing_due').at).toBe(DAY0);
    expect(dates(paper)).toMatchObject({ dueOn: '2027-02-15', startedByPayerOn: TODAY0, status: 'under_way' });
    paper.endOf('2027-02-16');
    expect(paper.items).toContain('recover_recredentialing');
  });

  test('with a last day ahead it is looked after until that day has passed', () => {
    const paper = participation().act('participation-end', { on: '2027-06-30' });
    expect(paper.view).toMatchObject({ participationEndedOn: '2027-06-30', participation: { current: true } });
    expect(paper.state.agenda.timers.participationEnd).toBe(startOfDay('2027-07-01', ZONE));
    paper.endOf('2027-06-30');
    expect(paper.view.participation?.current).toBe(true);
    paper.endOf('2027-07-01');
    expect(paper.view).toMatchObject({ participationEndedOn: '2027-06-30', participation: { current: false } });
    expect(paper.last('participation_over').data).toEqual({ on: '2027-06-30' });
    expect(paper.view.allowedActions).not.toContain('participation-end');
  });

  test('ended, nothing is waited for any more', () => {
    const paper = participation().act('participation-end', { on: '2027-02-28' }).endOf('2027-03-01');
    expect(paper.state.agenda).toMatchObject({ timers: {}, items: [], followUps: {} });
    expect(paper.view.participation).toMatchObject({ current: false, followUps: {} });
  });
});

test('a state from before participations were looked after gets its part with the next entry', () => {
  const paper = participation();
  delete paper.state.participation;
  paper.act('notes', { visibility: 'internal' });
  expect(paper.view.participation).toMatchObject({ effectiveOn: '2027-03-01', current: true });
  expect(at(paper, 'followUp:loading')).toBe('2027-04-12 09:00');
});

describe('a change of which the payer must be notified', () => {
  const noticeGiven = { toldOfChanges: true };
  const change = (more: object = {}) => ({ field: 'address', changedOn: TODAY0, ...more });

  test('is in the queue at once, late after its last day, and stays until a contact says that the payer was notified', () => {
    const paper = participation().act('change-notice', change({ dueOn: '2027-01-20' }));
    const item = () => paper.state.agenda.items.find(({ purpose }) => purpose === 'tell_of_change');
    expect(toLocalText(item()!.dueAt)).toBe('2027-01-21 00:00');
    expect(paper.view.participation).toMatchObject({ untoldChanges: [{ field: 'address', dueOn: '2027-01-20' }] });
    paper.contact('other').contact('no_answer', noticeGiven);
    expect(item()).toBeDefined();
    // an earlier day of another change goes before
    paper.act('change-notice', change({ field: 'name', dueOn: '2027-01-10' }));
    expect(toLocalText(item()!.dueAt)).toBe('2027-01-11 00:00');
    paper.contact('other', noticeGiven);
    expect(item()).toBeUndefined();
    expect(paper.view.participation).toMatchObject({ untoldChanges: [] });
    paper.strike('contact');
    expect(toLocalText(item()!.dueAt)).toBe('2027-01-11 00:00');
  });

  test('that could not be reported yet is looked at again, by the playbook or on a named day, and never later than it is late', () => {
    const paper = participation().act('change-notice', change());
    paper.contact('other', { about: 'change', nextFollowUpOn: '2027-01-11' });
    expect(paper.items).not.toContain('tell_of_change');
    expect(at(paper, 'followUp:change')).toBe('2027-01-11 09:00');
    paper.endOf('2027-01-11');
    expect(paper.items).toContain('tell_of_change');
    expect(paper.state.agenda.timers['escalation:change']).toBeDefined();
  });

  test('is no matter of an application that has no participation, and ends with it', () => {
    expect(new Paper().give('change-notice', change())).toMatchObject({ type: 'action_not_allowed' });
    const paper = participation().act('change-notice', change());
    paper.act('participation-end', { on: addDays(paper.today, -1) });
    expect(paper.items).toEqual([]);
  });
});

test('a participation moves to another playbook, an application that is over does not', () => {
  expect(participation().give('playbook-migration', { version: 2 })).toBeNull();
  const over = participation().act('participation-end', { on: addDays(TODAY0, -1) });
  expect(over.give('playbook-migration', { version: 2 })).toMatchObject({ type: 'action_not_allowed' });
});
