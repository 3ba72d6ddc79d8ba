import * as fc from 'fast-check';
import { CARES, type ApplicationEvent, type TimerName } from '../../../domain/application/events';
import { fold, reduce } from '../../../domain/application/reduce';
import { schedule } from '../../../domain/application/schedule';
import { isOpen, participates, type ApplicationState } from '../../../domain/application/state';
import { allowedActions, allowedOutcomes, type Refusal } from '../../../domain/application/transitions';
import {
  ACTIONS,
  CONTRACT_STATUSES,
  DIRECTORY_STATUSES,
  FACTS,
  ISSUE_CODES,
  KINDS,
  LOADING_STATUSES,
  OUTCOMES,
  PREREQUISITES,
  STAGES,
} from '../../../domain/codes';
import { addDays } from '../../../domain/dates';
import { sameValue } from '../../../domain/facts';
import type { Playbook } from '../../../domain/playbook';
import { COMPLETE, Paper, ZONE, stored } from './paper';

/** A playbook whose every duration is elapsed time, so that thousands of lives need few calendars. */
const IN_HOURS: Playbook = {
  confirmReceiptAfter: { hours: 50 },
  followUpEvery: { hours: 100 },
  contactOverdueAfter: { hours: 20 },
  escalateAfter: { hours: 60 },
  expectedDecision: { hours: 900 },
  informationDeadline: { hours: 140 },
  appealWindow: { hours: 300 },
  panelRecheck: { hours: 700 },
  contractChase: { hours: 90 },
  confirmationChase: { hours: 40 },
  loadingCheck: { hours: 200 },
  directoryEvery: { hours: 500 },
  recredentialEvery: { hours: 1_500 },
  recredentialOpens: { hours: 400 },
};
const PLAYBOOKS: Playbook[] = [IN_HOURS, { ...IN_HOURS, requiresCaqh: false }, { earliestInquiry: { days: 30 } }];

/** One thing that may happen; what it means is looked up in the state that it meets. */
const happening = fc.record({
  what: fc.constantFrom('contacts', 'contacts', 'contacts', 'act', 'act', 'time', 'time', 'file', 'strike'),
  /** Among what is allowed, or among everything. */
  allowed: fc.boolean(),
  late: fc.boolean(),
  phone: fc.boolean(),
  which: fc.nat(999),
  outcome: fc.nat(999),
  number: fc.nat(3),
  days: fc.integer({ min: -40, max: 60 }),
  named: fc.constantFrom('none', 'none', 'next', 'promise'),
});
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

const pick = <T>(from: readonly T[], index: number): T => from[index % from.length]!;

/** The body of an action, by what a state has to offer for it. */
function bodyOf(paper: Paper, action: string, h: Happening): Record<string, unknown> {
  const on = addDays(paper.today, h.days);
  const ahead = addDays(paper.today, Math.abs(h.days));
  const late = h.late ? { outOfOrder: { reason: 'late' } } : {};
  switch (action) {
    case 'contacts': {
      const outcome = pick(h.allowed ? allowedOutcomes(paper.state) : OUTCOMES, h.outcome) ?? 'other';
      return {
        ...late,
        channel: h.phone ? 'phone' : 'portal',
        outcome,
        ...(outcome === 'information_requested'
          ? { missingItems: ['W-9', 'Diploma', 'CV'].slice(0, h.number) }
          : h.number === 3 && { itemsNotNeeded: true }),
        ...(h.named === 'next' && { nextFollowUpOn: ahead }),
        ...(h.named === 'promise' && { promisedOn: ahead }),
      };
    }
    case 'submission':
      return { ...late, submittedOn: on, channel: 'fax' };
    case 'information':
      return { ...late, providedOn: on, items: ['W-9', 'Diploma', 'CV'].slice(h.number % 2) };
    case 'contract':
      return { ...late, status: pick(CONTRACT_STATUSES, h.outcome), on };
    case 'confirmations':
      return {
        ...late,
        fact: pick(FACTS, h.outcome),
        value: `2027-0${1 + (h.number % 2)}-01`,
        source: h.phone ? 'client_word' : 'letter',
        reference: 'L1',
        ...(h.named === 'next' && { reason: 'chosen' }),
      };
    case 'waivers':
      return { prerequisite: pick(PREREQUISITES, h.outcome), until: ahead };
    case 'pause':
      return h.named === 'next' ? { until: ahead } : {};
    case 'restoration':
      return { attempt: h.number };
    case 'loading':
      return { status: pick(LOADING_STATUSES, h.outcome), seenOn: on };
    case 'directory':
      return { status: pick(DIRECTORY_STATUSES, h.outcome), seenOn: on };
    case 'issues':
      return { code: pick(ISSUE_CODES, h.outcome), since: on, ...(h.late && { disproves: [pick(FACTS, h.number)] }) };
    case 'issue-resolution':
      return { code: pick(ISSUE_CODES, h.outcome), resolvedOn: on };
    case 'committee-date':
      return { on };
    case 'recredentialing':
      return { startedOn: on, ...(h.late && { dueOn: ahead }) };
    case 'participation-end':
      return { on };
    case 'notes':
      return { visibility: 'internal' };
    case 'assignment':
      return { assignee: h.late ? 'user' : null };
    default:
      return { filedOn: on };
  }
}

function changedFile(paper: Paper, h: Happening): void {
  const provider = paper.file.provider;
  const attestation = h.late
    ? null
    : { attestedOn: addDays(paper.today, -Math.abs(h.days * 4)), authorizedPayerIds: null };
  if (h.which % 3 === 0) paper.change({ attestation });
  else if (h.which % 3 === 1) paper.change({ practice: { ...paper.file.practice, address: h.late ? null : {} } });
  else
    paper.change({
      provider: provider && { ...provider, malpractice: h.late ? null : { expiresOn: addDays(paper.today, h.days) } },
    });
}

/** What was done, in the words of the invariants. */
interface Done {
  kind: string;
  refusal: Refusal | null;
}

function happen(paper: Paper, h: Happening): Done {
  switch (h.what) {
    case 'time':
      paper.days(Math.abs(h.days) / 2);
      return { kind: 'time', refusal: null };
    case 'file':
      changedFile(paper, h);
      return { kind: 'file', refusal: null };
    case 'strike': {
      const entries = paper.events.filter((event) => !h.allowed || (!event.causeId && event.kind !== 'file'));
      const entryId = pick(entries, h.which).id;
      return { kind: 'corrections', refusal: paper.give('corrections', { entryId }) };
    }
    default: {
      // what ends or changes nothing is tried less often
      const dull = ['corrections', 'notes', 'assignment', ...(h.number > 0 ? ['withdrawal', 'pause'] : [])];
      const actions = (h.allowed ? allowedActions(paper.state) : ACTIONS).filter((action) => !dull.includes(action));
      const action = h.what === 'contacts' ? h.what : (pick(actions, h.which) ?? 'notes');
      return { kind: action, refusal: paper.give(action, bodyOf(paper, action, h)) };
    }
  }
}

const TIMERS: TimerName[] = [
  'followUp:credentialing',
  'followUp:contracting',
  'followUp:confirmation',
  'escalation:credentialing',
  'escalation:contracting',
  'escalation:confirmation',
  'escalation:step',
  'informationDeadline',
  'appealWindow',
  'pauseEnd',
  'file',
  ...CARES.flatMap((care) => [`followUp:${care}`, `escalation:${care}`] as const),
  'effective',
  'recredentialing:due',
  'recredentialing:reminder',
  'recredentialing:missed',
];
/** What touches neither a follow-up nor the queue. */
const SETTLES_NOTHING = ['time', 'file', 'notes', 'assignment', 'pause', 'resume', 'waivers'];

/** The entries that remain: neither struck nor following from what is. */
function remaining(events: readonly ApplicationEvent[]): ApplicationEvent[] {
  const gone = new Set(events.flatMap((event) => (event.kind === 'correction' ? [event.data.strikes] : [])));
  return events.filter((event) => !gone.has(event.id) && !(event.causeId && gone.has(event.causeId)));
}

/** Everything that must hold after each step, as a list of what doesn't. */
function broken(paper: Paper, before: ApplicationState, done: Done): string[] {
  const { state, events, view } = paper;
  const wrong: string[] = [];
  const must = (holds: boolean, promise: string) => void (holds || wrong.push(promise));
  const timers = Object.keys(state.agenda.timers) as TimerName[];
  const items = paper.items;

  if ((isOpen(state) && !state.paused) || participates(state))
    must(timers.some((name) => name !== 'file') || items.length > 0, 'an armed timer or an open item');
  if (!isOpen(state)) {
    must(
      participates(state) || (timers.length === 0 && items.length === 0),
      'closed, and no participation goes on: no timer, no item',
    );
    must(state.step === null && state.paused === null && sameValue(state.followUps, {}), 'closed: nothing awaited');
    must(participates(state) || paper.nextFollowUpAt === null, 'closed: no next follow-up');
  }
  must(
    timers.every((name) => TIMERS.includes(name)),
    'timers have known names',
  );
  must(new Set(items).size === items.length, 'each item stands once in the queue');

  const settlesNothing = SETTLES_NOTHING.includes(done.kind) || done.refusal !== null;
  if (settlesNothing && state.stage === before.stage && isOpen(state)) {
    const was = before.agenda.followUps;
    must(sameValue(state.agenda.followUps, was), 'only a contact or what settles it moves a follow-up');
    if (!before.paused && !state.paused)
      must(
        before.agenda.items.every((item) => items.includes(item.purpose)),
        'nothing else leaves the queue',
      );
  }

  const age = Date.parse(state.closedAt ?? state.updatedAt) - Date.parse(state.openedAt);
  must(Object.values(state.waiting.ms).reduce((a, b) => a + b) === age, 'waiting adds up to the age in milliseconds');
  const clocks = [view, view.tracks.credentialing, view.tracks.contracting].map((one) => one.waitingSeconds);
  must(
    clocks.every((clock) => Object.values(clock).reduce((a, b) => a + b) === view.ageSeconds),
    'waiting adds up to the age in seconds, in all and on each track',
  );
  must(
    clocks.every((clock) => Object.values(clock).every((seconds) => seconds >= 0)),
    'no negative waiting',
  );

  must(state.version === events.length, 'the version is the number of entries');
  must(
    events.every((event, i) => event.seq === i + 1),
    'entries are numbered without a gap',
  );

  must(STAGES.includes(state.stage), 'a known stage');
  if (state.stage === 'confirmed' && before.stage !== 'confirmed')
    must(
      state.rules.facts.every((fact) => state.facts[fact]?.status === 'confirmed' && state.facts[fact]!.counts),
      'confirmed: the facts of its kind are there',
    );
  must(state.stage === 'confirmed' || state.stage === 'withdrawn' ? !isOpen(state) : true, 'final stages are closed');
  must(
    !(state.stage === 'approved' && state.rules.facts.every((f) => state.facts[f]?.status === 'confirmed')),
    'approved with all facts is confirmed',
  );
  const inPreparation = ['preparing', 'awaiting_attestation', 'ready_to_submit'].includes(state.stage);
  must(!(inPreparation && state.submitted), 'before submission nothing is submitted');
  must(
    !isOpen(state) || inPreparation || state.submitted || state.stage === 'panel_closed',
    'later stages are submitted',
  );
  must(
    state.outstanding.length === 0 || state.stage === 'information_requested',
    'items are asked for while requested',
  );
  must(state.blockers.length === 0 || (state.submitted && isOpen(state)), 'blockers only after submission');

  const attempts = [...state.ended.map((ended) => ended.number), state.attempt].sort((a, b) => a - b);
  must(
    sameValue(
      attempts,
      attempts.map((_number, i) => i + 1),
    ),
    'no attempt is lost',
  );
  if (done.kind !== 'corrections')
    must(
      before.ended.every((ended) => state.attempt === ended.number || state.ended.some((e) => sameValue(e, ended))) ||
        before.attempt !== state.attempt,
      'an ended attempt keeps its dates',
    );

  if (done.refusal) {
    const added = events.slice(before.version);
    must(
      added.every((event) => event.kind === 'file' || event.kind === 'stage'),
      'what is refused changes nothing',
    );
    must(
      done.refusal.type !== 'action_not_allowed' || done.refusal.stage === before.stage || added.length > 0,
      'refusal names the stage',
    );
  }
  return wrong;
}

/** What must hold of a whole history, as a list of what doesn't. */
function brokenHistory({ state, workflow, events, playbook }: Paper): string[] {
  const wrong: string[] = [];
  const must = (holds: boolean, promise: string) => void (holds || wrong.push(promise));
  must(sameValue(fold(events), state), 'the fold of all entries is the state');
  must(sameValue(workflow, state), 'the workflow folds what the record keeps');
  const left = remaining(events);
  const refolded = stored(left).reduce<ApplicationState | null>(reduce, null)!;
  must(
    sameValue({ ...refolded, agenda: null }, { ...state, agenda: null }),
    'a correction leaves the fold of what remains',
  );
  must(sameValue(schedule(stored(state), playbook, ZONE), state.agenda), 'the agenda follows from the state alone');
  must(sameValue(JSON.parse(JSON.stringify(state)), state), 'the state is plain JSON');
  return wrong;
}

const life = fc.record({
  kind: fc.constantFrom(...KINDS, 'new_individual' as const, 'new_individual' as const),
  playbook: fc.constantFrom(PLAYBOOKS[0]!, PLAYBOOKS[0]!, PLAYBOOKS[1]!, PLAYBOOKS[2]!),
  attested: fc.boolean(),
  adopt: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    'submitted',
    'in_review',
    'approved',
    'panel_closed',
    'denied',
  ),
  happenings: fc.array(happening, { minLength: 1, maxLength: 24, size: 'max' }),
});

test('whatever happens in whatever order, every promise holds after every step', () => {
  fc.assert(
    fc.property(life, ({ kind, playbook, attested, adopt, happenings }) => {
      const file = attested ? COMPLETE : { ...COMPLETE, attestation: null };
      const adoption = adopt && { stage: adopt, submittedOn: '2026-12-01', lastContactOn: '2026-12-20' };
      const paper = new Paper({ kind, playbook, file, adopt: adoption });
      for (const h of happenings) {
        const before = structuredClone(paper.state);
        const done = happen(paper, h);
        const whole = done.kind === 'corrections' || h === happenings.at(-1);
        const wrong = [...broken(paper, before, done), ...(whole ? brokenHistory(paper) : [])];
        if (wrong.length > 0) throw new Error(`${done.kind} in ${before.stage} → ${paper.stage}: ${wrong.join('; ')}`);
      }
    }),
    { numRuns: 2_000 },
  );
}, 300_000);
