import { parseSync } from '@swc/core';
import { WATCH_TYPES } from '../../domain/kernel/codes';
import { listSources, PRODUCT_FOLDERS, readSource } from '../support/product';
import { VERBS } from '../support/verbs';

const ROOMS = [...PRODUCT_FOLDERS, 'bench'];

/** Functions that are read as part of a sentence of their own: a route as data, and what makes the routes of a file. */
const AS_DATA = /^route$|Routes$/;
/** Names that are in histories. */
const RECORDED = new Set<string>([...WATCH_TYPES, 'payerApplication', 'networkParticipation']);

/** Words that say nothing, or only to us: participles, pronouns, prepositions by themselves, and pictures. */
const REFUSED = new Set(
  `
  asked changed created decided done ended found given heard held kept known left listed logged made meant named put recorded
  renamed said seen shown taken told touched waiting
  against all another beyond both each everybody here it itself nobody none one other own same somebody such then there whoever
  after at before by from in of on over through to under with within without
  again anyway earlier later
  attend beat care cares ground hear hearall heard keeper look ooo politeness rang ring ringing rung rungs spare spent whole
  data do doit helper helpers info manager misc stuff thing things util utils
  `
    .trim()
    .split(/\s+/),
);

/** A method, or a function that is handed over, is named on its receiver or by its type: its verb may stand alone. */
interface Declared {
  file: string;
  name: string;
  kind: 'function' | 'method' | 'type' | 'value';
  exported: boolean;
}

interface Node {
  type: string;
  [part: string]: unknown;
}
type Named = Node & { identifier?: { value: string }; id?: { type: string; value: string } };
type FunctionType = { typeAnnotation?: { type: string } } | undefined;
type Variable = { id: { type: string; value: string }; init: Node | null };

const KINDS: Record<string, Declared['kind']> = {
  FunctionDeclaration: 'function',
  ClassDeclaration: 'type',
  TsInterfaceDeclaration: 'type',
  TsTypeAliasDeclaration: 'type',
  TsEnumDeclaration: 'type',
};

const findKind = (init: Node | null, isCalled: boolean): Declared['kind'] =>
  /^(Arrow)?Function/.test(init?.type ?? '')
    ? 'function'
    : isCalled && /^(Call|Await)Expression/.test(init?.type ?? '')
      ? 'method'
      : 'value';

/** Reads the names of a declaration. A call makes functions too: they are called in their file. */
function readDeclaration(node: Named, called: ReadonlySet<string>): Pick<Declared, 'name' | 'kind'>[] {
  if (node.type === 'VariableDeclaration')
    return (node.declarations as Variable[])
      .filter(({ id }) => id.type === 'Identifier')
      .map(({ id, init }) => ({
        name: id.value,
        kind: findKind(init, called.has(id.value) && id.value !== 'sql'),
      }));
  const kind = KINDS[node.type];
  return kind ? [{ name: (node.identifier ?? node.id)!.value, kind }] : [];
}

/** The names by themselves that are called in a part of a file. */
function findCalled(part: unknown, found = new Set<string>()): Set<string> {
  if (typeof part !== 'object' || part === null) return found;
  const { type, callee } = part as { type?: string; callee?: { type: string; value: string } };
  if (type === 'CallExpression' && callee?.type === 'Identifier') found.add(callee.value);
  for (const inside of Object.values(part)) findCalled(inside, found);
  return found;
}

/** The functions and methods within what stands at a file's top level; a function that a table has as data is not named by a verb. */
function readInnerNames(
  part: unknown,
  called: ReadonlySet<string>,
  found: Pick<Declared, 'name' | 'kind'>[] = [],
): Pick<Declared, 'name' | 'kind'>[] {
  if (Array.isArray(part)) for (const one of part) readInnerNames(one, called, found);
  else if (typeof part === 'object' && part !== null) {
    const node = part as Named;
    const key = node.key as { type: string; value: string } | undefined;
    if (node.type === 'FunctionDeclaration' || node.type === 'VariableDeclaration')
      found.push(...readDeclaration(node, called).filter(({ kind }) => kind !== 'value' && kind !== 'type'));
    if (
      key?.type === 'Identifier' &&
      (node.type === 'TsMethodSignature' || node.kind === 'method') &&
      node.type !== 'MethodProperty'
    )
      found.push({ name: key.value, kind: 'method' });
    if (node.type === 'Identifier' && (node.typeAnnotation as FunctionType)?.typeAnnotation?.type === 'TsFunctionType')
      found.push({ name: (part as { value: string }).value, kind: 'method' });
    for (const inside of Object.values(node)) readInnerNames(inside, called, found);
  }
  return found;
}

function readNames(file: string, source: string): Declared[] {
  const body: object[] = parseSync(source, { syntax: 'typescript', target: 'es2022' }).body;
  const called = findCalled(body);
  return (body as Node[]).flatMap((node) => {
    const exported = node.type === 'ExportDeclaration';
    const declaration = exported ? (node.declaration as Named) : node;
    const own = readDeclaration(declaration, called);
    const inner = readInnerNames(declaration, called).filter(({ name }) => !own.some((one) => one.name === name));
    return [
      ...own.map((declared) => ({ file, exported, ...declared })),
      ...inner.map((declared) => ({ file, exported: false, ...declared })),
    ];
  });
}

const readRoom = (room: string): Declared[] => listSources(room).flatMap((file) => readNames(file, readSource(file)));

const readFirstWord = (name: string): string => /^[a-z0-9]+/.exec(name)?.[0] ?? '';
const isVerb = (name: string): boolean => VERBS.has(readFirstWord(name));
const isVerbAndObject = (name: string): boolean =>
  AS_DATA.test(name) || RECORDED.has(name) || (isVerb(name) && readFirstWord(name) !== name);
/** A bare participle is no noun; one with a noun behind it, as `ClosedRun`, is. */
const isNoun = (name: string): boolean => !REFUSED.has(name.toLowerCase()) && !/^[A-Z][a-z]+(ed|en)$/.test(name);

/** Lists faults of names, as `file: name`. */
const listUnclear = (names: readonly Declared[]): string[] =>
  names
    .filter(({ name, kind, exported }) =>
      kind === 'function'
        ? !isVerbAndObject(name)
        : kind === 'method'
          ? !isVerb(name)
          : kind === 'type'
            ? !isNoun(name)
            : exported && REFUSED.has(name.toLowerCase()),
    )
    .map(({ file, name }) => `${file}: ${name}`);

function listTwice(names: readonly Declared[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const { name, file, exported } of names)
    if (exported) places.set(name, (places.get(name) ?? new Set()).add(file));
  return [...places].filter(([, files]) => files.size > 1).map(([name, files]) => `${name}: ${[...files].join(', ')}`);
}

test.each(ROOMS)('in %s, functions are verb and object, and types are nouns', (room) => {
  const names = readRoom(room);
  expect(names.length).toBeGreaterThan(5);
  expect(listUnclear(names)).toEqual([]);
});

test.each(ROOMS)('in %s, no two exports have one name', (room) => {
  expect(listTwice(readRoom(room))).toEqual([]);
});

test.each([
  'const told = () => 1;',
  'export function held() {}',
  'const hear = function () {};',
  'export const record = async () => 1;',
  'const applicationOf = (id: string) => id;',
  'export type Known = string;',
  'interface Emitted {}',
  'export const kept = 1;',
  'function startAll() { const taken = () => 1; }',
  'const startAll = () => { function bodyOf() {} };',
  'class Child { ended() {} }',
  'interface Pool { failed(error: Error): void }',
  'const bothNames = addOldNames(NAMES); use(bothNames({}));',
  'const mapAll = (of: (item: string) => string) => of("a");',
])('refused: %s', (source) => {
  expect(listUnclear(readNames('f.ts', source))).toHaveLength(1);
});

test('an export of one name in two files of a room is found', () => {
  const names = ['a.ts', 'b.ts'].flatMap((file) => readNames(file, 'export const findApplication = () => 1;'));
  expect(listTwice(names)).toEqual(['findApplication: a.ts, b.ts']);
});
