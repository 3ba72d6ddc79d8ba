import fc from 'fast-check';
import type { Instant } from '../../../domain/time/instants';
import { listArmedTimers } from '../../../domain/applications/schedule';
import { FACTS, OUTCOMES, type Stage } from '../../../domain/kernel/codes';
import { computeSendingTime } from '../../../domain/outreach/mailing-hours';
import { toDay, toWallClock, isWorkday, ZONES } from '../../support/independent-calendar';
import { Paper, TODAY0, toLocalText } from './paper';
import { extent } from '../../support/extent';

/**
 * Defects that comparable products are known to have, each test named after the failure that it would show. Sources:
 * issues of Zammad (#188, #1322, #904, #2082, #4432, #2157), and products that chase payers.
 */
const reviewed = () => new Paper().submit().contact('received');
const approved = () => reviewed().contact('approved');
const ladder = (paper: Paper) => paper.kinds().filter((kind) => kind === 'nudge' || kind === 'escalation');
const dueOf = (paper: Paper) => paper.view.dueAt && toLocalText(paper.view.dueAt);
/** Everything that a clock shows. */
const clocks = ({ view, items }: Paper) => {
  const { nextFollowUpAt, dueAt, overdue, waitingSeconds, ageSeconds, expectedDecisionAt } = view;
  return { nextFollowUpAt, dueAt, overdue, waitingSeconds, ageSeconds, expectedDecisionAt, items };
};

describe('the clock wrong after reopening', () => {
  test('what was closed in error and reopened stands where it would stand had it never been closed', () => {
    const reopened = reviewed().days(5).act('withdrawal').days(20);
    expect(reopened.view).toMatchObject({ open: false, ageSeconds: 5 * 86_400, nextFollowUpAt: null });
    reopened.strike('withdrawal').days(7);
    expect(clocks(reopened)).toEqual(clocks(reviewed().days(32)));
    expect(ladder(reopened)).toEqual(['nudge', 'escalation']);
  });

  test('what an appeal reopens counts from the appeal', () => {
    const paper = reviewed().contact('denied').days(9).act('appeal', { filedOn: '2027-01-13' });
    expect([paper.nextFollowUp, dueOf(paper)]).toEqual(['2027-01-28 09:00', '2027-02-01 09:00']);
    expect(paper.days(60).view.open).toBe(true);
  });
});

describe('a note that doesn’t restart it', () => {
  test.each(['phone', 'portal', 'email', 'fax', 'mail'])('a contact by %s restarts the clock', (channel) => {
    const paper = reviewed().days(20).contact('in_review', { channel });
    expect([paper.items, paper.nextFollowUp, dueOf(paper)]).toEqual([[], '2027-02-05 09:00', '2027-02-09 09:00']);
  });

  test.each(['internal', 'client'])(
    'and an %s note, which is no contact, neither restarts nor stops it',
    (visibility) => {
      const [noted, plain] = [reviewed(), reviewed()];
      for (let week = 0; week < 6; week += 1) {
        noted.act('notes', { visibility }).days(7);
        plain.days(7);
        expect(clocks(noted)).toEqual(clocks(plain));
      }
      expect(ladder(noted)).toEqual(['nudge', 'escalation']);
    },
  );
});

describe('escalation after merge or close', () => {
  test.each<[string, () => Paper]>([
    ['withdrawn', () => reviewed().days(20).act('withdrawal')],
    [
      'confirmed',
      () =>
        new Paper({ kind: 'new_group' })
          .submit()
          .contact('approved')
          .confirm('contract')
          .days(20)
          .confirm('claimsRoute'),
    ],
    ['denied for good', () => reviewed().contact('denied').days(31)],
    ['recredentialed', () => new Paper({ kind: 'recredentialing' }).submit().days(20).contact('approved')],
  ])('%s, nothing rings, is due or escalates any more', (_, closed) => {
    const paper = closed();
    const entries = paper.events.length;
    expect(paper.view).toMatchObject({ open: false, overdue: false, dueAt: null });
    expect([paper.days(400).events.length, paper.items]).toEqual([entries, []]);
  });

  test('confirmed, what is asked from then on is the participation’s, and nothing of the application', () => {
    const paper = approved().days(40);
    for (const fact of FACTS) paper.confirm(fact);
    const closedAt = paper.events.length;
    const asked = paper
      .days(400)
      .events.slice(closedAt)
      .flatMap((event) => (event.kind === 'nudge' ? [event.data.purpose] : []));
    expect(asked).toContain('check_loading');
    for (const purpose of ['chase_contract', 'confirm_facts', 'check_status', 'confirm_receipt'])
      expect(asked).not.toContain(purpose);
  });

  test('an attempt that another took up escalates in the other alone', () => {
    const paper = reviewed().days(20);
    const { armedBy } = paper.state.followUps.credentialing!;
    paper.contact('returned').submit().days(100);
    const escalated = paper.events.flatMap((event) => (event.kind === 'escalation' ? [event.data.armedBy] : []));
    expect(escalated).toHaveLength(1);
    expect(escalated).not.toContain(armedBy);
  });
});

describe('a date not refreshed by the first reply', () => {
  test.each([
    ['before it is due', 3, 'received', '2027-01-22 09:00', '2027-01-26 09:00'],
    ['while it is due', 8, 'received', '2027-01-27 09:00', '2027-01-29 09:00'],
    ['after it has escalated', 30, 'received', '2027-02-18 09:00', '2027-02-22 09:00'],
    ['by a word that moves nothing, before it is due', 3, 'other', '2027-01-14 09:00', '2027-01-19 09:00'],
    ['by such a word, while it is due', 8, 'other', '2027-01-20 09:00', '2027-01-22 09:00'],
    ['by such a word, after it has escalated', 30, 'other', '2027-02-10 09:00', '2027-02-12 09:00'],
  ])('%s', (_, days, outcome, next, late) => {
    const paper = new Paper().submit().days(days).contact(outcome);
    expect([paper.nextFollowUp, dueOf(paper), paper.view.overdue]).toEqual([next, late, false]);
    // and the ladder begins with it anew
    const before = ladder(paper).length;
    expect(ladder(paper.days(60)).slice(before)).toEqual(['nudge', 'escalation']);
  });
});

describe('reminders at midnight or on a weekend', () => {
  const instants = fc
    .integer({ min: Date.parse('2026-01-01T00:00:00Z'), max: Date.parse('2031-12-31T23:59:59Z') })
    .map((ms) => new Date(ms).toISOString());

  test('whenever it was submitted and whenever a user called, a nudge comes at nine on a business day', () => {
    const late = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(instants, late, (at, delays) => {
        const paper = new Paper({ playbook: { requiresCaqh: false }, at }).submit();
        for (const minutes of delays) {
          const shown = new Date(
            toWallClock(Date.parse(paper.ring().last('nudge').at), 'America/Denver'),
          ).toISOString();
          expect([shown.slice(11, 16), isWorkday(shown.slice(0, 10))]).toEqual(['09:00', true]);
          paper.days(minutes / 1_440).contact('in_review');
        }
      }),
      { numRuns: 100 },
    );
  });

  test('and every recipient is written to within the hours of a business day', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...ZONES), fc.uuid(), (now, zone, recipient) => {
        const at: Instant = computeSendingTime(now, zone, recipient);
        const shown = new Date(toWallClock(Date.parse(at), zone)).toISOString();
        expect([at >= now, isWorkday(toDay(Date.parse(shown)))]).toEqual([true, true]);
        expect(shown.slice(11, 16) >= '08:00' && shown.slice(11, 16) < '18:00').toBe(true);
      }),
      { numRuns: extent(1_000) },
    );
  });
});

test('the due date moved by a reminder nobody acted on: it stays through nudge, escalation and months of silence', () => {
  const paper = reviewed().days(15);
  expect(ladder(paper)).toEqual(['nudge']);
  for (let week = 0; week < 20; week += 1) {
    expect([paper.nextFollowUp, dueOf(paper)]).toEqual(['2027-01-19 09:00', '2027-01-21 09:00']);
    paper.days(7).act('assignment', { assignee: week % 2 ? 'user' : null });
  }
  expect(ladder(paper)).toEqual(['nudge', 'escalation']);
});

describe('an approval that drops the chase', () => {
  const subsets = Array.from({ length: 15 }, (_x, bits) => FACTS.filter((_fact, i) => bits & (1 << i)));
  test.each(subsets.map((there) => [there.join(', ') || 'nothing', there] as const))(
    'with %s on file, what is missing is asked for until it is there',
    (_, there) => {
      const paper = reviewed();
      for (const fact of there) paper.confirm(fact);
      paper.contact('approved');
      expect([paper.stage, paper.nextFollowUpAt !== null]).toEqual(['approved', true]);
      const asked = [
        ...(there.includes('contract') ? [] : ['chase_contract']),
        ...(FACTS.some((fact) => fact !== 'contract' && !there.includes(fact)) ? ['confirm_facts'] : []),
      ];
      expect(paper.days(30).items).toEqual(asked);
      // a call that brings none of it does not end the chase
      expect(paper.contact('other').items).toEqual([]);
      expect(paper.days(30).items).toEqual(asked);
      for (const fact of FACTS) if (!there.includes(fact)) paper.confirm(fact);
      expect([paper.stage, paper.items]).toEqual(['confirmed', []]);
    },
  );
});

test('an approval that drops the chase when its attempt is restored', () => {
  const paper = approved().contact('no_record').contact('no_record', { evenIfExists: true });
  expect(paper.stage).toBe('ready_to_submit');
  paper.act('restoration', { attempt: 1 });
  expect([paper.stage, paper.days(30).items]).toEqual(['approved', ['chase_contract', 'confirm_facts']]);
});

describe('a contact without a next date that silences an item', () => {
  const standing: Record<string, () => Paper> = {
    preparing: () =>
      new Paper({ file: { ...new Paper().file, portalAccess: null }, playbook: { requires: ['portal_access'] } }),
    ready_to_submit: () => new Paper(),
    submitted: () => new Paper().submit(),
    in_review: reviewed,
    information_requested: () => reviewed().contact('information_requested', { missingItems: ['W-9'] }),
    approved,
    panel_closed: () => reviewed().contact('panel_closed'),
    denied: () => reviewed().contact('denied'),
  };
  const cases = Object.keys(standing).flatMap((stage) => OUTCOMES.map((outcome) => [stage as Stage, outcome] as const));

  test.each(cases)('in %s, the outcome %s', (stage, outcome) => {
    for (const waited of [0, 8]) {
      const paper = standing[stage]!();
      expect(paper.stage).toBe(stage);
      paper.days(waited).contact(outcome, { outOfOrder: { reason: 'late' } });
      if (outcome === 'no_answer') expect(paper.items.length > 0 || listArmedTimers(paper.state).length > 0).toBe(true);
      // after any entry, a person is asked to look again within a quarter of a year
      const asked = paper.until(addQuarter(paper.now)).items.length > 0;
      expect([paper.stage, asked || !paper.view.open]).toEqual([paper.stage, true]);
    }
  });

  const addQuarter = (now: Instant) => new Date(Date.parse(now) + 92 * 86_400_000).toISOString();

  test('on the contract’s own track', () => {
    const paper = reviewed().act('contract', { status: 'sent', on: TODAY0 }).days(20);
    expect(paper.items).toEqual(['chase_contract', 'check_status']);
    expect(paper.contact('other').days(20).items).toEqual(['chase_contract', 'check_status']);
  });
});
