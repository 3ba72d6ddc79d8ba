import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { ROW_RULES, type RowRule } from '../../runtime/row-rules';
import { mapRoles, ROLES } from '../../runtime/row-security';
import { createSuperuserUrl, createTestDatabase } from '../support/servers';

// The second wall by itself: what PostgreSQL lets each role read and write of two clients' rows, whatever the query says.

type Table = keyof typeof ROW_RULES;
const RULES: Record<Table, RowRule> = ROW_RULES;
const [OURS, THEIRS] = [randomUUID(), randomUUID()];
const [OUR_PERSON, THEIR_PERSON, OUR_USER, THEIR_USER] = Array.from({ length: 4 }, () => randomUUID());
const [OUR_EXCLUSION, THEIR_EXCLUSION, OUR_KEY, THEIR_KEY] = Array.from({ length: 4 }, () => randomUUID());

interface Column {
  table: Table;
  name: string;
  type: string;
  required: boolean;
}

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let roles: Record<keyof typeof ROLES, postgres.Sql>;
let columns: Column[];

/** Something of a column's type that no other row has. */
function invent(type: string): string {
  if (type === 'uuid') return `'${randomUUID()}'`;
  if (type.endsWith('[]')) return `'{}'`;
  if (type === 'boolean') return 'false';
  if (type === 'jsonb') return `'{}'`;
  if (type === 'bytea') return `'\\x${randomUUID().replaceAll('-', '')}'`;
  if (type === 'date') return `'2027-01-01'`;
  if (type.startsWith('timestamp')) return 'now()';
  if (type === 'bigint' || type === 'integer') return String(Math.floor(Math.random() * 2_000_000_000));
  return `'${randomUUID()}'`;
}

/** A statement that adds a row: what is not given is made up, where it has to be there. */
function writeInsert(table: Table, given: Record<string, string>): string {
  const own = columns.filter((column) => column.table === table && (column.required || column.name in given));
  const values = own.map(({ name, type }) => given[name] ?? invent(type));
  return `insert into ${table} (${own.map(({ name }) => `"${name}"`).join(', ')}) values (${values.join(', ')})`;
}

const quote = (id: string) => `'${id}'`;
const hasColumn = (table: Table, name: string) => columns.some((one) => one.table === table && one.name === name);
/** How a row of a table says whose it is. */
const BY_SUBJECT: Partial<Record<Table, [ours: Record<string, string>, theirs: Record<string, string>]>> = {
  clients: [{ id: quote(OURS) }, { id: quote(THEIRS) }],
  users: [
    { id: quote(OUR_USER!), client_ids: `'{${OURS}}'` },
    { id: quote(THEIR_USER!), client_ids: `'{${THEIRS}}'` },
  ],
  api_keys: [
    { id: quote(OUR_KEY!), client_ids: `'{${OURS}}'` },
    { id: quote(THEIR_KEY!), client_ids: `'{${THEIRS}}'` },
  ],
  providers: [
    { client_id: quote(OURS), person_id: quote(OUR_PERSON!) },
    { client_id: quote(THEIRS), person_id: quote(THEIR_PERSON!) },
  ],
  registry_records: [{ person_id: quote(OUR_PERSON!) }, { person_id: quote(THEIR_PERSON!) }],
  exclusions: [
    { id: quote(OUR_EXCLUSION!), person_id: quote(OUR_PERSON!) },
    { id: quote(THEIR_EXCLUSION!), person_id: quote(THEIR_PERSON!) },
  ],
  exclusion_standings: [
    { exclusion_id: quote(OUR_EXCLUSION!), client_id: quote(OURS) },
    { exclusion_id: quote(THEIR_EXCLUSION!), client_id: quote(THEIRS) },
  ],
  audit_links: [{ chain: quote(OURS) }, { chain: quote(THEIRS) }],
  access_counts: [{ caller: quote(OUR_KEY!) }, { caller: quote(THEIR_KEY!) }],
  covers: [{ user_id: quote(OUR_USER!) }, { user_id: quote(THEIR_USER!) }],
  calendar_feeds: [{ user_id: quote(OUR_USER!) }, { user_id: quote(THEIR_USER!) }],
};
const readOwners = (table: Table): [Record<string, string>, Record<string, string>] | undefined => {
  if (BY_SUBJECT[table]) return BY_SUBJECT[table];
  if (hasColumn(table, 'client_id')) return [{ client_id: quote(OURS) }, { client_id: quote(THEIRS) }];
  if (hasColumn(table, 'client_ids')) return [{ client_ids: `'{${OURS}}'` }, { client_ids: `'{${THEIRS}}'` }];
  return undefined;
};
const isTheirs = (owner: Record<string, string>) =>
  Object.entries(owner)
    .map(([name, value]) => `"${name}" = ${value}`)
    .join(' and ');

/** Runs a statement as a role, for our client; returns how many rows it was about, or the code of PostgreSQL's refusal. */
const runAs = (role: keyof typeof ROLES, statement: string, scope: string[] = [OURS]): Promise<number | string> =>
  roles[role]
    .begin(async (tx) => {
      await tx`select set_config('countersign.scope', ${`{${scope.join()}}`}, true)`;
      const { count } = await tx.unsafe(statement);
      throw Object.assign(new Error('rolled back'), { count });
    })
    .catch((error: { code?: string; count?: number }) => error.count ?? error.code ?? 'failed');

const REFUSED = '42501';
let tables: Table[];

beforeAll(async () => {
  database = await createTestDatabase();
  roles = mapRoles((role) => postgres(database.urls[role], { max: 1, onnotice: () => undefined }));
  const superuser = postgres(createSuperuserUrl(database.url), { max: 1 });
  columns = await superuser<Column[]>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type,
      a.attnotnull and not a.atthasdef and a.attidentity = '' as required
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and a.attgenerated = ''
    order by c.relname, a.attnum`;
  tables = (Object.keys(RULES) as Table[]).filter((table) => readOwners(table) !== undefined);
  const checks = await superuser<{ statement: string }[]>`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement from pg_constraint
    where contype = 'c' and connamespace = 'public'::regnamespace`;
  for (const { statement } of checks) await superuser.unsafe(statement);
  // no keys that refer to others, no triggers: each table by itself
  await superuser`set session_replication_role = replica`;
  for (const table of tables) for (const owner of readOwners(table)!) await superuser.unsafe(writeInsert(table, owner));
  for (const person of [OUR_PERSON!, THEIR_PERSON!]) {
    await superuser.unsafe(writeInsert('attestations', { person_id: quote(person) }));
    await superuser.unsafe(writeInsert('registry_snapshots', { person_id: quote(person) }));
  }
  for (const exclusion of [OUR_EXCLUSION!, THEIR_EXCLUSION!])
    await superuser.unsafe(writeInsert('exclusion_standings', { exclusion_id: quote(exclusion) }));
  await superuser.end();
});
afterAll(async () => {
  await Promise.all(Object.values(roles).map((role) => role.end()));
  await database.drop();
});

test('every table has its rules in force, and belongs to a role that is no superuser', async () => {
  const found = await roles.owner<{ name: string; secured: boolean; owner: string }[]>`
    select relname as name, relrowsecurity and relforcerowsecurity as secured, pg_get_userbyid(relowner) as owner
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`;
  expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(RULES).sort());
  expect(found.filter(({ secured, owner }) => !secured || owner !== ROLES.owner)).toEqual([]);
  const strong = await roles.owner`
    select rolname from pg_roles where rolname like 'cs\\_%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`;
  expect(strong).toEqual([]);
});

test('a scoped key reads rows of its clients, and none of others, in every table that names a client', async () => {
  const seen: unknown[] = [];
  for (const table of tables) {
    const [ours, theirs] = readOwners(table)!;
    const read = (owner: Record<string, string>, scope?: string[]) =>
      runAs('scoped', `select from ${table} where ${isTheirs(owner)}`, scope);
    seen.push([table, await read(ours), await read(theirs), await read(ours, [])]);
  }
  expect(seen).toEqual(tables.map((table) => [table, 1, 0, 0]));
});

test('what a registry said of a person is read by each client that has the person', async () => {
  for (const table of ['attestations', 'registry_snapshots'] as const)
    for (const [person, count] of [
      [OUR_PERSON, 1],
      [THEIR_PERSON, 0],
    ])
      expect([
        table,
        await runAs('scoped', `select from ${table} where client_id is null and person_id = '${person}'`),
      ]).toEqual([table, count]);
  for (const [exclusion, count] of [
    [OUR_EXCLUSION, 1],
    [THEIR_EXCLUSION, 0],
  ])
    expect(
      await runAs(
        'scoped',
        `select from exclusion_standings where client_id is null and exclusion_id = '${exclusion}'`,
      ),
    ).toBe(count);
});

test.each(['scoped', 'worker'] as const)('%s adds, changes and takes away no row of another client', async (role) => {
  const done: unknown[] = [];
  for (const table of tables) {
    const [, theirs] = readOwners(table)!;
    const [[name, value]] = Object.entries(theirs) as [[string, string]];
    const change = await runAs(role, `update ${table} set "${name}" = ${value} where ${isTheirs(theirs)}`);
    const taking = await runAs(role, `delete from ${table} where ${isTheirs(theirs)}`);
    const fresh = table === 'clients' ? {} : theirs;
    done.push([table, await runAs(role, writeInsert(table, fresh)), change, taking]);
  }
  const isNothing = (came: unknown) => came === 0 || came === REFUSED;
  expect(done.filter((one) => !(one as unknown[]).slice(1).every(isNothing))).toEqual([]);
  expect(done.filter((one) => (one as unknown[])[1] !== REFUSED)).toEqual([]);
});

test('the worker reads every client, as a change notifies all whom it concerns', async () => {
  for (const table of tables)
    expect([table, await runAs('worker', `select from ${table} where ${isTheirs(readOwners(table)![1])}`)]).toEqual([
      table,
      1,
    ]);
});

test('an opening locks the payer that it is with, and changes nothing of it', async () => {
  await roles.owner.unsafe(`insert into payers (id, name) values ('${randomUUID()}', 'a payer')`);
  expect(await runAs('worker', 'select from payers for key share')).toBe(1);
  expect(await runAs('worker', `update payers set name = 'another'`)).toBe(REFUSED);
});

test('a key of every client reads all, without a scope', async () => {
  for (const table of tables)
    for (const owner of readOwners(table)!)
      expect([table, await runAs('every', `select from ${table} where ${isTheirs(owner)}`, [])]).toEqual([table, 1]);
});

test('what only grows is changed by no role, and taken away by a purge alone', async () => {
  const kept = tables.filter((table) => RULES[table].appendOnly);
  expect(kept).toEqual(expect.arrayContaining(['audit_log', 'audit_links', 'earlier_rows', 'evidence_files']));
  for (const table of kept)
    for (const role of ['scoped', 'worker', 'every', 'purge'] as const) {
      const [ours] = readOwners(table)!;
      const [[name, value]] = Object.entries(ours) as [[string, string]];
      expect([table, role, await runAs(role, `update ${table} set "${name}" = ${value}`)]).toEqual([
        table,
        role,
        REFUSED,
      ]);
      expect([table, role, await runAs(role, `truncate ${table}`)]).toEqual([table, role, REFUSED]);
      if (role !== 'purge')
        expect([table, role, await runAs(role, `delete from ${table}`)]).toEqual([table, role, REFUSED]);
    }
  expect(await runAs('purge', `delete from readiness_answers where client_id = '${OURS}'`)).toBe(1);
  // old entries of the audit log of a client that left: its trigger says so
  expect(await runAs('purge', `delete from audit_log where client_id = '${OURS}'`)).toBe('23001');
});

test('no role but the owner makes or changes a table, or takes on another role', async () => {
  for (const role of ['scoped', 'worker', 'every', 'purge'] as const)
    for (const statement of [
      'create table mine ()',
      'alter table audit_log disable trigger audit_log_unchanged',
      'alter table clients disable row level security',
      'set role cs_owner',
      'set session authorization cs_owner',
      'drop policy scoped_reads on clients',
    ])
      expect([role, statement, await runAs(role, statement)]).toEqual([role, statement, REFUSED]);
});
