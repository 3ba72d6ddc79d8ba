import { z } from 'zod';
import { selectKnownDocuments } from '../../record/applications/parties';
import { listUnknownReferences, type Referent } from '../../record/applications/references';
import type { Principal } from '../../record/kernel/principal';
import { WORKER_ROLES } from '../../domain/kernel/codes';
import { findUser, maySeeClient, type User } from '../../record/registry/users';
import type { Sql } from '../../runtime/database';
import type { FieldError } from './errors';
import type { Route } from './route';
import { id as idSchema, UNKNOWN_REFERENCE } from './schemas';

/** Lists an error for each reference of a list that is not among those that are known. */
export const listUnknown = <T>(path: string, ids: readonly T[] = [], known: ReadonlySet<T>, field = ''): FieldError[] =>
  ids.flatMap((id, index) => {
    const { rule, message } = UNKNOWN_REFERENCE;
    return known.has(id) ? [] : [{ path: `${path}.${index}${field}`, rule, message }];
  });

/** Lists an error for each item of a list whose key an earlier one has: payers that were merged are one. */
export function listRepeated(path: string, keys: readonly (string | undefined)[], field = ''): FieldError[] {
  const first = new Map(keys.map((key, index) => [key, index] as const).toReversed());
  return keys.flatMap((key, index) =>
    key === undefined || first.get(key) === index
      ? []
      : [
          {
            path: `${path}.${index}${field}`,
            rule: 'unique',
            message: `is the same as ${path}.${first.get(key)!}${field}, merged`,
          },
        ],
  );
}

/**
 * Lists an error if a user cannot be given work of a client, or be notified of it: the caller does not see the user,
 * the user does not see the client, or does not work. A caller who sees both may do so without managing the user, as it
 * shows the user nothing new.
 */
export async function listWorkerErrors(
  sql: Sql,
  principal: Principal,
  { path, userId, clientId }: { path: string; userId: string; clientId: string },
): Promise<FieldError[]> {
  const user = await findUser(sql, principal, userId);
  if (!user) return [{ path, ...UNKNOWN_REFERENCE }];
  const errors: FieldError[] = [];
  if (!maySeeClient(user, clientId))
    errors.push({ path, rule: 'sees_the_client', message: 'must be a user who sees this client' });
  return [...errors, ...listUnfitErrors(path, user)];
}

/** Lists an error if a user cannot be given work of any client: they have no access, or may only read. */
export function listUnfitErrors(path: string, { role, revokedAt }: Pick<User, 'role' | 'revokedAt'>): FieldError[] {
  const errors: FieldError[] = [];
  if (revokedAt) errors.push({ path, ...HAS_ACCESS });
  if (!WORKER_ROLES.includes(role))
    errors.push({ path, rule: 'can_work', message: `must be a user of role ${WORKER_ROLES.join(', ')}` });
  return errors;
}

export const HAS_ACCESS = { rule: 'has_access', message: 'must be a user who still has access' };

/** Lists an error for each document that is not the client's. */
export const listDocumentErrors = async (
  sql: Sql,
  clientId: string,
  path: string,
  ids: readonly string[] = [],
): Promise<FieldError[]> =>
  ids.length === 0 ? [] : listUnknown(path, ids, await selectKnownDocuments(sql, clientId, ids));

/**
 * The kinds of things that each field of a request with an id refers to: one of these; with none, it only narrows a
 * list. A contract test compares every schema with it. A row is found by the last name of its path, or the last two if
 * that says too little.
 */
export const REFERS_TO = {
  applicationId: ['application'],
  applicationIds: ['application'],
  assignee: ['user'],
  authorizedPayerIds: ['payer'],
  callId: ['call'],
  clientId: ['client'],
  clientIds: ['client'],
  coveredBy: ['user'],
  covers: ['payer'],
  endpointId: [],
  entryId: [],
  evidence: ['document'],
  holderUserId: ['user'],
  inheritedFrom: ['agreement'],
  into: ['payer', 'practice'],
  locationId: ['location'],
  // read off the evidence: the handler compares it with the party
  'seen.locationId': [],
  'locations.id': ['location'],
  payerId: ['payer'],
  payerIds: ['payer'],
  practiceId: ['practice'],
  'practices.id': ['practice'],
  proof: ['document'],
  providerId: ['provider'],
  'recipient.id': ['user', 'client', 'provider', 'payer', 'relationship'],
  recipientId: [],
  secondFactorUserIds: ['user'],
  subjectId: [],
  substitute: ['user'],
  to: ['user'],
  userId: ['user'],
  workTo: ['user'],
} as const satisfies Record<string, readonly Referent[]>;
export type ReferringField = keyof typeof REFERS_TO;

/** Reads the names of a field's path, without the places in lists. */
const readNames = (path: string): string[] => path.split('.').filter((name) => !/^\d+$/.test(name));

const isReferring = (field: string): field is ReferringField => Object.hasOwn(REFERS_TO, field);

/** Finds the row of the field at a path; null if it has none. */
export const findReferringField = (path: string): ReferringField | null =>
  [-2, -1].map((from) => readNames(path).slice(from).join('.')).find(isReferring) ?? null;

/** Finds the things that the field at a path refers to; none if it is no reference. */
export function findReferents(path: string): readonly Referent[] {
  const field = findReferringField(path);
  return field ? REFERS_TO[field] : [];
}

/** Finds the ids at the places where a schema takes some, with their paths, of a value that may be bad elsewhere. */
function findIds(schema: z.core.$ZodType, value: unknown, path: string[] = []): [path: string, id: string][] {
  if (value === undefined || value === null || path.length > 12) return [];
  if (z.globalRegistry.get(schema)?.format === 'uuid')
    return idSchema.safeParse(value).success ? [[path.join('.'), value as string]] : [];
  const readInside = (part: z.core.$ZodType, name: string) =>
    findIds(part, (value as Record<string, unknown>)[name], [...path, name]);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([name, part]) => readInside(part, name));
    case 'array':
      return Array.isArray(value) ? value.flatMap((_, place) => readInside(def.element, String(place))) : [];
    case 'union':
      return def.options.flatMap((part) => findIds(part, value, path));
    case 'optional':
    case 'nullable':
    case 'default':
      return findIds(def.innerType, value, path);
    case 'pipe':
      return findIds(def.in, value, path);
    default:
      return [];
  }
}

/** More than any good request names. */
const MOST_LOOKED_UP = 2_000;

interface BadRequest {
  principal: Principal;
  params: Record<string, string>;
  subject: unknown;
  query: unknown;
  body: unknown;
}

/**
 * Finds the references of a request that name nothing which its caller sees, looked up here if something else of it is
 * bad already, so that one answer names all of it. If the form is right, the handler asks: it needs what they refer to.
 */
export async function findUnknownReferences(
  sql: Sql,
  route: Pick<Route, 'path' | 'query' | 'body' | 'namesUser'>,
  { principal, params, subject, query, body }: BadRequest,
): Promise<FieldError[]> {
  const found = [
    ...(route.query ? findIds(route.query, query) : []),
    ...(route.body ? findIds(route.body, body) : []),
  ].slice(0, MOST_LOOKED_UP);
  if (found.length === 0) return [];
  const ids = new Map(found);
  const readReference = (field: string): string | undefined => {
    const value = (subject as Record<string, unknown> | undefined)?.[field];
    return typeof value === 'string' ? value : undefined;
  };
  const clientId = readReference('clientId');
  const practiceId =
    ids.get('practiceId') ??
    readReference('practiceId') ??
    (route.path.startsWith('/v1/practices/{id}') ? params.id : undefined);
  const given = [...ids].map(([path, id]) => ({ path, id, to: findReferents(path) }));
  const unknown = await listUnknownReferences(sql, principal, given, { clientId, practiceId });
  const errors = unknown.map(({ path }): FieldError => ({ path, ...UNKNOWN_REFERENCE }));
  if (clientId === undefined) return errors;
  for (const { path, id, to } of given) {
    const isWorker = route.namesUser?.[readNames(path).join('.')] === 'worker' && to.length === 1;
    if (isWorker && !unknown.some((one) => one.path === path))
      errors.push(...(await listWorkerErrors(sql, principal, { path, userId: id, clientId })));
  }
  return errors;
}
