import { addMilliseconds } from '../../domain/time/dates';
import { announceFact } from '../kernel/subscribers';
import type { EmittedType } from '../../domain/kernel/codes';
import { maskUrl } from '../../domain/outreach/masked-urls';
import type { Instant } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { createSecret } from '../../runtime/secrets';
import { recordAudit } from '../kernel/audit';
import { Duplicate } from '../kernel/duplicate';
import type { OutreachStep } from './mail';
import { buildActor, lockKey, isInScope, isWithinReach, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import { openField, sealField } from '../kernel/sealed-fields';
import { isStillShown } from '../kernel/shown-secrets';

export interface EndpointInput {
  url: string;
  types: EmittedType[];
  /** Left out: every client. */
  clientIds?: string[] | undefined;
  /** Whether the endpoint is added although another one already gets the same events. */
  evenIfExists?: boolean | undefined;
}

export interface Endpoint {
  id: string;
  /** Masked after its host. */
  url: string;
  types: EmittedType[];
  clientIds: string[] | null;
  createdAt: Instant;
  /** Failures in a row, up to now; waiting deliveries are sent again at `resumeAt`. */
  failures: number;
  resumeAt: Instant | null;
  lastError: string | null;
}

/** How long a webhook is tried before it is given up. */
const GIVEN_UP_AFTER_MS = 3 * 86_400_000;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 2 * 3_600_000;

/** Computes when to try again after a number of failures: 30 s, doubled up to two hours. */
const computeRetryAt = (at: Instant, failures: number): Instant =>
  addMilliseconds(at, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));

/** Seals a secret in the form of Standard Webhooks. */
const sealSecret = (keyring: Keyring, id: string): string =>
  sealField(keyring, 'webhook.secret', id, `whsec_${createSecret('base64')}`);
const selectColumns = (sql: Db) => sql`id, url, types, client_ids, created_at, failures, resume_at, last_error`;

/**
 * Adds an endpoint, whose secret `findEndpointSecret` has for a while. Repeated under the same id it changes nothing.
 * Throws a Duplicate if one with this URL would be sent some of the same.
 */
export const createEndpoint = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  { url, types, clientIds, evenIfExists }: EndpointInput,
): Promise<Endpoint> =>
  sql.begin(async (tx) => {
    await lockKey(tx, principal);
    const createdBy = toJson(tx, buildActor(principal));
    const row = {
      id,
      url: maskUrl(url),
      urlSealed: sealField(keyring, 'webhook.url', id, url),
      types,
      clientIds: clientIds ?? null,
      secretSealed: sealSecret(keyring, id),
      secretCommandId: id,
      createdBy,
    };
    const made = await tx`insert into webhook_endpoints ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    if (made.length > 0) {
      if (!evenIfExists) await refuseSameUrl(tx, keyring, principal, { ...row, url });
      await recordAudit(tx, principal, {
        action: 'webhook.create',
        subjectType: 'webhook',
        subjectId: id,
        detail: { url: maskUrl(url), types },
      });
    }
    return (await findEndpoint(tx, principal, id))!;
  });

/** Throws a Duplicate if an endpoint in the principal's reach has this URL, and a type and a client in common. */
async function refuseSameUrl(
  tx: Tx,
  keyring: Keyring,
  principal: Principal,
  { id, url, types, clientIds }: Pick<Endpoint, 'id' | 'url' | 'types' | 'clientIds'>,
): Promise<void> {
  // one after the other
  await tx`select pg_advisory_xact_lock(hashtextextended('webhook endpoints', 0))`;
  const others = await tx<KeptUrl[]>`
    select id, url, url_sealed from webhook_endpoints
    where ended_at is null and ${isWithinReach(tx, principal)} and id <> ${id} and types && ${types}::text[]
      and (client_ids is null or ${clientIds}::uuid[] is null or client_ids && ${clientIds}::uuid[])
    order by created_at, id`;
  const existing = others.find((other) => new URL(openUrl(keyring, other)).href === new URL(url).href);
  if (existing) throw new Duplicate(existing.id);
}

type KeptUrl = { id: string; url: string; urlSealed: string | null };
const openUrl = (keyring: Keyring, { id, url, urlSealed }: KeptUrl): string =>
  urlSealed === null ? url : openField(keyring, 'webhook.url', id, urlSealed);

/** Seals the URLs of endpoints that an earlier version kept in clear. */
export const sealUrls = (sql: Sql, keyring: Keyring): Promise<void> =>
  sql.begin(async (tx) => {
    const clear = await tx<{ id: string; url: string }[]>`
      select id, url from webhook_endpoints where url_sealed is null for update`;
    for (const { id, url } of clear)
      await tx`
        update webhook_endpoints set url = ${maskUrl(url)}, url_sealed = ${sealField(keyring, 'webhook.url', id, url)}
        where id = ${id}`;
  });

/**
 * Finds the secret that a command just made; null once ten minutes have passed, the endpoint ended, or another was
 * made.
 */
export async function findEndpointSecret(sql: Db, keyring: Keyring, commandId: string): Promise<string | null> {
  const [endpoint] = await sql<{ id: string; secretSealed: string }[]>`
    select id, secret_sealed from webhook_endpoints
    where secret_command_id = ${commandId} and ended_at is null and ${isStillShown(sql, sql`secret_made_at`)}`;
  return endpoint ? openField(keyring, 'webhook.secret', endpoint.id, endpoint.secretSealed) : null;
}

export async function findEndpoint(sql: Db, principal: Principal, id: string): Promise<Endpoint | null> {
  const [endpoint] = await sql<Endpoint[]>`
    select ${selectColumns(sql)} from webhook_endpoints where id = ${id} and ended_at is null and ${isWithinReach(sql, principal)}`;
  return endpoint ?? null;
}

export const listEndpoints = (sql: Db, principal: Principal, request: PageRequest): Promise<Page<Endpoint>> =>
  readPage(
    sql,
    sql`select ${selectColumns(sql)} from webhook_endpoints where ended_at is null and ${isWithinReach(sql, principal)}`,
    request,
  );

/**
 * Gives an endpoint a new secret, which `findEndpointSecret` has for a while; the one before signs as well until the
 * next rotation. A retry under the same command changes nothing.
 */
export const rotateSecret = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  id: string,
  commandId: string,
): Promise<void> =>
  sql.begin(async (tx) => {
    const rotated = await tx`
      update webhook_endpoints
      set earlier_secret_sealed = secret_sealed, secret_sealed = ${sealSecret(keyring, id)},
        secret_command_id = ${commandId}, secret_made_at = now()
      where id = ${id} and ended_at is null and secret_command_id is distinct from ${commandId} returning id`;
    if (rotated.length > 0)
      await recordAudit(tx, principal, { action: 'webhook.rotate', subjectType: 'webhook', subjectId: id });
  });

export const endEndpoint = (sql: Sql, principal: Principal, id: string): Promise<void> =>
  sql.begin(async (tx) => {
    await endEndpoints(tx, tx`select ${id}::uuid`);
    await recordAudit(tx, principal, { action: 'webhook.end', subjectType: 'webhook', subjectId: id });
  });

/** Ends endpoints, and sends them nothing more. For update: what is queued refers to its endpoint, and one of both has to wait. */
export async function endEndpoints(tx: Tx, ids: Fragment): Promise<void> {
  const locked = await tx<{ id: string }[]>`
    select id from webhook_endpoints where id in (${ids}) and ended_at is null order by id for update`;
  const ended = locked.map(({ id }) => id);
  await tx`update webhook_endpoints set ended_at = now() where id = any(${ended}::uuid[])`;
  await tx`
    update webhook_deliveries set status = 'dead', last_error = 'the endpoint has gone', settled_at = now()
    where endpoint_id = any(${ended}::uuid[]) and status = 'queued'`;
}

/**
 * Queues an emitted event for every endpoint that wants it and has not ended. Its lock is the one that a delivery takes
 * anyway: it waits for an end of the endpoint, and for nothing else.
 */
export async function queueWebhooks(
  tx: Db,
  { id, clientId, type }: { id: string; clientId: string; type: EmittedType },
): Promise<void> {
  const queued = await tx<{ endpointId: string }[]>`
    insert into webhook_deliveries (client_id, endpoint_id, emitted_id)
    select ${clientId}, e.id, ${id} from webhook_endpoints e
    where e.ended_at is null and ${type} = any(e.types) and (e.client_ids is null or ${clientId} = any(e.client_ids))
    order by e.id for key share of e
    returning endpoint_id`;
  for (const { endpointId } of queued) await announceFact(tx, 'webhook queued', endpointId);
}

const isDue = (sql: Db, at: Instant): Fragment => sql`(d.next_attempt_at is null or d.next_attempt_at <= ${at})`;

/** Checks whether an endpoint is to be sent what waits for it now, and when to look again. */
export async function checkDueWebhooks(tx: Tx, endpointId: string, now: Instant): Promise<OutreachStep> {
  const [endpoint] = await tx<{ resumeAt: Instant | null; waiting: boolean; nextAt: Instant | null }[]>`
    select e.resume_at, exists (
        select from webhook_deliveries d
        where d.endpoint_id = e.id and d.status = 'queued' and ${isDue(tx, now)}) as waiting,
      (select min(d.next_attempt_at) from webhook_deliveries d
        where d.endpoint_id = e.id and d.status = 'queued') as next_at
    from webhook_endpoints e where e.id = ${endpointId} and e.ended_at is null`;
  if (!endpoint) return { next: null };
  const { resumeAt, waiting, nextAt } = endpoint;
  if (!waiting) return { next: nextAt };
  if (resumeAt !== null && resumeAt > now) return { next: resumeAt };
  return { next: now, send: { kind: 'webhook', id: endpointId, fairnessKey: endpointId } };
}

/** A delivery as it goes out. */
export interface OutgoingWebhook {
  deliveryId: string;
  url: string;
  id: string;
  body: string;
  secrets: string[];
}

interface QueuedWebhook {
  deliveryId: string;
  id: string;
  type: string;
  subjectId: string;
  clientId: string;
  data: object;
  createdAt: Instant;
}

/** Lists the deliveries that wait for an endpoint, in order, at most `limit`. */
export async function listWaitingWebhooks(
  sql: Sql,
  keyring: Keyring,
  endpointId: string,
  at: Instant,
  limit: number,
): Promise<OutgoingWebhook[]> {
  const [endpoint] = await sql<(KeptUrl & { secretSealed: string; earlierSecretSealed: string | null })[]>`
    select id, url, url_sealed, secret_sealed, earlier_secret_sealed from webhook_endpoints
    where id = ${endpointId} and ended_at is null`;
  if (!endpoint) return [];
  const { secretSealed, earlierSecretSealed } = endpoint;
  const url = openUrl(keyring, endpoint);
  const secrets = [secretSealed, earlierSecretSealed].flatMap((sealed) =>
    sealed ? [openField(keyring, 'webhook.secret', endpointId, sealed)] : [],
  );
  const rows = await sql<QueuedWebhook[]>`
    select d.id as delivery_id, m.id, m.type, m.subject_id, m.client_id, m.data, m.created_at
    from webhook_deliveries d join emitted m on m.id = d.emitted_id
    where d.endpoint_id = ${endpointId} and d.status = 'queued' and ${isDue(sql, at)}
    order by d.created_at, d.id limit ${limit}`;
  return rows.map(({ deliveryId, id, type, createdAt, data, subjectId, clientId }) => ({
    deliveryId,
    url,
    id,
    secrets,
    body: JSON.stringify({ type, timestamp: createdAt, data: { ...data, subjectId, clientId } }),
  }));
}

/** Records that a delivery arrived, and marks its endpoint as working. */
export async function recordWebhookArrival(sql: Sql, endpointId: string, deliveryId: string): Promise<void> {
  await sql`
    update webhook_deliveries
    set status = 'delivered', attempts = attempts + 1, last_error = null, settled_at = now()
    where id = ${deliveryId} and status = 'queued'`;
  await sql`
    update webhook_endpoints set failures = 0, resume_at = null, last_error = null
    where id = ${endpointId} and failures > 0`;
}

/**
 * Records that a delivery did not arrive. Deliveries older than the time for which they are tried become dead with it.
 */
export const recordWebhookFailure = (
  sql: Sql,
  endpointId: string,
  deliveryId: string,
  { at, error, of }: { at: Instant; error: string; of: 'endpoint' | 'delivery' },
): Promise<void> =>
  sql.begin(async (tx) => {
    const [{ attempts }] = await tx<[{ attempts: number }]>`
      update webhook_deliveries set attempts = attempts + 1, last_error = ${error}
      where id = ${deliveryId} returning attempts`;
    if (of === 'delivery')
      await tx`update webhook_deliveries set next_attempt_at = ${computeRetryAt(at, attempts)} where id = ${deliveryId}`;
    else await postponeEndpoint(tx, endpointId, at, error);
    const over = addMilliseconds(at, -GIVEN_UP_AFTER_MS);
    await tx`
      update webhook_deliveries set status = 'dead', last_error = ${error}, settled_at = now()
      where status = 'queued' and queued_at <= ${over}
        and ${of === 'endpoint' ? tx`endpoint_id = ${endpointId}` : tx`id = ${deliveryId}`}`;
  });

/** Postpones the calls to an endpoint that fails: the longer it fails, the later. */
async function postponeEndpoint(tx: Tx, endpointId: string, at: Instant, error: string): Promise<void> {
  const [endpoint] = await tx<{ failures: number }[]>`
    update webhook_endpoints set failures = failures + 1, last_error = ${error}
    where id = ${endpointId} returning failures`;
  await tx`
    update webhook_endpoints set resume_at = ${computeRetryAt(at, endpoint!.failures)} where id = ${endpointId}`;
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

const selectDeliveries = (sql: Db, principal: Principal): Fragment => sql`
  select id, client_id, endpoint_id, emitted_id, status, attempts, last_error, created_at, settled_at
  from webhook_deliveries where ${isInScope(sql, principal)}`;

export const listDeliveries = (
  sql: Db,
  principal: Principal,
  { status, endpointId }: { status?: string | undefined; endpointId?: string | undefined },
  request: PageRequest,
): Promise<Page<Delivery>> =>
  readPage(
    sql,
    sql`${selectDeliveries(sql, principal)}
      ${status ? sql`and status = ${status}` : sql``} ${endpointId ? sql`and endpoint_id = ${endpointId}` : sql``}`,
    request,
  );

export async function findDelivery(sql: Db, principal: Principal, id: string): Promise<Delivery | null> {
  const [delivery] = await sql<Delivery[]>`
    ${selectDeliveries(sql, principal)} and id = ${id}`;
  return delivery ?? null;
}

/** Sends a dead delivery again, under its own id. */
export const replayDelivery = (sql: Sql, principal: Principal, { id, clientId, endpointId }: Delivery): Promise<void> =>
  sql.begin(async (tx) => {
    if (!(await lockEndpoint(tx, endpointId))) return;
    const replayed = await tx`${queueAgain(tx)} where id = ${id} and status = 'dead' returning id`;
    if (replayed.length === 0) return;
    await recordAudit(tx, principal, { action: 'webhook.replay', subjectType: 'webhook', subjectId: id, clientId });
    await callNow(tx, endpointId);
  });

/** Sends all dead deliveries of an endpoint again, each under its own id; returns how many. */
export const replayEndpoint = (sql: Sql, principal: Principal, endpointId: string): Promise<number> =>
  sql.begin(async (tx) => {
    if (!(await lockEndpoint(tx, endpointId))) return 0;
    const { count } = await tx`
      ${queueAgain(tx)} where endpoint_id = ${endpointId} and status = 'dead' and ${isInScope(tx, principal)}`;
    await recordAudit(tx, principal, {
      action: 'webhook.replay',
      subjectType: 'webhook',
      subjectId: endpointId,
      detail: { count },
    });
    await callNow(tx, endpointId);
    return count;
  });

const queueAgain = (tx: Tx): Fragment => tx`
  update webhook_deliveries
  set status = 'queued', attempts = 0, queued_at = now(), next_attempt_at = null, settled_at = null`;

/** Locks an endpoint; returns whether it has not ended, and if so it cannot end before this transaction does. */
const lockEndpoint = async (tx: Tx, endpointId: string): Promise<boolean> =>
  (await tx`select from webhook_endpoints where id = ${endpointId} and ended_at is null for no key update`).length > 0;

/** Has waiting deliveries go out at once, because a user says that the endpoint works again. */
async function callNow(tx: Tx, endpointId: string): Promise<void> {
  await tx`update webhook_endpoints set resume_at = null where id = ${endpointId}`;
  await announceFact(tx, 'webhook queued', endpointId);
}
