import fc from 'fast-check';
import { FACTS, type Fact } from '../../../domain/kernel/codes';
import { addDays, countDaysBetween, FIRST_DATE, isRealDate, LAST_DATE } from '../../../domain/time/dates';
import type { Playbook } from '../../../domain/registry/playbook';
import { COMPLETE, DAY0, Paper, TODAY0, FACT_VALUES } from './paper';

/** Dates that were stored before they had a range: none of them stops an application, or throws. */

const date = fc.oneof(
  fc.constantFrom(FIRST_DATE, '0099-12-31', '1899-12-31', '2000-02-29', TODAY0, '2199-12-31', '2262-04-12'),
  fc.constantFrom('9999-12-30', LAST_DATE),
  fc.integer({ min: 0, max: countDaysBetween(FIRST_DATE, LAST_DATE) }).map((days) => addDays(FIRST_DATE, days)),
);
const closures = fc.array(fc.record({ from: date, to: date }), { maxLength: 3 });

/** Every date and instant that an application waits for. */
function waitsFor({ state: { agenda } }: Paper): string[] {
  const { timers, followUps, items, expectedDecisionAt, statutory, recredentialing } = agenda;
  return [
    ...Object.values(timers),
    ...Object.values(followUps).flatMap(({ at, dueAt }) => [at, dueAt]),
    ...items.flatMap(({ since, dueAt }) => [since, dueAt]),
    ...(expectedDecisionAt ? [expectedDecisionAt] : []),
    ...(statutory ? [statutory.dueOn] : []),
    ...(recredentialing ? [recredentialing.dueOn, recredentialing.opensOn, recredentialing.lateUntil] : []),
  ];
}

function expectSound(paper: Paper): void {
  const unsound = waitsFor(paper).filter(
    (one) => !/^\d{4}-\d\d-\d\d(T[\d:.]{12}Z)?$/.test(one) || !isRealDate(one.slice(0, 10)),
  );
  expect(unsound).toEqual([]);
}

/** Runs through the timers of a year; then a note is still taken. */
function expectAlive(paper: Paper): void {
  expectSound(paper);
  paper.days(366);
  expectSound(paper);
  expect(paper.give('notes', { visibility: 'internal' })).toBeNull();
}

const given = (fact: Fact, value: unknown) => ({ fact, value, source: 'letter', reference: 'L1' });

const adopted = (effectiveDate: string, playbook: Playbook = {}) =>
  new Paper({
    playbook,
    adopt: {
      stage: 'confirmed',
      confirmations: Object.fromEntries(
        FACTS.map((fact) => [fact, given(fact, fact === 'effectiveDate' ? effectiveDate : FACT_VALUES[fact])]),
      ),
    },
  });

test('an effective date of 9999-12-31 stops no application that was adopted with it', () => {
  const paper = adopted(LAST_DATE);
  expectAlive(paper);
  expect(paper.state.agenda.recredentialing).toMatchObject({ dueOn: LAST_DATE });
});

test('an effective date of 9999-12-31 stops no application that it was confirmed for, and can be put right', () => {
  const paper = new Paper().submit().contact('approved');
  for (const fact of FACTS) paper.confirm(fact, { value: fact === 'effectiveDate' ? LAST_DATE : FACT_VALUES[fact] });
  expectAlive(paper);
  paper.confirm('effectiveDate', { value: '2028-03-01', reason: 'the letter says so' });
  expect(paper.state.agenda.timers.effective).toBe('2028-03-01T07:00:00.000Z');
});

test('a recredentialing that is due on 9999-12-31 stops no participation, and the next one that is named counts', () => {
  const paper = adopted('2026-11-01').act('recredentialing', { startedOn: TODAY0, dueOn: LAST_DATE });
  expectAlive(paper);
  paper.act('recredentialing', { startedOn: paper.today, dueOn: '2028-06-30' });
  expect(paper.state.agenda.recredentialing).toMatchObject({ dueOn: '2028-06-30' });
});

test('a closure that ends on 9999-12-31 stops no application: it is followed up within a year', () => {
  const paper = new Paper({ playbook: { closures: [{ from: TODAY0, to: LAST_DATE }] } }).submit();
  expect(paper.nextFollowUp).toBe('2028-01-11 09:00');
  expectAlive(paper);
});

test('cycles that would be over are taken for done, however far back the effective date and however short the cycle', () => {
  const dueOn = (on: string, recredentialEvery: Playbook['recredentialEvery']) =>
    adopted(on, { recredentialEvery: recredentialEvery! }).state.agenda.recredentialing!.dueOn;
  expect(dueOn('2020-02-29', { months: 36 })).toBe('2029-02-28');
  expect(dueOn('1900-01-01', { months: 36 })).toBe('2029-01-01');
  expect(dueOn(FIRST_DATE, { days: 1 })).toBe(addDays(TODAY0, 1));
  expect(dueOn(FIRST_DATE, { businessDays: 1 })).toBe(addDays(TODAY0, 1));
});

test('an application goes on and takes actions with any dates on record', () => {
  fc.assert(
    fc.property(fc.array(date, { minLength: 12, maxLength: 12 }), closures, (of, shut) => {
      const [submittedOn, completeOn, promisedOn, nextFollowUpOn, providedOn, on, effectiveOn, expiresOn, ...more] = of;
      const file = {
        ...COMPLETE,
        provider: { ...COMPLETE.provider!, licences: [{ state: 'CO', expiresOn: expiresOn! }] },
        attestation: { attestedOn: more[3]!, authorizedPayerIds: null },
        authorisations: [
          {
            scopes: ['submit_applications', 'contact_payers'] as const,
            payerIds: null,
            signedOn: on!,
            until: more[0]!,
            revokedOn: null,
          },
        ],
      };
      const paper = new Paper({ playbook: { closures: shut }, file });
      const late = { outOfOrder: { reason: 'found' } };
      expectSound(paper);
      paper.act('waivers', { prerequisite: 'malpractice', until: more[0]! });
      paper.act('submission', { submittedOn, channel: 'payer_portal', ...late });
      paper.contact('in_review', { completeOn, promisedOn, ...late });
      expectSound(paper);
      paper.contact('tabled', { nextFollowUpOn, ...late });
      paper
        .contact('information_requested', { missingItems: 1, ...late })
        .act('information', { providedOn, settled: [], items: [], ...late });
      paper.act('contract', { status: 'executed', on, ...late });
      paper.act('pause', { until: more[1]! });
      expectSound(paper);
      // a pause until a day that is past is over by itself
      if (paper.state.paused) paper.act('resume');
      paper.contact('approved', late);
      for (const fact of FACTS)
        paper.confirm(fact, { value: fact === 'effectiveDate' ? effectiveOn : FACT_VALUES[fact] });
      expectSound(paper);
      paper
        .act('loading', { status: 'loaded', seenOn: on })
        .act('issues', { code: 'wrong_tin', since: on, disproves: [] });
      paper.act('committee-date', { on: more[2]! });
      expectSound(paper);
      paper.act('recredentialing', { startedOn: on, dueOn: more[1]! });
      expectAlive(paper);
    }),
    { numRuns: 40 },
  );
});

test('an application that was adopted with any dates goes on and takes actions', () => {
  const stage = fc.constantFrom('submitted', 'in_review', 'information_requested', 'approved', 'panel_closed');
  fc.assert(
    fc.property(
      stage,
      fc.array(date, { minLength: 4, maxLength: 4 }),
      (into, [stageSince, submittedOn, lastContactOn, nextFollowUpOn]) => {
        expectAlive(
          new Paper({ at: DAY0, adopt: { stage: into, stageSince, submittedOn, lastContactOn, nextFollowUpOn } }),
        );
      },
    ),
    { numRuns: 40 },
  );
});
