import type { ClientRequestKind } from '../../domain/kernel/codes';
import { findWindowStart } from '../../domain/time/calendar';
import type { PlainDate } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Fragment, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { createTasks } from '../kernel/tasks';

export interface ClientRequestInput {
  kind: ClientRequestKind;
  receivedOn: PlainDate;
  channel: string;
  askedBy?: string | undefined;
  words: string;
  /** The user who answers it, and by which day. */
  assignee: string;
  dueOn: PlainDate;
}

export interface ClientRequest extends Omit<ClientRequestInput, 'askedBy' | 'assignee'> {
  id: string;
  clientId: string;
  askedBy: string | null;
  assignee: string | null;
  /** The task of answering it; completed, it is answered. */
  taskId: string;
  answeredAt: string | null;
  recordedBy: Actor;
  createdAt: string;
}

const selectRequests = (sql: Db, principal: Principal, clientId: string): Fragment => sql`
  select r.id, r.client_id, r.kind, r.received_on, r.channel, r.asked_by, r.words, t.assignee, t.data->>'dueOn' as due_on,
    t.id as task_id, t.closed_at as answered_at, r.recorded_by, r.created_at
  from client_requests r join tasks t on t.key = 'client_request/' || r.id
  where r.client_id = ${clientId} and ${isInScope(sql, principal, 'r.client_id')}`;

/** Logs a client's question or complaint as an assigned task. Repeated under the same id it changes nothing. */
export const logClientRequest = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: clientId, timeZone }: { id: string; timeZone: string },
  { assignee, dueOn, ...asked }: ClientRequestInput,
): Promise<ClientRequest> =>
  sql.begin(async (tx) => {
    const { kind, receivedOn, channel } = asked;
    const row = { ...asked, id, clientId, recordedBy: toJson(tx, buildActor(principal)) };
    const logged = await tx`insert into client_requests ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    await createTasks(tx, [
      {
        key: `client_request/${id}`,
        clientId,
        kind: 'client_request',
        subjectType: 'client',
        subjectId: clientId,
        data: { requestId: id, request: kind, receivedOn, channel, dueOn },
        assignee,
        dueAt: findWindowStart(dueOn, { timeZone }),
      },
    ]);
    if (logged.length > 0)
      await recordAudit(tx, principal, {
        action: 'client.request',
        subjectType: 'client',
        subjectId: clientId,
        clientId,
        detail: { id, kind, assignee, dueOn },
      });
    const [made] = await tx<ClientRequest[]>`${selectRequests(tx, principal, clientId)} and r.id = ${id}`;
    return made!;
  });

export const listClientRequests = (
  sql: Db,
  principal: Principal,
  clientId: string,
  request: PageRequest,
): Promise<Page<ClientRequest>> => readPage(sql, selectRequests(sql, principal, clientId), request);
