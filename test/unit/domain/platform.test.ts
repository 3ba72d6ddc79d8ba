import fc from 'fast-check';
import {
  ANSWERS,
  assessAnswers,
  CONTRACT_HOLDERS,
  PORTABLE_ITEMS,
  QUESTIONS,
  type PlatformAnswer,
  type LedgerAnswer,
  type Question,
  type AnswerState,
} from '../../../domain/platforms/platform';

const STANDINGS: AnswerState[] = [...ANSWERS, 'unanswered'];
const GIVEN = [...ANSWERS, undefined];

/** Every way of taking one of each. */
const product = <T>(choices: readonly (readonly T[])[]): T[][] =>
  choices.reduce<T[][]>((taken, next) => taken.flatMap((some) => next.map((one) => [...some, one])), [[]]);

const said = (question: Question, answer: PlatformAnswer, more: Partial<LedgerAnswer> = {}): LedgerAnswer => ({
  question,
  answer,
  payerId: null,
  state: null,
  ...more,
});
const all = (standings: readonly AnswerState[], more: Partial<LedgerAnswer> = {}): LedgerAnswer[] =>
  standings.flatMap((standing, i) => (standing === 'unanswered' ? [] : [said(QUESTIONS[i]!, standing, more)]));
const yes = (more: Partial<LedgerAnswer> = {}) => all(Array<AnswerState>(6).fill('yes'), more);
const no = (more: Partial<LedgerAnswer> = {}) => said('direct_contract', 'no', more);

const one = (answers: LedgerAnswer[], states: string[] = []) => assessAnswers(['p'], states, answers).byPayer[0]!;
const brief = (because: { question: string; answer: string }[]) =>
  because.map(({ question, answer }) => `${question} ${answer}`);

describe('the verdict', () => {
  /** The rules once more, from the page: the verdict, and what stands in its way. */
  function oracle([q1, q2, , q4, q5]: AnswerState[]): [string, string[]] {
    const asked = [
      ['direct_contract', q1],
      ['bill_outside', q2],
      ['claims_under_own_setup', q4],
      ['control_terms', q5],
    ];
    if (`${q1}${q2}${q4}${q5}` === 'yesyesyesyes') return ['direct', []];
    if (q1 === 'no') return ['platform_model', ['direct_contract no']];
    return ['unclear', asked.filter(([, how]) => how !== 'yes').map(([question, how]) => `${question} ${how}`)];
  }

  test('is what the oracle says, over all answers to the six questions', () => {
    const wrong: unknown[] = [];
    const counted: Record<string, number> = { direct: 0, platform_model: 0, unclear: 0 };
    const combinations = product(Array<AnswerState[]>(6).fill(STANDINGS));
    for (const standings of combinations) {
      const assessment = assessAnswers(['p'], [], all(standings));
      const [verdict, because] = oracle(standings);
      counted[assessment.verdict]! += 1;
      const open = QUESTIONS.filter((_, i) => standings[i] === 'unanswered');
      for (const found of [assessment, assessment.byPayer[0]!])
        if (
          found.verdict !== verdict ||
          String(brief(found.because)) !== String(because) ||
          String(found.unanswered) !== String(open)
        )
          wrong.push({ standings, found });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(combinations).toHaveLength(4 ** 6);
    // the two others are free; one of the four answers to the first is no
    expect(counted).toEqual({ direct: 16, platform_model: 1024, unclear: 3056 });
  });

  test('is untouched by what is portable, item by item; each item reads as it was answered, else as a no', () => {
    const wrong: unknown[] = [];
    let asked = 0;
    const combinations = product(Array<(PlatformAnswer | undefined)[]>(5).fill(GIVEN));
    for (const values of combinations)
      for (const answer of ANSWERS)
        for (const first of ANSWERS) {
          const items = Object.fromEntries(PORTABLE_ITEMS.flatMap((item, i) => (values[i] ? [[item, values[i]]] : [])));
          const others = yes().filter(({ question }) => question !== 'portable_on_exit');
          const answers = [...others, said('portable_on_exit', answer, { items })].map((given) =>
            given.question === 'direct_contract' ? { ...given, answer: first } : given,
          );
          const { verdict, portable, unanswered } = one(answers);
          asked += 1;
          const expected = { yes: 'direct', no: 'platform_model', unclear: 'unclear' }[first];
          const remains = values.map((value) => value ?? (answer === 'no' ? 'no' : 'unclear'));
          if (verdict !== expected || String(Object.values(portable)) !== String(remains) || unanswered.length > 0)
            wrong.push({ values, answer, verdict, portable });
        }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(asked).toBe(4 ** 5 * 9);
  });

  test('leaves every item unanswered where nobody answered what is portable', () => {
    expect(new Set(Object.values(one([no()]).portable))).toEqual(new Set(['unanswered']));
  });
});

describe('a yes is only as good as its details', () => {
  test('a direct contract is none where a part of it is not, over all parts', () => {
    const wrong: unknown[] = [];
    for (const [credentialed, contracted] of product([GIVEN, GIVEN]))
      for (const contractHolder of [...CONTRACT_HOLDERS, undefined])
        for (const answer of ANSWERS) {
          const parts = JSON.parse(JSON.stringify({ credentialed, contracted, contractHolder }));
          const answers = [...yes().slice(1), said('direct_contract', answer, { parts })];
          const against = [
            ...(credentialed === 'no' || credentialed === 'unclear' ? ['parts.credentialed'] : []),
            ...(contracted === 'no' || contracted === 'unclear' ? ['parts.contracted'] : []),
            ...(['platform', 'other', 'unclear'].includes(contractHolder ?? '') ? ['parts.contractHolder'] : []),
          ];
          const found = one(answers);
          const verdict =
            answer === 'no' ? 'platform_model' : answer === 'yes' && against.length === 0 ? 'direct' : 'unclear';
          const says = answer === 'yes' && against.length > 0 ? against : undefined;
          if (found.verdict !== verdict || String(found.because[0]?.contradictedBy) !== String(says))
            wrong.push({ answer, parts, found });
        }
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('a contract that is the platform’s reads unclear, and says why', () => {
    const parts = { contractHolder: 'platform' } as const;
    const { verdict, because } = one([...yes().slice(1), said('direct_contract', 'yes', { parts })]);
    expect(verdict).toBe('unclear');
    expect(because).toEqual([
      { question: 'direct_contract', answer: 'unclear', contradictedBy: ['parts.contractHolder'] },
    ]);
  });
});

describe('of several answers', () => {
  test('the most specific wins: payer and state, then payer, then state', () => {
    const scope = fc.record({
      payerId: fc.constantFrom('p', 'q', null),
      state: fc.constantFrom('CA', 'NY', null),
      answer: fc.constantFrom(...ANSWERS),
    });
    const ledger = fc.uniqueArray(scope, { selector: ({ payerId, state }) => `${payerId} ${state}` });
    const ORDER = ['p CA', 'p null', 'null CA', 'null null'];
    fc.assert(
      fc.property(ledger, (scopes) => {
        const answers = scopes.map(({ answer, ...where }) => said('direct_contract', answer, where));
        const here = one(answers, ['CA']).states.find(({ state }) => state === 'CA')!;
        const won = ORDER.flatMap((key) => scopes.filter((s) => `${s.payerId} ${s.state}` === key))[0];
        const expected = won?.answer === 'yes' ? [] : [`direct_contract ${won?.answer ?? 'unanswered'}`];
        expect(brief(here.because).filter((text) => text.startsWith('direct_contract'))).toEqual(expected);
        expect(here.unanswered.includes('direct_contract')).toBe(won === undefined);
      }),
    );
  });

  test('the order in which they came decides nothing', () => {
    const answers = [...yes(), no({ payerId: 'p' })];
    expect(one(answers)).toEqual(one(answers.toReversed()));
    expect(one(answers).verdict).toBe('platform_model');
  });

  test('another payer’s is not this one’s', () => {
    expect(one(yes({ payerId: 'q' }))).toMatchObject({ verdict: 'unclear', unanswered: [...QUESTIONS] });
  });
});

describe('over several payers and states', () => {
  const LEDGER = { direct: yes, platform_model: (more: object) => [no(more)], unclear: () => [] };
  const VERDICTS = Object.keys(LEDGER) as (keyof typeof LEDGER)[];

  test('the overall verdict is the one that all payers share, otherwise unclear', () => {
    for (const verdicts of product(Array<typeof VERDICTS>(3).fill(VERDICTS))) {
      const payers = verdicts.map((_, i) => `p${i}`);
      const assessment = assessAnswers(
        payers,
        [],
        verdicts.flatMap((verdict, i) => LEDGER[verdict]({ payerId: payers[i]! })),
      );
      expect(assessment.byPayer.map(({ verdict }) => verdict)).toEqual(verdicts);
      expect(assessment.verdict).toBe(new Set(verdicts).size === 1 ? verdicts[0] : 'unclear');
      expect(assessment.because.length > 0).toBe(verdicts.some((verdict) => verdict !== 'direct'));
    }
  });

  test('a payer’s verdict is the one of all states where the provider is licensed or that an answer names', () => {
    const inCalifornia = yes({ payerId: 'p', state: 'CA' });
    expect(one(inCalifornia, ['CA']).verdict).toBe('direct');
    expect(one(inCalifornia, ['CA', 'NY'])).toMatchObject({
      verdict: 'unclear',
      unanswered: [...QUESTIONS],
      states: [
        { state: 'CA', verdict: 'direct', because: [], unanswered: [] },
        { state: 'NY', verdict: 'unclear', unanswered: [...QUESTIONS] },
      ],
    });
    expect(one([...yes(), no({ state: 'NY' })], ['CA'])).toMatchObject({
      verdict: 'unclear',
      because: [{ question: 'direct_contract', answer: 'no' }],
      states: [
        { state: 'CA', verdict: 'direct' },
        { state: 'NY', verdict: 'platform_model' },
      ],
    });
  });

  test('an item is portable for a payer where it is in every state, otherwise that is unclear', () => {
    const rates = (answer: PlatformAnswer, state: string) =>
      said('portable_on_exit', 'unclear', { state, items: { rates: answer, providerIds: 'yes' } });
    const { portable } = one([rates('yes', 'CA'), rates('no', 'NY')]);
    expect(portable).toMatchObject({ rates: 'unclear', providerIds: 'yes' });
  });

  test('without any answer all six questions are open and nothing is direct', () => {
    expect(assessAnswers(['p', 'q'], [], [])).toMatchObject({ verdict: 'unclear', unanswered: [...QUESTIONS] });
  });
});

test('a notice period, and an item that is lost, each make a yes to their own question unclear and leave the verdict', () => {
  const answers = yes().map((given) => {
    if (given.question === 'free_of_restrictions') return { ...given, noticeDays: 60 };
    return given.question === 'portable_on_exit' ? { ...given, items: { rates: 'no' as const } } : given;
  });
  const found = one(answers);
  expect(found).toMatchObject({ verdict: 'direct', because: [], portable: { rates: 'no' } });
  expect(found.states[0]!.readings.filter(({ answer }) => answer !== 'yes')).toEqual([
    { question: 'portable_on_exit', answer: 'unclear', contradictedBy: ['items.rates'] },
    { question: 'free_of_restrictions', answer: 'unclear', contradictedBy: ['noticeDays'] },
  ]);
});
