import fc from 'fast-check';
import { addDays } from '../../../domain/time/dates';
import {
  areTermsInForce,
  listTurningDays,
  replaceTerms,
  type HeldTerms,
  type TermChange,
} from '../../../domain/registry/held-terms';
import { extent } from '../../support/extent';

interface Licence {
  state: string;
  number: string;
  issuedOn?: string;
  startsOn?: string;
  expiresOn: string;
}
const KIND = {
  readPlace: ({ state }: Licence) => state,
  isSame: (one: Licence, other: Licence) => one.number === other.number,
};
const CA = (number: string, expiresOn: string, more: Partial<Licence> = {}): Licence => ({
  state: 'CA',
  number,
  expiresOn,
  ...more,
});
const NONE: HeldTerms<Licence> = { current: [], former: [] };
const ON_FILE: HeldTerms<Licence> = { current: [CA('1', '2026-06-30')], former: [] };
const put = (kept: HeldTerms<Licence>, on: string, given: Licence[], correction = false) =>
  replaceTerms(kept, given, KIND, { on, correction });
const days = ({ current, former }: HeldTerms<Licence>) =>
  [...current, ...former].map(({ number, startsOn = '', expiresOn }) => `${number}: ${startsOn}/${expiresOn}`);

describe('a renewal', () => {
  test.each([
    ['in time begins the day after', '2026-05-15', {}, '2026-07-01'],
    ['on the day after the end leaves no gap', '2026-07-01', {}, '2026-07-01'],
    ['after a gap begins when it was put on file', '2026-09-10', {}, '2026-09-10'],
    ['after a gap begins on the day that is said', '2026-09-10', { startsOn: '2026-09-01' }, '2026-09-01'],
    ['recorded late leaves no gap where that is said', '2026-09-10', { startsOn: '2026-07-01' }, '2026-07-01'],
    ['issued after the gap begins on its day of issue', '2026-09-10', { issuedOn: '2026-09-02' }, '2026-09-02'],
    [
      'that keeps the day of issue says nothing of its beginning',
      '2026-09-10',
      { issuedOn: '2015-03-01' },
      '2026-09-10',
    ],
  ])('%s', (_what, on, more, startsOn) => {
    expect(days(put(ON_FILE, on, [CA('1', '2028-06-30', more)]))).toEqual([
      `1: ${startsOn}/2028-06-30`,
      '1: /2026-06-30',
    ]);
  });

  test('that sends the first day of the term before along begins no earlier for it', () => {
    const kept = put(NONE, '2024-07-01', [CA('1', '2026-06-30', { startsOn: '2024-07-01' })]);
    const again = CA('1', '2028-06-30', { startsOn: '2024-07-01' });
    expect(days(put(kept, '2026-09-10', [again]))).toEqual(['1: 2026-09-10/2028-06-30', '1: 2024-07-01/2026-06-30']);
  });

  test('of one licence leaves those of other states alone', () => {
    const nevada = { state: 'NV', number: '9', expiresOn: '2027-01-31' };
    const kept = put(ON_FILE, '2026-01-01', [...ON_FILE.current, nevada]);
    expect(put(kept, '2026-09-10', [CA('1', '2028-06-30'), nevada]).current[1]).toEqual(nevada);
  });
});

test('the same list again changes nothing', () => {
  const kept = put(ON_FILE, '2026-09-10', [CA('1', '2028-06-30')]);
  expect(put(kept, '2026-09-11', [...kept.current])).toEqual(kept);
});

test('the first that is put on file counts from its day of issue, else since ever', () => {
  expect(days(put(NONE, '2026-05-01', [CA('1', '2028-06-30')]))).toEqual(['1: /2028-06-30']);
  expect(days(put(NONE, '2026-05-01', [CA('1', '2028-06-30', { issuedOn: '2026-04-02' })]))).toEqual([
    '1: 2026-04-02/2028-06-30',
  ]);
});

test('an earlier end is another end of the same term', () => {
  const renewed = put(ON_FILE, '2026-05-15', [CA('1', '2028-06-30')]);
  expect(days(put(ON_FILE, '2026-05-15', [CA('1', '2026-05-10')]))).toEqual(['1: /2026-05-10']);
  // also of what was renewed, or taken off before: a licence has one end
  expect(days(put(put(ON_FILE, '2026-06-20', []), '2026-06-21', [CA('1', '2026-06-10')]))).toEqual([
    '1: 2026-06-10/2026-06-10',
    '1: /2026-06-10',
  ]);
  expect(areTermsInForce(put(renewed, '2026-06-01', [CA('1', '2026-05-31')]).former, '2026-06-10')).toBe(false);
});

describe('what is replaced or taken off', () => {
  test('has ended the day before, or where its successor begins, and is kept until then', () => {
    expect(days(put(ON_FILE, '2026-03-02', [CA('2', '2028-03-31')]))).toEqual([
      '2: 2026-03-02/2028-03-31',
      '1: /2026-03-01',
    ]);
    expect(days(put(ON_FILE, '2026-03-02', [CA('2', '2028-03-31', { startsOn: '2026-04-01' })]))).toEqual([
      '2: 2026-04-01/2028-03-31',
      '1: /2026-03-31',
    ]);
    expect(days(put(ON_FILE, '2026-03-02', []))).toEqual(['1: /2026-03-01']);
    expect(days(put(ON_FILE, '2026-09-10', []))).toEqual(['1: /2026-06-30']);
  });

  test('ends with what it was to take the place of, where nothing else is left of the state', () => {
    const ahead = put(ON_FILE, '2026-05-15', [CA('2', '2028-06-30', { startsOn: '2026-06-20' })]);
    expect(days(put(ahead, '2026-06-01', []))).toEqual(['1: /2026-05-31']);
  });

  test('ends sooner where what comes instead of its successor, or that itself, begins sooner', () => {
    const ahead = put(ON_FILE, '2026-05-15', [CA('2', '2028-06-30', { startsOn: '2026-06-20' })]);
    expect(days(put(ahead, '2026-06-01', [CA('3', '2026-06-02')]))).toEqual([
      '3: 2026-06-01/2026-06-02',
      '1: /2026-05-31',
    ]);
    expect(days(put(ahead, '2026-06-01', [CA('2', '2026-06-02')]))).toEqual([
      '2: 2026-06-02/2026-06-02',
      '1: /2026-06-01',
    ]);
    const later = CA('2', '2028-06-30', { startsOn: '2026-06-25' });
    expect(days(put(ahead, '2026-06-01', [later], true))).toEqual(['2: 2026-06-25/2028-06-30', '1: /2026-06-19']);
  });

  test('ends with all of its terms, also one that was renewed ahead', () => {
    const renewed = put(ON_FILE, '2026-05-15', [CA('1', '2028-06-30')]);
    expect(days(put(renewed, '2026-06-01', []))).toEqual(['1: /2026-05-31']);
  });
});

describe('a correction', () => {
  test('of an end, a first day or a number says what was so all along', () => {
    const right = (given: Licence) => days(put(ON_FILE, '2026-09-10', [given], true));
    expect(right(CA('1', '2026-10-31'))).toEqual(['1: /2026-10-31']);
    expect(right(CA('1', '2026-06-30', { startsOn: '2026-02-01' }))).toEqual(['1: 2026-02-01/2026-06-30']);
    expect(right(CA('12', '2026-06-30'))).toEqual(['12: /2026-06-30']);
  });

  test('of a day of issue lets no term begin before it', () => {
    const kept = put(NONE, '2026-05-01', [CA('1', '2028-06-30', { startsOn: '2026-02-01' })]);
    expect(days(put(kept, '2026-05-02', [CA('1', '2028-06-30', { issuedOn: '2026-03-01' })], true))).toEqual([
      '1: 2026-03-01/2028-06-30',
    ]);
  });

  test('that leaves nothing of a state leaves nothing that goes on, and keeps what was theirs until then', () => {
    const ahead = put(ON_FILE, '2026-05-15', [CA('2', '2028-06-30', { startsOn: '2026-05-23' })]);
    expect(days(put(ahead, '2026-05-15', [], true))).toEqual(['1: /2026-05-14']);
  });

  test('of a number ends the licence of that number too where the end is put earlier', () => {
    const ahead = put(ON_FILE, '2026-05-15', [CA('2', '2028-06-30', { startsOn: '2026-05-23' })]);
    expect(days(put(ahead, '2026-05-15', [CA('1', '2026-05-01')], true))).toEqual([
      '1: 2026-05-01/2026-05-01',
      '1: /2026-05-01',
    ]);
  });

  test('of what was never theirs takes all of its terms away', () => {
    const renewed = put(ON_FILE, '2026-09-10', [CA('1', '2028-06-30')]);
    expect(days(put(renewed, '2026-09-11', [], true))).toEqual([]);
  });
});

describe('over any changes', () => {
  const DAY = '2026-01-01';
  const HORIZON = 60;
  const every = Array.from({ length: HORIZON }, (_, n) => addDays(DAY, n));
  const day = fc.integer({ min: 0, max: HORIZON - 1 }).map((n) => addDays(DAY, n));
  const licence = fc
    .record(
      { number: fc.constantFrom('1', '2'), issuedOn: day, startsOn: day, expiresOn: day },
      { requiredKeys: ['number', 'expiresOn'] },
    )
    .map((one): Licence => ({ state: 'CA', ...one }))
    .filter(({ issuedOn = '', startsOn = issuedOn, expiresOn }) => issuedOn <= startsOn && startsOn <= expiresOn);
  const given = fc.uniqueArray(licence, { maxLength: 2, selector: ({ number }) => number });
  const steps = fc.array(fc.record({ given, correction: fc.boolean(), wait: fc.integer({ min: 0, max: 15 }) }), {
    minLength: 1,
    maxLength: 6,
  });
  const all = ({ current, former }: HeldTerms<Licence>) => [...current, ...former];

  function walk(
    taken: { given: Licence[]; correction: boolean; wait: number }[],
    look: (before: HeldTerms<Licence>, after: HeldTerms<Licence>, given: Licence[], change: TermChange) => void,
  ) {
    let [held, on] = [NONE, DAY];
    for (const step of taken) {
      on = addDays(on, step.wait);
      const change = { on, correction: step.correction };
      const after = replaceTerms(held, step.given, KIND, change);
      look(held, after, step.given, change);
      held = after;
    }
  }

  test('no day of before comes to be held unless a list says so, or nothing was on file', () => {
    fc.assert(
      fc.property(steps, (taken) =>
        walk(taken, (before, after, list, { on, correction }) => {
          if (correction || all(before).length === 0) return;
          for (const past of every.filter(
            (one) => one < on && areTermsInForce(all(after), one) && !areTermsInForce(all(before), one),
          ))
            expect([past, isSaid(list, past)]).toEqual([past, true]);
        }),
      ),
      { numRuns: extent(2000) },
    );
    // a last day is said to be held too
    function isSaid(list: Licence[], past: string) {
      return list.some(
        ({ issuedOn, startsOn = issuedOn, expiresOn }) => (startsOn ?? expiresOn) <= past && past <= expiresOn,
      );
    }
  });

  test('no day of before ceases to be held, unless an end on file is put earlier or a first day later', () => {
    fc.assert(
      fc.property(steps, (taken) =>
        walk(taken, (before, after, list, { on, correction }) => {
          const amended = list.some((one) =>
            all(before).some(({ number, expiresOn }) => number === one.number && one.expiresOn <= expiresOn),
          );
          if (correction || amended) return;
          for (const past of every.filter((one) => one < on && areTermsInForce(all(before), one)))
            expect([past, areTermsInForce(all(after), past)]).toEqual([past, true]);
        }),
      ),
      { numRuns: extent(2000) },
    );
  });

  test('the current list is the one that was given, and holds on its last days', () => {
    fc.assert(
      fc.property(steps, (taken) =>
        walk(taken, (_before, after, list) => {
          expect(after.current.map(({ number, expiresOn }) => [number, expiresOn])).toEqual(
            list.map(({ number, expiresOn }) => [number, expiresOn]),
          );
          for (const one of after.current) expect(areTermsInForce([one], one.expiresOn)).toBe(true);
        }),
      ),
    );
  });
});

test('turning days are those on which one begins or another is over', () => {
  const terms = [{ startsOn: '2026-07-01', expiresOn: '2026-07-31' }, { expiresOn: '2026-03-31' }];
  expect(listTurningDays(terms)).toEqual(['2026-04-01', '2026-07-01', '2026-08-01']);
});
