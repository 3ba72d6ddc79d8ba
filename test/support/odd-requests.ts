import * as fc from 'fast-check';

/* Requests that nobody would send: generated from the OpenAPI document, with real ids among made-up values. */

// As far as it is read here.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

export interface OddRequest {
  method: string;
  path: string;
  /** JSON, or of a file its bytes. */
  body?: string;
  type: 'application/json' | 'text/csv';
}

/** Ids that are on record, by what they are ids of: `clientId`, `payerId` and so on. */
export type RealIds = Record<string, string>;

const DATES = [
  '0000-01-01',
  '0001-01-01',
  '1899-12-31',
  '1900-01-01',
  '2000-02-29',
  '2100-02-29',
  '2199-12-31',
  '2200-01-01',
  '9999-12-31',
  '2026-02-30',
  '2026-11-01',
  '2027-03-14',
  '+275760-09-13',
  '20260101',
  '',
];
const INSTANTS = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-03-08T02:30:00Z',
  '2026-01-01T00:00:00.123456789Z',
  '2026-01-01',
  '2026-06-30T23:59:60Z',
  '2026-01-01T00:00:00+14:00',
];
const ZONES = ['US/Pacific-New', 'UTC', 'utc', 'Pacific/Guam', 'America/New_york', 'Etc/GMT+12', 'Mars/Olympus', ''];
const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '💥',
  '‮',
  "'; drop table clients --",
  'x'.repeat(201),
  'x'.repeat(10_001),
];
const NUMBERS = [0, -1, 1.5, 1e300, -1e300, 2 ** 31, 2 ** 53, 2 ** 63, Number.MIN_VALUE];
const THINGS: Json[] = [null, true, [], {}, [[]], { a: { b: {} } }, ...TEXTS, ...NUMBERS, ...DATES];
const ID = '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11';
const cursorOf = (position: Json): string => Buffer.from(JSON.stringify(position)).toString('base64url');
/** Of the forms that lists give, each with something odd in one place. */
const CURSORS = THINGS.flatMap((thing) => [
  cursorOf(thing),
  cursorOf([thing, ID]),
  cursorOf([1_700_000_000_000_000, thing]),
  cursorOf(['openedAt', thing, ID]),
  cursorOf(['-updatedAt', thing, ID]),
  cursorOf([thing, '2026-11-28T00:00:00.000Z', ID]),
]);
const CAQH = 'CAQH Provider ID,NPI,Provider Status,Provider Status Date,Last Attestation Date\n';
const LEIE =
  'LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,REINDATE,WAIVERDATE,WVRSTATE\n';
const FILES = [
  ...DATES.map((date) => `${CAQH}12345678,1003000126,Re-Attestation,${date},${date}\n`),
  `${CAQH}12345678,1003000126,Re-Attestation,2026-01-01,2026-01-01\n\0,\0,\0,\0,\0\n`,
  `${CAQH}1,${'9'.repeat(400)},x,1.23457E+09,44197\n`,
  `${LEIE}DOE,JANE,,,,,,0000000000,19700101,,,CA,,1128a1,99991231,00000000,00000000,\n`,
  `${LEIE}DOE,JANE,,,,,,0000000000,19700101,,,CA,,1128a1,20200101,00000000,00000000,\n\0,\0\n`,
  '',
  '\0',
  'npi',
  '﻿npi;caqh_id\n1;2',
  '"',
  'a,a\n1,2',
  'PK\u0003\u0004',
  `${'a,'.repeat(5_000)}\n`,
  'npi,attested_on\n1234567893,9999-12-31\n\0,\0\n',
  '{"json": true}',
  'LASTNAME,FIRSTNAME\n\ud800,x\n',
];

/** Generates what a schema describes, now and then something else. */
function valueOf(document: Json, schema: Json, ids: RealIds, name: string, depth = 0): fc.Arbitrary<Json> {
  const odd = fc.constantFrom(...THINGS);
  return fc.oneof({ weight: 6, arbitrary: fitting(document, schema, ids, name, depth) }, { weight: 1, arbitrary: odd });
}

function fitting(document: Json, schema: Json, ids: RealIds, name: string, depth: number): fc.Arbitrary<Json> {
  if (schema.$ref) {
    const target = schema.$ref
      .split('/')
      .slice(1)
      .reduce((part: Json, key: string) => part[key], document);
    return fitting(document, target, ids, name, depth);
  }
  const of = (part: Json, at: string) => valueOf(document, part, ids, at, depth + 1);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((part: Json) => of(part, name)));
  if (schema.allOf) return of(schema.allOf[0], name);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return depth > 5 ? fc.constant({}) : objectOf(schema, of);
    case 'array':
      return depth > 5
        ? fc.constant([])
        : fc
            .array(of(schema.items ?? {}, name.replace(/Ids$/, 'Id')), { maxLength: 3 })
            // the same twice, too
            .chain((items) => fc.constantFrom(items, [...items, ...items]));
    case 'integer':
    case 'number':
      return fc.oneof(fc.constantFrom(schema.minimum ?? 1, schema.maximum ?? 10), fc.constantFrom(...NUMBERS));
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textOf(schema, ids, name);
    default:
      return fc.constantFrom(...THINGS);
  }
}

function objectOf(schema: Json, of: (part: Json, name: string) => fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const required: string[] = schema.required ?? [];
  const fields = Object.entries<Json>(schema.properties ?? {}).map(([field, part]) => {
    const value = of(part, field);
    return [field, required.includes(field) ? value : fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

function textOf(schema: Json, ids: RealIds, name: string): fc.Arbitrary<string> {
  const real = ids[name] ?? ids[`${name}Id`];
  if (real) return fc.oneof({ weight: 5, arbitrary: fc.constant(real) }, { weight: 1, arbitrary: fc.uuid() });
  if (schema.format === 'date') return fc.constantFrom(...DATES);
  if (schema.format === 'date-time') return fc.constantFrom(...INSTANTS);
  if (schema.format === 'uuid') return fc.constantFrom(...Object.values(ids));
  if (name === 'timeZone') return fc.constantFrom(...ZONES);
  if (name === 'cursor') return fc.constantFrom(...CURSORS);
  return fc.constantFrom(...(schema.example ? [schema.example, schema.example] : []), 'some text', ...TEXTS);
}

/** The id that stands in a path behind a resource: /v1/clients/{id} is of a client. */
const IN_PATH: Record<string, string> = { clients: 'clientId', practices: 'practiceId', providers: 'providerId' };
const idIn = (path: string, ids: RealIds): string | undefined => {
  const [, , resource = ''] = path.split('/');
  return ids[IN_PATH[resource] ?? `${resource.replace(/ies$/, 'y').replace(/s$/, '')}Id`];
};

const UNREADABLE = ['%00', '%', '%ff', '..', 'x'.repeat(300), '%ED%A0%80'];

/** So many requests, the same each time: every operation about as often. */
export function oddRequests(document: Json, ids: RealIds, count: number, seed: number): OddRequest[] {
  const operations = Object.entries<Json>(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, item]) =>
      Object.entries<Json>(item)
        .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
        .map(([method, operation]) => requestOf(document, ids, path, method, operation)),
    );
  return fc.sample(fc.oneof(...operations), { numRuns: count, seed });
}

function requestOf(
  document: Json,
  ids: RealIds,
  path: string,
  method: string,
  operation: Json,
): fc.Arbitrary<OddRequest> {
  const parameters: Json[] = (operation.parameters ?? []).filter((one: Json) => one.in === 'query');
  const query = fc.record(
    Object.fromEntries(
      parameters.map(({ name, schema }) => [name, fc.option(valueOf(document, schema, ids, name), { nil: undefined })]),
    ),
  );
  const segment = fc.oneof(
    { weight: 12, arbitrary: fc.constant(idIn(path, ids) ?? Object.values(ids)[0]!) },
    { weight: 2, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.constantFrom(...UNREADABLE) },
  );
  const content = operation.requestBody?.content ?? {};
  const json = content['application/json']?.schema;
  const body: fc.Arbitrary<string | undefined> = json
    ? valueOf(document, json, ids, '').map((value) => JSON.stringify(value))
    : content['text/csv']
      ? fc.constantFrom(...FILES)
      : fc.constant(undefined);
  return fc.record({ query, segment, body }).map(({ query: asked, segment: id, body: sent }) => {
    const words = Object.entries(asked)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${encodeURIComponent(toWellFormed(String(value)))}`);
    const at = path.replaceAll(/\{\w+\}/g, id);
    return {
      method: method.toUpperCase(),
      path: words.length > 0 ? `${at}?${words.join('&')}` : at,
      type: json ? 'application/json' : 'text/csv',
      ...(sent !== undefined && { body: sent }),
    } satisfies OddRequest;
  });
}

/** A URL takes no half of a surrogate pair. */
const toWellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
