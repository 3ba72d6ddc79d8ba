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

/** Files outside of `record/` that may have SQL; docs/architecture.md has the reason. */
const SQL_OUTSIDE_RECORD = [
  'local/postgres.ts',
  'local/shells.ts',
  'runtime/callers.ts',
  'runtime/database.ts',
  'runtime/migrate.ts',
  'runtime/roles.ts',
  'runtime/row-rules.ts',
  'runtime/row-security.ts',
];

interface Member {
  type: string;
  object?: { value?: unknown };
  property?: { value?: unknown };
}
const isRawText = ({ object, property }: Member): boolean => object?.value === 'String' && property?.value === 'raw';
const isText = ({ type }: Node): boolean => type === 'StringLiteral' || type === 'TemplateLiteral';
/** Reads a text or template, a parameter standing for each value. */
const readText = ({ type, value, quasis }: Node): string =>
  type === 'StringLiteral' ? String(value) : (quasis as { raw: string }[]).map(({ raw }) => raw).join(' $1 ');

/**
 * SQL in whatever form: a tagged template, as nothing but the driver's has a tag of ours, a text that is handed to a connection,
 * or one with a query in it.
 */
function isStatement(node: Node): boolean {
  if (node.type === 'TaggedTemplateExpression') return !isRawText(node.tag as Member);
  if (node.type === 'Identifier') return node.value === 'unsafe';
  if (isText(node)) return /\bselect\b.*\bfrom\b/is.test(readText(node));
  if (node.type !== 'CallExpression') return false;
  const { type, property } = node.callee as Member;
  const [first] = node.arguments as { expression: Node }[];
  return (
    type === 'MemberExpression' &&
    /^(query|begin)$/.test(String(property?.value)) &&
    first !== undefined &&
    isText(first.expression)
  );
}
const hasStatement = (source: string) =>
  /[\w$)\]>]\s*`|\.(query|begin)\b|\bunsafe\b|\bselect\b/i.test(source) && hasNode(source, isStatement);

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
      /^(string,never$|never,)/.test((typeParams as { params: Node[] }).params.map(({ kind }) => kind).join()))
  );
};
const switchesTypeOff = (source: string) => /\bnever\b|\bas unknown\b/.test(source) && hasNode(source, isSwitchedOff);

test('SQL is in record/ alone, and where servers and transactions are prepared', () => {
  expect(listFiles(hasStatement, 'record/')).toEqual(SQL_OUTSIDE_RECORD);
});

test('the files outside of record/ that have SQL are named in docs/architecture.md', () => {
  const page = readSource('docs/architecture.md');
  expect(SQL_OUTSIDE_RECORD.filter((file) => !page.includes(`\`${file}\``))).toEqual([]);
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
  'const { unsafe } = sql; unsafe(text)',
  "client.query('select 1')",
  'sql`where client_id = 1 and open`',
  'sql`(select id from clients)`',
  'sql`-- all of them\nselect 1`',
  'sql`merge into a using b on true when matched then do nothing`',
  'sql`refresh materialized view a`',
  'sql`values (1)`',
  'find(sql)`one of many`',
  "sql.begin('isolation level serializable', work)",
  'const OWN = `exists (select from providers p where p.id = ${id})`',
  "const OWN = 'exists (select id from clients)'",
])('a statement is found: %s', (source) => {
  expect(hasStatement(source)).toBe(true);
});

test.each([
  '// db`select 1`',
  "const text = 'select 1'",
  'String.raw`[^a]`',
  "find('updates')",
  '`select a day`',
  'sql.begin(work)',
])('no statement: %s', (source) => {
  expect(hasStatement(source)).toBe(false);
});

test('rows are added to the outbox by the table of subscribers alone, and by the retry of a stuck watch', () => {
  expect(listFilesWith(/\benqueueEach\(|insert into outbox/, 'record/kernel/')).toEqual(['record/operations/stuck.ts']);
});

test('actors of the system are made in one place', () => {
  expect(listFilesWith(/type: 'system'/)).toEqual(['record/kernel/principal.ts']);
});

test('no type is switched off', () => {
  const tests = listSources('test').filter((file) => !__filename.endsWith(file) && switchesTypeOff(readSource(file)));
  expect([...listFiles(switchesTypeOff), ...tests]).toEqual([]);
});

test.each([
  'use({ a: x as never })',
  'const y = (x as never) || z',
  'use(x as never)',
  'const z = x as never;',
  'let r: Record<string, never>',
  'let r: Record<string,never>',
  'let r: Record<never, never>',
  'let r: Record<never, string>',
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
