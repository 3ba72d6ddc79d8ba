import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as fc from 'fast-check';
import { z } from 'zod';
import type { Route } from '../../api/kernel/route';
import { buildOpenApiDocument } from '../../api/kernel/openapi';
import { answer, rosterEntry } from '../../api/applications/actions-schemas';
import { ID_FIELDS, ID_ROOMS, makeOddRequests } from '../support/odd-requests';
import { DATE_RULES, type DateRule } from '../../domain/kernel/date-rules';
import { findReferringField, REFERS_TO } from '../../api/kernel/references';
import { readRoutes } from '../support/routes';

const ROOT = resolve(__dirname, '../..');
const { routes, close } = readRoutes();
afterAll(close);

/** A part of what a caller sends: what it is called, and the schema that reads it. */
interface Part {
  path: string;
  schema: z.core.$ZodType;
}

/** A schema and all that it is made of. A text that is read into something else stays whole. */
function partsOf({ path, schema }: Part, above: readonly z.core.$ZodType[] = []): Part[] {
  if (above.includes(schema)) return [];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const inside = (name: string, part: z.core.$ZodType) =>
    partsOf({ path: `${path}${name}`, schema: part }, [...above, schema]);
  const parts = (): Part[] => {
    switch (def.type) {
      case 'object':
        return Object.entries(def.shape).flatMap(([name, part]) => inside(`.${name}`, part));
      case 'array':
        return inside('[]', def.element);
      case 'record':
        return [...inside('{key}', def.keyType), ...inside('{}', def.valueType)];
      case 'union':
        return def.options.flatMap((part) => inside('', part));
      case 'optional':
      case 'nullable':
      case 'default':
        return inside('', def.innerType);
      case 'pipe':
        return (def.in as z.core.$ZodTypes)._zod.def.type === 'string' ? [] : inside('', def.in);
      default:
        return [];
    }
  };
  return [{ path, schema }, ...parts()];
}

const parts = [
  ...routes.flatMap(({ method, path, query, body }) =>
    [query, body].flatMap((schema) => (schema ? partsOf({ path: `${method} ${path} `, schema }) : [])),
  ),
  // each of many applications at once is read on its own
  ...partsOf({ path: 'one of many contacts ', schema: answer }),
  ...partsOf({ path: 'one of many submissions ', schema: rosterEntry }),
];

const defOf = ({ schema }: Part) => (schema as z.core.$ZodTypes)._zod.def;
const metaOf = ({ schema }: Part) => z.globalRegistry.get(schema) ?? {};
const formatOf = (part: Part): unknown => metaOf(part).format ?? (defOf(part) as { format?: unknown }).format;
const takes = ({ schema }: Part, value: unknown): boolean => z.safeParse(schema, value).success;
const isText = (part: Part): boolean => {
  const def = defOf(part);
  return def.type === 'string' || (def.type === 'pipe' && defOf({ path: '', schema: def.in }).type === 'string');
};
const named = (found: Part[]): string[] => [...new Set(found.map(({ path }) => path))];

describe('whatever a caller sends', () => {
  test('is read by schemas of which all parts are found here', () => {
    const known =
      /^(object|array|record|union|optional|nullable|default|pipe|string|number|boolean|enum|literal|unknown)$/;
    expect(named(parts.filter((part) => !known.test(defOf(part).type)))).toEqual([]);
    expect(parts.filter(isText).length).toBeGreaterThan(200);
  });

  test('a URL is taken without a user name or password only, whichever field has it', () => {
    const urls = parts.filter((part) => formatOf(part) === 'uri');
    expect(named(parts.filter((part) => isText(part) && /url$/i.test(part.path)))).toEqual(named(urls));
    expect(urls.length).toBeGreaterThan(2);
    expect(named(urls.filter((part) => !takes(part, 'https://hooks.example.org/in')))).toEqual([]);
    expect(named(urls.filter((part) => takes(part, 'https://kim:secret@hooks.example.org/in')))).toEqual([]);
  });

  test('a rule between fields, or of a whole list, is judged also where a field or an item is bad', () => {
    const rules = parts.flatMap(({ path, schema }) => {
      const { type, checks = [] } = defOf({ path, schema });
      const own = checks.filter((one) => one._zod.def.check === 'custom');
      return /^(object|array|record)$/.test(type) ? own.map((one) => ({ path, when: one._zod.def.when })) : [];
    });
    expect(rules.length).toBeGreaterThan(50);
    expect(rules.flatMap(({ path, when }) => (when ? [] : [path]))).toEqual([]);
  });

  test('a value of several forms says in its refusal which they are', () => {
    const forms = parts.filter((part) => defOf(part).type === 'union' && !('discriminator' in defOf(part)));
    expect(forms.length).toBeGreaterThan(3);
    expect(named(forms.filter((part) => !defOf(part).error))).toEqual([]);
  });

  const dates = parts.filter((part) => formatOf(part) === 'date');

  test('a date lies in the range that its field states', () => {
    expect(dates.length).toBeGreaterThan(60);
    const far = ['0001-01-01', '1899-12-31', '2200-01-01', '9999-12-31', '10000-01-01', '2026-02-30'];
    expect(named(dates.filter((part) => far.some((date) => takes(part, date))))).toEqual([]);
    expect(named(dates.filter((part) => typeof metaOf(part)['x-range'] !== 'string'))).toEqual([]);
  });

  test('a date has its row in the table of dates, and every row is of a date', () => {
    const rows = dates.map((part) => String(metaOf(part)['x-date']));
    expect(named(dates.filter((_part, i) => !(rows[i]! in DATE_RULES)))).toEqual([]);
    expect(Object.keys(DATE_RULES).filter((row) => !rows.includes(row))).toEqual([]);
    // if two differ in their rules, neither is made from the other's row
    const beside = Object.entries(DATE_RULES).flatMap(([row, { notBefore = [] }]: [string, DateRule]) =>
      notBefore.map((field) => `${row.split('.')[0]}.${field}`),
    );
    expect(beside.filter((row) => !(row in DATE_RULES))).toEqual([]);
  });

  test('a rule of order in the table of dates is asked for where its part is read', () => {
    const files = ['api', 'domain/applications'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
    );
    const parts = (field: keyof DateRule) =>
      Object.entries(DATE_RULES).flatMap(([row, rule]: [string, DateRule]) =>
        rule[field] ? [row.split('.')[0]!] : [],
      );
    const isIn = (pattern: string) => files.some((text) => new RegExp(pattern).test(text));
    expect(parts('notBefore').filter((part) => !isIn(`requireOrder\\('${part}'`))).toEqual([]);
    const asked = (part: string) => isIn(`listContradictions\\(\\s*'${part}'`) || isIn(`: '${part}',`);
    expect(parts('against').filter((part) => !asked(part))).toEqual([]);
  });

  test('a date is written as one: no other text takes it', () => {
    const called = /(On|Since|Of|By|\.(on|since|until|from|to|due))$/;
    const bare = parts.filter((part) => isText(part) && called.test(part.path) && formatOf(part) !== 'date');
    // hours of a day; who it was, or is to be
    const others = /(callHours\.(from|to)|\.(saidBy|answeredBy|askedBy|coveredBy|asOf)|reassignment \.to)$/;
    expect(named(bare.filter(({ path }) => !others.test(path)))).toEqual([]);
  });

  test('an instant is one of a year in which something can have happened', () => {
    const instants = parts.filter((part) => /^date-?time$/.test(String(formatOf(part))));
    expect(named(instants)).toContain('get /v1/billing-readiness .asOf');
    const bad = [
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '1899-12-31T23:59:59Z',
      '9999-12-31T23:59:59Z',
      '2026-02-30T00:00:00Z',
      '2026-01-01T00:00:00+01:00',
      `2026-01-01T00:00:00.${'0'.repeat(200)}Z`,
    ];
    expect(named(instants.filter((part) => bad.some((at) => takes(part, at))))).toEqual([]);
  });

  test('a list says whether it names each thing once or may repeat it', () => {
    const lists = parts.filter((part) => defOf(part).type === 'array');
    expect(lists.length).toBeGreaterThan(40);
    expect(
      named(lists.filter((part) => !['each once', 'may repeat'].includes(String(metaOf(part)['x-items'])))),
    ).toEqual([]);
  });

  test('a text has no NUL and no half of a pair, which PostgreSQL does not take', () => {
    const taking = parts.filter((part) => isText(part) && ['a\u0000b', 'a\ud800b'].some((bad) => takes(part, bad)));
    // each of many applications is answered by the id that it was asked by; the free form is judged as a whole
    const whole = /(applications\[\]\.id|\.billing\{key\})$/;
    expect(named(taking.filter(({ path }) => !whole.test(path)))).toEqual([]);
  });

  test('a pattern that the document shows a text is one that every text taken has', () => {
    const shown = parts.filter((part) => isText(part) && typeof metaOf(part).pattern === 'string');
    expect(shown.length).toBeGreaterThan(200);
    const exampleOf = ({ example }: Record<string, unknown>) => (typeof example === 'string' ? example : 'a name');
    const hint = fc.constantFrom(...new Set(shown.map((part) => exampleOf(metaOf(part)))));
    const near = fc.tuple(
      hint,
      fc.nat(40),
      fc.nat(2),
      fc.constantFrom('', '0', '-', 'Z', '\n', '\u0085', ' ', 'é', '💥'),
    );
    const texts = fc.sample(
      fc.oneof(
        hint,
        near.map(([text, at, gone, more]) => text.slice(0, at) + more + text.slice(at + gone)),
        hint.map((text) => text.replaceAll('-', '')),
        fc.nat(1_100).map(String),
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      { numRuns: 1_500, seed: 20261129 },
    );
    const schemas = new Map(shown.map((part) => [part.schema, part]));
    const wrong = [...schemas.values()].flatMap((part) => {
      const pattern = new RegExp(String(metaOf(part).pattern), 'u');
      return texts.filter((text) => takes(part, text) && !pattern.test(text)).map((text) => [part.path, text]);
    });
    expect(wrong).toEqual([]);
  });

  test('a number is a whole one that PostgreSQL takes', () => {
    const numbers = parts.filter((part) => defOf(part).type === 'number');
    expect(numbers.length).toBeGreaterThan(10);
    const taking = numbers.filter((part) => [1.5, 1e300, 2 ** 31, -(2 ** 31) - 1].some((bad) => takes(part, bad)));
    // a duration is judged as a whole
    const durations = /\.(businessDays|days|months|hours|minutes|seconds)$/;
    expect(named(taking.filter(({ path }) => !durations.test(path)))).toEqual([]);
  });
});

describe('a user who is named', () => {
  const A_USER = 'a user';
  /** The owners of the ids in the paths of each room: a route of a new one needs a line too. */
  const ROOMS: Record<string, string> = {
    agreements: 'an agreement',
    'api-keys': 'a key',
    applications: 'an application',
    'audit-samples': 'a sample of applications',
    authorisations: 'an authorisation',
    'billing-readiness': 'a certificate',
    calls: 'a call to a payer',
    clients: 'a client',
    documents: 'a document of a client',
    endings: 'an ending',
    // a message to a user
    inbox: A_USER,
    mail: 'mail about a client',
    operations: 'what is stuck',
    payers: 'a payer',
    'platform-relationships': 'a relationship',
    practices: 'a practice',
    providers: 'a provider',
    returns: 'a return',
    tasks: 'a task of a client',
    users: A_USER,
    'webhook-deliveries': 'a delivery',
    'webhook-endpoints': 'an endpoint',
  };

  /** The fields of a route that take an id. */
  const idsOf = ({ query, body }: Pick<Route, 'query' | 'body'>) =>
    [query, body]
      .flatMap((schema) => (schema ? partsOf({ path: '', schema }) : []))
      .filter((part) => formatOf(part) === 'uuid')
      .map(({ path }) => path.replaceAll('[]', '').slice(1));
  const referents = (path: string): readonly string[] => REFERS_TO[findReferringField(path)!];

  test('by an id is of a kind that is known here', () => {
    // each of many applications at once may name nothing by an id
    expect([answer, rosterEntry].flatMap((body) => idsOf({ body }))).toEqual([]);
    const paths = routes.flatMap(idsOf);
    expect(paths.filter((path) => findReferringField(path) === null)).toEqual([]);
    expect([...new Set(paths.map(findReferringField))].toSorted()).toEqual(Object.keys(REFERS_TO).toSorted());
    const rooms = routes.flatMap(({ path }) => /^\/v1\/([\w-]+)\/.*\{/.exec(path)?.[1] ?? []);
    expect([...new Set(rooms)].toSorted()).toEqual(Object.keys(ROOMS).toSorted());
  });

  test('by a field that is called as one by an id is named by an id', () => {
    const called = /(Id|Ids\[\]|[.]id|[uU]ser|[aA]ssignee|[rR]ecipient)$/;
    const bare = parts.filter((part) => isText(part) && called.test(part.path) && formatOf(part) !== 'uuid');
    // ids that others gave; each of many applications is read on its own
    const others =
      /(\.caqhId|\.electronicPayerId|electronicPayerIds\[\]\.payerId|claimsRoute ?\.value\.payerId|\/v1\/(contacts|submissions) \.applications\[\]\.id)$/;
    expect(named(bare.filter(({ path }) => !others.test(path)))).toEqual([]);
  });

  test('as a user in a query or a body is declared, with how far the caller has to reach', () => {
    const said = (one: Route, fields: string[]) =>
      [...new Set(fields)].map((field) => `${one.method} ${one.path} ${field}`).toSorted();
    expect(routes.flatMap((one) => said(one, Object.keys(one.namesUser ?? {})))).toEqual(
      routes.flatMap((one) =>
        said(
          one,
          idsOf(one).filter((path) => path === 'recipientId' || referents(path).includes('user')),
        ),
      ),
    );
  });

  test('in a query only narrows a list, and is never only that in a body', () => {
    const kinds = (one: Route) => Object.values(one.namesUser ?? {});
    expect(routes.filter((one) => one.query && kinds(one).some((kind) => kind !== 'filter'))).toEqual([]);
    expect(routes.filter((one) => one.body && kinds(one).includes('filter'))).toEqual([]);
  });

  test('as a user in a path that changes something is acted for', () => {
    const changing = routes.filter(
      ({ method, path }) => method !== 'get' && ROOMS[/^\/v1\/([\w-]+)\/.*\{/.exec(path)?.[1] ?? ''] === A_USER,
    );
    expect(changing.length).toBeGreaterThan(5);
    expect(changing.filter(({ actsFor }) => !actsFor).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});

test('the description says of every date of a request in which range it has to lie, by its row of the table', () => {
  const { paths = {}, components } = buildOpenApiDocument(routes);
  const silent: string[] = [];
  const look = (at: string, node: unknown, seen: Set<unknown>): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const { $ref, format, description, ...more } = node as { $ref?: string; format?: string; description?: string };
    if ($ref) look(at, components?.schemas?.[$ref.split('/').at(-1)!], seen);
    const row = (more as { 'x-date'?: string })['x-date'] ?? '';
    if (format === 'date' && !(/must (be|not)/.test(description ?? '') && row in DATE_RULES)) silent.push(at);
    for (const [name, inside] of Object.entries(node)) look(`${at}.${name}`, inside, seen);
  };
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const { parameters, requestBody } = operation as { parameters?: unknown; requestBody?: unknown };
      look(`${method} ${path}`, [parameters, requestBody], new Set());
    }
  expect(silent).toEqual([]);
});

test('every path and field that takes an id gets one that is on record from the odd requests of the slow test', () => {
  const document = buildOpenApiDocument(routes);
  const id = (n: number) => [`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`];
  const asked = new Set<string>();
  const fields = new Proxy(Object.fromEntries(ID_FIELDS.map((name, n) => [name, id(n)])), {
    get(all, name: string) {
      asked.add(name);
      return all[name];
    },
  });
  const rooms = Object.fromEntries(ID_ROOMS.map((room) => [room, id(999)]));
  // it throws where there is none
  expect(makeOddRequests(document, { rooms, fields }, 1, 1)).toHaveLength(1);
  expect(ID_FIELDS.filter((name) => !asked.has(name))).toEqual([]);
});
