import { addDays, toUtcDate } from '../time/dates';
import type { EventData } from './events';
import type { Instant, PlainDate } from '../time/instants';
import {
  PARTICIPATION_TRACKS,
  type ParticipationTrack,
  type Fact,
  type IssueCode,
  type Purpose,
} from '../kernel/codes';
import {
  isParticipating,
  listAwaitedFacts,
  type ApplicationState,
  type FollowUp,
  type Issue,
  type Participation,
  type RecredentialingCycle,
} from './state';

/** The part of an entry that a reducer step knows. */
export interface Entry {
  id: string;
  at: Instant;
  payerDay?: PlainDate;
}

/** Finds the payer's date on which an entry was made. */
export const findPayerDay = ({ at, payerDay }: Pick<Entry, 'at' | 'payerDay'>): PlainDate => payerDay ?? toUtcDate(at);

/** The purpose of each track's follow-up, and the rule by which the first one is scheduled. */
const TRACK_FOLLOW_UPS: Record<ParticipationTrack, Pick<FollowUp, 'purpose' | 'rule'>> = {
  confirmation: { purpose: 'confirm_facts', rule: 'confirmationChase' },
  loading: { purpose: 'check_loading', rule: 'loadingCheck' },
  directory: { purpose: 'verify_directory', rule: 'loadingCheck' },
  not_loaded: { purpose: 'resolve_not_loaded', rule: 'followUpEvery' },
  wrong_tin: { purpose: 'resolve_wrong_tin', rule: 'followUpEvery' },
  claims_denied: { purpose: 'resolve_claims_denied', rule: 'followUpEvery' },
  directory_wrong: { purpose: 'correct_directory', rule: 'followUpEvery' },
  committee_date: { purpose: 'ask_committee_date', rule: 'confirmationChase' },
  recredentialing: { purpose: 'recover_recredentialing', rule: 'followUpEvery' },
  change: { purpose: 'tell_of_change', rule: 'followUpEvery' },
} satisfies Record<ParticipationTrack, { purpose: Purpose; rule: FollowUp['rule'] }>;

/**
 * The facts that an issue disproves unless the request says otherwise: claims that went to another TIN disprove the claims
 * route.
 */
export const FACTS_DISPROVED_BY_ISSUE: Record<IssueCode, readonly Fact[]> = {
  not_loaded: [],
  wrong_tin: ['claimsRoute'],
  claims_denied: [],
  directory_wrong: [],
};

/** Finds an issue, or the one of a code, that is still to be resolved. */
export const findUnresolvedIssue = ({ participation }: ApplicationState, code?: IssueCode): Issue | undefined =>
  participation?.issues.find((issue) => issue.resolvedOn === null && (code === undefined || issue.code === code));

/** Whether the payer's systems, or else its directory, were last seen to list the provider. */
export const wasSeenLoaded = ({ participation }: ApplicationState): boolean =>
  participation?.loading ? participation.loading.status === 'loaded' : participation?.directory?.status === 'listed';

type Kinds =
  | 'loading'
  | 'directory'
  | 'issue'
  | 'issue_resolved'
  | 'committee_date'
  | 'recredentialing'
  | 'change'
  | 'effective'
  | 'recredentialing_due'
  | 'recredentialing_reminder'
  | 'recredentialing_missed';
type Handlers = { [K in Kinds]: (s: ApplicationState, data: EventData<K>, e: Entry) => void };

/** Folds the entries of a participation; an entry without a handler changes nothing. */
export const PARTICIPATION_HANDLERS: Handlers = {
  loading(s, data, e) {
    const p = s.participation;
    if (!p || data.outdated) return;
    p.loading = data;
    if (data.status === 'loaded') {
      delete p.followUps.loading;
      resolveIssue(p, 'not_loaded', data.seenOn);
    } else scheduleFollowUp(p, 'loading', e, { rule: 'followUpEvery', from: data.seenOn });
  },

  directory(s, data, e) {
    const p = s.participation;
    if (!p || data.outdated) return;
    p.directory = data;
    const listed = data.status === 'listed';
    if (listed) resolveIssue(p, 'directory_wrong', data.seenOn);
    scheduleFollowUp(p, 'directory', e, { rule: listed ? 'directoryEvery' : 'followUpEvery', from: data.seenOn });
  },

  issue(s, data, e) {
    const p = s.participation;
    if (!p) return;
    const { code, since } = data;
    if (findUnresolvedIssue(s, code)) return;
    p.issues.push({ code, entryId: e.id, since, raisedAt: e.at, resolvedOn: null });
    for (const fact of data.disproves) {
      const on = s.facts[fact];
      if (on?.status === 'confirmed') s.facts[fact] = { ...on, status: 'disputed', disprovedBy: e.id };
    }
    if (code === 'not_loaded') p.loading = { status: 'not_loaded', seenOn: since };
    if (code === 'directory_wrong') p.directory = { status: 'inaccurate', seenOn: since };
    raiseFollowUp(p, code, e);
  },

  issue_resolved({ participation: p }, { code, resolvedOn }) {
    if (p) resolveIssue(p, code, resolvedOn);
  },

  committee_date({ participation: p }, { on }, e) {
    if (!p) return;
    p.cycle = createCycle(on, 'stated', e);
    delete p.followUps.committee_date;
    delete p.followUps.recredentialing;
  },

  recredentialing({ participation: p }, { startedOn, dueOn }, e) {
    if (!p) return;
    p.cycle ??= createCycle(startedOn, 'effective_date', e);
    p.cycle.startedByPayerOn = startedOn;
    if (dueOn) p.cycle.dueOn = dueOn;
  },

  change({ participation: p }, data, e) {
    if (!p) return;
    p.untold = [...(p.untold ?? []), data];
    raiseFollowUp(p, 'change', e, findEarliestDue(p.untold));
  },

  effective({ participation: p }, { on }, e) {
    if (p?.effective?.on === on) p.effective.begunAt ??= e.at;
  },

  recredentialing_due({ participation: p }, { from }, e) {
    if (p?.cycle?.from === from) p.cycle.openedAt ??= e.at;
  },

  recredentialing_reminder({ participation: p }, { from, daysBefore }) {
    if (p?.cycle?.from === from) p.cycle.remindedAt = daysBefore;
  },

  recredentialing_missed({ participation: p }, { from }, e) {
    if (p?.cycle?.from !== from) return;
    p.cycle.missedAt ??= e.at;
    raiseFollowUp(p, 'recredentialing', e);
  },
};

/** Notes the day on which the payer decided, or promised to decide; a promise ends with its day. */
export function recordDecisionDay(s: ApplicationState, { outcome, promisedOn }: EventData<'contact'>, e: Entry): void {
  const over = s.decisionPromisedOn !== undefined && s.decisionPromisedOn < findPayerDay(e);
  if (over || outcome === 'tabled') delete s.decisionPromisedOn;
  if ((outcome === 'committee' || outcome === 'tabled') && promisedOn) s.decisionPromisedOn = promisedOn;
  if (outcome === 'committee') s.committeeOn = findPayerDay(e);
  if (outcome === 'approved') s.approvedOn ??= findPayerDay(e);
}

/** Applies a contact about a participation: settles what was due, or what it was about, and schedules the next follow-up. */
export function applyContact(s: ApplicationState, data: EventData<'contact'>, e: Entry): void {
  const p = s.participation;
  if (!p) return;
  if (data.toldOfChanges && data.outcome !== 'no_answer') {
    s.toldOfChangesAt = e.at;
    delete p.untold;
    delete p.followUps.change;
  }
  const named = data.nextFollowUpOn ?? (data.promisedOn && addDays(data.promisedOn, 1));
  if (data.outcome === 'no_answer' && !named) return;
  for (const track of PARTICIPATION_TRACKS) {
    const followUp = p.followUps[track];
    // only a contact that notified the payer settles a change; a contact about another subject leaves it due
    const meant = data.about ? data.about === track : followUp?.firedAt !== undefined && track !== 'change';
    if (!followUp || !meant) continue;
    const rule = track === 'confirmation' ? TRACK_FOLLOW_UPS[track].rule : 'followUpEvery';
    const kept = track === 'change' ? findEarliestDue(p.untold) : {};
    scheduleFollowUp(p, track, e, { rule, ...kept, ...(named && { on: named }) });
  }
}

/** Updates the participation after any entry: it may begin, get another effective date, or end. */
export function updateParticipation(s: ApplicationState, e: Entry): void {
  if (!isParticipating(s)) {
    if (s.stage !== 'confirmed') delete s.participation;
    else if (s.participation) s.participation.followUps = {};
    return;
  }
  const p = (s.participation ??= {
    effective: null,
    loading: null,
    directory: null,
    issues: [],
    cycle: null,
    followUps: {},
  });
  const on = s.facts.effectiveDate?.effectiveOn;
  if (on && p.effective?.on !== on) {
    p.effective = { on, knownAt: e.at, begunAt: null };
    const from = on > findPayerDay(e) ? { from: on } : {};
    for (const track of ['loading', 'directory'] as const)
      if (!p[track] && !p.followUps[track]?.firedAt) scheduleFollowUp(p, track, e, from);
  }
  if (!p.cycle || (p.cycle.basis === 'effective_date' && p.cycle.from !== p.effective?.on)) beginCycle(s, p, e);
  if (listAwaitedFacts(s).length === 0) delete p.followUps.confirmation;
  else if (!p.followUps.confirmation) raiseFollowUp(p, 'confirmation', e);
}

/** Counts from the committee's date as far as it is known, otherwise from the effective date, and asks. */
function beginCycle({ committeeOn, approvedOn }: ApplicationState, p: Participation, e: Entry): void {
  const on = committeeOn ?? approvedOn ?? p.effective?.on;
  if (!on) return;
  const basis = committeeOn ? 'committee_contact' : approvedOn ? 'approval' : 'effective_date';
  p.cycle = createCycle(on, basis, e);
  if (basis === 'effective_date' && !p.followUps.committee_date) scheduleFollowUp(p, 'committee_date', e, {});
}

const createCycle = (from: PlainDate, basis: RecredentialingCycle['basis'], e: Entry): RecredentialingCycle => ({
  from,
  basis,
  knownAt: e.at,
  dueOn: null,
  startedByPayerOn: null,
  openedAt: null,
  remindedAt: null,
  missedAt: null,
});

function resolveIssue(p: Participation, code: IssueCode, resolvedOn: PlainDate): void {
  for (const issue of p.issues) if (issue.code === code) issue.resolvedOn ??= resolvedOn;
  delete p.followUps[code];
}

function scheduleFollowUp(p: Participation, track: ParticipationTrack, e: Entry, how: Partial<FollowUp>): void {
  p.followUps[track] = { ...TRACK_FOLLOW_UPS[track], ...how, at: e.at, armedBy: e.id };
}

/** Puts a follow-up into the queue at once, from the entry on. */
function raiseFollowUp(p: Participation, track: ParticipationTrack, e: Entry, how: Partial<FollowUp> = {}): void {
  p.followUps[track] = { ...TRACK_FOLLOW_UPS[track], ...how, at: e.at, atOnce: true, armedBy: e.id, firedAt: e.at };
}

/** Finds the first day on which notice of a change is late, of those that the payer was not notified of yet. */
function findEarliestDue(unreportedChanges: Participation['untold'] = []): { dueOn?: PlainDate } {
  const [dueOn] = unreportedChanges.flatMap((change) => change.dueOn ?? []).sort();
  return dueOn ? { dueOn } : {};
}
