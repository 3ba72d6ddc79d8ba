import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { setImmediate as breathe } from 'node:timers/promises';
import express from 'express';
import type { Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import { recordAudit } from '../../record/kernel/audit';
import { runForCaller, runForAll, keepCaller } from '../../runtime/callers';
import type { Sql } from '../../runtime/database';
import type { Principal } from '../../record/kernel/principal';
import type { AccessCounter } from './access-counter';
import { getPrincipal } from './auth';
import { refuseFields, Problem, toProblem, type FieldError } from './errors';
import { computeBaseCost } from './costs';
import { isFinal, createSingleAttempt, type Answer, type Attempt, type Idempotency } from './idempotency';
import type { Limiter } from './limiter';
import { mayManage, isAllowed, type Permission } from './policy';
import { findUnknownReferences } from './references';
import { findParamSchema, type Method, type Route } from './route';
import { hasLevels } from './schemas';
import { checkValue, refuseErrors } from './validation';

/** The services that routes need to be served. */
export interface RouterDeps {
  sql: Sql;
  /** The database in which refusals are written down. */
  system: Sql;
  idempotency: Idempotency;
  counter: AccessCounter;
  limiter: Limiter;
}

/** Serves the routes; a path that is known under other methods answers 405. */
export function createRouter(routes: Route[], serving: RouterDeps): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  // A brace sorts after every letter: /applications/summary comes before /applications/{id}.
  for (const path of [...new Set(routes.map((route) => route.path))].sort()) {
    const at = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    const offered = routes.filter((route) => route.path === path);
    for (const route of offered) at[route.method](createHandler(route, serving));
    refuseOtherMethods(at, offered.map((route) => ALLOW[route.method] ?? route.method.toUpperCase()).join(', '));
  }
  return router;
}

/** Serves a page that no route declares; like a route it answers 405 to any other method. */
export function servePage(router: Router, path: string | RegExp, handler: RequestHandler): void {
  refuseOtherMethods(router.route(path).get(handler), ALLOW.get!);
}

function refuseOtherMethods(at: { all: (handler: RequestHandler) => unknown }, allow: string): void {
  at.all(() => {
    throw new Problem('method_not_allowed', {}, { Allow: allow });
  });
}

const ALLOW: Partial<Record<Method, string>> = { get: 'GET, HEAD' };

const createHandler =
  (route: Route, serving: RouterDeps): RequestHandler =>
  async (req, res) => {
    if (route.access === 'public') {
      // takes no input and has no caller
      sendAnswer(res, await runForAll(route.handler as () => Promise<Answer>));
      return;
    }
    const { clientIds } = getPrincipal(res);
    const changes = route.method !== 'get';
    sendAnswer(res, await runForCaller({ clientIds, changes }, () => answerForCaller(route, req, res, serving)));
  };

/** Answers a request; a body that is read while it is sent goes on being read for its caller. */
async function answerForCaller(route: Route, req: Request, res: Response, serving: RouterDeps): Promise<Answer> {
  const answer = await answerRequest(route, req, res, serving);
  const { body } = answer;
  if (body instanceof Readable) body._read = keepCaller(body._read.bind(body));
  return answer;
}

async function answerRequest(
  route: Route,
  req: Request,
  res: Response,
  { sql, system, idempotency, counter, limiter }: RouterDeps,
): Promise<Answer> {
  const principal = getPrincipal(res);
  const baseCost = computeBaseCost(route);
  limiter.spend(principal.id, baseCost, res);
  const params = readParams(route, req);
  const subject = route.subject ? await route.subject({ principal, params }) : undefined;
  if (subject === null) {
    countAbsent(counter, principal, (seer) => route.subject!({ principal: seer, params }));
    throw new Problem('not_found');
  }
  let attempt: Attempt = createSingleAttempt();
  try {
    const allowed =
      isAllowed(principal, route.access as Permission) && (!principal.isForSetUp || route.forSetUp === true);
    if (!allowed || (route.actsFor && !mayManage(principal, route.actsFor(subject)))) throw new Problem('forbidden');
    const { query, body, file, upload } = await readInput(route, req, res, {
      contradict: (given) => route.contradicts?.({ subject, given }) ?? [],
      lookUp: (given) => findUnknownReferences(sql, route, { principal, params, subject, ...given }),
    });
    const cost = Math.max(baseCost, route.cost?.({ query, body, file }) ?? 0);
    if (cost > baseCost) limiter.spend(principal.id, cost - baseCost, res);
    const key = route.method === 'post' ? readIdempotencyKey(req) : undefined;
    if (key !== undefined) {
      const asked = route.file ? [query, createHash('sha256').update(file).digest('hex')] : body;
      attempt = await idempotency.claim([principal.id, route.path, ...Object.values(params)], key, asked);
    }
    const { commandId } = attempt;
    if (attempt.answered) return await addSecret(route, attempt.answered, commandId);
    const ifMatch = readIfMatch(req);
    const answered = await attempt.keep(
      await limiter.run(principal.id, cost, res, () =>
        route.handler({ principal, params, subject, query, body, file, upload, commandId, ifMatch }),
      ),
    );
    return await addSecret(route, answered, commandId);
  } catch (error) {
    const problem = toProblem(error);
    if (problem.status === 403) counter.count(principal.id, 'forbidden');
    if (REFUSALS.has(problem.status))
      await recordAudit(system, principal, {
        action: `${route.method} ${route.path}`,
        subjectType: route.tag,
        subjectId: Object.values(params).join('/') || '-',
        clientId: findClientId(subject),
        outcome: 'refused',
        detail: { problem: problem.type },
      });
    if (isFinal(problem.status)) return attempt.keep({ status: problem.status, body: problem });
    throw error;
  }
}

/**
 * Counts a resource that a caller did not find. Callers do not learn whether it is another client's: it is looked up
 * once they have their answer.
 */
function countAbsent(counter: AccessCounter, principal: Principal, find: (seer: Principal) => Promise<unknown>): void {
  if (principal.clientIds === null) counter.count(principal.id, 'missing');
  else
    counter.countAbsent(principal.id, () =>
      runForAll(async () => (await find({ ...principal, clientIds: null })) !== null),
    );
}

async function addSecret({ secret }: Route, answered: Answer, commandId: string): Promise<Answer> {
  if (!secret || answered.status >= 300) return answered;
  const value = await secret.read(commandId);
  return value === null ? answered : { ...answered, body: { ...(answered.body as object), [secret.name]: value } };
}

const findClientId = (subject: unknown): string | null =>
  typeof subject === 'object' && subject !== null && 'clientId' in subject ? String(subject.clientId) : null;

// Tried, understood and not allowed: worth knowing afterwards.
const REFUSALS = new Set([403, 409]);

function readParams(route: Route, req: Request): Record<string, string> {
  const params = req.params as Record<string, string>;
  for (const [name, value] of Object.entries(params))
    if (!findParamSchema(route, name).safeParse(value).success) throw new Problem('not_found');
  return params;
}

const NO_QUERY = z.strictObject({});

/** The questions about query and body beside their form. */
interface Beside {
  contradict: (given: Record<string, unknown>) => FieldError[];
  lookUp: (given: { query: unknown; body: unknown }) => Promise<FieldError[]>;
}

async function readInput(route: Route, req: Request, res: Response, { contradict, lookUp }: Beside) {
  const errors: FieldError[] = [];
  const query = checkValue<unknown>(route.query ?? NO_QUERY, req.query, errors);
  const given = route.body && (await readBody(req, res));
  const body = route.body && checkValue(route.body, given, errors);
  if (errors.length > 0) {
    const bad = new Set(errors.map(({ path }) => path));
    const fields = route.body ? given : req.query;
    const beside = [
      ...(isFields(fields) ? contradict(fields) : []),
      ...(await lookUp({ query: req.query, body: given })),
    ];
    errors.push(...beside.filter(({ path }) => !bad.has(path)));
  }
  refuseErrors(errors);
  const file = route.file ? await readFile(route.file, req, res) : NO_FILE;
  // a file that is refused before its end leaves the connection for the next request: the stream would break it off
  res.once('finish', () => req.resume());
  const upload = { type: readMediaType(req), bytes: req.iterator({ destroyOnReturn: false }) };
  return { query, body, file, upload };
}

const isFields = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

const NO_FILE = Buffer.alloc(0);

const readMediaType = (req: Request): string => (req.get('Content-Type') ?? '').split(';')[0]!.trim().toLowerCase();

/** Reads a file whole; one that is streamed is only refused here if its length alone is too much. */
async function readFile(
  { types, maxBytes, streamed }: NonNullable<Route['file']>,
  req: Request,
  res: Response,
): Promise<Buffer> {
  if (!types.includes(readMediaType(req))) throw new Problem('unsupported_media_type');
  if (streamed) {
    if (Number(req.get('Content-Length') ?? 0) > maxBytes) throw new Problem('body_too_large');
    return NO_FILE;
  }
  await runParser(express.raw({ limit: maxBytes, type: [...types] }), req, res);
  return Buffer.isBuffer(req.body) ? req.body : NO_FILE;
}

const parseJson = express.json({ limit: '1mb', strict: false, type: ['json', '+json'] });

/** Reads the parsed body; if none was sent, an object without fields, so that each missing one is named. */
async function readBody(req: Request, res: Response): Promise<unknown> {
  const empty = req.headers['transfer-encoding'] === undefined && Number(req.headers['content-length'] ?? 0) === 0;
  if (empty) return {};
  if (!req.is(['json', '+json'])) throw new Problem('unsupported_media_type');
  await runParser(parseJson, req, res);
  if (!hasLevels(req.body, MOST_LEVELS))
    throw refuseFields({ path: '', rule: 'max_levels', message: `must have at most ${MOST_LEVELS} levels` });
  return req.body;
}

/** More than any body has; what is far deeper no function that calls itself gets through. */
const MOST_LEVELS = 50;

const runParser = (parser: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    void parser(req, res, (error?: unknown) => (error ? reject(error as Error) : resolve()));
  });

function readIdempotencyKey(req: Request): string | undefined {
  const key = req.get('Idempotency-Key');
  if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key))
    throw refuseFields({
      path: 'Idempotency-Key',
      rule: 'idempotency_key',
      message: 'must have 1 to 200 visible ASCII characters',
    });
  return key;
}

function readIfMatch(req: Request): (version: number) => number | undefined {
  const tags = req
    .get('If-Match')
    ?.split(',')
    // a proxy that compresses makes a tag weak: it names the same version
    .map((tag) => tag.trim().replace(/^W\//, ''));
  return (version) => {
    if (!tags || tags.includes('*')) return undefined;
    if (!tags.includes(writeEtag(version))) throw new Problem('stale_version');
    return version;
  };
}

const writeEtag = (version: number): string => `"${version}"`;

/** The policy for a file that is offered to be saved: it runs nothing if a browser shows it all the same. */
const SAVED_ONLY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Sends an answer; a resource that counts its versions says so in its ETag. */
export function sendAnswer(res: Response, { status, body, location, type, filename, headers }: Answer): void {
  const version = (body as { version?: unknown } | undefined)?.version;
  if (typeof version === 'number') res.set('ETag', writeEtag(version));
  if (location) res.location(location);
  if (filename) res.attachment(filename).set('Content-Security-Policy', SAVED_ONLY);
  if (headers) res.set(headers);
  res.status(status);
  if (body === undefined) res.end();
  else if (isLongList(body)) pipeline(Readable.from(writeItems(body)), res.type('json'), () => undefined);
  else if (body instanceof Readable)
    // if the body breaks off, so does the answer: its length is not known
    pipeline(body, res.type(type!), () => undefined);
  // Not res.json: it would answer 304 by the ETag, though an answer also depends on the day and the caller.
  else
    res
      .type(type ?? (status < 400 ? 'json' : 'application/problem+json'))
      .end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

/** So many items are written at once: a thousand would let nothing else happen until the last. */
const PIECE = 100;

interface LongList {
  items: readonly unknown[];
}

const isLongList = (body: unknown): body is LongList =>
  typeof body === 'object' &&
  body !== null &&
  'items' in body &&
  Array.isArray(body.items) &&
  body.items.length > PIECE;

/** Writes a list as JSON piece by piece, between which others have their turn. */
async function* writeItems({ items, ...others }: LongList): AsyncGenerator<string> {
  yield '{"items":[';
  for (let from = 0; from < items.length; from += PIECE) {
    if (from > 0) await breathe();
    yield `${from > 0 ? ',' : ''}${JSON.stringify(items.slice(from, from + PIECE)).slice(1, -1)}`;
  }
  yield `],${JSON.stringify(others).slice(1)}`.replace(/,}$/, '}');
}
