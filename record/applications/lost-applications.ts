import { toJson, type Sql } from '../../runtime/database';
import type { WorkflowStepRequest } from './recording-step';

/** Keeps, for a person, that a workflow knew an application which is not on record: a restore lost its opening. */
export async function keepLostApplication(sql: Sql, { applicationId, known, at }: WorkflowStepRequest): Promise<void> {
  const knew = known && toJson(sql, known);
  await sql`
    insert into lost_applications (application_id, known, since) values (${applicationId}, ${knew}, ${at})
    on conflict (application_id) do nothing`;
}
