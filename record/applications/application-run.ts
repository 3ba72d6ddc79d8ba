import type { ApplicationKey } from '../../domain/applications/events';
import { readWorkflowId } from '../../domain/applications/key';
import type { Progress } from '../../domain/applications/progress';
import { computeProgress } from '../../domain/applications/schedule';
import type { ApplicationState } from '../../domain/applications/state';
import { resolvePlaybook, type Playbook } from '../../domain/registry/playbook';
import type { Db } from '../../runtime/database';
import { isUuid } from '../../runtime/uuid';

/** The data by which the workflow of an application, or of its participation, is started and found. */
export interface ApplicationRun {
  applicationId: string;
  clientId: string;
  key: ApplicationKey;
  /** The person behind the application's provider; null if there is none. */
  personId: string | null;
  progress: Progress;
}

/** Builds the data that a workflow is started with; `timeZone` is the payer's. */
export const buildRun = (state: ApplicationState, personId: string | null, timeZone: string): ApplicationRun => ({
  applicationId: state.id,
  clientId: state.clientId,
  key: state.key,
  personId,
  progress: computeProgress(state, timeZone),
});

/** Reads the data that the workflow of an application is started with. */
export async function readRun(sql: Db, applicationId: string): Promise<ApplicationRun> {
  const [row] = await sql<
    { snapshot: ApplicationState; personId: string | null; timeZone: string; playbook: Playbook }[]
  >`
    select a.snapshot, v.person_id, c.time_zone, p.body as playbook
    from applications a
    join clients c on c.id = a.client_id
    join playbooks p on p.payer_id = a.payer_id and p.version = a.playbook_version
    left join providers v on v.id = a.provider_id
    where a.id = ${applicationId}`;
  if (!row) throw new Error(`no application ${applicationId}`);
  const { window } = resolvePlaybook(row.playbook, row.snapshot.key, row.timeZone);
  return buildRun(row.snapshot, row.personId, window.timeZone);
}

/**
 * Finds the applications that workflows with these ids run: the one that is open for a key. The id is what a run has
 * for certain; one that was started by hand lacks the rest.
 */
export async function findApplicationIds(sql: Db, workflowIds: readonly string[]): Promise<string[]> {
  const named = workflowIds.map(readWorkflowId);
  const keys = named.flatMap(({ naturalKey }) => naturalKey ?? []);
  const ids = named.flatMap(({ applicationId }) => applicationId ?? []).filter(isUuid);
  const rows = await sql<{ id: string }[]>`
    select id from applications where (open and natural_key = any(${keys})) or id = any(${ids}::uuid[])`;
  return rows.map(({ id }) => id);
}

/** Reads the state of an application; null if there is none. */
export async function readState(sql: Db, applicationId: string): Promise<ApplicationState | null> {
  const [row] = await sql<
    { snapshot: ApplicationState }[]
  >`select snapshot from applications where id = ${applicationId}`;
  return row?.snapshot ?? null;
}

/** Reads the state of an application that has to be there. */
export async function loadState(sql: Db, applicationId: string): Promise<ApplicationState> {
  const state = await readState(sql, applicationId);
  if (!state) throw new Error(`no application ${applicationId}`);
  return state;
}
