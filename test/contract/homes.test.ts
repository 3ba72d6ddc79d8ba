import { parseSync } from '@swc/core';
import { listSources, PRODUCT_FOLDERS, readSource } from '../support/product';

/** The product's files of which something holds, but for those of a folder. */
const listFiles = (holds: (source: string) => boolean, home?: string): string[] =>
  PRODUCT_FOLDERS.flatMap(listSources)
    .filter((file) => !(home && file.startsWith(home)))
    .filter((file) => holds(readSource(file)))
    .sort();

const listFilesWith = (pattern: RegExp, home?: string) => listFiles((source) => pattern.test(source), home);

type Node = Record<string, unknown>;

/** Whether a part of the syntax is found: what comments and plain texts say is not syntax. */
function hasNode(source: string, isSought: (node: Node) => boolean): boolean {
  const visit = (part: unknown): boolean =>
    Array.isArray(part)
      ? part.some(visit)
      : typeof part === 'object' && part !== null && (isSought(part as Node) || Object.values(part).some(visit));
  return visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }).body);
}

/** The beginning of a statement for PostgreSQL. */
const STATEMENT =
  /^\s*(select\b|insert\s+into\b|update\s+[\w$."]+\s+(\w+\s+)?set\b|delete\s+from\b|with\s+(recursive\s+)?\w+.*\bas\b.*\(|(create|alter|drop|truncate|lock|copy|set|begin|commit|notify|listen)\b)/is;
/** Reads the beginning of a template or a text, a parameter standing for each value. */
const readText = ({ type, value, quasis }: Node): string =>
  type === 'StringLiteral'
    ? String(value)
    : ((quasis as { raw: string }[] | undefined) ?? []).map(({ raw }) => raw).join(' $1 ');

/** A statement for PostgreSQL, by whatever name its connection goes, or handed over as a text to run. */
function isStatement(node: Node): boolean {
  if (node.type === 'TaggedTemplateExpression') return STATEMENT.test(readText(node.template as Node));
  if (node.type !== 'CallExpression') return false;
  const { type, property } = node.callee as { type: string; property?: { value?: unknown } };
  const [first] = node.arguments as { expression: Node }[];
  return (
    type === 'MemberExpression' &&
    (property?.value === 'unsafe' ||
      (property?.value === 'query' && first !== undefined && STATEMENT.test(readText(first.expression))))
  );
}
const hasStatement = (source: string) =>
  /`\s*(select|insert|update|delete|with|create|alter|drop|truncate|lock|copy|set|begin|commit|notify|listen)\b|\.(unsafe|query)\b/i.test(
    source,
  ) && hasNode(source, isStatement);

const isAssertion = ({ type, typeAnnotation }: Node, kind: string): boolean =>
  type === 'TsAsExpression' && (typeAnnotation as Node).kind === kind;
/** A value that is given a type which no value has, or by way of `unknown` a type that has nothing to do with its own. */
const isSwitchedOff = (node: Node): boolean => {
  const { type, expression, typeName, typeParams } = node;
  return (
    isAssertion(node, 'never') ||
    (type === 'TsAsExpression' && isAssertion(expression as Node, 'unknown')) ||
    (type === 'TsTypeReference' &&
      (typeName as Node).value === 'Record' &&
      /^string,never$/.test((typeParams as { params: Node[] }).params.map(({ kind }) => kind).join()))
  );
};
const switchesTypeOff = (source: string) => /\bnever\b|\bas unknown\b/.test(source) && hasNode(source, isSwitchedOff);

test('SQL is in record/ alone, and where servers are prepared', () => {
  expect(listFiles(hasStatement, 'record/')).toEqual([
    'local/postgres.ts',
    'local/shells.ts',
    'runtime/callers.ts',
    'runtime/database.ts',
    'runtime/migrate.ts',
    'runtime/roles.ts',
    'runtime/row-security.ts',
  ]);
});

test.each([
  'tx`select 1`',
  'sql<{ id: string }[]>`\n  select id from clients`',
  'connection`insert into clients values (1)`',
  'this.pool`update clients c set name = ${name}`',
  't`delete from a`',
  'db`update ${db(table)} set a = 1`',
  'db`with recursive one as materialized (select 1) select * from one`',
  'db`WITH one (id) AS (select 1) select * from one`',
  'sql.unsafe("vacuum")',
  'sql.unsafe(text)',
  "client.query('select 1')",
])('a statement is found: %s', (source) => {
  expect(hasStatement(source)).toBe(true);
});

test.each(['// db`select 1`', "const text = 'select 1'", 'list`one of many`', "find('updates')", '`select a day`'])(
  'no statement: %s',
  (source) => {
    expect(hasStatement(source)).toBe(false);
  },
);

test('rows are added to the outbox by the table of subscribers alone, and by the retry of a stuck watch', () => {
  expect(listFilesWith(/\benqueueEach\(|insert into outbox/, 'record/kernel/')).toEqual(['record/operations/stuck.ts']);
});

test('no type is switched off', () => {
  expect(listFiles(switchesTypeOff)).toEqual([]);
});

test.each([
  'use({ a: x as never })',
  'const y = (x as never) || z',
  'use(x as never)',
  'const z = x as never;',
  'let r: Record<string, never>',
  'let r: Record<string,never>',
  'const y = x as unknown as string',
  'use((x as unknown as { a: string }).a)',
])('a type that is switched off is found: %s', (source) => {
  expect(switchesTypeOff(source)).toBe(true);
});

test.each(['// as never before', "const text = 'as never'", 'let r: Record<string, string>', 'use(x as unknown)'])(
  'no type is switched off by: %s',
  (source) => {
    expect(switchesTypeOff(source)).toBe(false);
  },
);

test('no row is locked against those that only refer to it, but where openings have to wait for a merge, or deliveries for the end of their endpoint', () => {
  expect(listFilesWith(/\bfor update\b(?! to)/, 'test/')).toEqual([
    'record/outreach/webhooks.ts',
    'record/registry/merge.ts',
  ]);
});
