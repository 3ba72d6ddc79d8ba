import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_STEPS, type CoreStep } from '../../api/kernel/core';
import { System } from '../support/system';

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
/** The dates that the examples send; all others of the answers follow from the day on which it runs. */
const SENT = new Set(JSON.stringify(CORE_STEPS).match(/\d{4}-\d\d-\d\d/g));

/** Which real id stands for which id of the examples. */
class Ids {
  private readonly real = new Map<string, string>();
  private readonly example = new Map<string, string>();

  learn(example: string, real: string): void {
    if (this.real.has(example) || this.example.has(real)) return;
    this.real.set(example, real);
    this.example.set(real, example);
  }

  /** A text or body of the examples as a caller sends it here. */
  toReal = <T>(value: T): T => replaced(value, (id) => this.real.get(id) ?? id);

  /** An answer as the examples have it; an id without a name there gets the next one. */
  toExample = <T>(value: T): T =>
    replaced(value, (id) => {
      if (!this.example.has(id))
        this.learn(`00000000-0000-4000-8000-${String(100 + this.real.size).padStart(12, '0')}`, id);
      return this.example.get(id)!;
    });
}

function replaced<T>(value: T, by: (id: string) => string): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value).replaceAll(ID, by));
}

/** Learns the real ids from where the example has its own. */
function learnFrom(example: unknown, real: unknown, ids: Ids): void {
  if (typeof example === 'string' && typeof real === 'string') {
    if (example.match(ID)?.[0] === example && real.match(ID)?.[0] === real) ids.learn(example, real);
  } else if (example && real && typeof example === 'object' && typeof real === 'object')
    for (const [name, inside] of Object.entries(example))
      learnFrom(inside, (real as Record<string, unknown>)[name], ids);
}

/**
 * The same without what differs each time: moments, days that follow from today, how long it has waited, and mail, which is
 * written a moment later.
 */
const timeless = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, one: unknown) =>
      name === 'messages' ? undefined : isOfTime(name, one) ? 'of its time' : one,
    ),
  );

const isOfTime = (name: string, value: unknown): boolean =>
  /seconds$/i.test(name) ||
  (typeof value === 'string' && (INSTANT.test(value) || (DATE.test(value) && !SENT.has(value))));

describe('the core of the OpenAPI document', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
  }, 60_000);
  afterAll(() => system.stop());

  interface Operation {
    tags: string[];
    parameters?: { name: string; in: string; example?: string }[];
    requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> };
    responses: Record<string, { content: Record<string, { examples?: Record<string, { value: unknown }> }> }>;
  }

  test('its examples, sent in order to a real API, are answered as it says and end with a yes of billing readiness', async () => {
    const { body: document } = await system.api.get('/openapi.json', { key: '' });
    const ids = new Ids();
    const answers: Record<string, unknown> = {};
    const send = async ({ method, path, name, status }: CoreStep) => {
      const operation: Operation = document.paths[path][method];
      const examples = (operation.parameters ?? []).filter(({ example }) => example !== undefined);
      const at = examples
        .filter((one) => one.in === 'path')
        .reduce((so, one) => so.replace(`{${one.name}}`, one.example!), path);
      const query = new URLSearchParams(
        Object.fromEntries(examples.filter((one) => one.in === 'query').map((one) => [one.name, one.example!])),
      );
      const body = operation.requestBody?.content['application/json']!.examples![name]!.value;
      const reply = await system.api.call(method.toUpperCase(), ids.toReal(query.size > 0 ? `${at}?${query}` : at), {
        ...(body && { body: ids.toReal(body) }),
      });
      const problem = reply.status < 400 ? null : reply.body;
      expect({ name, status: reply.status, problem }).toEqual({ name, status, problem: null });
      return {
        said: operation.responses[status]!.content['application/json']!.examples![name]!.value,
        real: reply.body,
      };
    };
    for (const step of CORE_STEPS) {
      const { said, real } = await send(step);
      if (step.creates) ids.learn(step.creates, real.id);
      learnFrom(said, real, ids);
      answers[step.name] = ids.toExample(real);
      // WRITE_EXAMPLES=1 writes them anew, where the answers are meant to have changed
      if (!process.env.WRITE_EXAMPLES) expect(timeless(answers[step.name])).toEqual(timeless(said));
    }
    expect(answers.may_bill).toMatchObject({ mayBill: true, billThrough: 'own' });
    if (process.env.WRITE_EXAMPLES)
      writeFileSync(join(__dirname, '../../api/kernel/core-responses.json'), `${JSON.stringify(answers, null, 2)}\n`);
  }, 120_000);
});
