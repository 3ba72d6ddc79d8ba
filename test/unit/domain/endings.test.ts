import fc from 'fast-check';
import type { ApplicationKey } from '../../../domain/applications/events';
import { KINDS } from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import type { FactValue } from '../../../domain/kernel/facts';
import {
  listLeavingItems,
  type EndingTerms,
  type Leaver,
  type LeavingAction,
  type LeavingApplication,
} from '../../../domain/offboarding/endings';

const TODAY = '2026-03-10';
const ON = '2026-03-31';

const key = (more: Partial<ApplicationKey> = {}): ApplicationKey => ({
  providerId: 'provider',
  practiceId: 'practice',
  payerId: 'payer',
  state: 'CO',
  lineOfBusiness: 'commercial',
  kind: 'new_individual',
  locationId: null,
  ...more,
});
const application = (more: Partial<LeavingApplication> = {}): LeavingApplication => ({
  id: 'a',
  key: key(),
  open: false,
  contract: 'executed',
  terminating: false,
  noticeDays: null,
  ...more,
});
const terms = (more: Partial<EndingTerms> = {}): EndingTerms => ({
  on: ON,
  applications: 'withdraw',
  terminate: false,
  ...more,
});
const leaver = (more: Partial<Leaver> = {}): Leaver => ({
  applications: [],
  agreements: [],
  platformRelationships: [],
  ...more,
});
const AGREEMENT = { id: 'g', practiceId: 'practice', payerId: 'payer', state: 'CO', lineOfBusiness: 'commercial' };

/** Lists the items of an application of this kind, in a word each. */
const wordsFor = (one: Partial<LeavingApplication>, more: Partial<EndingTerms> = {}) =>
  listLeavingItems(terms(more), leaver({ applications: [application(one)] }), TODAY).map(
    ({ action, because, when }) => `${action} ${because} ${when}`,
  );

describe('what is open', () => {
  test('is withdrawn or handed over once the last day has passed, whatever else is asked', () => {
    for (const applications of ['withdraw', 'hand_over'] as const)
      for (const terminate of [true, false])
        expect(wordsFor({ open: true }, { applications, terminate })).toEqual([`${applications} open after`]);
  });

  test('a termination goes on: it is what has to be done', () => {
    const open = { open: true, key: key({ kind: 'termination' }) };
    expect(wordsFor(open)).toEqual(['keep termination_under_way now']);
    expect(wordsFor(open, { applications: 'hand_over', terminate: true })).toEqual(['keep termination_under_way now']);
  });
});

describe('a participation', () => {
  const OF_GROUP: [string, Partial<LeavingApplication>][] = [
    ['added to the group', { key: key({ kind: 'add_to_group' }), contract: null }],
    ['by the agreement that it inherits', { contract: { inheritedFrom: 'g' } }],
    ['by the group’s contract', { contract: { none: true, basis: 'group_contract', saidBy: 'Sam' } }],
  ];
  test.each(OF_GROUP)('%s ends with the place in the group, on the day', (_, one) => {
    expect(wordsFor(one)).toEqual(['end_participation group_participation now']);
    expect(wordsFor(one, { applications: 'hand_over' })).toEqual(['end_participation group_participation now']);
    expect(wordsFor(one, { terminate: true })).toEqual([
      'end_participation group_participation now',
      'terminate group_participation now',
    ]);
    expect(wordsFor({ ...one, terminating: true }, { terminate: true })).toEqual([
      'end_participation group_participation now',
      'keep termination_under_way now',
    ]);
  });

  test('of the provider’s own goes on, is taken along, or is ended by the payer', () => {
    const medicare: FactValue = { none: true, basis: 'government_program', saidBy: 'the contractor' };
    for (const contract of ['executed', medicare, null]) {
      expect(wordsFor({ contract })).toEqual(['keep individual_participation now']);
      expect(wordsFor({ contract }, { applications: 'hand_over' })).toEqual([
        'hand_over individual_participation after',
      ]);
      expect(wordsFor({ contract }, { applications: 'hand_over', terminate: true })).toEqual([
        'terminate individual_participation now',
      ]);
      expect(wordsFor({ contract, terminating: true }, { applications: 'hand_over' })).toEqual([
        'keep termination_under_way now',
      ]);
    }
  });
});

describe('the notice of a termination', () => {
  const noticeOf = (noticeDays: number | null, on: string) => {
    const [item] = listLeavingItems(
      terms({ on, terminate: true }),
      leaver({ applications: [application({ noticeDays })] }),
      TODAY,
    );
    return [item!.noticeDays, item!.noticeBy, item!.lastDay];
  };

  test('is out in time where there is time, at once where there is none, and then the last day moves', () => {
    expect(noticeOf(10, ON)).toEqual([10, '2026-03-21', ON]);
    expect(noticeOf(21, ON)).toEqual([21, TODAY, ON]);
    expect(noticeOf(60, ON)).toEqual([60, TODAY, addDays(TODAY, 60)]);
    expect(noticeOf(0, ON)).toEqual([0, ON, ON]);
  });

  test('is not known where no contract says so; a day that has passed is today', () => {
    expect(noticeOf(null, ON)).toEqual([undefined, ON, ON]);
    expect(noticeOf(null, '2026-01-31')).toEqual([undefined, TODAY, TODAY]);
    expect(noticeOf(5, '2026-01-31')).toEqual([5, TODAY, addDays(TODAY, 5)]);
  });
});

describe('an agreement', () => {
  const actionsFor = (one: Partial<LeavingApplication>, more: Partial<EndingTerms> = {}) =>
    listLeavingItems(terms(more), leaver({ applications: [application(one)], agreements: [AGREEMENT] }), TODAY).flatMap(
      ({ action, subjectId }) => (subjectId === AGREEMENT.id ? [action] : []),
    );

  test('ends where nothing that goes on rests on it', () => {
    expect(actionsFor({})).toEqual([]);
    expect(actionsFor({}, { terminate: true })).toEqual([]);
    expect(actionsFor({ terminating: true })).toEqual([]);
    expect(actionsFor({}, { applications: 'hand_over' })).toEqual(['end_agreement']);
    expect(actionsFor({ open: true })).toEqual(['end_agreement']);
    expect(actionsFor({ contract: { inheritedFrom: 'g' } })).toEqual(['end_agreement']);
    // another scope's
    expect(actionsFor({ key: key({ state: 'NM' }) })).toEqual(['end_agreement']);
    expect(actionsFor({ key: key({ lineOfBusiness: 'medicaid' }) })).toEqual(['end_agreement']);
  });
});

describe('a leaving provider or client', () => {
  const applications = fc.uniqueArray(
    fc.record({
      id: fc.uuid(),
      key: fc.record({
        providerId: fc.constantFrom('one', 'other'),
        practiceId: fc.constant('practice'),
        payerId: fc.constantFrom('payer', 'another'),
        state: fc.constantFrom('CO', 'NM'),
        lineOfBusiness: fc.constantFrom('commercial' as const, 'medicaid' as const),
        kind: fc.constantFrom(...KINDS),
        locationId: fc.constant(null),
      }),
      open: fc.boolean(),
      contract: fc.constantFrom<FactValue | null>(null, 'executed', { inheritedFrom: 'g' }),
      terminating: fc.boolean(),
      noticeDays: fc.option(fc.nat(365)),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  );
  const asked = fc.record({
    on: fc.integer({ min: -300, max: 300 }).map((days) => addDays(TODAY, days)),
    applications: fc.constantFrom('withdraw' as const, 'hand_over' as const),
    terminate: fc.boolean(),
  });
  const itemsOf = (one: EndingTerms, all: LeavingApplication[]) =>
    listLeavingItems(one, leaver({ applications: all }), TODAY);

  test('has something said of everything once: no thing is left out, none is done twice', () => {
    fc.assert(
      fc.property(asked, applications, (one, all) => {
        const items = itemsOf(one, all);
        expect(new Set(items.map(({ subjectId }) => subjectId))).toEqual(new Set(all.map(({ id }) => id)));
        expect(new Set(items.map(({ action, subjectId }) => `${action} ${subjectId}`)).size).toBe(items.length);
      }),
    );
  });

  test('what each thing comes to is its own: planned alone or with others it is the same', () => {
    fc.assert(
      fc.property(asked, applications, (one, all) => {
        expect(itemsOf(one, all)).toEqual(all.flatMap((single) => itemsOf(one, [single])));
      }),
    );
  });

  test('no notice is asked for in the past, and no last day is before the one that was asked for, today or the notice’s end', () => {
    fc.assert(
      fc.property(asked, applications, (one, all) => {
        for (const { action, noticeDays = 0, noticeBy, lastDay } of itemsOf(one, all)) {
          if (action !== 'terminate') {
            expect([noticeBy, lastDay]).toEqual([undefined, undefined]);
            continue;
          }
          expect(noticeBy! >= TODAY && lastDay! >= one.on && lastDay! >= addDays(TODAY, noticeDays)).toBe(true);
          // given on the day that is asked for, it is out in time for the last day
          expect(addDays(noticeBy!, noticeDays) <= lastDay!).toBe(true);
        }
      }),
    );
  });

  test('what is done leaves nothing to be done again', () => {
    const closes: LeavingAction[] = ['withdraw', 'hand_over', 'end_participation'];
    fc.assert(
      fc.property(asked, applications, (one, all) => {
        const items = itemsOf(one, all);
        const did = (id: string, actions: LeavingAction[]) =>
          items.some(({ action, subjectId }) => subjectId === id && actions.includes(action));
        const left = all
          .filter(({ id }) => !did(id, closes))
          .map((each) => ({ ...each, terminating: each.terminating || did(each.id, ['terminate']) }));
        expect(itemsOf(one, left).filter(({ action }) => action !== 'keep')).toEqual([]);
      }),
    );
  });
});

test('a relationship with a platform is the provider’s own: it is chased no more once the last day has passed', () => {
  const items = listLeavingItems(terms(), leaver({ platformRelationships: [{ id: 'alma' }] }), TODAY);
  expect(items).toEqual([
    { action: 'stop_asking', subjectId: 'alma', because: 'platform_relationship', when: 'after' },
  ]);
});
