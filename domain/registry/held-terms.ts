import type { PlainDate } from '../time/instants';
import { addDays, pickEarlierDay, pickLaterDay } from '../time/dates';

/**
 * The days from which through which something holds: a licence, malpractice cover, a DEA registration. Without
 * `startsOn` its beginning is unknown, and it counts for every day up to its end.
 */
export interface Term {
  startsOn?: PlainDate | undefined;
  expiresOn: PlainDate;
}

export const isInForce = ({ startsOn, expiresOn }: Term, on: PlainDate): boolean =>
  (startsOn === undefined || startsOn <= on) && on <= expiresOn;

/** Whether any of several terms holds on a day; they may overlap. */
export const areTermsInForce = (terms: readonly Term[], on: PlainDate): boolean =>
  terms.some((term) => isInForce(term, on));

/** Puts the latest end first, and of one end the latest beginning. */
export function compareTerms(a: Term, b: Term): number {
  const [one, other] = [a, b].map(({ startsOn = '', expiresOn }) => `${expiresOn} ${startsOn}`);
  return one! < other! ? 1 : one === other ? 0 : -1;
}

/** Lists the days on which one term begins or another is over, in order. */
export const listTurningDays = (terms: readonly Term[]): PlainDate[] =>
  terms.flatMap(({ startsOn, expiresOn }) => [...(startsOn ? [startsOn] : []), addDays(expiresOn, 1)]).sort();

/** The parts of a provider's file that have terms: those that are on file now, and those that were before them. */
export interface HeldTerms<T> {
  current: readonly T[];
  former: readonly T[];
}

/** The rules by which the terms of one kind belong together. */
export interface HeldKind<T> {
  /** Reads the place in which one of them may be replaced by another: a state. */
  readPlace: (one: T) => string;
  /** Whether two terms of a place are the same licence, policy or registration, so that the later is its renewal. */
  isSame: (one: T, other: T) => boolean;
}

/**
 * The circumstances in which a list replaces another: from which day it holds, and whether the earlier one was wrong.
 */
export interface TermChange {
  on: PlainDate;
  correction: boolean;
}

export type DatedTerm = Term & { issuedOn?: PlainDate | undefined };

/** Starts a term that is given by itself: without a first day it begins on its day of issue. */
export const startOnIssue = <T extends DatedTerm>(one: T): T =>
  one.startsOn === undefined && one.issuedOn !== undefined ? { ...one, startsOn: one.issuedOn } : one;

/**
 * Puts a list in the place of the one on file. A later end of the same thing is a renewal: its former term stays. An
 * end that is not later is another end of the same term. An item that the list leaves out has ended the day before, or
 * when a new item of its place begins, and sooner if that comes to begin sooner; if nothing is left of a place, nothing
 * of it goes on. A correction says what was so all along: nothing becomes a former term.
 */
export function replaceTerms<T extends DatedTerm>(
  kept: HeldTerms<T>,
  given: readonly T[],
  kind: HeldKind<T>,
  { on, correction }: TermChange,
): HeldTerms<T> {
  const matchTerm = (one: T) => (other: T) => kind.readPlace(one) === kind.readPlace(other) && kind.isSame(one, other);
  const left = [...kept.current];
  const takeTerm = (isSought: (one: T) => boolean): T | undefined => {
    const found = left.findIndex(isSought);
    return found < 0 ? undefined : left.splice(found, 1)[0];
  };
  const placed = given
    .map((one) => ({ one, own: takeTerm(matchTerm(one)) }))
    // the number itself may be what was wrong
    .map(({ one, own }) => ({
      one,
      own: own ?? (correction ? takeTerm((other) => isInOnePlace(kind, one, other)) : own),
    }))
    .map(({ one, own }) => {
      const amends = own !== undefined && (correction || one.expiresOn <= own.expiresOn);
      const before = [...kept.current, ...kept.former].filter((other) => isInOnePlace(kind, one, other));
      const startsOn = amends ? findAmendedStart(one, own) : findNewStart(one, own, before, on);
      return { own, amends, one: { ...one, ...(startsOn && { startsOn }) } };
    });

  let former = [...kept.former];
  const endTerms = (isSought: (one: T) => boolean, lastDay: PlainDate) => {
    former = former.flatMap((one) => (isSought(one) ? endBy(one, lastDay) : [one]));
  };
  // a term within another of the same thing adds nothing
  const keepFormer = (term: T) => {
    const same = former.filter(matchTerm(term));
    if (same.some((one) => isWithin(term, one))) return;
    former = [term, ...former.filter((one) => !(same.includes(one) && isWithin(one, term)))];
  };
  // the other ended on the day on which one of its place was to begin
  const isEndedBefore = (one: T) => (other: T) =>
    isInOnePlace(kind, one, other) && other.expiresOn < (one.startsOn ?? '');
  for (const { one, own, amends } of placed) {
    if (own && !amends) keepFormer(own);
    if (own && amends) endTerms(isEndedBefore(own), addDays(pickLaterDay(on, one.startsOn ?? on), -1));
    // a licence has one end: the one that was given last, also if it was on file by a wrong number
    endTerms((other) => matchTerm(one)(other) || (own !== undefined && matchTerm(own)(other)), one.expiresOn);
  }
  for (const gone of left) {
    const starts = placed.flatMap(({ one, own }) =>
      !own && isInOnePlace(kind, one, gone) ? (one.startsOn ?? on) : [],
    );
    const lastDay = addDays(pickLaterDay(on, starts.sort()[0] ?? on), -1);
    if (correction) former = former.filter((one) => !matchTerm(gone)(one));
    // a place that the new list leaves empty ends as a whole: what is on file for it, and what that replaced
    const isEmpty = !given.some((one) => isInOnePlace(kind, one, gone));
    endTerms(isEmpty ? (one) => isInOnePlace(kind, one, gone) : matchTerm(gone), lastDay);
    if (starts.length > 0) endTerms(isEndedBefore(gone), lastDay);
    if (!correction) endBy(gone, lastDay).forEach(keepFormer);
  }
  return {
    current: placed.map(({ one }) => one),
    former: former.toSorted(compareTerms),
  };
}

const isInOnePlace = <T>({ readPlace }: HeldKind<T>, one: T, other: T): boolean => readPlace(one) === readPlace(other);

const isWithin = (inner: Term, outer: Term): boolean =>
  inner.expiresOn <= outer.expiresOn &&
  (outer.startsOn === undefined || (inner.startsOn !== undefined && outer.startsOn <= inner.startsOn));

/** Ends a term by a day at the latest; none is left if it would end before it began. */
const endBy = <T extends Term>(term: T, lastDay: PlainDate): T[] => {
  const expiresOn = pickEarlierDay(term.expiresOn, lastDay);
  return term.startsOn !== undefined && expiresOn < term.startsOn ? [] : [{ ...term, expiresOn }];
};

/**
 * Finds the first day of a term of which the file said something else; a day of issue moves it if it rested on one,
 * or was before.
 */
function findAmendedStart(one: DatedTerm, own: DatedTerm): PlainDate | undefined {
  const moves = own.startsOn === own.issuedOn || (own.startsOn ?? '') < (one.issuedOn ?? '');
  const day = one.startsOn ?? (moves ? one.issuedOn : undefined);
  return day ?? (own.startsOn && pickEarlierDay(own.startsOn, one.expiresOn));
}

/**
 * Finds the first day of a new term. A day that the term before has already, or a day of issue from before its end, is
 * the licence's and says nothing of the renewal. Without a stated day, if something was on file for the place before,
 * the term begins the day after the one that it renews, or, once that is over, with the change: what lies between is a
 * gap.
 */
function findNewStart(
  one: DatedTerm,
  own: DatedTerm | undefined,
  before: readonly DatedTerm[],
  on: PlainDate,
): PlainDate | undefined {
  const day = one.startsOn ?? one.issuedOn;
  const known = own && (own.startsOn ?? (one.startsOn ? undefined : own.expiresOn));
  if (day !== undefined && (known === undefined || day > known)) return day;
  if (before.length === 0) return undefined;
  const days = [on, ...(own ? [addDays(own.expiresOn, 1)] : []), ...(one.issuedOn ? [one.issuedOn] : [])];
  return pickEarlierDay(days.sort().at(-1)!, one.expiresOn);
}
