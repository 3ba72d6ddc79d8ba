import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from '@swc/core';
import { WATCH_TYPES } from '../../domain/kernel/codes';

const root = resolve(__dirname, '../..');
const ROOMS = [
  'activities',
  'api',
  'dispatch',
  'domain',
  'local',
  'outreach',
  'papers',
  'record',
  'registries',
  'runtime',
  'worker',
  'workflows',
];

/** With what the name of a function begins: what it does, or that it answers a question. */
const VERBS = new Set(
  `
  is has are was may does do
  abbreviate accrue acknowledge add advance allow amend anchor announce answer appeal append apply arm ask assess assign attest audit authenticate
  batch begin bring build
  call cancel canonicalize capitalize carry change chase check cite claim clamp clone close collect combine compact compare complete compute confirm
  connect
  continue copy correct count create
  decide decode define delete deliver demote derive describe detect do double download draw
  drop
  emit encode encrypt decrypt end enqueue ensure enter escape estimate evaluate exit expect explain extend
  fail fetch fill find finish flush fold follow format forward freeze
  gather get group guard
  halve hand handle hash
  identify import initialise invent
  join judge
  keep
  label launch limit link list listen load locate lock log look
  make map mark mask match measure merge migrate move
  name normalize note notify number
  obtain offer open
  parse pause pick place plan post postpone predict prefill prepare preview process project publish purge put
  query queue
  raise rank read rearm reassign recheck record redact refuse register reinstate release remember remind remove render renew repair repeat
  replace replay report request require rescue resolve restart restate restore resume retry return revise revoke rotate rule run
  save schedule score screen seal select send serve set settle shift shorten show shut sign signal silence simplify skip snooze
  sort spell split start stop store strip submit sum summarize supervise sweep
  take terminate throw to toggle try turn
  update use
  verify view
  wait wake warn watch withdraw wrap write
  `
    .trim()
    .split(/\s+/),
);
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

interface Declared {
  file: string;
  name: string;
  kind: 'function' | 'type' | 'value';
  exported: boolean;
}

interface Node {
  type: string;
  [part: string]: unknown;
}
type Named = Node & { identifier?: { value: string }; id?: { type: string; value: string } };
type Variable = { id: { type: string; value: string }; init: Node | null };

const KINDS: Record<string, Declared['kind']> = {
  FunctionDeclaration: 'function',
  ClassDeclaration: 'type',
  TsInterfaceDeclaration: 'type',
  TsTypeAliasDeclaration: 'type',
  TsEnumDeclaration: 'type',
};

/** What a declaration of a file's top level declares. */
function readDeclaration(node: Named): Pick<Declared, 'name' | 'kind'>[] {
  if (node.type === 'VariableDeclaration')
    return (node.declarations as Variable[])
      .filter(({ id }) => id.type === 'Identifier')
      .map(({ id, init }) => ({
        name: id.value,
        kind: /^(Arrow)?Function/.test(init?.type ?? '') ? 'function' : 'value',
      }));
  const kind = KINDS[node.type];
  return kind ? [{ name: (node.identifier ?? node.id)!.value, kind }] : [];
}

function readNames(file: string, source: string): Declared[] {
  const body: object[] = parseSync(source, { syntax: 'typescript', target: 'es2022' }).body;
  return (body as Node[]).flatMap((node) => {
    const exported = node.type === 'ExportDeclaration';
    const declaration = exported ? (node.declaration as Named) : node;
    return readDeclaration(declaration).map((declared) => ({ file, exported, ...declared }));
  });
}

const readRoom = (room: string): Declared[] =>
  readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((file) => readNames(file.slice(root.length + 1), readFileSync(file, 'utf8')));

const isVerbAndObject = (name: string): boolean => {
  const [, first, rest] = /^([a-z0-9]+)(.*)$/.exec(name) ?? [];
  return AS_DATA.test(name) || RECORDED.has(name) || (VERBS.has(first ?? '') && rest !== '');
};
/** A bare participle is no noun; one with a noun behind it, as `ClosedRun`, is. */
const isNoun = (name: string): boolean => !REFUSED.has(name.toLowerCase()) && !/^[A-Z][a-z]+(ed|en)$/.test(name);

/** What is wrong with names, as `file: name`. */
const listUnclear = (names: readonly Declared[]): string[] =>
  names
    .filter(({ name, kind, exported }) =>
      kind === 'function'
        ? !isVerbAndObject(name)
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
])('refused: %s', (source) => {
  expect(listUnclear(readNames('f.ts', source))).toHaveLength(1);
});

test('an export of one name in two files of a room is found', () => {
  const names = ['a.ts', 'b.ts'].flatMap((file) => readNames(file, 'export const findApplication = () => 1;'));
  expect(listTwice(names)).toEqual(['findApplication: a.ts, b.ts']);
});
