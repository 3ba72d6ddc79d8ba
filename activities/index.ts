import { recordStep } from '../record/step';
import type { Sql } from '../runtime/database';
import type { RecordStep } from '../workflows/messages';

/** What workflows call; each activity is idempotent by the ids it is given. */
export const createActivities = ({ sql }: { sql: Sql }): RecordStep => ({
  recordStep: (request) => recordStep(sql, request),
});
