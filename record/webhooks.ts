import { randomUUID } from 'node:crypto';
import type { EmittedType } from '../domain/codes';
import type { Instant } from '../domain/application/events';
import type { Db, Sql, Tx } from '../runtime/database';
import type { Keyring } from '../runtime/keyring';
import { audit } from './audit';
import type { OutreachStep } from './mail';
import { enqueue } from './outbox';
import { actorOf, inScope, type Principal } from './principal';
import { page, type Page, type PageRequest } from './registry/page';

export interface EndpointInput {
  url: string;
  types: EmittedType[];
  /** Left out: every client. */
  clientIds?: string[];
}

export interface Endpoint {
  id: string;
  url: string;
  types: EmittedType[];
  clientIds: string[] | null;
  createdAt: Instant;
}

const secretOf = (keyring: Keyring, id: string): string => `whsec_${keyring.derive('webhook', id).toString('base64')}`;
const owner = (id: string) => `webhook_endpoints/${id}`;
const COLUMNS = (sql: Db) => sql`id, url, types, client_ids, created_at`;
// managed by whoever reaches all that it reaches
const withinReach = (sql: Db, { clientIds }: Principal) =>
  clientIds === null ? sql`true` : sql`client_ids <@ ${clientIds}::uuid[]`;

/** Adds an endpoint; its secret is here and never again. Repeated under the same id it changes nothing. */
export const createEndpoint = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  { url, types, clientIds }: EndpointInput,
): Promise<Endpoint & { secret: string }> =>
  sql.begin(async (tx) => {
    const secret = secretOf(keyring, id);
    const createdBy = tx.json({ ...actorOf(principal) });
    const row = {
      id,
      url,
      types,
      clientIds: clientIds ?? null,
      secretSealed: keyring.seal(secret, owner(id)),
      createdBy,
    };
    const made = await tx`insert into webhook_endpoints ${tx(row as never)} on conflict (id) do nothing returning id`;
    if (made.length > 0)
      await audit(tx, principal, {
        action: 'webhook.create',
        subjectType: 'webhook',
        subjectId: id,
        detail: { url, types },
      });
    return { ...(await findEndpoint(tx, principal, id))!, secret };
  });

export async function findEndpoint(sql: Db, principal: Principal, id: string): Promise<Endpoint | null> {
  const [endpoint] = await sql<Endpoint[]>`
    select ${COLUMNS(sql)} from webhook_endpoints where id = ${id} and ended_at is null and ${withinReach(sql, principal)}`;
  return endpoint ?? null;
}

export const listEndpoints = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<Endpoint>> =>
  page(
    sql,
    sql`select ${COLUMNS(sql)} from webhook_endpoints where ended_at is null and ${withinReach(sql, principal)}`,
    request,
  );

/** Gives an endpoint a new secret; the one before signs as well until the next rotation. */
export const rotateSecret = (sql: Sql, keyring: Keyring, principal: Principal, id: string): Promise<string> =>
  sql.begin(async (tx) => {
    const secret = secretOf(keyring, randomUUID());
    await tx`
      update webhook_endpoints set earlier_secret_sealed = secret_sealed, secret_sealed = ${keyring.seal(secret, owner(id))}
      where id = ${id}`;
    await audit(tx, principal, { action: 'webhook.rotate', subjectType: 'webhook', subjectId: id });
    return secret;
  });

export const endEndpoint = (sql: Sql, principal: Principal, id: string): Promise<void> =>
  sql.begin(async (tx) => {
    await tx`update webhook_endpoints set ended_at = now() where id = ${id}`;
    await audit(tx, principal, { action: 'webhook.end', subjectType: 'webhook', subjectId: id });
  });

/** Queues what was emitted for every endpoint that wants it. */
export async function queueWebhooks(
  tx: Db,
  { id, clientId, type }: { id: string; clientId: string; type: EmittedType },
): Promise<void> {
  const queued = await tx<{ id: string }[]>`
    insert into webhook_deliveries (client_id, endpoint_id, emitted_id)
    select ${clientId}, e.id, ${id} from webhook_endpoints e
    where e.ended_at is null and ${type} = any(e.types) and (e.client_ids is null or ${clientId} = any(e.client_ids))
    returning id`;
  for (const one of queued) await enqueue(tx, 'webhook', one.id);
}

/** One delivery: to be sent as long as it is queued. */
export async function dueWebhook(tx: Tx, deliveryId: string, now: Instant): Promise<OutreachStep> {
  const [delivery] = await tx<{ clientId: string }[]>`
    select client_id from webhook_deliveries where id = ${deliveryId} and status = 'queued'`;
  if (!delivery) return { next: null };
  return { next: now, send: { kind: 'webhook', id: deliveryId, fairnessKey: delivery.clientId } };
}

export interface ClaimedWebhook {
  url: string;
  id: string;
  body: string;
  secrets: string[];
  attempts: number;
}

/** A delivery as it goes out; null where it is settled, or its endpoint has gone. */
export async function claimWebhook(sql: Sql, keyring: Keyring, deliveryId: string): Promise<ClaimedWebhook | null> {
  const [row] = await sql<
    {
      attempts: number;
      endpointId: string;
      url: string;
      secretSealed: string;
      earlierSecretSealed: string | null;
      ended: boolean;
      id: string;
      type: string;
      subjectId: string;
      clientId: string;
      data: object;
      createdAt: Instant;
    }[]
  >`
    update webhook_deliveries d set attempts = d.attempts + 1
    from webhook_endpoints e, emitted m
    where d.id = ${deliveryId} and d.status = 'queued' and e.id = d.endpoint_id and m.id = d.emitted_id
    returning d.attempts, e.id as endpoint_id, e.url, e.secret_sealed, e.earlier_secret_sealed,
      e.ended_at is not null as ended, m.id, m.type, m.subject_id, m.client_id, m.data, m.created_at`;
  if (!row) return null;
  const { endpointId, url, secretSealed, earlierSecretSealed, ended, attempts, id, type, createdAt, ...rest } = row;
  if (ended) {
    await settleWebhook(sql, deliveryId, 'dead', 'the endpoint has gone');
    return null;
  }
  const { subjectId, clientId, data } = rest;
  const body = JSON.stringify({ type, timestamp: createdAt, data: { ...data, subjectId, clientId } });
  const secrets = [secretSealed, earlierSecretSealed].flatMap((sealed) =>
    sealed ? [keyring.open(sealed, owner(endpointId))] : [],
  );
  return { url, id, body, secrets, attempts };
}

export async function settleWebhook(
  sql: Db,
  deliveryId: string,
  status: 'delivered' | 'dead' | 'queued',
  error: string | null,
): Promise<void> {
  await sql`
    update webhook_deliveries
    set status = ${status}, last_error = ${error}, settled_at = ${status === 'queued' ? null : sql`now()`}
    where id = ${deliveryId} and status = 'queued'`;
}

export interface Delivery {
  id: string;
  clientId: string;
  endpointId: string;
  emittedId: string;
  status: 'queued' | 'delivered' | 'dead';
  attempts: number;
  lastError: string | null;
  createdAt: Instant;
  settledAt: Instant | null;
}

export const listDeliveries = (
  sql: Db,
  principal: Principal,
  { status, endpointId }: { status?: string | undefined; endpointId?: string | undefined },
  request: PageRequest,
): Promise<Page<Delivery>> =>
  page(
    sql,
    sql`select * from webhook_deliveries where ${inScope(sql, principal)}
      ${status ? sql`and status = ${status}` : sql``} ${endpointId ? sql`and endpoint_id = ${endpointId}` : sql``}`,
    request,
  );

export async function findDelivery(sql: Db, principal: Principal, id: string): Promise<Delivery | null> {
  const [delivery] = await sql<Delivery[]>`
    select * from webhook_deliveries where id = ${id} and ${inScope(sql, principal)}`;
  return delivery ?? null;
}

/** Sends a dead delivery again, under its own id. */
export const replayDelivery = (sql: Sql, principal: Principal, { id, clientId }: Delivery): Promise<void> =>
  sql.begin(async (tx) => {
    const again = await tx`
      update webhook_deliveries set status = 'queued', attempts = 0, settled_at = null
      where id = ${id} and status = 'dead' returning id`;
    if (again.length === 0) return;
    await audit(tx, principal, { action: 'webhook.replay', subjectType: 'webhook', subjectId: id, clientId });
    await enqueue(tx, 'webhook', id);
  });
