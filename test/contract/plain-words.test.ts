import { buildOpenApiDocument } from '../../api/kernel/openapi';
import { listSources, readSource } from '../support/product';
import { readRoutes } from '../support/routes';

const { routes, close } = readRoutes();
afterAll(close);

/** Words that a colleague at another company stumbles over, in what people read. */
const STUMBLES =
  /\b(whoever|somebody|nobody attends|told|rungs?|manner|anywhere on Earth|no such thing|held against|the gate)\b/i;

const ROOMS = ['api', 'domain', 'outreach', 'papers'];
/** The texts of a source with a space in them, without its comments and without what is put into them. */
function textsOf(file: string): string[] {
  const source = readSource(file).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '');
  const found = source.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
  return found.map((text) => text.replaceAll(/\$\{[^}]*\}/g, '')).filter((text) => text.includes(' '));
}

test('messages, mail and papers are in words that a colleague at another company understands at once', () => {
  const files = ROOMS.flatMap(listSources);
  const texts = files.flatMap((file) => textsOf(file).map((text) => `${file}: ${text}`));
  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.filter((text) => STUMBLES.test(text))).toEqual([]);
});

test('the description is in such words too, and each operation begins with what it does', () => {
  const texts: string[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, inside] of Object.entries(node)) {
      if (/^(description|summary|title)$/.test(name) && typeof inside === 'string') texts.push(inside);
      else look(inside);
    }
  };
  const document = buildOpenApiDocument(routes);
  look(document);
  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.filter((text) => STUMBLES.test(text))).toEqual([]);
  for (const { summary } of routes)
    expect(summary).toMatch(/^(?!(The|A|An|What|Who|How|Which|Whether|May|Have) )[A-Z][a-z]+ /);
});
