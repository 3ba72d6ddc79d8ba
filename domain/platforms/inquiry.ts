import type { Instant, PlainDate } from '../time/instants';
import { computeChase } from '../time/calendar';
import type { Duration } from '../time/duration';
import { selectAnswersInForce, type Assessment, type LedgerAnswer, type Question } from './platform';

/** The pause after which open questions are asked again if the inquiry sets no other cadence. */
export const DEFAULT_CADENCE: Duration = { businessDays: 10 };
/** The number of unanswered inquiries after which a person takes the questions up. */
export const UNANSWERED_LIMIT = 3;
/** How long an answer holds. */
const HOLDS: Duration = { months: 12 };

export interface DatedAnswer extends LedgerAnswer {
  answeredOn: PlainDate;
}

export interface OpenQuestion {
  payerId: string;
  state: string | null;
  question: Question;
  /** Never answered, answered more than a year ago, or before the terms changed. */
  because: 'unanswered' | 'old' | 'terms_changed';
}

export interface Inquiry {
  open: OpenQuestion[];
  /** When the next of the answers will have grown old. */
  asksAgainAt: Instant | null;
}

/** Finds what a relationship has to be asked at an instant, and when something will have to be asked again. */
export function findOpenQuestions(
  { byPayer }: Assessment,
  answers: readonly DatedAnswer[],
  termsChangedOn: PlainDate | null,
  now: Instant,
  timeZone: string,
): Inquiry {
  const open: OpenQuestion[] = [];
  const agesAt: Instant[] = [];
  for (const { payerId, states } of byPayer)
    for (const { state, readings } of states) {
      const given = selectAnswersInForce(answers, payerId, state);
      for (const { question } of readings) {
        const answer = given.get(question);
        const agedAt = answer && computeChase({ at: now, on: answer.answeredOn }, HOLDS, { timeZone });
        if (!answer) open.push({ payerId, state, question, because: 'unanswered' });
        else if (termsChangedOn !== null && answer.answeredOn < termsChangedOn)
          open.push({ payerId, state, question, because: 'terms_changed' });
        else if (agedAt! <= now) open.push({ payerId, state, question, because: 'old' });
        else agesAt.push(agedAt!);
      }
    }
  return { open, asksAgainAt: agesAt.sort()[0] ?? null };
}
