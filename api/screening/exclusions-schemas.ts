import { z } from 'zod';
import { readClock } from '../../runtime/clock';
import { EXCLUSION_RESULTS, EXCLUSION_SOURCES } from '../../domain/kernel/codes';
import { GIVEN_FROM, isGivenDate } from '../../domain/time/dates';
import { findMonth } from '../../domain/screening/exclusions';
import {
  actor,
  BESIDE_BAD_FIELDS,
  reportBrokenRule,
  date,
  id,
  listOfIds,
  instant,
  requireOrder,
  line,
  longText,
  state,
  describeText,
  describeDate,
} from '../kernel/schemas';
import { allowOldNames } from '../kernel/old-names';
import { registryState } from '../kernel/lookup-schemas';

const month = describeText(
  [
    { rule: 'month', message: 'must be a month, YYYY-MM', holds: (value) => /^\d{4}-(0[1-9]|1[0-2])$/.test(value) },
    {
      rule: 'not_in_future',
      message: 'must not be a month to come',
      holds: (value) => `${value}-01` <= findMonth(readClock()),
    },
    {
      rule: 'date_range',
      message: `must not be earlier than ${GIVEN_FROM.slice(0, 7)}`,
      holds: (value) => isGivenDate(`${value}-01`),
    },
  ],
  { example: '2026-03', pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' },
);
export const listQuery = z.strictObject({ month: month.meta({ description: 'The month of the list' }) });

const count = z.int().nonnegative();
export const exclusionList = z
  .strictObject({
    id,
    month: z.string(),
    sha256: z.string(),
    entries: count,
    unreadable: count.meta({ description: 'Rows with a name that could not be read' }),
    screened: count.meta({
      description: 'Providers and practices that were checked against it, of the clients that the caller sees',
    }),
    clear: count,
    possible: count,
    confirmed: count,
    importedBy: actor,
    createdAt: instant,
  })
  .meta({ id: 'ExclusionList' });

export const exclusionSource = registryState
  .pick({ mode: true, unavailableSince: true, reason: true, detail: true, checkedAt: true, nextCheckAt: true })
  .extend({
    month: z.string().nullable().meta({ description: 'The month of the list on file' }),
    awaited: z.string().meta({ description: 'The month whose list comes next' }),
    dueAt: instant.meta({ description: 'The instant at which a task asks a person for that list' }),
  })
  .meta({ id: 'ExclusionSource' });

const source = z.enum(EXCLUSION_SOURCES);
const result = z.enum(EXCLUSION_RESULTS);
const evidence = listOfIds(50);

export const exclusionCheckInput = z
  .strictObject({
    source,
    state: state.optional().meta({ description: 'The state whose list was checked; only where the source is a state' }),
    checkedOn: describeDate('ExclusionCheckInput.checkedOn'),
    result,
    reference: line.optional(),
    evidence: evidence.optional(),
    excludedOn: describeDate('ExclusionCheckInput.excludedOn').optional().meta({
      description: 'The day since which they are excluded, where something was found; left out, the day of the check',
    }),
  })
  .superRefine(({ source: of, state: whose, result: came, excludedOn }, context) => {
    if ((of === 'state') !== (whose !== undefined))
      reportBrokenRule(
        context,
        ['state'],
        'state_of_source',
        'must be given where the source is a state, and only then',
      );
    if (came === 'clear' && excludedOn !== undefined)
      reportBrokenRule(context, ['excludedOn'], 'nothing_found', 'must be left out where the result is clear');
  }, BESIDE_BAD_FIELDS)
  .meta({ id: 'ExclusionCheckInput' });

export const exclusionCheck = z
  .strictObject({
    id,
    providerId: id.nullable(),
    practiceId: id.nullable().meta({ description: 'The practice that was checked; null: a provider was' }),
    source,
    state: state.nullable(),
    listId: id.nullable().meta({ description: 'The import that it comes from; null: recorded by hand' }),
    checkedOn: date,
    result,
    reference: line.nullable(),
    evidence,
    recordedBy: actor,
    createdAt: instant,
  })
  .meta({ id: 'ExclusionCheck' });

export const exclusion = z
  .strictObject({
    id,
    source,
    state: state.nullable(),
    matchedBy: z.enum(['npi', 'name', 'manual']),
    status: z
      .enum(['possible', 'confirmed', 'dismissed'])
      .meta({ description: 'As it stands with this client: of several decisions that count here, the most severe' }),
    excludedOn: date,
    reinstatedOn: date.nullable().meta({ description: 'The first day without the exclusion' }),
    reason: longText.nullable(),
    decidedBy: actor.nullable().meta({ description: 'Null where it was decided under another client' }),
  })
  .meta({ id: 'Exclusion' });
export const foundExclusions = z.strictObject({ items: z.array(exclusion) });

const decisionFields = z
  .strictObject({
    decision: z.enum(['confirmed', 'dismissed']),
    reason: longText,
    excludedOn: describeDate('ExclusionDecision.excludedOn').optional(),
    reinstatedOn: describeDate('ExclusionDecision.reinstatedOn')
      .nullable()
      .optional()
      .meta({ description: 'The first day without the exclusion; null: it goes on' }),
  })
  .superRefine(requireOrder('ExclusionDecision'), BESIDE_BAD_FIELDS);
export const exclusionDecision = allowOldNames('ExclusionDecision', decisionFields, { result: 'decision' });
