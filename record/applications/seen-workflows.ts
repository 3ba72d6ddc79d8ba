import { readWorkflowId } from '../../domain/applications/key';
import type { Db } from '../../runtime/database';
import { isInScope, type Principal } from '../kernel/principal';

/**
 * Lists those of some workflows whose payloads a principal may read: of the applications that they see. Every other workflow
 * is about more than one client, and is read by who sees every client.
 */
export async function listSeenWorkflows(
  sql: Db,
  principal: Principal,
  workflowIds: readonly string[],
): Promise<Set<string>> {
  if (principal.clientIds === null) return new Set(workflowIds);
  const named = workflowIds.map((id) => ({ id, ...readWorkflowId(id) }));
  const keys = named.flatMap(({ naturalKey }) => naturalKey ?? []);
  const ids = named.flatMap(({ applicationId }) => applicationId ?? []);
  const seen = await sql<{ naturalKey: string; id: string }[]>`
    select natural_key, id from applications
    where (natural_key = any(${keys}) or id::text = any(${ids})) and ${isInScope(sql, principal)}`;
  const found = new Set(seen.flatMap(({ naturalKey, id }) => [naturalKey, id]));
  return new Set(
    named.flatMap(({ id, naturalKey, applicationId }) => (found.has(naturalKey ?? applicationId ?? '') ? [id] : [])),
  );
}
