import { json, type Db } from '../../runtime/database';
import { redact } from '../../runtime/redact';
import { actorOf, type Principal } from './principal';

export interface AuditEntry {
  /** What was done, e.g. `provider.update`. */
  action: string;
  subjectType: string;
  subjectId: string;
  clientId?: string | null;
  outcome?: 'done' | 'refused';
  /** What was asked or why it was refused; secrets are redacted here. */
  detail?: object;
}

/** Writes down who did or tried what; in the change's own transaction where there is one. */
export async function audit(db: Db, principal: Principal, entry: AuditEntry): Promise<void> {
  const { action, subjectType, subjectId, clientId = null, outcome = 'done', detail } = entry;
  await db`
    insert into audit_log (client_id, actor, action, subject_type, subject_id, outcome, detail, request_id)
    values (${clientId}, ${json(db, actorOf(principal))}, ${action}, ${subjectType}, ${subjectId}, ${outcome},
      ${detail ? json(db, redact(detail)) : null}, ${principal.requestId ?? null})`;
}
