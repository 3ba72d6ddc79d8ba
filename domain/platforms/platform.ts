/** The six questions of the ledger, in their order. */
export const QUESTIONS = [
  'direct_contract',
  'bill_outside',
  'portable_on_exit',
  'claims_under_own_setup',
  'control_terms',
  'free_of_restrictions',
] as const;
export type Question = (typeof QUESTIONS)[number];

export const ANSWERS = ['yes', 'no', 'unclear'] as const;
export type PlatformAnswer = (typeof ANSWERS)[number];
/** The state of a question. */
export type AnswerState = PlatformAnswer | 'unanswered';

/** The parts of a participation that may remain on leaving the platform. */
export const PORTABLE_ITEMS = [
  'payerRelationships',
  'providerIds',
  'rates',
  'claimsRoutes',
  'clientWorkflows',
] as const;
export type PortableItem = (typeof PORTABLE_ITEMS)[number];

/** The party that holds the contract with the payer. */
export const CONTRACT_HOLDERS = ['provider', 'practice', 'platform', 'other', 'unclear'] as const;
type ContractHolder = (typeof CONTRACT_HOLDERS)[number];

export const DECISIONS = ['stay', 'bridge', 'build_direct'] as const;
export type PlatformDecision = (typeof DECISIONS)[number];

export const VERDICTS = ['direct', 'platform_model', 'unclear'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The details that an answer gives beyond itself. */
export interface AnswerDetails {
  parts?: { credentialed?: PlatformAnswer; contracted?: PlatformAnswer; contractHolder?: ContractHolder } | null;
  items?: Partial<Record<PortableItem, PlatformAnswer>> | null;
  noticeDays?: number | null;
}

/** The one question to which each detail belongs. */
export const QUESTION_BY_DETAIL = {
  parts: 'direct_contract',
  items: 'portable_on_exit',
  noticeDays: 'free_of_restrictions',
} as const satisfies Record<keyof AnswerDetails, Question>;

/** An answer in force; without a payer or a state it holds for all of them. */
export interface LedgerAnswer extends AnswerDetails {
  question: Question;
  answer: PlatformAnswer;
  payerId: string | null;
  state: string | null;
}

/** The reading of a question; a yes that doesn't stand comes with the details that contradict it. */
interface Reading {
  question: Question;
  answer: AnswerState;
  contradictedBy?: string[];
}

interface AssessedItems {
  verdict: Verdict;
  /** The questions that stand in the way of `direct`. */
  because: Reading[];
  unanswered: Question[];
  /** The parts that remain on leaving the platform, item by item. */
  portable: Record<PortableItem, AnswerState>;
}

interface StateAssessment extends AssessedItems {
  /** Null if the provider works in no state that is known. */
  state: string | null;
  /** All six questions, in their order. */
  readings: Reading[];
}

interface PayerAssessment extends AssessedItems {
  payerId: string;
  states: StateAssessment[];
}

export interface Assessment extends Omit<AssessedItems, 'portable'> {
  byPayer: PayerAssessment[];
}

/** The questions that must all be yes for a contract to be direct. */
const DECISIVE: readonly Question[] = ['direct_contract', 'bill_outside', 'claims_under_own_setup', 'control_terms'];

/** Assesses a relationship's answers for each of its payers, in its states. */
export function assessAnswers(
  payerIds: readonly string[],
  states: readonly string[],
  answers: readonly LedgerAnswer[],
): Assessment {
  const byPayer = payerIds.map((payerId) => {
    const ofPayer = answers.filter((given) => given.payerId === null || given.payerId === payerId);
    const named = [...new Set([...states, ...ofPayer.flatMap(({ state }) => state ?? [])])].sort();
    const assessed = (named.length > 0 ? named : [null]).map((state) => assessIn(ofPayer, payerId, state));
    return { payerId, ...findSharedAssessment(assessed), states: assessed };
  });
  const { portable: _, ...overall } = findSharedAssessment(byPayer);
  return { ...overall, byPayer };
}

/**
 * Selects the answer in force to each question for a payer and state: the most specific, a payer's before a state's.
 */
export function selectAnswersInForce<T extends LedgerAnswer>(
  answers: readonly T[],
  payerId: string,
  state: string | null,
): Map<Question, T> {
  const rankSpecificity = (given: T) => (given.payerId === null ? 0 : 2) + (given.state === null ? 0 : 1);
  const applying = answers
    .filter((given) => (given.payerId === null || given.payerId === payerId) && [null, state].includes(given.state))
    .sort((a, b) => rankSpecificity(a) - rankSpecificity(b));
  return new Map(applying.map((given) => [given.question, given]));
}

/** Assesses one payer's answers in a state. */
export function assessIn(answers: readonly LedgerAnswer[], payerId: string, state: string | null): StateAssessment {
  const given = selectAnswersInForce(answers, payerId, state);
  const readings = QUESTIONS.map((question) => readAnswer(question, given.get(question)));
  return {
    state,
    ...findVerdict(readings),
    unanswered: readings.filter(({ answer }) => answer === 'unanswered').map(({ question }) => question),
    portable: assessPortability(given.get('portable_on_exit')),
    readings,
  };
}

const BEARS_OUT: readonly unknown[] = ['yes', 'provider', 'practice', 0];

/** Reads an answer: a yes whose own details contradict it is unclear. */
function readAnswer(question: Question, given: LedgerAnswer | undefined): Reading {
  if (given?.answer !== 'yes') return { question, answer: given?.answer ?? 'unanswered' };
  const { parts, items, noticeDays } = given;
  const contradictedBy = [
    ...Object.entries(parts ?? {}).map(([name, value]) => [`parts.${name}`, value]),
    ...Object.entries(items ?? {}).map(([name, value]) => [`items.${name}`, value]),
    ['noticeDays', noticeDays ?? 0],
  ].flatMap(([path, value]) => (BEARS_OUT.includes(value) ? [] : [String(path)]));
  return contradictedBy.length > 0 ? { question, answer: 'unclear', contradictedBy } : { question, answer: 'yes' };
}

/**
 * Finds the verdict: `direct` only if 1, 2, 4 and 5 are yes; `platform_model` if 1 is no; anything else is unclear: not
 * direct.
 */
function findVerdict(readings: readonly Reading[]): Pick<AssessedItems, 'verdict' | 'because'> {
  const [direct] = readings;
  if (direct!.answer === 'no') return { verdict: 'platform_model', because: [direct!] };
  const because = readings.filter(({ question, answer }) => DECISIVE.includes(question) && answer !== 'yes');
  return { verdict: because.length === 0 ? 'direct' : 'unclear', because };
}

/** Assesses what remains, by item; a yes in general says of no item that it does. */
function assessPortability(given: LedgerAnswer | undefined): AssessedItems['portable'] {
  const otherwise: AnswerState = !given ? 'unanswered' : given.answer === 'no' ? 'no' : 'unclear';
  return mapPortableItems((item) => given?.items?.[item] ?? otherwise);
}

const mapPortableItems = (assess: (item: PortableItem) => AnswerState): AssessedItems['portable'] =>
  Object.fromEntries(PORTABLE_ITEMS.map((item) => [item, assess(item)])) as AssessedItems['portable'];

/** Finds the assessment that all share, otherwise unclear; because of everything that stands in the way of any. */
function findSharedAssessment(parts: readonly AssessedItems[]): AssessedItems {
  const combineValues = <T>(values: T[]): T | 'unclear' => (new Set(values).size === 1 ? values[0]! : 'unclear');
  const because = parts.flatMap((part) => part.because).map((reading) => [JSON.stringify(reading), reading] as const);
  return {
    verdict: combineValues(parts.map((part) => part.verdict)),
    because: [...new Map(because).values()],
    unanswered: QUESTIONS.filter((question) => parts.some((part) => part.unanswered.includes(question))),
    portable: mapPortableItems((item) => combineValues(parts.map((part) => part.portable[item]))),
  };
}
