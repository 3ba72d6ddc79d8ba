import { recordStep } from '../record/step';
import { wake } from '../record/watches';
import type { Sql } from '../runtime/database';
import type { RecordStep, Send, Wake } from '../workflows/messages';
import { createSend, type Outside } from './outreach';

/** What workflows call; each activity is idempotent by the ids it is given. */
export const createActivities = ({ sql, ...outside }: { sql: Sql } & Outside): RecordStep & Wake & Send => ({
  recordStep: (request) => recordStep(sql, request),
  wake: (request) => wake(sql, request),
  ...createSend(sql, outside),
});
