import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { ACTIONS, OUTCOMES, STAGES } from '../../domain/kernel/codes';
import { findCoreExamples, type CoreExamples } from './core';
import { PROBLEMS } from './errors';
import { listRoles } from './policy';
import { findParamSchema, type Method, type Route } from './route';
import { id } from './schemas';
import { CSRF_HEADER, SESSION_COOKIE } from './session-cookies';
import { CORE, findSection, SECTIONS } from './sections';

const problem = z
  .object({
    type: z.string().meta({ description: `urn:countersign:problem: and one of ${Object.keys(PROBLEMS).join(', ')}` }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z
      .array(z.strictObject({ path: z.string(), rule: z.string(), message: z.string() }))
      .optional()
      .meta({
        description:
          'All invalid fields at once, with references to nothing that this key sees and dates that contradict the record; ' +
          '`rule` is stable',
      }),
    existingId: id.optional().meta({ description: 'The id of the resource that is in the way' }),
    stage: z
      .enum(STAGES)
      .optional()
      .meta({ description: 'The stage of an application that does not allow the action' }),
    allowedActions: z.array(z.enum(ACTIONS)).optional(),
    allowedOutcomes: z.array(z.enum(OUTCOMES)).optional(),
  })
  .meta({
    id: 'Problem',
    description: 'A problem as RFC 9457 defines it; it never repeats what was sent',
    example: {
      type: 'urn:countersign:problem:validation_failed',
      title: PROBLEMS.validation_failed[1],
      status: 400,
      errors: [{ path: 'npi', rule: 'npi_check_digit', message: 'must be an NPI: 10 digits with a valid check digit' }],
    },
  });

const PROBLEM_CONTENT = { 'application/problem+json': { schema: problem } };

const ifMatch = z
  .string()
  .optional()
  .meta({ description: 'The ETag of the version to change, weak or strong; any other version is answered 412' });

const HEADERS: Partial<Record<Method, z.ZodObject>> = {
  post: z.object({
    'Idempotency-Key': z.string().min(1).max(200).optional().meta({
      pattern: '^[!-~]+$',
      description: 'For 30 days a retry with the same key and body gets the first answer',
    }),
    'If-Match': ifMatch,
  }),
  put: z.object({ 'If-Match': ifMatch }),
  patch: z.object({ 'If-Match': ifMatch }),
};

/** Lists the ways to be known to a route: a key, or a session, which for a change brings its CSRF token as well. */
const listSecurity = (method: Method): Record<string, string[]>[] => [
  { key: [] },
  { session: [], ...(method !== 'get' && { csrfToken: [] }) },
];

const describePagePath = (operationId: string, summary: string, type: string) => ({
  get: {
    operationId,
    tags: [findSection('documentation')],
    summary,
    security: [],
    responses: { 200: { description: 'The page', content: { [type]: { schema: z.unknown() } } } },
  },
});

const describeRedirect = (operationId: string, summary: string, leadsTo: string, query: Record<string, z.ZodType>) => ({
  get: {
    operationId,
    tags: [findSection('users')],
    summary,
    security: [],
    requestParams: { query: z.object(query) },
    responses: {
      302: { description: leadsTo },
      ...Object.fromEntries(
        [400, 403, 409, 429, 503].map((status) => [
          status,
          { description: joinTitles(status), content: PROBLEM_CONTENT },
        ]),
      ),
    },
  },
});

/** The paths that docs.ts serves: no schema of ours validates them, so they are no routes. */
const DOCUMENTATION = {
  '/docs': describePagePath('getDocs', 'Read this description as a page', 'text/html'),
  '/openapi.json': describePagePath(
    'getOpenapi',
    'Read this description as an OpenAPI 3.1 document',
    'application/json',
  ),
  '/sign-in': describeRedirect('getSignIn', 'Sign in at the identity provider', 'To the identity provider', {
    returnTo: z.string().optional().meta({ description: 'The path of this origin to end at. Default: `/`' }),
    invitation: z.string().optional().meta({ description: 'The token in the link of an invitation' }),
  }),
  '/sign-in/callback': describeRedirect(
    'getSignInCallback',
    'Come back from the identity provider, with a session',
    'To `returnTo`, with the cookie of the session',
    {
      code: z.string().optional(),
      state: z.string().optional(),
      iss: z.string().optional(),
      error: z.string().optional(),
    },
  ),
} satisfies ZodOpenApiPathsObject;

/** Builds the OpenAPI 3.1 document of the routes, from the schemas that validate. */
export function buildOpenApiDocument(routes: Route[]) {
  const paths: ZodOpenApiPathsObject = { ...DOCUMENTATION };
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: buildOperation(route) };
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '1',
      description:
        'Payer credentialing as durable workflows. Fields that are not described here are refused. The cost of a request comes out ' +
        'of a budget of its key (`RateLimit` says what is left); beyond that it is refused with 429 until `Retry-After` is over.',
    },
    servers: [{ url: '/' }],
    tags: SECTIONS.map(({ name, description }) => ({ name, description })),
    security: listSecurity('get'),
    components: {
      schemas: { Problem: problem },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: `__Host-${SESSION_COOKIE}`,
          description: `The session of a person who signed in (\`/sign-in\`); without TLS, on one machine, \`${SESSION_COOKIE}\``,
        },
        csrfToken: {
          type: 'apiKey',
          in: 'header',
          name: CSRF_HEADER,
          description: 'The `csrfToken` of `GET /v1/session`; the request comes from a page of this origin',
        },
      },
    },
    paths,
  };
  return addParameterExamples(
    createDocument(document, { override: ({ jsonSchema }) => describeRange(jsonSchema) }),
    routes,
  );
}

/** Adds to the operations of the core the examples of their path and query. */
function addParameterExamples<T extends ReturnType<typeof createDocument>>(document: T, routes: Route[]): T {
  for (const route of routes) {
    const examples = findCoreExamples(route);
    if (!examples) continue;
    for (const parameter of document.paths?.[route.path]?.[route.method]?.parameters ?? [])
      if ('name' in parameter && parameter.name in examples.parameters)
        parameter.example = examples.parameters[parameter.name];
  }
  return document;
}

/** Says in a date's description in which range it has to lie, whatever else its field says there. */
function describeRange(schema: { description?: string | undefined; 'x-range'?: unknown }): void {
  const { description, 'x-range': range } = schema;
  if (typeof range !== 'string' || description?.includes(range)) return;
  schema.description = [description, range].filter(Boolean).join('; ');
}

function buildOperation(route: Route): ZodOpenApiOperationObject {
  const { method, path, tag, summary, query, body, file, access } = route;
  const isPublic = access === 'public';
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const params = Object.fromEntries(names.map((name) => [name, findParamSchema(route, name)]));
  const core = findCoreExamples(route);
  const roles = isPublic ? '' : `Roles: ${listRoles(access).join(', ')}.`;
  return {
    operationId: buildOperationId(route),
    tags: [core ? CORE : findSection(tag)],
    summary,
    description: [route.description, roles].filter(Boolean).join('\n\n'),
    ...(isPublic ? { security: [] } : method !== 'get' && { security: listSecurity(method) }),
    requestParams: {
      ...(names.length > 0 && { path: z.object(params) }),
      ...(query && { query: query as z.ZodObject }),
      ...(!isPublic && HEADERS[method] && { header: HEADERS[method] }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: body, ...(core && { examples: core.requests }) } },
      },
    }),
    ...(file && {
      requestBody: {
        required: true,
        description: file.description,
        content: {
          [file.types[0]]: { schema: { type: 'string' as const, ...(file.streamed && { format: 'binary' }) } },
        },
      },
    }),
    responses: { ...buildGoodResponses(route, core?.responses), ...(!isPublic && buildProblemResponses(route)) },
  };
}

// e.g. postClientsByIdPractices: unique, and stable as long as the route is.
const buildOperationId = ({ method, path }: Route): string =>
  path
    .replace(/^\/v1/, '')
    .split(/[/.-]/)
    .reduce((name, part) => {
      const word = part.replace(/^\{(\w+)\}$/, 'by-$1');
      return name + word.replaceAll(/(^|-)(\w)/g, (_, __, first: string) => first.toUpperCase());
    }, method);

const buildGoodResponses = ({ responses }: Route, examples: CoreExamples['responses'] = {}) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, also = [] }]) => [
      status,
      {
        description,
        ...((schema || also.length > 0) && {
          content: {
            ...(schema && {
              'application/json': { schema, ...(examples[status] && { examples: examples[status] }) },
            }),
            ...buildOtherTypes(also),
          },
        }),
      },
    ]),
  );

const buildOtherTypes = (types: string[]) =>
  Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' as const } }]));

/** Lists the statuses with which a route can answer. */
export const listStatuses = (route: Route): number[] => [
  ...Object.keys(route.responses).map(Number),
  ...(route.access === 'public' ? [] : listProblemStatuses(route)),
];

function listProblemStatuses({ method, path, body, file, responses, problems = [] }: Route): number[] {
  const statuses = [400, 401, 403, 429, 503, ...problems];
  if (path.includes('{')) statuses.push(404);
  if (body || file) statuses.push(409, 413, 415);
  if (method !== 'get' && method !== 'delete') statuses.push(412);
  if (method === 'post' || method === 'put') statuses.push(422);
  return statuses.filter((status) => !(status in responses)).sort((a, b) => a - b);
}

const buildProblemResponses = (route: Route) =>
  Object.fromEntries(
    listProblemStatuses(route).map((status) => [
      status,
      {
        description: joinTitles(status),
        content: PROBLEM_CONTENT,
        ...(SAY_WHEN.includes(status) && { headers: RETRY_AFTER }),
      },
    ]),
  );

/** The refusals that pass by themselves. */
const SAY_WHEN = [429, 503];
const RETRY_AFTER = {
  'Retry-After': {
    description: 'The number of seconds after which to try again',
    schema: { type: 'integer' as const, minimum: 1 },
  },
};

function joinTitles(status: number): string {
  const titles = Object.values(PROBLEMS).flatMap(([of, title]) => (of === status ? [title] : []));
  return titles.length > 2 ? 'The record does not allow it; `type` says why' : titles.join('; or: ');
}
