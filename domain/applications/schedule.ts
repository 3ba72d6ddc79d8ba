import { addDays } from '../time/dates';
import {
  findChaseInstant,
  findWindowStart,
  findReminderInstant,
  computeChase,
  computeDeadline,
  computeReminder,
  toLocalDate,
  startOfDay,
} from '../time/calendar';
import { halveDuration, type Duration } from '../time/duration';
import type { ResolvedPlaybook } from '../registry/playbook';
import { findStatutoryDate } from '../registry/statutory';
import { TRACKS, type Agenda, type RecredentialingDates, type TimerName } from './events';
import type { Instant, PlainDate } from '../time/instants';
import { PARTICIPATION_TRACKS } from '../kernel/codes';
import type { Progress } from './progress';
import {
  isHeld,
  isOpen,
  isParticipating,
  listSilences,
  type ApplicationState,
  type FollowUp,
  type RecredentialingCycle,
  type Silence,
} from './state';
import { computeNextFollowUpAt } from './view';
import { DEADLINE_STEPS } from '../work-queue/ranking';

/**
 * Computes every instant that a state waits for, by the playbook's durations and the calendar: the one place that turns
 * rules into time. `timeZone` is the client's; the payer's is in the playbook's window.
 */
export function computeAgenda(state: ApplicationState, playbook: ResolvedPlaybook, timeZone: string): Agenda {
  const agenda: Agenda = { timers: {}, followUps: {}, items: [], expectedDecisionAt: null };
  const hold = isHeld(state) && state.held;
  if (hold) {
    const dueAt = computeChase({ at: hold.since }, playbook.contactOverdueAfter, playbook.window);
    agenda.items.push({ purpose: 'enter_what_was_lost', since: hold.since, dueAt });
  }
  const isSilent = state.paused !== null || isHeld(state);
  if (!isSilent)
    for (const { purpose, since } of state.mending ?? []) {
      const dueAt = computeWorkDates(state, since, playbook).dueAt;
      agenda.items.push({ purpose, since, dueAt });
    }
  if (isParticipating(state)) return addParticipation(agenda, state, playbook, timeZone);
  if (!isOpen(state)) return agenda;
  const { window } = playbook;
  const armTimer = (name: TimerName, at: Instant, silenced = isSilent) => {
    if (!silenced) agenda.timers[name] = at;
  };

  for (const track of TRACKS) {
    const followUp = state.followUps[track];
    if (!followUp) continue;
    const at = computeFollowUpAt(state, followUp, playbook);
    const { dueAt, escalatesAt } = computeWorkDates(state, at, playbook, followUp);
    agenda.followUps[track] = { at, dueAt };
    if (!followUp.firedAt) armTimer(`followUp:${track}`, at);
    else if (!followUp.escalatedAt) armTimer(`escalation:${track}`, escalatesAt);
    if (followUp.firedAt && !isSilent) agenda.items.push({ purpose: followUp.purpose, since: at, dueAt });
  }

  const { step } = state;
  if (step) {
    const { escalatesAt, ...own } = computeWorkDates(state, step.since, playbook);
    const lasts =
      step.purpose === 'provide_information'
        ? playbook.informationDeadline
        : step.purpose === 'decide_on_appeal'
          ? playbook.appealWindow
          : null;
    const dueAt = lasts ? computeDeadline({ at: step.since }, lasts, window) : own.dueAt;
    if (!step.escalatedAt) armTimer('escalation:step', escalatesAt);
    if (lasts && !step.deadlinePassedAt) {
      const name = step.purpose === 'provide_information' ? 'informationDeadline' : 'appealWindow';
      armTimer(name, computeLastMoment(dueAt, lasts, window.timeZone), false);
    }
    // neither a pause nor a hold silences what has the payer's deadline, or its timers
    if (!isSilent || DEADLINE_STEPS.includes(step.purpose))
      agenda.items.push({ purpose: step.purpose, since: step.since, dueAt });
  }

  if (state.paused?.until) armTimer('pauseEnd', findWindowStart(state.paused.until, window), false);
  const changesOn = [state.file.changesOn, ...state.waivers.map((w) => addDays(w.until, 1))].filter((d) => d !== null);
  if (changesOn.length > 0) armTimer('file', startOfDay(changesOn.sort()[0]!, timeZone), false);
  const { submittedAt, submittedOn, decisionPromisedOn } = state;
  if (submittedAt)
    agenda.expectedDecisionAt = decisionPromisedOn
      ? findWindowStart(decisionPromisedOn, { timeZone: window.timeZone })
      : computeDeadline(anchorOn(submittedAt, submittedOn), playbook.expectedDecision, window);
  const statutory = findStatutoryDate(state.key, findCompleteSince(state, timeZone));
  if (statutory) agenda.statutory = statutory;
  return agenda;
}

/** Finds the day from which the payer has had the whole attempt, which it cannot have had before it was submitted. */
function findCompleteSince(
  { completeAt, completeOn, submittedOn }: ApplicationState,
  timeZone: string,
): PlainDate | null {
  if (!completeAt) return null;
  return [completeOn ?? toLocalDate(completeAt, timeZone), submittedOn ?? ''].sort()[1]!;
}

/**
 * Moves an instant that falls into a silence to the end of the silence. With `count`, an instant whose deadline falls into one
 * is moved too, and counts from the end.
 */
const skipSilences = (silences: readonly Silence[], at: Instant, count = (from: Instant) => from): Instant =>
  silences.reduce((since, { from, to }) => {
    const falls = count(since);
    return from <= falls && falls < to ? to : since;
  }, at);

/** Computes when work that entered the queue at an instant is late, and when it escalates. */
function computeWorkDates(
  state: ApplicationState,
  since: Instant,
  { contactOverdueAfter, escalateAfter, window }: ResolvedPlaybook,
  { hurriedAt }: Pick<FollowUp, 'hurriedAt'> = {},
): { dueAt: Instant; escalatesAt: Instant } {
  const countFrom = (duration: Duration) => (at: Instant) => computeChase({ at }, duration, window);
  const computeDueAt = countFrom(contactOverdueAfter);
  const computeEscalation = countFrom(hurriedAt ? halveDuration(escalateAfter) : escalateAfter);
  const silences = listSilences(state);
  const from = skipSilences(silences, since, computeDueAt);
  return { dueAt: computeDueAt(from), escalatesAt: computeEscalation(skipSilences(silences, from, computeEscalation)) };
}

function computeFollowUpAt(state: ApplicationState, f: FollowUp, playbook: ResolvedPlaybook): Instant {
  if (f.atOnce) return f.at;
  const { window, earliestInquiry } = playbook;
  const at = f.on ? findChaseInstant(f.on, window) : computeCountedAt(f, playbook);
  // whether it arrived can be asked at once: what a payer answers only later is how far it has come
  const earliest =
    !f.on && f.purpose === 'check_status' && earliestInquiry && state.submittedAt
      ? computeChase(anchorOn(state.submittedAt, state.submittedOn), earliestInquiry, window)
      : f.at;
  // work that would be long past (a late record, an adoption) is due from the moment we know of it
  const due = [at, earliest, f.at].sort().at(-1)!;
  // a follow-up that fired as one began had not fallen into it
  const { firedAt } = f;
  return skipSilences(
    listSilences(state).filter(({ from }) => !firedAt || from < firedAt),
    due,
  );
}

/** Computes when a follow-up is due by its rule; half as long after too many unanswered calls if that is sooner. */
function computeCountedAt({ at, from, rule, hurriedAt, firedAt }: FollowUp, playbook: ResolvedPlaybook): Instant {
  const { window, [rule]: every } = playbook;
  const usual = computeChase(anchorOn(at, from), every, window);
  // a follow-up that was due already stays as it was
  if (!hurriedAt || (firedAt && firedAt <= hurriedAt)) return usual;
  return [usual, computeChase({ at: hurriedAt }, halveDuration(every), window)].sort()[0]!;
}

const anchorOn = (at: Instant, on?: PlainDate | null) => (on ? { at, on } : { at });

/** Computes the last moment of a deadline: one in days holds through its last day; one in hours ends on the second. */
function computeLastMoment(at: Instant, duration: Duration, timeZone: string): Instant {
  const elapsed = 'hours' in duration || 'minutes' in duration || 'seconds' in duration;
  return elapsed ? at : startOfDay(addDays(toLocalDate(at, timeZone), 1), timeZone);
}

/** Days before a recredentialing is due on which it is called to mind, the earliest first. */
const REMINDERS = [120, 90] as const;
/** So many cycles are taken for done one by one; if there would be more, the next one is counted from today. */
const MOST_CYCLES_OVER = 1_000;
/** The days by which a decision may be late and still renew, by NCQA; afterwards it is an initial application again. */
const LATE_DAYS = 30;

/** Adds the instants that a participation waits for. */
function addParticipation(
  agenda: Agenda,
  state: ApplicationState,
  playbook: ResolvedPlaybook,
  timeZone: string,
): Agenda {
  const p = state.participation;
  if (!p) return agenda;
  const { window } = playbook;
  for (const track of PARTICIPATION_TRACKS) {
    const followUp = p.followUps[track];
    if (!followUp) continue;
    const at = computeFollowUpAt(state, followUp, playbook);
    const { escalatesAt, ...own } = computeWorkDates(state, at, playbook);
    const dueAt = followUp.dueOn ? startOfDay(addDays(followUp.dueOn, 1), window.timeZone) : own.dueAt;
    agenda.followUps[track] = { at, dueAt };
    if (isHeld(state)) continue;
    if (!followUp.firedAt) agenda.timers[`followUp:${track}`] = at;
    else {
      agenda.items.push({ purpose: followUp.purpose, since: at, dueAt });
      if (!followUp.escalatedAt) agenda.timers[`escalation:${track}`] = escalatesAt;
    }
  }
  if (state.participationEndsOn)
    agenda.timers.participationEnd = startOfDay(addDays(state.participationEndsOn, 1), timeZone);
  const { effective } = p;
  if (effective && !effective.begunAt && toLocalDate(effective.knownAt, timeZone) < effective.on)
    agenda.timers.effective = startOfDay(effective.on, timeZone);
  if (p.cycle) addRecredentialing(agenda, p.cycle, playbook);
  if (isHeld(state)) delete agenda.timers['recredentialing:reminder'];
  return agenda;
}

function addRecredentialing(agenda: Agenda, cycle: RecredentialingCycle, playbook: ResolvedPlaybook): void {
  const { window, recredentialEvery, recredentialOpens } = playbook;
  const { timeZone } = window;
  const { from, basis, knownAt } = cycle;
  const today = toLocalDate(knownAt, timeZone);
  // no day's grace for the payer's hours: the date is the committee's
  const computeNextCycleDue = (on: PlainDate) => computeDeadline({ at: knownAt, on }, recredentialEvery, { timeZone });
  let at = cycle.dueOn ? findWindowStart(cycle.dueOn, { timeZone }) : computeNextCycleDue(from);
  // the date is assumed, so cycles that would be over count as done
  if (basis === 'effective_date' && !cycle.dueOn)
    for (let over = 0; toLocalDate(at, timeZone) < today; over++)
      at = computeNextCycleDue(over < MOST_CYCLES_OVER ? toLocalDate(at, timeZone) : today);
  const dueOn = toLocalDate(at, timeZone);
  const opensAt = computeReminder(at, recredentialOpens, window);
  const dates: RecredentialingDates = {
    from,
    basis,
    dueOn,
    opensOn: toLocalDate(opensAt, timeZone),
    lateUntil: addDays(dueOn, LATE_DAYS),
  };
  agenda.recredentialing = dates;
  if (cycle.missedAt) return;
  // a cycle that the payer has begun by itself is worked on at once
  if (!cycle.openedAt) agenda.timers['recredentialing:due'] = cycle.startedByPayerOn ? knownAt : opensAt;
  const ahead = REMINDERS.filter((days) => days < (cycle.remindedAt ?? Infinity));
  const daysBefore = ahead.find((days) => addDays(dueOn, -days) > today);
  if (daysBefore !== undefined) {
    dates.remindOn = { daysBefore };
    agenda.timers['recredentialing:reminder'] = findReminderInstant(addDays(dueOn, -daysBefore), window);
  }
  agenda.timers['recredentialing:missed'] = computeLastMoment(
    at,
    cycle.dueOn ? { days: 1 } : recredentialEvery,
    timeZone,
  );
}

/** The parts of an application that were set aside, so that only later work wakes its workflow again. */
export interface SetAside {
  setAside?: readonly TimerName[];
  /** When the first part that was set aside is tried again. */
  againAt?: Instant | null;
}

/** Computes how far an application has come. `timeZone` is the payer's. */
export function computeProgress(
  state: ApplicationState,
  timeZone: string,
  { setAside = [], againAt = null }: SetAside = {},
): Progress {
  const timers: { at: Instant; timer: TimerName | 'set_aside' }[] = listArmedTimers(state).filter(
    ({ timer }) => !setAside.includes(timer),
  );
  const [next] = [...timers, ...(againAt === null ? [] : [{ at: againAt, timer: 'set_aside' as const }])].sort(
    (a, b) => (a.at < b.at ? -1 : 1),
  );
  const followUpAt = computeNextFollowUpAt(state);
  return {
    version: state.version,
    stage: state.stage,
    attempt: state.attempt,
    open: isOpen(state),
    participating: isParticipating(state),
    waitingOn: state.waiting.on,
    nextFollowUpOn: followUpAt && toLocalDate(followUpAt, timeZone),
    next: next ?? null,
  };
}

/** Lists the armed timers, the earliest first; for those at one instant, by name. */
export function listArmedTimers({ agenda }: ApplicationState): { at: Instant; timer: TimerName }[] {
  const timers = Object.entries(agenda.timers) as [TimerName, Instant][];
  return timers
    .map(([timer, at]) => ({ at, timer }))
    .sort((a, b) => (a.at === b.at ? (a.timer < b.timer ? -1 : 1) : a.at < b.at ? -1 : 1));
}
