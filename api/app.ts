import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { ErrorRequestHandler, Express } from 'express';
import helmet from 'helmet';
import { pinoHttp, type Options } from 'pino-http';
import { createVerifyPages } from './billing/verify-page';
import { createAccessCounter } from './kernel/access-counter';
import { authenticateCaller, readCallerRequestId } from './kernel/auth';
import { createCalendarFeeds } from './kernel/calendar';
import type { Deps } from './kernel/deps';
import { createDocs } from './kernel/docs';
import type { Budgets } from './kernel/budgets';
import { Problem, toProblem } from './kernel/errors';
import { createIdempotency } from './kernel/idempotency';
import { createSignIn } from './registry/sign-in';
import { allowTemporalUi } from './operations/codec';
import { createMailbox } from './outreach/mailbox';
import { createDocumentLinkPages } from './registry/document-link-pages';
import { createRouter, sendAnswer } from './kernel/router';
import { Limiter, limitAddresses } from './kernel/limiter';
import { WrongKeys } from './kernel/wrong-keys';
import { listRoutes } from './routes';

/** Creates the whole API, without a port; without budgets a key may send as much as it likes. */
export function createApp(deps: Deps, counter = createAccessCounter(deps.system), budgets?: Budgets): Express {
  const { sql, system, keyring, logger, config } = deps;
  const routes = listRoutes(deps);
  const wrongKeys = new WrongKeys();
  const app = express();
  app.disable('x-powered-by');
  app.use(pinoHttp({ ...LOGGING, logger, genReqId: nameRequest, quietReqLogger: true }));
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY } }));
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  app.use(allowTemporalUi(config.temporalUiOrigin));
  app.use('/v1', authenticateCaller(system, config, { counter, wrongKeys }));
  app.use(limitAddresses());
  const limiter = new Limiter(counter, budgets);
  app.use(createRouter(routes, { sql, system, idempotency: createIdempotency(system, keyring), counter, limiter }));
  app.use(createCalendarFeeds(sql, wrongKeys));
  app.use(createSignIn({ ...deps, sql: system }, { counter, wrongKeys }));
  app.use(createDocumentLinkPages({ ...deps, sql: system }, wrongKeys));
  app.use(createVerifyPages(system));
  app.use(createDocs(routes));
  if (config.smtpUrl === undefined) app.use(createMailbox());
  app.use(() => {
    throw new Problem('not_found');
  });
  app.use(answerError);
  return app;
}

// Everything that our pages need is ours; Swagger UI styles its elements inline.
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

const LOGGING: Options = {
  // A wrapped serializer of errors logs every property of an error, also those that repeat what a caller sent.
  wrapSerializers: false,
  serializers: {
    // Neither path, query nor headers: each may hold personal data or secrets.
    req: ({ id, method, headers }: IncomingMessage) => ({ id, callerId: readCallerRequestId(headers), method }),
    res: ({ headersSent, statusCode }: ServerResponse) => ({ status: headersSent ? statusCode : null }),
  },
  customLogLevel: (req, res, error) => {
    if (QUIET.has(findPattern(req) ?? '')) return 'debug';
    return error || res.statusCode >= 500 ? 'error' : 'info';
  },
  // The route is known once the request is over.
  customSuccessObject: (req, _res, line: object) => ({ ...line, route: findPattern(req) }),
  // The failure has a line of its own.
  customErrorObject: (req, _res, _error, line: object) => ({ ...line, route: findPattern(req), err: undefined }),
};

const QUIET = new Set(['/healthz', '/readyz']);

/** Finds the path of the route that a request came to, with the names of its parameters; null if it came to none. */
function findPattern(req: IncomingMessage): string | null {
  const { route } = req as IncomingMessage & { route?: { path: string | RegExp } };
  return route ? String(route.path) : null;
}

/** Names a request by an id that is ours, never the caller's: two requests never share one. The answer carries it. */
function nameRequest(_req: IncomingMessage, res: ServerResponse): string {
  const id = randomUUID();
  res.setHeader('X-Request-Id', id);
  return id;
}

/** Answers after which no more of a body is read: its sender is unknown, or it may have no end. */
const UNREAD = new Set([401, 413, 429]);

const answerError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
  const problem = toProblem(error);
  if (problem.status >= 500) req.log.error({ err: error }, problem.type);
  if (res.headersSent) {
    // not left to Express, which prints the whole error
    res.destroy();
    return;
  }
  res.set(problem.headers);
  if (UNREAD.has(problem.status) && !req.complete) res.set('Connection', 'close');
  sendAnswer(res, { status: problem.status, body: problem });
};
