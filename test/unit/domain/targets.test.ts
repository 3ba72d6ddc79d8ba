import fc from 'fast-check';
import { SUBMISSION_CHANNELS } from '../../../domain/kernel/codes';
import { PANEL_STATUSES } from '../../../domain/registry/panels';
import {
  estimateDecisionDays,
  rankTargets,
  listUnmetBlockers,
  WEIGHTS,
  type Component,
  type PayerTarget,
} from '../../../domain/platforms/targets';

const target = (more: Partial<PayerTarget> = {}): PayerTarget => ({
  payerId: 'p',
  payerName: 'Payer',
  clients: 10,
  monthlyValue: null,
  rates: null,
  panel: { status: 'unknown', asOf: null },
  expected: { days: 90, from: 'playbook' },
  effort: { unmet: [], channel: 'payer_portal' },
  fits: { kind: 'new_individual', adopt: false, because: [{ reason: 'not_listed' }] },
  application: null,
  ...more,
});
const UNDER_WAY: PayerTarget['fits'] = {
  kind: 'new_individual',
  adopt: false,
  because: [{ reason: 'under_way', applicationId: 'a' }],
};
const COMPONENTS = Object.keys(WEIGHTS) as Component[];

const amount = fc.integer({ min: 0, max: 1000 });
const targets = fc.uniqueArray(
  fc
    .record({
      payerId: fc.stringMatching(/^[a-f0-9]{4}$/),
      clients: fc.integer({ min: 0, max: 3 }),
      monthlyValue: fc.option(amount),
      rates: fc.option(fc.record({ platform: amount, direct: amount }, { requiredKeys: [] })),
      panel: fc.constantFrom(...PANEL_STATUSES).map((status) => ({ status, asOf: null })),
      expected: fc.integer({ min: 1, max: 4000 }).map((days) => ({ days, from: 'playbook' as const })),
      effort: fc.record({
        unmet: fc.subarray(['npi', 'caqh_id', 'malpractice'] as const),
        channel: fc.constantFrom(...SUBMISSION_CHANNELS),
      }),
      fits: fc.constantFrom(UNDER_WAY, target().fits),
    })
    .map((some) => target(some as Partial<PayerTarget>)),
  { selector: ({ payerId }) => payerId, maxLength: 8 },
);

describe('targets', () => {
  test('come in one order, however they were listed, each once', () => {
    const shuffled = targets.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
    );
    fc.assert(
      fc.property(shuffled, ([some, mixed]) => {
        const ranked = rankTargets(some);
        expect(rankTargets(mixed)).toEqual(ranked);
        expect(ranked.map(({ payerId }) => payerId).sort()).toEqual(some.map(({ payerId }) => payerId).sort());
      }),
    );
  });

  test('have a score of 0 to 100 that is the sum of what is shown, the higher before the lower, under way last', () => {
    expect(Object.values(WEIGHTS).reduce((sum, of) => sum + of, 0)).toBe(100);
    fc.assert(
      fc.property(targets, (some) => {
        const ranked = rankTargets(some);
        for (const { score } of ranked) {
          const sum = COMPONENTS.reduce((all, name) => all + score[name].points, 0);
          expect(score.total).toBeCloseTo(sum, 6);
          for (const name of COMPONENTS) {
            expect(score[name].points).toBeGreaterThanOrEqual(0);
            expect(score[name].points).toBeLessThanOrEqual(score[name].of);
          }
        }
        for (const [i, after] of ranked.slice(1).entries()) {
          const before = ranked[i]!;
          const [first, second] = [before, after].map(({ fits }) => (fits === UNDER_WAY ? 1 : 0)) as [number, number];
          expect(first).toBeLessThanOrEqual(second);
          if (first === second) expect(before.score.total).toBeGreaterThanOrEqual(after.score.total);
        }
      }),
    );
  });

  type Row = [name: string, component: Component, better: Partial<PayerTarget>, worse: Partial<PayerTarget>];
  const rows: Row[] = [
    ['more clients', 'caseload', { clients: 10 }, { clients: 9 }],
    ['worth more', 'value', { monthlyValue: 200 }, { monthlyValue: 100 }],
    ['open before unknown', 'panel', { panel: { status: 'open', asOf: null } }, {}],
    ['unknown before closed', 'panel', {}, { panel: { status: 'closed', asOf: null } }],
    ['sooner', 'speed', { expected: { days: 30, from: 'playbook' } }, {}],
    ['nothing missing', 'effort', {}, { effort: { unmet: ['npi'], channel: 'payer_portal' } }],
    ['an easier channel', 'effort', { effort: { unmet: [], channel: 'caqh_pull' } }, {}],
    ['paid better', 'rates', { rates: { platform: 90, direct: 120 } }, {}],
    ['not paid worse', 'rates', {}, { rates: { platform: 120, direct: 90 } }],
  ];
  test.each(rows)(
    '%s: all else being equal, that comes first, and nothing else differs',
    (_, component, better, worse) => {
      const ranked = rankTargets([target({ payerId: 'a', ...worse }), target({ payerId: 'b', ...better })]);
      expect(ranked.map(({ payerId }) => payerId)).toEqual(['b', 'a']);
      const [first, second] = ranked.map(({ score }) => score) as [
        (typeof ranked)[0]['score'],
        (typeof ranked)[0]['score'],
      ];
      expect(COMPONENTS.filter((name) => first[name].points !== second[name].points)).toEqual([component]);
    },
  );

  test('without a rate on both sides are treated alike', () => {
    const points = ([undefined, {}, { direct: 120 }, { platform: 90 }, { platform: 0, direct: 0 }] as const).map(
      (rates) => rankTargets([target({ rates: rates ?? null })])[0]!.score.rates.points,
    );
    expect(new Set(points)).toEqual(new Set([WEIGHTS.rates / 2]));
  });
});

test('days are those that own applications took, in the middle, where there are three; else the playbook’s', () => {
  const rows: [number[], number, string][] = [
    [[], 90, 'playbook'],
    [[10, 20], 90, 'playbook'],
    [[10, 100, 20], 20, 'own_applications'],
    [[40, 10, 20, 30], 25, 'own_applications'],
    [[5, 5, 6, 6], 6, 'own_applications'],
  ];
  for (const [own, days, from] of rows) expect([own, estimateDecisionDays(own, 90)]).toEqual([own, { days, from }]);
});

test('what a file lacks is named, its attestation too', () => {
  const prerequisites = [
    { code: 'npi', met: true },
    { code: 'malpractice', met: false },
  ] as const;
  const attestation = (state: 'current' | 'lapsed') => ({ state, attestedOn: null, dueOn: null });
  const of = (read: ReturnType<typeof attestation> | null) =>
    listUnmetBlockers({ prerequisites: [...prerequisites], attestation: read, changesOn: null });
  expect(of(null)).toEqual(['malpractice']);
  expect(of(attestation('current'))).toEqual(['malpractice']);
  expect(of(attestation('lapsed'))).toEqual(['malpractice', 'attestation_lapsed']);
});
