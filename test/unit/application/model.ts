import * as fc from 'fast-check';
import type { Refusal } from '../../../domain/applications/progress';
import { listAllowedActions, listAllowedOutcomes } from '../../../domain/applications/transitions';
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
  type Action,
} from '../../../domain/kernel/codes';
import { addDays } from '../../../domain/time/dates';
import { KIND_RULES, type Playbook } from '../../../domain/registry/playbook';
import { COMPLETE, Paper, FACT_VALUES } from './paper';

/* Lives that may be lived, for properties. */

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
export const happening = fc.record({
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
export type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

export const pickFrom = <T>(from: readonly T[], index: number): T => from[index % from.length]!;

/** The standing of an application when something happens to it. */
type Standing = Pick<Paper, 'state' | 'today'>;

/** The body of an action, by what a state has to offer for it. */
function bodyOf({ state, today }: Standing, action: string, h: Happening): Record<string, unknown> {
  const on = addDays(today, h.days);
  const ahead = addDays(today, Math.abs(h.days));
  const late = h.late ? { outOfOrder: { reason: 'late' } } : {};
  switch (action) {
    case 'contacts': {
      const outcome = pickFrom(h.allowed ? listAllowedOutcomes(state) : OUTCOMES, h.outcome) ?? 'other';
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
      return { ...late, status: pickFrom(CONTRACT_STATUSES, h.outcome), on };
    case 'confirmations':
      return {
        ...late,
        fact: pickFrom(FACTS, h.outcome),
        value: `2027-0${1 + (h.number % 2)}-01`,
        source: h.phone ? 'client_word' : 'letter',
        reference: 'L1',
        ...(h.named === 'next' && { reason: 'chosen' }),
      };
    case 'waivers':
      return { prerequisite: pickFrom(PREREQUISITES, h.outcome), until: ahead };
    case 'pause':
      return h.named === 'next' ? { until: ahead } : {};
    case 'restoration':
      return { attempt: h.number };
    case 'loading':
      return { status: pickFrom(LOADING_STATUSES, h.outcome), seenOn: on };
    case 'directory':
      return { status: pickFrom(DIRECTORY_STATUSES, h.outcome), seenOn: on };
    case 'issues':
      return {
        code: pickFrom(ISSUE_CODES, h.outcome),
        since: on,
        ...(h.late && { disproves: [pickFrom(FACTS, h.number)] }),
      };
    case 'issue-resolution':
      return { code: pickFrom(ISSUE_CODES, h.outcome), resolvedOn: on };
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

/** Chooses a user's action and its body. */
export function chooseAction(standing: Standing, h: Happening): { action: Action; body: Record<string, unknown> } {
  // an action that ends or changes nothing is tried less often
  const dull = ['corrections', 'notes', 'assignment', ...(h.number > 0 ? ['withdrawal', 'pause'] : [])];
  const actions = (h.allowed ? listAllowedActions(standing.state) : ACTIONS).filter((action) => !dull.includes(action));
  const action = h.what === 'contacts' ? h.what : (pickFrom(actions, h.which) ?? 'notes');
  return { action, body: bodyOf(standing, action, h) };
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

/** The action that was taken, in the words of the invariants. */
export interface HappeningResult {
  kind: string;
  refusal: Refusal | null;
}

export function applyHappening(paper: Paper, h: Happening): HappeningResult {
  switch (h.what) {
    case 'time':
      paper.days(Math.abs(h.days) / 2);
      return { kind: 'time', refusal: null };
    case 'file':
      changedFile(paper, h);
      return { kind: 'file', refusal: null };
    case 'strike': {
      const entries = paper.events.filter((event) => !h.allowed || (!event.causeId && event.kind !== 'file'));
      const entryId = pickFrom(entries, h.which).id;
      return { kind: 'corrections', refusal: paper.give('corrections', { entryId }) };
    }
    default: {
      const { action, body } = chooseAction(paper, h);
      return { kind: action, refusal: paper.give(action, body) };
    }
  }
}

export const life = fc.record({
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
    'confirmed',
  ),
  happenings: fc.array(happening, { minLength: 1, maxLength: 24, size: 'max' }),
});

export type PaperLife = typeof life extends fc.Arbitrary<infer L> ? L : never;

/** An application at the beginning of a life. */
export function beginPaper({ kind, playbook, attested, adopt }: PaperLife): Paper {
  const file = attested ? COMPLETE : { ...COMPLETE, attestation: null };
  const confirmations = Object.fromEntries(
    KIND_RULES[kind].facts.map((fact) => [fact, { value: FACT_VALUES[fact], source: 'letter', reference: 'L1' }]),
  );
  const adoption = adopt && {
    stage: adopt,
    submittedOn: '2026-12-01',
    lastContactOn: '2026-12-20',
    ...(adopt === 'confirmed' && { confirmations }),
  };
  return new Paper({ kind, playbook, file, adopt: adoption });
}
