import fc from 'fast-check';
import { TRACKS } from '../../../domain/applications/events';
import { isOpen } from '../../../domain/applications/state';
import { computeNextFollowUpAt } from '../../../domain/applications/view';
import { WEEKDAYS, type Weekday } from '../../../domain/time/calendar';
import { KINDS, OUTCOMES } from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import type { Duration } from '../../../domain/time/duration';
import type { Playbook } from '../../../domain/registry/playbook';
import { STARTER_SET } from '../../../domain/registry/starter-set';
import { ZONES } from '../../support/independent-calendar';
import { Paper } from './paper';
import { extent } from '../../support/extent';

const upTo = (max: number) => fc.integer({ min: 1, max });
const duration: fc.Arbitrary<Duration> = fc.oneof(
  fc.record({ businessDays: upTo(40) }),
  fc.record({ days: upTo(120) }),
  fc.record({ months: upTo(6) }),
  fc.record({ hours: upTo(500) }),
  fc.record({ minutes: upTo(5_000) }),
  fc.record({ seconds: upTo(90) }),
);
const callHours = fc.record(
  {
    timeZone: fc.constantFrom(...ZONES),
    from: fc.constantFrom('00:00', '02:30', '08:00', '17:30'),
    to: fc.constant('23:30'),
    days: fc.subarray([...WEEKDAYS] as Weekday[], { minLength: 1 }),
  },
  { requiredKeys: ['timeZone', 'from', 'to'] },
);
const written: fc.Arbitrary<Playbook> = fc.record(
  {
    requiresCaqh: fc.boolean(),
    confirmReceiptAfter: duration,
    followUpEvery: duration,
    earliestInquiry: duration,
    contactOverdueAfter: duration,
    escalateAfter: duration,
    expectedDecision: duration,
    informationDeadline: duration,
    appealWindow: duration,
    panelRecheck: duration,
    contractChase: duration,
    confirmationChase: duration,
    callHours,
    closures: fc.constant([{ from: '2027-01-11', to: '2027-01-29' }, { from: '2027-03-01' }]),
  },
  { requiredKeys: [] },
);
/** Every playbook: whatever may be written, and those that we give. */
const playbook = fc.oneof(written, fc.constantFrom(...STARTER_SET.map((payer) => payer.playbook)));

/** A contact, or silence; each after some time. */
const turn = fc.record({
  outcome: fc.option(fc.constantFrom(...OUTCOMES), { nil: undefined, freq: 8 }),
  channel: fc.constantFrom('phone', 'portal'),
  after: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 2_000 }).map((hours) => hours / 24),
  ),
  named: fc.option(fc.integer({ min: 0, max: 366 }), { nil: undefined }),
  promised: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined }),
  filed: fc.boolean(),
});

/**
 * The stages in which a follow-up is always armed or due; before them, and while a denial waits, our own step is the
 * item.
 */
const FOLLOWED = ['submitted', 'in_review', 'information_requested', 'approved', 'panel_closed'];

/** Lists the invariants that don't hold of an open application that nobody paused. */
function forgotten({ state, stage, items }: Paper): string[] {
  const timers = Object.keys(state.agenda.timers).filter((name) =>
    /^(followUp|escalation|appealWindow|informationD)/.test(name),
  );
  const next = computeNextFollowUpAt(state);
  const track = TRACKS.find((one) => state.agenda.followUps[one]?.at === next);
  const firedOrArmed =
    track !== undefined &&
    (state.agenda.timers[`followUp:${track}`] === next || items.includes(state.followUps[track]!.purpose));
  return [
    ...(timers.length > 0 || items.length > 0 ? [] : ['neither a timer is armed nor an item open']),
    ...(FOLLOWED.includes(stage) && next === null ? ['no next follow-up'] : []),
    ...(next !== null && !firedOrArmed ? ['its next follow-up is neither armed nor in the queue'] : []),
    ...(stage !== 'approved' && next !== (state.agenda.followUps.credentialing?.at ?? null)
      ? ['another than its own']
      : []),
  ];
}

test('for every playbook and every sequence of outcomes an open application waits for something, and has one next follow-up', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...KINDS),
      playbook,
      fc.array(turn, { minLength: 1, maxLength: 10 }),
      (kind, own, turns) => {
        const paper = new Paper({ kind, playbook: own });
        for (const { outcome, channel, after, named, promised, filed } of turns) {
          if (filed && paper.stage === 'ready_to_submit') paper.submit();
          paper.days(after);
          const dates = {
            ...(named !== undefined && { nextFollowUpOn: addDays(paper.today, named) }),
            ...(promised !== undefined && { promisedOn: addDays(paper.today, promised) }),
          };
          if (outcome) paper.give('contacts', { channel, outcome, outOfOrder: { reason: 'late' }, ...dates });
          if (isOpen(paper.state)) expect(forgotten(paper)).toEqual([]);
          // nothing is silent for more than a year, and the days until the payer can be called
          const until = [paper.nextFollowUpAt, ...Object.values(paper.state.agenda.timers)].filter((at) => at !== null);
          if (isOpen(paper.state) && paper.items.length === 0)
            expect(until.sort()[0]! <= `${addDays(paper.today, 380)}T23:59:59.999Z`).toBe(true);
        }
      },
    ),
    { numRuns: extent(500) },
  );
}, 300_000);
