import { ConfigError } from './config';
import type { Sql } from './database';
import { ROLES, type DatabaseRole } from './row-security';

/** Any number that nothing else locks: two starts on one cluster make the roles one after the other. */
const LOCK = 7_203_514;

/** Everything in the database that has an owner, and how it is given another. */
const OWNED = `
  select format('alter %s %s owner to', kind, name) as statement from (
    select 'table' as kind, c.oid::regclass::text as name, relowner as owner from pg_class c
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
    union all
    select 'function', p.oid::regprocedure::text, proowner from pg_proc p where pronamespace = 'public'::regnamespace
    union all
    select 'database', quote_ident(datname), datdba from pg_database where datname = current_database()) owned
  where owner <> to_regrole('${ROLES.owner}')`;

const writeLiteral = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * Makes the roles of the database, once per cluster, with these passwords, and has `cs_owner` own all that is in this
 * database. Done again it changes nothing but passwords. `sql` is an administrator's, of one connection: a superuser,
 * or a role that may create roles and is a member of the tables' former owner.
 */
export async function createRoles(sql: Sql, passwords: Record<DatabaseRole, string>): Promise<void> {
  await sql`select pg_advisory_lock(${LOCK})`;
  for (const [role, name] of Object.entries(ROLES)) {
    const [known] = await sql`select from pg_roles where rolname = ${name}`;
    const password = passwords[role as DatabaseRole];
    await sql.unsafe(`${known ? 'alter' : 'create'} role ${name} login password ${writeLiteral(password)}`);
    await sql.unsafe(`grant connect, temporary on database ${await readDatabase(sql)} to ${name}`);
  }
  const [self] = await sql<[{ isSuperuser: boolean }]>`
    select rolsuper as "isSuperuser" from pg_roles where rolname = current_user`;
  if (!self.isSuperuser) await sql.unsafe(`grant ${ROLES.owner} to current_user with set true, inherit true`);
  for (const { statement } of await sql.unsafe<{ statement: string }[]>(OWNED))
    await sql.unsafe(`${statement} ${ROLES.owner}`);
  await sql`select pg_advisory_unlock(${LOCK})`;
}

async function readDatabase(sql: Sql): Promise<string> {
  const [row] = await sql<[{ name: string }]>`select quote_ident(current_database()) as name`;
  return row.name;
}

/**
 * Refuses a connection of another role than the one it is for, and of one that no row security holds: a superuser's, or one that
 * bypasses it. Throws a ConfigError that names the variable.
 */
export async function requireRole(sql: Sql, variable: string, role: DatabaseRole): Promise<void> {
  const [self] = await sql<[{ name: string; isExempt: boolean }]>`
    select rolname as name, rolsuper or rolbypassrls as is_exempt from pg_roles where rolname = current_user`;
  if (self.isExempt)
    throw new ConfigError(`${variable}: ${self.name} is a superuser or bypasses row security: must be ${ROLES[role]}`);
  if (self.name !== ROLES[role])
    throw new ConfigError(`${variable}: is the URL of ${self.name}: must be ${ROLES[role]}`);
}
