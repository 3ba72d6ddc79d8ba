import { recordStep } from '../record/step';
import { wake } from '../record/watches';
import type { Sql } from '../runtime/database';
import type { RecordStep, Wake } from '../workflows/messages';

/** What workflows call; each activity is idempotent by the ids it is given. */
export const createActivities = ({ sql }: { sql: Sql }): RecordStep & Wake => ({
  recordStep: (request) => recordStep(sql, request),
  wake: (request) => wake(sql, request),
});
