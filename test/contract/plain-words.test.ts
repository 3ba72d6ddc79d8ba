import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildOpenApiDocument } from '../../api/kernel/openapi';
import { listSources, PRODUCT_FOLDERS, readSource } from '../support/product';
import { readRoutes } from '../support/routes';
import { VERBS, writeThirdPerson } from '../support/verbs';

const { routes, close } = readRoutes();
afterAll(close);

/** Words that a colleague at another company stumbles over: they name no role, or are pictures of ours. */
const STUMBLES =
  /\b(whoever|whomever|somebody|nobody attends|told|heard|rungs?|manner|anywhere on Earth|no such thing|held against|the gate)\b/i;

/** The texts of a source with a space in them, without its comments and without what is put into them. */
function textsOf(file: string): string[] {
  const source = readSource(file).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '');
  const found = source.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
  return found.map((text) => text.replaceAll(/\$\{[^}]*\}|'\w+'(?=\))/g, '')).filter((text) => text.includes(' '));
}

test('messages, mail and papers are in words that a colleague at another company understands at once', () => {
  const files = PRODUCT_FOLDERS.flatMap(listSources);
  const texts = files.flatMap((file) => textsOf(file).map((text) => `${file}: ${text}`));
  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.filter((text) => STUMBLES.test(text))).toEqual([]);
});

/** Lists what a document says under some names. */
function listSaid(node: unknown, names: RegExp): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, inside]) =>
    names.test(name) && typeof inside === 'string' ? [inside] : listSaid(inside, names),
  );
}
const document = buildOpenApiDocument(routes);

test('the description is in such words too, and each operation begins with what it does', () => {
  const texts = listSaid(document, /^(description|summary|title)$/);
  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.filter((text) => STUMBLES.test(text))).toEqual([]);
  for (const { summary } of routes)
    expect(summary).toMatch(/^(?!(The|A|An|What|Who|How|Which|Whether|May|Have) )[A-Z][a-z]+ /);
});

/** A comment begins with what it is about: these words begin an answer whose question the reader does not know. */
const NO_BEGINNING =
  /(^|[.!?] )(of|what|whose|whoever)\b|^(where|whom?|(after|about|at|between|by|for|from|in|on|over|since|through|to|until|with) (each|how|so many|what|when|where|which|whom|whose))\b/i;
/** Comments of TypeScript, and of SQL within it; lines that follow one another are one comment. */
const COMMENTS = /(?<=^|\s)\/\*[\s\S]*?\*\/|(?:^[ \t]*(?:\/\/|--) .*\n)+|(?<=\S[ \t]+)\/\/ .*/gm;

test('each description of the document begins with what it is about', () => {
  const descriptions = listSaid(document, /^description$/);
  expect(descriptions.length).toBeGreaterThan(1000);
  expect([...new Set(descriptions)].filter((text) => NO_BEGINNING.test(text))).toEqual([]);
});

const listComments = (source: string): string[] =>
  (source.match(COMMENTS) ?? []).map((comment) =>
    comment
      .split('\n')
      .map((text) => text.replace(/^\s*(\/\*\*?|\*\/|\*|\/\/|--) ?/, '').replace(/\s*\*\/$/, ''))
      .join(' ')
      .trim(),
  );
/** A comment and the function right behind it. */
const ON_FUNCTIONS =
  /\/\*\*(?:(?!\*\/)[\s\S])*\*\/(?=\n *(?:export )?(?:default )?(?:async )?(?:function\b|const \w+(?:: [^=\n]+)? = (?:async )?(?:<.*>)?\())/g;
/** The words that such a comment begins with: the verbs of names, and some that have others for objects. */
const BEGINNINGS = new Set(['whether', 'gives', 'has', 'lets', 'strikes', ...[...VERBS].map(writeThirdPerson)]);
const listWithoutVerb = (source: string): string[] =>
  (source.match(ON_FUNCTIONS) ?? [])
    .flatMap(listComments)
    .filter((text) => !BEGINNINGS.has(/^([A-Z][a-z]+)[ ,]/.exec(text)?.[1]?.toLowerCase() ?? ''));

/** A function returns what it has found; an API, a person or a service answers. */
const RETURNED =
  /(;|, and|\beach) answers (an?|how|when|the|what|why|whether|its|it|null|undefined|those|which)\b|\. Answers (how|when|why|whether|null|undefined)\b/;

/** Names of fields stand as they are. */
const withoutCode = (text: string): string => text.replaceAll(/`[^`]*`/g, '');
const isUnclear = (comment: string): boolean =>
  NO_BEGINNING.test(comment) || RETURNED.test(comment) || STUMBLES.test(withoutCode(comment));
const listUnclear = (source: string): string[] => listComments(source).filter(isUnclear);

test.each([...PRODUCT_FOLDERS, 'bench', 'test'])(
  'comments in %s begin with what they are about, and name who is meant',
  (folder) => {
    const comments = listSources(folder)
      .filter((file) => !__filename.endsWith(file))
      .flatMap((file) => listComments(readSource(file)).map((text) => ({ file, text })));
    expect(comments.length).toBeGreaterThan(10);
    expect(comments.filter(({ text }) => isUnclear(text))).toEqual([]);
  },
);

const others = execFileSync('git', ['ls-files', '-z', '*.js', '*.cjs', '*.jsonc', '*Dockerfile'], {
  cwd: join(__dirname, '../..'),
  encoding: 'utf8',
});

test.each(others.split('\0').filter(Boolean))('%s has such comments too, and no such name', (file) => {
  const source = readSource(file);
  expect(source.split('\n').filter((line) => STUMBLES.test(line))).toEqual([]);
  expect(listUnclear(file.endsWith('Dockerfile') ? source.replaceAll(/^#/gm, '//') : source)).toEqual([]);
});

const docs = readdirSync(join(__dirname, '../../docs'), { recursive: true, encoding: 'utf8' });
const pages = docs.filter((page) => page.endsWith('.md')).map((page) => `docs/${page}`);

test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...pages])(
  '%s names who is meant',
  (page) => {
    // names of fields stand as they are
    const text = readSource(page).replaceAll(/`[^`]*`/g, '');
    expect(text.split('\n').filter((line) => STUMBLES.test(line))).toEqual([]);
  },
);

test('the names of tests are in such words', () => {
  const titles = listSources('test').flatMap((file) =>
    [...readSource(file).matchAll(/^ *(?:test|it|describe)(?:\.\w+)?\((['"`])(.*?)\1,/gm)].map(([, , title]) => title!),
  );
  expect(titles.length).toBeGreaterThan(1000);
  expect(titles.filter((title) => STUMBLES.test(title))).toEqual([]);
});

test.each([...PRODUCT_FOLDERS, 'bench'])('the comment on each function in %s begins with its verb', (folder) => {
  expect(
    listSources(folder).flatMap((file) => listWithoutVerb(readSource(file)).map((text) => `${file}: ${text}`)),
  ).toEqual([]);
});

test('a comment on a function without a verb is found', () => {
  const comment = '/** The last day of a participation. */';
  expect(listWithoutVerb(`${comment}\nexport const findLastDay = (state: State) => state.lastDay;`)).toHaveLength(1);
  expect(listWithoutVerb('/** Entries that are left. */\nconst listLeft = () => [];')).toHaveLength(1);
  expect(listWithoutVerb(`${comment}\nasync function findLastDay() {}`)).toHaveLength(1);
  expect(listWithoutVerb(`${comment}\nconst LAST_DAY = 3;`)).toEqual([]);
  expect(listWithoutVerb('/** Finds the last day. */\nfunction findLastDay() {}')).toEqual([]);
});

test.each([
  '/** Of these tables is kept what was before each change. */',
  '/** What a step does. */',
  '/**\n * Where an application stands,\n * in words.\n */',
  'const a = 1; // whose work it is',
  '  // by each of some ids that there are,\n  // in their order\n',
  '/** By which a caller says that it is meant. */',
  '/** Keeps a row. Of several, the first. */',
  'const q = sql`\n  -- what was merged is one\n  select 1`;',
  '/** The provider is told of it. */',
  '/** Ends the access of somebody. */',
  '/** Whoever reads it sees all clients. */',
  '/** The next rung. */',
  '/** Asks the gate. */',
  '/** Sends all deliveries again; answers how many. */',
  '/** Ends a certificate once. Answers whether it held until now. */',
])('a comment that a stranger stumbles over is found: %s', (source) => {
  expect(listUnclear(source)).toHaveLength(1);
});

test.each([
  '/** The first of several. */',
  '/** How far from today a date may lie. */',
  "const url = 'https://example.com/of'; const text = '// what';",
  '// the record says where it stands',
  '/** Whether somebodyElse is one name. */',
])('no stumble: %s', (source) => {
  expect(listUnclear(source)).toEqual([]);
});
