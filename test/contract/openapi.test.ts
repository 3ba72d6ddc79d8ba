import { CORE_STEPS } from '../../api/kernel/core';
import { buildOpenApiDocument } from '../../api/kernel/openapi';
import { readRoutes } from '../support/routes';

interface Operation {
  at: string;
  tags: string[];
  parameters: { name: string; required?: boolean; example?: unknown }[];
  request: object[];
  answers: object[];
}

const { routes, close } = readRoutes();
afterAll(close);

const document = buildOpenApiDocument(routes);
const operations = Object.entries(document.paths!).flatMap(([path, item]) =>
  Object.entries(item).map(([method, described]): Operation => {
    const { tags = [], parameters = [], requestBody, responses = {} } = described;
    const good = Object.entries(responses as Record<string, { content?: Record<string, object> }>).filter(([status]) =>
      status.startsWith('2'),
    );
    return {
      at: `${method} ${path}`,
      tags,
      parameters,
      request: Object.values(requestBody?.content ?? {}),
      answers: good.flatMap(([, { content = {} }]) => Object.values(content)),
    };
  }),
);

test('the description begins with the core, which has fifteen operations, and has at most eight other parts', () => {
  const tags = document.tags!;
  expect(tags[0]!.name).toBe('The core');
  expect(tags.length).toBeLessThanOrEqual(9);
  for (const { description } of tags) expect(description).toMatch(/^[A-Z].*\.$/);
  expect(new Set(operations.map((one) => one.tags.join()))).toEqual(new Set(tags.map(({ name }) => name)));
  expect(operations.filter((one) => one.tags[0] === 'The core')).toHaveLength(15);
});

test('each operation of the core has an example of what is sent and of what is answered', () => {
  const core = operations.filter((one) => one.tags[0] === 'The core');
  expect(core.map(({ at }) => at).sort()).toEqual(
    [...new Set(CORE_STEPS.map(({ method, path }) => `${method} ${path}`))].sort(),
  );
  const without = core.filter(({ parameters, request, answers }) => {
    const required = parameters.filter((one) => one.required);
    return (
      required.some(({ example }) => example === undefined) ||
      request.some((content) => !('examples' in content)) ||
      !answers.some((content) => 'examples' in content)
    );
  });
  expect(without.map(({ at }) => at)).toEqual([]);
});

test('an answer that is shown as an example keeps the schema that describes it', () => {
  for (const { method, path, status, name } of CORE_STEPS) {
    const { schema } = routes.find((one) => one.method === method && one.path === path)!.responses[status]!;
    const { examples } = document.paths![path]![method]!.responses![status].content['application/json'];
    expect({ name, problem: schema!.safeParse(examples[name].value).error?.message }).toEqual({ name });
  }
});
