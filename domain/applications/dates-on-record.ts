import type { Action } from '../kernel/codes';
import { listContradictions, type Contradiction, type DatedPart, type RecordedDay } from '../kernel/date-rules';
import type { PlainDate } from '../time/instants';
import type { GivenFact, ActionWithBody } from './bodies';
import { listUnresolvedIssues } from './participation';
import { findLastDay, type ApplicationState } from './state';

/** What of the table of dates an action's body is. */
const PART_OF: Partial<Record<Action, DatedPart>> = {
  contacts: 'Contact',
  information: 'Information',
  confirmations: 'Confirmation',
  appeal: 'Appeal',
  'issue-resolution': 'IssueResolution',
  'participation-end': 'ParticipationEnd',
};

/** Lists the dates of an action that contradict what its application has on record. */
export function listContradictoryDates(state: ApplicationState, said: ActionWithBody): Contradiction[] {
  const { action, body } = said;
  const part = PART_OF[action];
  if (!part) return [];
  const onRecord: Partial<Record<RecordedDay, PlainDate | null>> = {
    // what a practice holds already, or needs not, was so before anybody applied
    submission: action === 'confirmations' && isOlder(body) ? null : state.submittedOn,
    effective_date: state.facts.effectiveDate?.effectiveOn ?? null,
    last_day: findLastDay(state),
    issue: action === 'issue-resolution' ? (listUnresolvedIssues(state, body.code)?.since ?? null) : null,
  };
  return [
    ...listContradictions(part, { ...body }, onRecord),
    ...(action === 'confirmations' && body.fact === 'effectiveDate'
      ? listContradictions('EffectiveDate', { ...body }, onRecord)
      : []),
  ];
}

const isOlder = ({ value }: Pick<GivenFact, 'value'>): boolean =>
  typeof value === 'object' && ('inheritedFrom' in value || 'none' in value);
