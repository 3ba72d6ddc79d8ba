import { z } from 'zod';
import { TASK_KINDS } from '../../domain/kernel/codes';
import { actor, id, instant, line, longText, pageQuery, yesOrNo } from '../kernel/schemas';
import { describeFormerName, allowOldNames } from '../kernel/old-names';

const kind = z.enum(TASK_KINDS);

export const task = z
  .strictObject({
    id,
    clientId: id.nullable().meta({ description: 'Null: the operator’s own' }),
    kind,
    do: z.string().meta({ description: 'The kind in words' }),
    subjectType: line,
    subjectId: id,
    data: z.record(z.string(), z.unknown()),
    assignee: id.nullable(),
    dueAt: instant,
    overdue: z.boolean(),
    createdAt: instant,
    closedAt: instant.nullable(),
    closedBy: actor.nullable(),
    notes: longText.nullable(),
    note: describeFormerName(longText.nullable(), 'notes'),
  })
  .meta({ id: 'Task' });

export const tasksQuery = pageQuery.extend({
  clientId: id.optional(),
  assignee: id.optional().meta({ description: 'Includes tasks for which this user is the substitute' }),
  subjectId: id.optional(),
  kind: kind.optional(),
  open: yesOrNo.optional(),
});

export const TASK_NAMES = { note: 'notes' };
export const taskCompletion = allowOldNames(
  'TaskCompletion',
  z.strictObject({ notes: longText.optional() }),
  TASK_NAMES,
);
