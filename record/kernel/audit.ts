import { isDeepStrictEqual } from 'node:util';
import { toJson, type Db } from '../../runtime/database';
import { redactSecrets } from '../../runtime/redact';
import { buildActor, type Requester } from './principal';

/** The fields that were changed: as they were, and as they are from now on. */
interface Change {
  before: object;
  after: object;
}

export interface AuditEntry {
  /** The action, e.g. `provider.update`. */
  action: string;
  subjectType: string;
  subjectId: string;
  clientId?: string | null;
  outcome?: 'done' | 'refused';
  /** The request, or why it was refused; secrets are redacted here. */
  detail?: object;
  /** Only for a change: the whole of the state before, and of that after; the difference is kept, without secrets. */
  change?: Change;
}

/** Records who did or tried an action; in the change's own transaction if there is one. */
export async function recordAudit(db: Db, requester: Requester, entry: AuditEntry): Promise<void> {
  const { action, subjectType, subjectId, clientId = null, outcome = 'done', detail, change } = entry;
  const differs = change && listDifferences(change);
  await db`
    insert into audit_log (client_id, actor, action, subject_type, subject_id, outcome, detail, before, after, request_id,
      caller_request_id)
    values (${clientId}, ${toJson(db, buildActor(requester))}, ${action}, ${subjectType}, ${subjectId}, ${outcome},
      ${maskSecrets(db, detail)}, ${maskSecrets(db, differs?.before)}, ${maskSecrets(db, differs?.after)}, ${requester.requestId ?? null},
      ${requester.callerRequestId ?? null})`;
}

/** Records an action at each client whose applications it is about, with that client's own ones alone. */
export async function recordAuditAtClients(
  db: Db,
  requester: Requester,
  entry: Pick<AuditEntry, 'action' | 'subjectType' | 'subjectId'>,
  applications: readonly { id: string; clientId: string }[],
): Promise<void> {
  for (const clientId of new Set(applications.map((one) => one.clientId))) {
    const applicationIds = applications.filter((one) => one.clientId === clientId).map(({ id }) => id);
    await recordAudit(db, requester, { ...entry, clientId, detail: { applicationIds } });
  }
}

const maskSecrets = (db: Db, data: object | undefined) => (data ? toJson(db, redactSecrets(data)) : null);

/** Counted with every change, which says nothing of it. */
const COUNTED: readonly string[] = ['version', 'updatedAt'];

/** Lists the fields that a change changed. */
function listDifferences({ before, after }: Change): Change | undefined {
  const [was, is] = [before, after] as Record<string, unknown>[];
  const names = Object.keys({ ...was, ...is }).filter(
    (name) => !COUNTED.includes(name) && !isDeepStrictEqual(was![name] ?? null, is![name] ?? null),
  );
  const pickFields = (fields: Record<string, unknown>) =>
    Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
  return names.length > 0 ? { before: pickFields(was!), after: pickFields(is!) } : undefined;
}
