import * as fc from 'fast-check';
import { inventNpi } from '../../local/invented';

/*
 * Requests that nobody would send: generated from the OpenAPI document, with real ids among made-up values. Half of them are
 * sensible but for a detail, if that: what is refused at the door shows nothing of what is behind it.
 */

// As far as it is read here.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

export interface OddRequest {
  method: string;
  path: string;
  /** JSON, or of a file its bytes. */
  body?: string;
  type: 'application/json' | 'text/csv' | 'application/octet-stream';
}

/** The fields that take an id in bodies, queries and as second ids of paths; of one room alone as `payers/into`. */
export const ID_FIELDS = [
  'applicationId',
  'assignee',
  'attestationId',
  'authorizedPayerId',
  'callId',
  'clientId',
  'coverId',
  'coveredBy',
  'covers',
  'documentId',
  'endpointId',
  'entryId',
  'evidence',
  'holderUserId',
  'inheritedFrom',
  'linkId',
  'locationId',
  'payerId',
  'payers/into',
  'practiceId',
  'practices/exclusionId',
  'practices/into',
  'proof',
  'providerId',
  'providers/exclusionId',
  'recipientId',
  'secondFactorUserId',
  'subjectId',
  'substitute',
  'to',
  'userId',
  'workTo',
] as const;
export type IdField = (typeof ID_FIELDS)[number];

/** The rooms of the API in whose paths an {id} stands. */
export const ID_ROOMS = [
  'agreements',
  'api-keys',
  'applications',
  'audit-samples',
  'authorisations',
  'billing-readiness',
  'calls',
  'clients',
  'documents',
  'endings',
  'inbox',
  'mail',
  'operations',
  'payers',
  'platform-relationships',
  'practices',
  'providers',
  'returns',
  'tasks',
  'users',
  'webhook-deliveries',
  'webhook-endpoints',
] as const;
export type IdRoom = (typeof ID_ROOMS)[number];

/** Ids that are on record. */
export interface RealIds {
  /** Behind the rooms of the API: what {id} of /v1/clients/{id} stands for. The first has what `fields` names in paths. */
  rooms: Record<string, readonly string[]>;
  fields: Record<string, readonly string[]>;
}

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
const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const GOOD_DATES = [-400, -30, -2, -2, 20, 200].map(dayIn);
const GOOD_INSTANTS = [-30, -2].map((days) => `${dayIn(days)}T14:00:00.000Z`);
const ID = '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11';
const cursorOf = (position: Json): string => Buffer.from(JSON.stringify(position)).toString('base64url');
/** The forms that lists give, each with something odd in one place. */
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
  // large, and much work for who reads them
  ','.repeat(4_800_000),
  '\n'.repeat(4_800_000),
  '"\n'.repeat(1_000_000),
  'npi,attested_on\n1234567893,9999-12-31\n\0,\0\n',
  '{"json": true}',
  '%PDF-1.7\nnot more of it',
  'LASTNAME,FIRSTNAME\n\ud800,x\n',
];

/** The request that values are generated for. */
interface Request {
  document: Json;
  ids: RealIds;
  room: string;
  /** Mostly sensible. */
  calm: boolean;
}

/** Generates what a schema describes, now and then something else. */
function valueOf(request: Request, schema: Json, name: string, depth = 0): fc.Arbitrary<Json> {
  return fc.oneof(
    { weight: request.calm ? 100 : 6, arbitrary: fitting(request, schema, name, depth) },
    { weight: 1, arbitrary: fc.constantFrom(...THINGS) },
  );
}

function fitting(request: Request, schema: Json, name: string, depth: number): fc.Arbitrary<Json> {
  if (schema.$ref) {
    const target = schema.$ref
      .split('/')
      .slice(1)
      .reduce((part: Json, key: string) => part[key], request.document);
    return fitting(request, target, name, depth);
  }
  const of = (part: Json, at: string) => valueOf(request, part, at, depth + 1);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((part: Json) => of(part, name)));
  // beside fields of its own, it only says which of them have to be there
  if (schema.allOf && !schema.properties) return of(schema.allOf[0], name);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return depth > 5 ? fc.constant({}) : objectOf(request, schema, name, of);
    case 'array':
      return depth > 5 ? fc.constant([]) : arrayOf(request, schema, name, of);
    case 'integer':
    case 'number':
      return fc.oneof(
        { weight: request.calm ? 20 : 1, arbitrary: fc.constantFrom(schema.minimum ?? 1, schema.maximum ?? 10) },
        { weight: 1, arbitrary: fc.constantFrom(...NUMBERS) },
      );
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textOf(request, schema, name);
    default:
      return fc.constantFrom(...THINGS);
  }
}

type Of = (part: Json, name: string) => fc.Arbitrary<Json>;

function arrayOf({ calm }: Request, schema: Json, name: string, of: Of): fc.Arbitrary<Json> {
  const item = of(schema.items ?? {}, name.replace(/Ids$/, 'Id'));
  if (calm) return fc.array(item, { minLength: schema.minItems ?? 0, maxLength: Math.max(schema.minItems ?? 0, 2) });
  // the same twice, too
  return fc.array(item, { maxLength: 3 }).chain((items) => fc.constantFrom(items, [...items, ...items]));
}

function objectOf({ calm }: Request, schema: Json, name: string, of: Of): fc.Arbitrary<Json> {
  const required: string[] = schema.required ?? [];
  const fields = Object.entries<Json>(schema.properties ?? {}).map(([field, part]) => {
    const value = of(part, field === 'id' ? name.replace(/s?$/, 'Id') : field);
    const missing = fc.constant(undefined);
    const weights = calm ? [3, 1] : [1, 2];
    const optional = fc.oneof({ weight: weights[0]!, arbitrary: missing }, { weight: weights[1]!, arbitrary: value });
    return [field, required.includes(field) ? value : optional] as const;
  });
  const some = fc.record(Object.fromEntries(fields));
  return schema.example ? fc.oneof(fc.constant(schema.example), some) : some;
}

function textOf({ ids, room, calm }: Request, schema: Json, name: string): fc.Arbitrary<string> {
  /** Mostly good where the request is calm, otherwise half of the time. */
  const mix = (good: fc.Arbitrary<string>, odd: readonly string[]) =>
    fc.oneof({ weight: calm ? 40 : 1, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
  const real = realIds(ids, room, name);
  if (real) return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...real) }, { weight: 1, arbitrary: fc.uuid() });
  if (schema.format === 'date') return mix(fc.constantFrom(...GOOD_DATES), DATES);
  if (schema.format === 'date-time') return mix(fc.constantFrom(...GOOD_INSTANTS), INSTANTS);
  if (schema.format === 'uuid') throw new Error(`no id is on record for ${name} of ${room}: add it to ID_FIELDS`);
  if (name === 'timeZone') return mix(fc.constant('America/New_York'), ZONES);
  if (name === 'cursor') return fc.constantFrom(...CURSORS);
  const number = fc.integer({ min: 0, max: 9_999_999 }).map((n) => String(n).padStart(7, '0'));
  if (name === 'npi')
    return mix(
      number.map((digits) => inventNpi(`13${digits}`)),
      TEXTS,
    );
  if (schema.format === 'email')
    return mix(
      number.map((digits) => `odd${digits}@example.org`),
      TEXTS,
    );
  if (schema.example) return mix(fc.constant(schema.example), TEXTS);
  return mix(
    number.map((digits) => `some text ${digits}`),
    TEXTS,
  );
}

const realIds = ({ fields }: RealIds, room: string, name: string) =>
  [`${room}/${name}`, name, `${name}Id`].map((key) => fields[key]).find((known) => known !== undefined);

const UNREADABLE = ['%00', '%', '%ff', '..', 'x'.repeat(300), '%ED%A0%80'];

/** So many requests, the same each time but for ids and days: every operation about as often. */
export function makeOddRequests(document: Json, ids: RealIds, count: number, seed: number): OddRequest[] {
  const operations = Object.entries<Json>(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, item]) =>
      Object.entries<Json>(item)
        .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
        .flatMap(([method, operation]) =>
          [true, false].map((calm) => {
            const request = { document, ids, room: path.split('/')[2]!, calm };
            return requestOf(request, path, method, operation);
          }),
        ),
    );
  return fc.sample(fc.oneof(...operations), { numRuns: count, seed });
}

/** Fills each {name} of a path, mostly with an id that is on record there, or a word of its schema. */
function pathOf({ ids, room }: Request, path: string, parameters: Json[]): fc.Arbitrary<string> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const goodFor = (name: string): readonly string[] | undefined => {
    if (name !== 'id') return realIds(ids, room, name) ?? parameters.find((one) => one.name === name)?.schema.enum;
    const known = ids.rooms[room];
    return names.length > 1 ? known?.slice(0, 1) : known;
  };
  const segments = names.map((name) => {
    const good = goodFor(name);
    if (!good) throw new Error(`no id is on record for {${name}} of ${path}: add it to ID_ROOMS or ID_FIELDS`);
    return fc.oneof(
      { weight: 15, arbitrary: good.length > 0 ? fc.constantFrom(...good) : fc.uuid() },
      { weight: 1, arbitrary: fc.uuid() },
      { weight: 1, arbitrary: fc.constantFrom(...UNREADABLE) },
    );
  });
  return fc
    .tuple(...segments)
    .map((words) => names.reduce((at, name, n) => at.replace(`{${name}}`, () => words[n]!), path));
}

/** The media types of files. */
const RAW_TYPES = ['text/csv', 'application/octet-stream'] as const;

function requestOf(request: Request, path: string, method: string, operation: Json): fc.Arbitrary<OddRequest> {
  const parameters: Json[] = operation.parameters ?? [];
  const asked = parameters
    .filter((one) => one.in === 'query')
    .map(({ name, schema, required }) => {
      const value = valueOf(request, schema, name);
      return [name, required && request.calm ? value : fc.option(value, { nil: undefined, freq: 1 })] as const;
    });
  const content = operation.requestBody?.content ?? {};
  const json = content['application/json']?.schema;
  const raw = RAW_TYPES.find((type) => content[type]);
  const body: fc.Arbitrary<string | undefined> = json
    ? valueOf(request, json, '').map((value) => JSON.stringify(value))
    : raw
      ? fc.constantFrom(...FILES)
      : fc.constant(undefined);
  return fc
    .record({ query: fc.record(Object.fromEntries(asked)), at: pathOf(request, path, parameters), body })
    .map(({ query, at, body: sent }) => {
      const words = Object.entries(query)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${encodeURIComponent(toWellFormed(String(value)))}`);
      return {
        method: method.toUpperCase(),
        path: words.length > 0 ? `${at}?${words.join('&')}` : at,
        type: json ? 'application/json' : (raw ?? 'text/csv'),
        ...(sent !== undefined && { body: sent }),
      } satisfies OddRequest;
    });
}

/** A URL takes no half of a surrogate pair. */
const toWellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
