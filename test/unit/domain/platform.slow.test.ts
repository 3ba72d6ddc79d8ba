import {
  ANSWERS,
  assessAnswers,
  PORTABLE_ITEMS,
  QUESTIONS,
  type PlatformAnswer,
  type LedgerAnswer,
} from '../../../domain/platforms/platform';

/** Each of four, so that five of them are two bits each of a number. */
const GIVEN: readonly (PlatformAnswer | undefined)[] = [...ANSWERS, undefined];
const FIVE = 4 ** 5;
const five = (number: number) => Array.from({ length: 5 }, (_, i) => GIVEN[(number >> (2 * i)) & 3]);

const everywhere = { payerId: null, state: null };

test('the verdict is what the five other questions say, whatever is portable, over all answers to them and to its items', () => {
  const others = QUESTIONS.filter((question) => question !== 'portable_on_exit');
  let asked = 0;
  const wrong: unknown[] = [];
  for (let o = 0; o < FIVE; o++) {
    const given = five(o);
    const answers = others.flatMap((question, i): LedgerAnswer[] =>
      given[i] ? [{ ...everywhere, question, answer: given[i] }] : [],
    );
    // the sixth question, like the third, is not asked of a contract
    const decisive = given.slice(0, 4);
    const verdict =
      given[0] === 'no' ? 'platform_model' : decisive.every((one) => one === 'yes') ? 'direct' : 'unclear';
    const inTheWay = given[0] === 'no' ? 1 : decisive.filter((one) => one !== 'yes').length;
    const unanswered = given.filter((one) => one === undefined).length;
    for (let p = 0; p < FIVE; p++) {
      const values = five(p);
      const items = Object.fromEntries(PORTABLE_ITEMS.flatMap((item, i) => (values[i] ? [[item, values[i]]] : [])));
      const portable: LedgerAnswer = { ...everywhere, question: 'portable_on_exit', answer: 'yes', items };
      const found = assessAnswers(['p'], [], [...answers, portable]).byPayer[0]!;
      const [inState] = found.states;
      const lost = values.some((value) => value === 'no' || value === 'unclear');
      asked += 1;
      if (
        found.verdict !== verdict ||
        found.because.length !== inTheWay ||
        found.unanswered.length !== unanswered ||
        inState!.readings[2]!.answer !== (lost ? 'unclear' : 'yes') ||
        PORTABLE_ITEMS.some((item, i) => found.portable[item] !== (values[i] ?? 'unclear'))
      )
        wrong.push({ given, values, found });
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(asked).toBe(4 ** 10);
});
