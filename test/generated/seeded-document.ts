import type { RealIds } from '../support/odd-requests';
import { startOfDay } from '../../domain/time/calendar';
import { addMilliseconds } from '../../domain/time/dates';
import { inventNpi } from '../support/file';
import { addDaysToToday } from '../support/filled-files';

/*
 * The OpenAPI document as a generator of requests should read it: where it says `any UUID`, the ids that are on record; where it
 * says `any date`, mostly such as people send, and those at which calendars break. Answers are described as before.
 */

// As far as it is read here.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

/** The ingredients of requests: ids on record, and a cursor of each list by its path. */
export interface Seeds {
  ids: RealIds;
  cursors: Record<string, string>;
}

const USUAL_DATES = [-700, -400, -200, -90, -60, -45, -30, -21, -14, -10, -7, -5, -4, -3, -2, 20, 45, 90, 200, 400];
const ODD_DATES = [
  '0000-01-01',
  '0001-01-01',
  '1899-12-31',
  '1900-01-01',
  '2024-02-29',
  '2026-02-29',
  '2100-01-01',
  '2100-02-29',
  '2199-12-31',
  '2200-01-01',
  '9999-12-31',
];
const DATES = [...USUAL_DATES, -1, 0, 1].map(addDaysToToday).concat(ODD_DATES);

/** Both sides of the last midnight of every zone. */
const MIDNIGHTS = [
  ...new Set(Intl.supportedValuesOf('timeZone').map((zone) => startOfDay(addDaysToToday(-1), zone))),
].flatMap((midnight) => [addMilliseconds(midnight, -1), midnight]);
const INSTANTS = [...MIDNIGHTS, ...ODD_DATES.map((date) => `${date}T00:00:00Z`)];

const NPIS = Array.from({ length: 40 }, inventNpi);
/** Numbers whose check digit nothing in the document describes: the example is one that is right. */
const BY_EXAMPLE = /^(AB|123-45|912)/;

export function seedDocument(document: Json, { ids, cursors }: Seeds): Json {
  const paths = Object.entries<Json>(document.paths).map(([path, item]) => {
    const room = path.split('/')[2] ?? '';
    const operations = Object.entries<Json>(item).map(([method, operation]) => {
      // which version there is it cannot know: nearly all would be refused for that alone
      const sent = (operation.parameters ?? []).filter(({ name }: Json) => name !== 'If-Match');
      const parameters = sent.map((parameter: Json) => {
        const schema =
          parameter.name === 'cursor' && cursors[path]
            ? { enum: [cursors[path]] }
            : parameter.in === 'path' && parameter.name === 'id'
              ? oneOfTheseOr(idsAt(path, room), parameter.schema)
              : seed(parameter.schema, room, parameter.name);
        return { ...parameter, schema };
      });
      const content = Object.entries<Json>(operation.requestBody?.content ?? {}).map(([type, media]) => [
        type,
        { ...media, schema: seed(media.schema, room, '') },
      ]);
      const requestBody = operation.requestBody && { ...operation.requestBody, content: Object.fromEntries(content) };
      return [method, { ...operation, parameters, ...(requestBody && { requestBody }) }];
    });
    return [path, Object.fromEntries(operations)];
  });
  return { ...document, paths: Object.fromEntries(paths) };

  /** Below something, only of what has everything below it. */
  function idsAt(path: string, room: string): readonly string[] {
    const known = ids.rooms[room] ?? [];
    return path.split('{').length > 2 ? known.slice(0, 1) : known;
  }

  /** A schema of what is sent, with all that it refers to. */
  function seed(schema: Json, room: string, name: string): Json {
    if (Array.isArray(schema)) return schema.map((part) => seed(part, room, name));
    if (schema === null || typeof schema !== 'object') return schema;
    if (schema.$ref) return seed(resolve(schema.$ref), room, name);
    const known = [`${room}/${name}`, name, `${name}Id`].map((key) => ids.fields[key]).find(Boolean);
    if (name === 'npi') return oneOfTheseOr(NPIS, schema);
    if (schema.type === 'string' && known) return oneOfTheseOr(known, schema);
    if (BY_EXAMPLE.test(String(schema.example))) return { enum: [schema.example] };
    if (schema.format === 'date') return oneOfTheseOr(DATES, schema);
    if (schema.format === 'date-time') return oneOfTheseOr(INSTANTS, schema);
    if (schema.format === 'uuid') return oneOfTheseOr(Object.values(ids.rooms).flat(), schema);
    const inside = (key: string, part: Json): Json => {
      if (key === 'properties')
        return Object.fromEntries(
          Object.entries<Json>(part).map(([field, of]) => [
            field,
            seed(of, room, field === 'id' ? name.replace(/s?$/, 'Id') : field),
          ]),
        );
      if (key === 'items') return seed(part, room, name.replace(/Ids$/, 'Id'));
      return ['anyOf', 'oneOf', 'allOf', 'additionalProperties'].includes(key) ? seed(part, room, name) : part;
    };
    return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, inside(key, part)]));
  }

  function resolve(reference: string): Json {
    return reference
      .split('/')
      .slice(1)
      .reduce((part, key) => part[key], document);
  }
}

const oneOfTheseOr = (values: readonly string[], schema: Json): Json =>
  values.length > 0 ? { enum: [...new Set(values)] } : schema;
