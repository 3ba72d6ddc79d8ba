import { foldEvents } from '../../../domain/applications/reduce';
import { DAY0, Paper, TODAY0 } from './paper';

/** A zone in which it is the next day already when the client's morning begins. */
const GUAM = { callHours: { timeZone: 'Pacific/Guam', from: '09:00', to: '17:00' } };
const NEXT_DAY = '2027-01-05';

const submitted = (playbook = {}) => new Paper({ playbook, at: DAY0 }).submit();

test('what a payer decided is of the payer’s day, whatever day it is elsewhere', () => {
  const there = submitted(GUAM).contact('committee').contact('approved');
  expect([there.state.committeeOn, there.state.approvedOn]).toEqual([NEXT_DAY, NEXT_DAY]);
  const here = submitted().contact('committee').contact('approved');
  expect([here.state.committeeOn, here.state.approvedOn]).toEqual([TODAY0, TODAY0]);
});

test('a contract that is known by its confirmation is executed on the payer’s day', () => {
  expect(submitted(GUAM).confirm('contract').state.contract).toEqual({ status: 'executed', on: NEXT_DAY });
});

test('a promise of the payer ends with the payer’s day', () => {
  const paper = submitted(GUAM).contact('committee', { promisedOn: TODAY0 });
  expect(paper.contact('in_review').state.decisionPromisedOn).toBeUndefined();
});

test('entries from before the payer’s day was noted fold by the day in UTC, as they did', () => {
  const paper = submitted(GUAM).contact('committee');
  const earlier = paper.events.map(({ payerDay: _, ...event }) => event as (typeof paper.events)[number]);
  expect(foldEvents(earlier).committeeOn).toBe(TODAY0);
  expect(foldEvents(paper.events).committeeOn).toBe(NEXT_DAY);
});

describe('the client’s time zone changes', () => {
  const firesOnce = (paper: Paper) =>
    paper
      .days(40)
      .kinds()
      .filter((kind) => kind === 'nudge');

  test('and what is armed moves to the same hour of its days there, fires once, and stays where it was once more', () => {
    const paper = submitted();
    expect(paper.nextFollowUpAt).toBe('2027-01-11T16:00:00.000Z');
    paper.move('America/New_York');
    expect([paper.nextFollowUpAt, paper.kinds().at(-1)]).toEqual(['2027-01-11T14:00:00.000Z', 'replanned']);
    const entries = paper.events.length;
    expect(paper.move('America/New_York').events).toHaveLength(entries);
    expect(firesOnce(paper)).toHaveLength(1);
    expect(paper.last('nudge').at).toBe('2027-01-11T14:00:00.000Z');
  });

  test('and a timer fires by the new one, even without a notice', () => {
    const paper = submitted().until('2027-01-11T15:00:00.000Z');
    paper.move('Pacific/Honolulu');
    expect(paper.nextFollowUpAt).toBe('2027-01-11T19:00:00.000Z');
    expect(firesOnce(paper)).toHaveLength(1);
  });

  test('and what is due by it already is done at once, and what was done is not done again', () => {
    const late = submitted().until('2027-01-11T15:00:00.000Z').move('America/New_York');
    expect(late.items).toEqual(['confirm_receipt']);
    const done = submitted().until('2027-01-11T17:00:00.000Z').move('Pacific/Honolulu');
    expect(done.items).toEqual(['confirm_receipt']);
    expect(firesOnce(done)).toHaveLength(1);
    expect(done.kinds().filter((kind) => kind === 'escalation')).toHaveLength(1);
  });

  test('or anything else that an agenda rests on, as closures, and it is planned anew likewise', () => {
    const paper = submitted();
    const closures = [{ from: '2027-01-11', to: '2027-01-15' }];
    paper.playbook = { ...paper.playbook, window: { ...paper.playbook.window, closures } };
    paper.change({});
    expect([paper.nextFollowUpAt, paper.kinds().at(-1)]).toEqual(['2027-01-19T16:00:00.000Z', 'replanned']);
    expect(firesOnce(paper)).toHaveLength(1);
  });

  test('and nothing moves that goes by the payer’s', () => {
    const paper = submitted(GUAM);
    const { followUps } = paper.state.agenda;
    expect(paper.move('America/New_York').state.agenda).toMatchObject({
      followUps,
      // the day after the attestation's last is the client's
      timers: { file: '2027-05-03T04:00:00.000Z' },
    });
  });
});
