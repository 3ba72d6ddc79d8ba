import { fold } from '../../../domain/applications/reduce';
import { DAY0, Paper, TODAY0 } from './paper';

/** Where it is the next day already when the client's morning begins. */
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
  expect(fold(earlier).committeeOn).toBe(TODAY0);
  expect(fold(paper.events).committeeOn).toBe(NEXT_DAY);
});
