import type { Action } from '../kernel/codes';
import { listContradictions, type Contradiction, type DatedPart, type RecordedDay } from '../kernel/date-rules';
import type { PlainDate } from '../time/instants';
import type { ActionWithBody } from './bodies';
import { findUnresolvedIssue } from './participation';
import { findLastDay, type ApplicationState } from './state';

/** The part of the table of dates that an action's body belongs to. */
const PART_OF: Partial<Record<Action, DatedPart>> = {
  submission: 'Submission',
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
    submission: action === 'confirmations' && isOlder(body) ? null : state.submittedOn,
    earlier_submission: state.ended.map(({ submittedOn }) => submittedOn).reduce(findLater, null),
    effective_date: state.facts.effectiveDate?.effectiveOn ?? null,
    last_day: findLastDay(state),
    issue: action === 'issue-resolution' ? (findUnresolvedIssue(state, body.code)?.since ?? null) : null,
  };
  return [
    ...listContradictions(part, { ...body }, onRecord),
    ...(action === 'confirmations' && body.fact === 'effectiveDate'
      ? listContradictions('EffectiveDate', { ...body }, onRecord)
      : []),
  ];
}

const findLater = (one: PlainDate | null, other: PlainDate | null): PlainDate | null =>
  one === null || (other !== null && other > one) ? other : one;

/** Whether a fact is held already or not needed, so that it is older than the application. */
export const isOlder = ({ value }: { value?: unknown }): boolean =>
  typeof value === 'object' && value !== null && ('inheritedFrom' in value || 'none' in value);
